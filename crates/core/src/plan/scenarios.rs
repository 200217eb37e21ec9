//! Pushes and pulls as stories over the plans: no engine, no server. Each invariant of the design that a plan can break.

use syncline_protocol::{Cursor, PushResult, RecordId, Version};

use super::testing::{Rows, remote};
use super::*;
use crate::model::{ConflictStrategy, ResolvedAs};

fn put(text: &str) -> EditKind {
    EditKind::Put(text.into())
}

fn cursor(text: &str) -> PageEnd {
    PageEnd::Cursor(Cursor(text.to_owned()))
}

/// A record that server and device agree on, at version 1.
fn settled(strategy: ConflictStrategy) -> Rows {
    let mut rows = Rows { strategy, ..Rows::default() };
    rows.pull(vec![remote("a", 1, Some(r#"{"x":1,"y":1}"#))], None, cursor("1"));
    rows
}

fn applied(change: &syncline_protocol::Change, version: u64) -> PushResult {
    PushResult::Applied { id: change.id.clone(), version: Version::Number(version) }
}

#[test]
fn an_accepted_change_is_the_base_and_leaves_the_queue() {
    let mut rows = settled(ConflictStrategy::LastWriteWins);
    rows.edit("a", put(r#"{"x":2}"#)).unwrap();
    let batch = rows.take_batch();
    assert_eq!(batch[0].base, Some(Version::Number(1)));
    rows.answer(&batch[0], applied(&batch[0], 2));
    assert!(rows.queue_ids().is_empty());
    assert_eq!(rows.local("a").unwrap(), r#"{"x":2}"#);
    rows.edit("a", put(r#"{"x":3}"#)).unwrap();
    assert_eq!(rows.take_batch()[0].base, Some(Version::Number(2)));
}

#[test]
fn an_edit_made_in_flight_goes_out_on_the_answered_version_under_its_own_id() {
    let mut rows = settled(ConflictStrategy::LastWriteWins);
    rows.edit("a", put(r#"{"x":2}"#)).unwrap();
    let first = rows.take_batch();
    rows.edit("a", put(r#"{"x":3}"#)).unwrap();
    rows.answer(&first[0], applied(&first[0], 2));
    let second = rows.take_batch();
    assert_ne!(second[0].id, first[0].id);
    assert_eq!(second[0].base, Some(Version::Number(2)));
    assert_eq!(second[0].data.as_ref().unwrap().as_str(), r#"{"x":3}"#);
}

#[test]
fn an_answer_that_comes_twice_changes_nothing_more() {
    let mut rows = settled(ConflictStrategy::LastWriteWins);
    rows.edit("a", put(r#"{"x":2}"#)).unwrap();
    let batch = rows.take_batch();
    rows.answer(&batch[0], applied(&batch[0], 2));
    rows.edit("a", put(r#"{"x":3}"#)).unwrap();
    assert_eq!(rows.answer(&batch[0], applied(&batch[0], 2)).applied, 0);
    assert_eq!(rows.local("a").unwrap(), r#"{"x":3}"#);
}

#[test]
fn a_conflict_is_merged_on_the_stored_base_and_sent_again() {
    let mut rows = settled(ConflictStrategy::Merge);
    rows.edit("a", put(r#"{"x":2,"y":1}"#)).unwrap();
    let batch = rows.take_batch();
    let record = remote("a", 2, Some(r#"{"x":1,"y":9}"#));
    let outcome = rows.answer(&batch[0], PushResult::Conflict { id: batch[0].id.clone(), record });
    assert_eq!(outcome.requeued, 1);
    assert_eq!(outcome.conflicts[0].1, ResolvedAs::Merged);
    let again = rows.take_batch();
    assert_eq!(again[0].base, Some(Version::Number(2)));
    assert_eq!(again[0].data.as_ref().unwrap().as_str(), r#"{"x":2,"y":9}"#);
    assert_ne!(again[0].id, batch[0].id, "the resolved edit goes out under a new id");
}

#[test]
fn a_conflict_with_what_we_sent_ourselves_is_none() {
    let mut rows = settled(ConflictStrategy::ServerWins);
    rows.edit("a", put(r#"{"x":2}"#)).unwrap();
    let batch = rows.take_batch();
    let record = remote("a", 2, Some(r#"{"x":2}"#));
    let outcome = rows.answer(&batch[0], PushResult::Conflict { id: batch[0].id.clone(), record });
    assert!(outcome.conflicts.is_empty() && rows.queue_ids().is_empty());
}

#[test]
fn a_pull_re_bases_a_pending_edit() {
    let mut rows = settled(ConflictStrategy::Merge);
    rows.edit("a", put(r#"{"x":2,"y":1}"#)).unwrap();
    rows.pull(vec![remote("a", 2, Some(r#"{"x":1,"y":9}"#))], Some("1"), cursor("2"));
    assert_eq!(rows.local("a").unwrap(), r#"{"x":2,"y":9}"#);
    assert_eq!(rows.take_batch()[0].base, Some(Version::Number(2)));
}

#[test]
fn a_later_local_edit_survives_a_pull_and_an_earlier_one_gives_way() {
    for (now, expected) in [(1_000, r#"{"x":2}"#), (10, r#"{"x":9}"#)] {
        let mut rows = settled(ConflictStrategy::LastWriteWins);
        rows.now = now;
        rows.edit("a", put(r#"{"x":2}"#)).unwrap();
        rows.pull(vec![remote("a", 2, Some(r#"{"x":9}"#))], Some("1"), cursor("2"));
        assert_eq!(rows.local("a").unwrap(), expected);
    }
}

#[test]
fn a_change_on_its_way_is_not_touched_by_a_pull_and_meets_its_conflict_on_its_own_base() {
    let mut rows = settled(ConflictStrategy::Merge);
    rows.edit("a", put(r#"{"x":2,"y":1}"#)).unwrap();
    let batch = rows.take_batch();
    let current = remote("a", 2, Some(r#"{"x":1,"y":9}"#));
    rows.pull(vec![current.clone()], Some("1"), cursor("2"));
    assert_eq!(rows.take_batch(), batch);
    rows.answer(&batch[0], PushResult::Conflict { id: batch[0].id.clone(), record: current });
    assert_eq!(
        rows.local("a").unwrap(),
        r#"{"x":2,"y":9}"#,
        "merged on the base of the edit, not on the pulled one"
    );
}

#[test]
fn an_accepted_change_that_a_pull_has_overtaken_does_not_bring_the_old_version_back() {
    let mut rows = settled(ConflictStrategy::Merge);
    rows.edit("a", put(r#"{"x":2,"y":1}"#)).unwrap();
    let batch = rows.take_batch();
    rows.edit("a", put(r#"{"x":2,"y":1,"z":1}"#)).unwrap();
    rows.pull(vec![remote("a", 3, Some(r#"{"x":2,"y":3}"#))], Some("1"), cursor("3"));
    rows.answer(&batch[0], applied(&batch[0], 2));
    let next = rows.take_batch();
    assert_eq!(next[0].base, Some(Version::Number(3)));
    assert_eq!(next[0].data.as_ref().unwrap().as_str(), r#"{"x":2,"y":3,"z":1}"#);
}

#[test]
fn a_refused_change_is_rolled_back_and_kept_with_its_data() {
    let mut rows = settled(ConflictStrategy::LastWriteWins);
    rows.edit("a", put(r#"{"x":2}"#)).unwrap();
    let batch = rows.take_batch();
    let (code, message) = ("invalid-document".to_owned(), "no".to_owned());
    let refused = rows.answer(&batch[0], PushResult::Rejected { id: batch[0].id.clone(), code, message });
    assert_eq!(refused.parked[0].change.data.as_ref().unwrap().as_str(), r#"{"x":2}"#);
    assert_eq!(rows.local("a").unwrap(), r#"{"x":1,"y":1}"#);
    assert_eq!((rows.tally().pending, rows.tally().parked), (0, 1));
    let requeue = Requeue {
        change: batch[0].id.clone(),
        doc: None,
        fresh: syncline_protocol::ChangeId::trusted("fresh"),
        now: syncline_protocol::Millis(5),
    };
    rows.run(&requeue).unwrap();
    assert_eq!(rows.local("a").unwrap(), r#"{"x":2}"#);
    assert_eq!(rows.take_batch()[0].id.as_str(), "fresh");
    assert_eq!(rows.tally().parked, 0);
}

#[test]
fn a_known_version_is_passed_over_and_an_older_one_too() {
    let mut rows = settled(ConflictStrategy::LastWriteWins);
    let again = rows.pull(vec![remote("a", 1, Some(r#"{"x":1,"y":1}"#))], Some("1"), cursor("2"));
    assert_eq!(again.pulled, 0);
    rows.pull(vec![remote("a", 5, Some(r#"{"x":5}"#))], Some("2"), cursor("3"));
    rows.pull(vec![remote("a", 4, Some(r#"{"x":4}"#))], Some("3"), cursor("4"));
    assert_eq!(rows.local("a").unwrap(), r#"{"x":5}"#);
}

#[test]
fn a_page_pulled_from_another_cursor_is_void() {
    let mut rows = settled(ConflictStrategy::LastWriteWins);
    let page = rows.pull(vec![remote("a", 2, Some(r#"{"x":2}"#))], None, cursor("2"));
    assert!(page.is_void);
    assert_eq!(rows.local("a").unwrap(), r#"{"x":1,"y":1}"#);
}

#[test]
fn what_is_absent_from_a_whole_snapshot_is_deleted_but_not_a_pending_creation() {
    let mut rows = settled(ConflictStrategy::LastWriteWins);
    rows.edit("mine", put(r#"{"n":1}"#)).unwrap();
    let seen = [RecordId::trusted("b")].into();
    let end = PageEnd::Snapshot { cursor: Cursor("9".into()), seen };
    rows.pull(vec![remote("b", 1, Some(r#"{"b":1}"#))], Some("1"), end);
    assert_eq!(rows.local("a"), None);
    assert!(rows.local("b").is_some() && rows.local("mine").is_some());
    assert_eq!((rows.tally().records, rows.tally().pending), (2, 1));
}

#[test]
fn a_deletion_there_and_a_later_edit_here_make_the_record_anew() {
    let mut rows = settled(ConflictStrategy::LastWriteWins);
    rows.now = 1_000;
    rows.edit("a", put(r#"{"x":2}"#)).unwrap();
    let batch = rows.take_batch();
    let record = remote("a", 2, None);
    rows.answer(&batch[0], PushResult::Conflict { id: batch[0].id.clone(), record });
    let again = rows.take_batch();
    assert_eq!(again[0].base, None, "there is nothing to be based on");
    assert_eq!(rows.local("a").unwrap(), r#"{"x":2}"#);
}

#[test]
fn a_leader_that_was_replaced_does_nothing_more() {
    let mut rows = settled(ConflictStrategy::LastWriteWins);
    let (epoch, _) = rows.run(&TakeLeadership).unwrap();
    let plan =
        |epoch| Fenced { epoch, plan: Enable { collections: vec![testing::todos()], is_enabled: true } };
    assert_eq!(rows.run(&plan(epoch)), Ok(Ok(())));
    rows.run(&TakeLeadership).unwrap();
    assert_eq!(rows.run(&plan(epoch)), Ok(Err(FencedOut)));
}

#[test]
fn what_was_sent_goes_first_then_the_oldest() {
    let mut rows = Rows::default();
    for id in ["c", "b", "a"] {
        rows.edit(id, put("{}")).unwrap();
    }
    let ids = |batch: Vec<syncline_protocol::Change>| -> Vec<String> {
        batch.iter().map(|change| change.record.to_string()).collect()
    };
    assert_eq!(ids(rows.take_batch()), ["c", "b", "a"]);
}

fn deleted(id: &str, version: u64) -> syncline_protocol::RemoteRecord {
    remote(id, version, None)
}

#[test]
fn a_pull_that_brings_back_ones_own_deletion_is_no_conflict_with_the_edit_behind_it() {
    let mut rows = settled(ConflictStrategy::LastWriteWins);
    rows.edit("a", EditKind::Delete).unwrap();
    let batch = rows.take_batch();
    rows.edit("a", put(r#"{"x":2}"#)).unwrap();
    rows.pull(vec![deleted("a", 2)], Some("1"), cursor("2"));
    let outcome = rows.answer(&batch[0], applied(&batch[0], 2));
    assert!(outcome.conflicts.is_empty());
    let again = rows.take_batch();
    assert_eq!((again[0].base.clone(), again[0].data.as_ref().unwrap().as_str()), (None, r#"{"x":2}"#));
}

#[test]
fn a_creation_that_was_deleted_elsewhere_before_its_answer_came_stays_deleted() {
    let mut rows = settled(ConflictStrategy::LastWriteWins);
    rows.edit("b", put(r#"{"x":1}"#)).unwrap();
    let batch = rows.take_batch();
    rows.pull(vec![deleted("b", 2)], Some("1"), cursor("2"));
    rows.answer(&batch[0], applied(&batch[0], 1));
    assert_eq!(rows.local("b"), None);
}

#[test]
fn a_creation_that_was_taken_after_an_old_deletion_came_is_there() {
    let mut rows = settled(ConflictStrategy::LastWriteWins);
    rows.edit("b", put(r#"{"x":1}"#)).unwrap();
    let batch = rows.take_batch();
    rows.pull(vec![deleted("b", 4)], Some("1"), cursor("2"));
    rows.answer(&batch[0], applied(&batch[0], 5));
    assert_eq!(rows.local("b").unwrap(), r#"{"x":1}"#);
}

#[test]
fn an_edit_behind_a_refused_change_is_merged_with_what_a_pull_brought_meanwhile() {
    let mut rows = settled(ConflictStrategy::Merge);
    rows.edit("a", put(r#"{"x":2,"y":1}"#)).unwrap();
    let batch = rows.take_batch();
    rows.edit("a", put(r#"{"x":3,"y":1}"#)).unwrap();
    rows.pull(vec![remote("a", 2, Some(r#"{"x":1,"y":9}"#))], Some("1"), cursor("2"));
    let (code, message) = ("invalid-document".to_owned(), "no".to_owned());
    rows.answer(&batch[0], PushResult::Rejected { id: batch[0].id.clone(), code, message });
    assert_eq!(rows.local("a").unwrap(), r#"{"x":3,"y":9}"#);
}

#[test]
fn what_names_everything_waits_for_the_answer_to_what_is_on_its_way() {
    let mut rows = Rows::default();
    rows.edit("b", put(r#"{"x":1}"#)).unwrap();
    let batch = rows.take_batch();
    let page = rows.pull(Vec::new(), None, cursor("2"));
    assert!(page.is_void, "it cannot say whether the creation was taken and deleted since");
    rows.answer(&batch[0], applied(&batch[0], 1));
    let end = PageEnd::Snapshot { cursor: Cursor("2".into()), seen: [].into() };
    rows.pull(Vec::new(), None, end);
    assert_eq!(rows.local("b"), None);
}

#[test]
fn an_edit_of_a_record_that_is_absent_from_a_snapshot_is_kept_under_its_own_key() {
    let mut rows = settled(ConflictStrategy::LastWriteWins);
    rows.edit("a", put(r#"{"x":2}"#)).unwrap();
    let end = PageEnd::Snapshot { cursor: Cursor("9".into()), seen: [].into() };
    rows.pull(Vec::new(), Some("1"), end);
    let batch = rows.take_batch();
    assert_eq!((batch[0].id.as_str(), batch[0].base.clone()), ("change-1", None));
}
