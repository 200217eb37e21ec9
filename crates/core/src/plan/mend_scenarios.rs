//! Damage as stories over the plans: rows that are lost, what is put back of them, and what the server fills in.

use std::collections::BTreeMap;

use syncline_protocol::{CollectionName, Cursor, Millis, Version};
use syncline_store::{Key, PageId, Part, Read, Salvaged, Sequence, Value};

use super::testing::{Rows, remote, todos};
use super::*;
use crate::model::{
    Base, CollectionState, CollectionTable, ConflictStrategy, Identity, Mended, QueueRow, Single, Table,
    Tally, collection_key, collection_of, read_row, record_key, write_row,
};

const PAGE: Part = Part::Page(PageId(7));

fn put(text: &str) -> EditKind {
    EditKind::Put(text.into())
}

fn cursor(text: &str) -> PageEnd {
    PageEnd::Cursor(Cursor(text.to_owned()))
}

fn key(table: Table, id: &str) -> Key {
    record_key(table, &todos(), &syncline_protocol::RecordId::trusted(id))
}

/// Two records that server and device agree on, and an edit of each.
fn edited(strategy: ConflictStrategy) -> Rows {
    let mut rows = Rows { strategy, ..Rows::default() };
    let records = vec![remote("a", 1, Some(r#"{"x":1}"#)), remote("b", 1, Some(r#"{"x":1}"#))];
    rows.pull(records, None, cursor("1"));
    rows.edit("a", put(r#"{"x":2}"#)).unwrap();
    rows.edit("b", put(r#"{"x":2}"#)).unwrap();
    rows
}

/// Loses all rows of a range; those that `is_readable` can be saved.
fn lose(rows: &mut Rows, range: Option<Read>, is_readable: impl Fn(&Key) -> bool) -> Damaged {
    let is_lost = |key: &Key| match &range {
        Some(Read::Range { start, end }) => key >= start && end.as_ref().is_none_or(|end| key < end),
        _ => true,
    };
    let (lost, kept): (BTreeMap<Key, Value>, _) =
        std::mem::take(&mut rows.rows).into_iter().partition(|(key, _)| is_lost(key));
    rows.rows = kept;
    let readable = lost.into_iter().filter(|(key, _)| is_readable(key));
    let saved = readable.map(|(key, value)| (key, Some(value))).collect();
    let salvaged = Salvaged { is_in_use: true, range, rows: saved };
    Damaged { part: PAGE, salvaged, seen: BTreeMap::new() }
}

fn mend(rows: &mut Rows, damaged: Damaged) {
    rows.run(&Mend { collections: vec![todos()], parts: vec![damaged] }).unwrap();
}

fn state(rows: &Rows, collection: &CollectionName) -> CollectionState {
    read_row(&rows.rows[&collection_key(CollectionTable::State, collection)]).unwrap()
}

fn queued<'a>(rows: &'a Rows, id: &str) -> QueueRow<'a> {
    read_row(&rows.rows[&key(Table::Queue, id)]).unwrap()
}

#[test]
fn queued_changes_are_put_back_as_they_were_and_what_was_sent_stays_frozen() {
    let mut rows = edited(ConflictStrategy::LastWriteWins);
    let batch = rows.take_batch();
    rows.edit("a", put(r#"{"x":3}"#)).unwrap();
    let before = rows.rows.clone();
    let damaged = lose(&mut rows, Some(Table::Queue.all()), |_| true);
    assert_eq!(rows.local("a").unwrap(), r#"{"x":1}"#);
    mend(&mut rows, damaged);
    for id in ["a", "b"] {
        assert_eq!(rows.rows[&key(Table::Queue, id)], before[&key(Table::Queue, id)]);
    }
    assert_eq!(rows.take_batch(), batch);
    assert_eq!(rows.local("a").unwrap(), r#"{"x":3}"#);
    assert_eq!(state(&rows, &todos()).cursor, None);
}

#[test]
fn what_was_put_back_is_compared_with_the_server_once_it_is_answered() {
    let mut rows = edited(ConflictStrategy::LastWriteWins);
    let damaged = lose(&mut rows, Some(Table::Queue.all()), |_| true);
    mend(&mut rows, damaged);
    let mut pull_and_mark = |text: &str, is_any_in_doubt| {
        rows.pull(vec![remote("a", 1, Some(r#"{"x":1}"#))], None, cursor(text));
        let synced = MarkSynced { collections: vec![todos()], is_any_in_doubt, at: Millis(9) };
        let is_to_be_compared = rows.run(&synced).unwrap();
        (is_to_be_compared, state(&rows, &todos()).cursor)
    };
    let kept = |text: &str| (false, Some(Cursor(text.to_owned())));
    assert_eq!(pull_and_mark("2", true), kept("2"), "what is in doubt cannot be compared");
    assert_eq!(pull_and_mark("3", false), (true, None), "pulled from nothing once more");
    assert_eq!(pull_and_mark("4", false), kept("4"), "and not for ever");
}

#[test]
fn what_is_counted_is_what_is_left() {
    let mut rows = edited(ConflictStrategy::LastWriteWins);
    rows.edit("c", put("{}")).unwrap();
    rows.edit("b", EditKind::Delete).unwrap();
    let damaged = lose(&mut rows, Some(Table::Queue.all()), |known| *known == key(Table::Queue, "b"));
    mend(&mut rows, damaged);
    assert_eq!(rows.tally(), Tally { records: 1, pending: 1, parked: 0, conflicts: 0 });
}

#[test]
fn a_base_that_was_saved_is_shown_until_the_server_says_what_it_is() {
    let mut rows = Rows::default();
    rows.pull(vec![remote("a", 1, Some(r#"{"x":1}"#))], None, cursor("1"));
    let mut damaged = lose(&mut rows, Some(collection_of(Table::Base, &todos())), |_| true);
    for row in damaged.salvaged.rows.values_mut() {
        let base: Base<'_> = read_row(row.as_ref().unwrap()).unwrap();
        let wrong = write_row(&Base { doc: r#"{"x":9}"#.into(), ..base.clone() }).unwrap();
        *row = Some(wrong.into());
    }
    mend(&mut rows, damaged);
    assert_eq!(rows.local("a").unwrap(), r#"{"x":9}"#);
    assert_eq!(rows.tally().records, 1);
    rows.pull(vec![remote("a", 1, Some(r#"{"x":1}"#))], None, cursor("1"));
    assert_eq!(rows.local("a").unwrap(), r#"{"x":1}"#, "of the same version, and believed");
}

#[test]
fn a_change_whose_base_was_lost_meets_no_conflict_when_the_base_comes_back() {
    for is_saved in [false, true] {
        let mut rows = edited(ConflictStrategy::ServerWins);
        let damaged = lose(&mut rows, Some(Table::Base.all()), |_| is_saved);
        mend(&mut rows, damaged);
        let page = rows.pull(vec![remote("a", 1, Some(r#"{"x":1}"#))], None, cursor("1"));
        assert!(page.conflicts.is_empty());
        assert_eq!(rows.local("a").unwrap(), r#"{"x":2}"#);
        assert_eq!(rows.take_batch()[0].base, Some(Version::Number(1)));
    }
}

#[test]
fn only_collections_that_the_part_may_have_had_are_pulled_again() {
    let mut rows = edited(ConflictStrategy::LastWriteWins);
    let notes = CollectionName::trusted("notes");
    let pulled = CollectionState { cursor: Some(Cursor("5".into())), ..CollectionState::default() };
    let notes_key = collection_key(CollectionTable::State, &notes);
    rows.rows.insert(notes_key.clone(), write_row(&pulled).unwrap().into());
    let damaged = lose(&mut rows, Some(collection_of(Table::Base, &todos())), |_| true);
    mend(&mut rows, damaged);
    assert_eq!(state(&rows, &notes), pulled);
    assert_eq!(state(&rows, &todos()).cursor, None);
    let entry = Damaged { part: Part::Entry(Sequence(3)), salvaged: Salvaged::default(), seen: [].into() };
    mend(&mut rows, entry);
    assert_eq!(state(&rows, &notes).cursor, None, "an entry may have had anything");
}

#[test]
fn what_the_database_says_of_itself_is_put_back_but_for_the_cursor() {
    let mut rows = edited(ConflictStrategy::LastWriteWins);
    rows.run(&Enable { collections: vec![todos()], is_enabled: true }).unwrap();
    let device = syncline_protocol::DeviceId::trusted("me");
    rows.run(&OpenPlan { device: device.clone(), account: Some("ann".to_owned()) }).unwrap();
    let damaged = lose(&mut rows, Some(Table::Meta.all()), |_| true);
    mend(&mut rows, damaged);
    let identity: Identity = read_row(&rows.rows[&Identity::key()]).unwrap();
    assert_eq!((identity.device, identity.account.as_deref()), (device, Some("ann")));
    let state = state(&rows, &todos());
    assert!(state.is_enabled && state.cursor.is_none());
    assert_eq!(rows.tally(), Tally { records: 2, pending: 2, parked: 0, conflicts: 0 });
}

#[test]
fn a_part_is_mended_once() {
    let mut rows = edited(ConflictStrategy::LastWriteWins);
    let damaged = lose(&mut rows, Some(Table::Queue.all()), |_| true);
    mend(&mut rows, damaged.clone());
    let batch = rows.take_batch();
    for change in &batch {
        let version = Version::Number(2);
        rows.answer(change, syncline_protocol::PushResult::Applied { id: change.id.clone(), version });
    }
    rows.pull(Vec::new(), None, cursor("2"));
    let before = rows.rows.clone();
    mend(&mut rows, damaged);
    assert_eq!(rows.rows, before);
}

#[test]
fn a_row_that_changed_since_it_was_looked_at_is_newer() {
    let mut rows = edited(ConflictStrategy::LastWriteWins);
    let damaged = lose(&mut rows, Some(Table::Queue.all()), |_| true);
    rows.edit("a", put(r#"{"x":5}"#)).unwrap();
    mend(&mut rows, damaged);
    assert_eq!(rows.local("a").unwrap(), r#"{"x":5}"#);
    assert_eq!(rows.local("b").unwrap(), r#"{"x":2}"#);
}

#[test]
fn an_edit_in_a_damaged_entry_replaces_the_older_one_that_was_seen_below_it() {
    let mut rows = edited(ConflictStrategy::LastWriteWins);
    let older = rows.rows.clone();
    rows.edit("a", put(r#"{"x":5}"#)).unwrap();
    let a = key(Table::Queue, "a");
    let saved = [(a.clone(), Some(rows.rows[&a].clone()))].into();
    rows.rows = older;
    let seen = [(a.clone(), rows.rows[&a].clone())].into();
    let salvaged = Salvaged { is_in_use: true, range: None, rows: saved };
    mend(&mut rows, Damaged { part: Part::Entry(Sequence(4)), salvaged, seen });
    assert_eq!(queued(&rows, "a").local(), Some(r#"{"x":5}"#));
}

#[test]
fn what_was_set_aside_long_ago_is_left_alone_where_the_list_of_what_was_mended_is_lost() {
    let mut rows = edited(ConflictStrategy::LastWriteWins);
    let mut old = lose(&mut rows, Some(Table::Queue.all()), |_| true);
    (old.salvaged.is_in_use, old.salvaged.range) = (false, None);
    let mut lost = lose(&mut rows, Some(Table::Meta.all()), |_| false);
    lost.part = Part::Page(PageId(8));
    let mut others = Rows { rows: rows.rows.clone(), ..Rows::default() };
    rows.run(&Mend { collections: vec![todos()], parts: vec![old.clone(), lost] }).unwrap();
    assert_eq!(rows.queue_ids(), Vec::<String>::new());
    let mended: Mended = read_row(&rows.rows[&Mended::key()]).unwrap();
    assert_eq!(mended.parts, [PAGE, Part::Page(PageId(8))].into());
    mend(&mut others, old);
    assert_eq!(others.queue_ids(), ["a", "b"], "where nothing else is lost it was just never mended");
}

#[test]
fn a_change_whose_sending_may_be_what_is_lost_gets_another_key() {
    let mut rows = Rows::default();
    rows.run(&Enable { collections: vec![todos()], is_enabled: true }).unwrap();
    rows.edit("a", put(r#"{"x":1}"#)).unwrap();
    rows.edit("b", put(r#"{"x":1}"#)).unwrap();
    rows.take_batch();
    rows.edit("a", put(r#"{"x":2}"#)).unwrap();
    rows.edit("c", put(r#"{"x":1}"#)).unwrap();
    // The entry said that it was answered, which is not repeated.
    let answered = [(key(Table::Queue, "c"), None)].into();
    let lost = Salvaged { is_in_use: true, range: None, rows: answered };
    mend(&mut rows, Damaged { part: Part::Entry(Sequence(9)), salvaged: lost, seen: [].into() });
    let ids = |id: &str| {
        let row = queued(&rows, id);
        (row.change.id.to_string(), row.next.map(|next| next.id.to_string()))
    };
    assert_eq!(ids("a"), ("change-1".to_owned(), Some("change-3.9".to_owned())), "what was sent stays");
    assert_eq!(ids("b"), ("change-2".to_owned(), None));
    assert_eq!(ids("c"), ("change-4.9".to_owned(), None));
}

#[test]
fn a_list_of_what_was_mended_is_not_believed_where_it_was_damaged_itself() {
    let mut rows = edited(ConflictStrategy::LastWriteWins);
    let mut old = lose(&mut rows, Some(Table::Queue.all()), |_| true);
    (old.salvaged.is_in_use, old.salvaged.range) = (false, None);
    mend(&mut rows, old.clone());
    rows.rows.retain(|key, _| !Table::Queue.has(key));
    let mut lost = lose(&mut rows, Some(Table::Meta.all()), |_| true);
    lost.part = Part::Page(PageId(8));
    let wrong = write_row(&Mended { parts: [Part::Page(PageId(3)), lost.part].into() }).unwrap();
    lost.salvaged.rows.insert(Mended::key(), Some(wrong.into()));
    rows.run(&Mend { collections: vec![todos()], parts: vec![old, lost] }).unwrap();
    assert_eq!(rows.queue_ids(), Vec::<String>::new());
    let mended: Mended = read_row(&rows.rows[&Mended::key()]).unwrap();
    assert_eq!(mended.parts, [PAGE, Part::Page(PageId(8))].into());
}

#[test]
fn a_change_in_a_collection_that_nobody_knows_is_not_put_back() {
    let mut rows = edited(ConflictStrategy::LastWriteWins);
    let mut damaged = lose(&mut rows, Some(Table::Queue.all()), |_| true);
    let wrong = record_key(
        Table::Queue,
        &CollectionName::trusted("tofos"),
        &syncline_protocol::RecordId::trusted("a"),
    );
    let row = damaged.salvaged.rows.remove(&key(Table::Queue, "a")).unwrap();
    damaged.salvaged.rows.insert(wrong.clone(), row);
    mend(&mut rows, damaged);
    assert!(!rows.rows.contains_key(&wrong));
    assert_eq!(rows.queue_ids(), ["b"]);
}

#[test]
fn a_frozen_change_whose_document_is_wrong_gives_way_to_what_the_server_took_under_its_key() {
    let mut rows = edited(ConflictStrategy::LastWriteWins);
    let sent = rows.take_batch().remove(0);
    let mut damaged = lose(&mut rows, Some(Table::Queue.all()), |_| true);
    let row = damaged.salvaged.rows.get_mut(&key(Table::Queue, "a")).unwrap();
    let kept = row.take().unwrap();
    let mut wrong: QueueRow<'_> = read_row(&kept).unwrap();
    wrong.change.doc = Some(r#"{"x":6}"#.into());
    *row = Some(write_row(&wrong).unwrap().into());
    mend(&mut rows, damaged);
    for change in rows.take_batch() {
        let version = Version::Number(2);
        rows.answer(&change, syncline_protocol::PushResult::Applied { id: change.id.clone(), version });
    }
    assert_eq!(rows.local("a").unwrap(), r#"{"x":6}"#);
    let taken = sent.data.as_ref().unwrap().as_str();
    rows.pull(vec![remote("a", 2, Some(taken)), remote("b", 2, Some(taken))], None, cursor("2"));
    assert_eq!(rows.local("a").unwrap(), taken);
}
