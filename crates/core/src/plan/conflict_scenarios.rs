//! Conflicts that are kept, as stories over the plans: how they begin, what they take in, and how they end.

use syncline_protocol::{ChangeId, Cursor, Millis, PushResult, Version};

use super::{
    testing::{Rows, remote},
    *,
};
use crate::model::{Conflict, ConflictKind, ConflictStrategy, ResolvedAs};

fn put(text: &str) -> EditKind {
    EditKind::Put(text.into())
}

fn pull(rows: &mut Rows, version: u64, doc: Option<&str>) -> PageApplied {
    let since = (version > 1).then(|| (version - 1).to_string());
    let end = PageEnd::Cursor(Cursor(version.to_string()));
    rows.pull(vec![remote("a", version, doc)], since.as_deref(), end)
}

fn conflicts(rows: &Rows) -> Vec<Conflict> {
    conflicts_in(&rows.rows).unwrap().iter().map(|kept| kept.to_conflict().unwrap()).collect()
}

fn resolve(rows: &mut Rows, choice: Choice) -> Result<bool, Error> {
    let conflict = conflicts(rows).first().map_or_else(|| ChangeId::trusted("none"), |one| one.id.clone());
    let now = Millis(rows.now);
    rows.run(&Resolve { conflict, choice, seen: None, origin: Origin::Local, now })
}

fn text(doc: &Option<syncline_protocol::JsonText>) -> Option<&str> {
    doc.as_ref().map(syncline_protocol::JsonText::as_str)
}

/// A record that was edited here on version 1 and there as version 2.
fn conflicting() -> Rows {
    let mut rows = Rows { strategy: ConflictStrategy::Manual, ..Rows::default() };
    pull(&mut rows, 1, Some(r#"{"id":"a","v":1}"#));
    rows.edit("a", put(r#"{"id":"a","v":"mine"}"#)).unwrap();
    let page = pull(&mut rows, 2, Some(r#"{"id":"a","v":"theirs"}"#));
    assert_eq!((page.conflicts[0].1, page.requeued), (ResolvedAs::Parked, 0));
    rows
}

#[test]
fn a_conflict_is_kept_with_both_sides_and_what_they_were_made_on_and_the_user_goes_on_seeing_the_edit() {
    let mut rows = conflicting();
    let [conflict] = &conflicts(&rows)[..] else { panic!("one conflict") };
    assert_eq!(text(&conflict.base), Some(r#"{"id":"a","v":1}"#));
    assert_eq!(text(&conflict.local), Some(r#"{"id":"a","v":"mine"}"#));
    assert_eq!(text(&conflict.remote), Some(r#"{"id":"a","v":"theirs"}"#));
    assert_eq!((conflict.kind, conflict.remote_edited_at), (ConflictKind::UpdateUpdate, Millis(200)));
    assert_eq!(rows.local("a").unwrap(), r#"{"id":"a","v":"mine"}"#);
    assert_eq!((rows.tally().pending, rows.tally().conflicts, rows.tally().records), (0, 1, 1));
    assert!(rows.take_batch().is_empty(), "it is not sent");
}

#[test]
fn a_conflict_answered_to_a_push_is_kept_under_the_key_that_it_will_go_out_under() {
    let mut rows = Rows { strategy: ConflictStrategy::Manual, ..Rows::default() };
    pull(&mut rows, 1, Some(r#"{"v":1}"#));
    rows.edit("a", put(r#"{"v":"mine"}"#)).unwrap();
    let batch = rows.take_batch();
    rows.edit("a", put(r#"{"v":"later"}"#)).unwrap();
    let record = remote("a", 2, Some(r#"{"v":"theirs"}"#));
    let told = rows.answer(&batch[0], PushResult::Conflict { id: batch[0].id.clone(), record });
    let [conflict] = &conflicts(&rows)[..] else { panic!("one conflict") };
    assert_eq!((&conflict.id, told.conflicts[0].1), (&told.conflicts[0].0.id, ResolvedAs::Parked));
    assert_ne!(conflict.id, batch[0].id);
    assert_eq!(text(&conflict.local), Some(r#"{"v":"later"}"#));
    resolve(&mut rows, Choice::Local).unwrap();
    let again = rows.take_batch();
    assert_eq!((&again[0].base, text(&again[0].data)), (&Some(Version::Number(2)), Some(r#"{"v":"later"}"#)));
}

#[test]
fn each_choice_ends_the_conflict() {
    let mut rows = conflicting();
    resolve(&mut rows, Choice::Local).unwrap();
    let batch = rows.take_batch();
    assert_eq!(
        (&batch[0].base, text(&batch[0].data)),
        (&Some(Version::Number(2)), Some(r#"{"id":"a","v":"mine"}"#))
    );
    assert!(batch[0].edited_at > Millis(200), "it was chosen after both edits");

    let mut rows = conflicting();
    resolve(&mut rows, Choice::Remote).unwrap();
    assert_eq!(rows.local("a").unwrap(), r#"{"id":"a","v":"theirs"}"#);
    assert!(rows.take_batch().is_empty());

    let mut rows = conflicting();
    resolve(&mut rows, Choice::Merged(Some(r#"{"v":"both"}"#.to_owned()))).unwrap();
    assert_eq!(text(&rows.take_batch()[0].data), Some(r#"{"v":"both","id":"a"}"#));

    let mut rows = conflicting();
    resolve(&mut rows, Choice::Merged(None)).unwrap();
    assert_eq!((rows.local("a"), rows.take_batch()[0].data.is_none()), (None, true));

    for choice in [Choice::Local, Choice::Remote, Choice::Merged(None)] {
        let mut rows = conflicting();
        resolve(&mut rows, choice.clone()).unwrap();
        assert_eq!((conflicts(&rows).len(), rows.tally().conflicts), (0, 0));
        assert_eq!(resolve(&mut rows, choice).unwrap_err().code, ErrorCode::NotFound);
    }
}

#[test]
fn a_choice_that_is_what_the_server_has_sends_nothing() {
    let mut rows = conflicting();
    resolve(&mut rows, Choice::Merged(Some(r#"{"v":"theirs","id":"a"}"#.to_owned()))).unwrap();
    assert!(rows.queue_ids().is_empty());
}

#[test]
fn a_deletion_on_either_side_is_a_conflict_with_an_edit() {
    let mut rows = Rows { strategy: ConflictStrategy::Manual, ..Rows::default() };
    pull(&mut rows, 1, Some(r#"{"v":1}"#));
    rows.edit("a", put(r#"{"v":"mine"}"#)).unwrap();
    pull(&mut rows, 2, None);
    let [conflict] = &conflicts(&rows)[..] else { panic!("one conflict") };
    assert_eq!((conflict.kind, conflict.remote_edited_at), (ConflictKind::UpdateDelete, Millis(200)));
    assert_eq!((text(&conflict.base), text(&conflict.remote)), (Some(r#"{"v":1}"#), None));
    resolve(&mut rows, Choice::Local).unwrap();
    assert_eq!(rows.take_batch()[0].base, None, "it is made anew");

    let mut rows = Rows { strategy: ConflictStrategy::Manual, ..Rows::default() };
    pull(&mut rows, 1, Some(r#"{"v":1}"#));
    rows.edit("a", EditKind::Delete).unwrap();
    pull(&mut rows, 2, Some(r#"{"v":2}"#));
    assert_eq!(conflicts(&rows)[0].kind, ConflictKind::DeleteUpdate);
    assert_eq!(rows.local("a"), None, "the user goes on not seeing it");
    let mut other = Rows { rows: rows.rows.clone(), ..Rows::default() };
    resolve(&mut rows, Choice::Local).unwrap();
    assert_eq!((rows.take_batch()[0].base.clone(), rows.local("a")), (Some(Version::Number(2)), None));
    resolve(&mut other, Choice::Remote).unwrap();
    assert_eq!(other.local("a").unwrap(), r#"{"v":2}"#);
}

#[test]
fn further_edits_are_the_local_side_and_further_pulls_the_remote_one() {
    let mut rows = conflicting();
    let first = conflicts(&rows)[0].clone();
    rows.edit("a", put(r#"{"id":"a","v":"mine 2"}"#)).unwrap();
    let told = pull(&mut rows, 3, Some(r#"{"id":"a","v":"theirs 2"}"#));
    assert!(told.conflicts.is_empty(), "it was told of");
    let [conflict] = &conflicts(&rows)[..] else { panic!("one conflict") };
    assert_eq!((&conflict.id, conflict.detected_at), (&first.id, first.detected_at));
    assert_eq!(text(&conflict.base), Some(r#"{"id":"a","v":1}"#));
    assert_eq!(text(&conflict.local), Some(r#"{"id":"a","v":"mine 2"}"#));
    assert_eq!(text(&conflict.remote), Some(r#"{"id":"a","v":"theirs 2"}"#));
    pull(&mut rows, 4, None);
    assert_eq!(conflicts(&rows)[0].kind, ConflictKind::UpdateDelete);
    assert_eq!((rows.tally().conflicts, rows.tally().pending), (1, 0));
}

#[test]
fn a_conflict_ends_by_itself_where_both_sides_come_to_say_the_same() {
    let mut rows = conflicting();
    pull(&mut rows, 3, Some(r#"{"v":"mine","id":"a"}"#));
    assert_eq!((rows.tally().conflicts, rows.queue_ids().len()), (0, 0));
    let mut rows = conflicting();
    rows.edit("a", put(r#"{"v":"theirs","id":"a"}"#)).unwrap();
    assert_eq!((rows.tally().conflicts, rows.queue_ids().len()), (0, 0));
    let mut rows = conflicting();
    pull(&mut rows, 3, None);
    rows.edit("a", EditKind::Delete).unwrap();
    assert_eq!((rows.tally().conflicts, rows.queue_ids().len(), rows.local("a")), (0, 0, None));
}

#[test]
fn giving_the_change_up_takes_the_remote_side() {
    let mut rows = conflicting();
    let change = conflicts(&rows)[0].id.clone();
    rows.run(&Discard { change }).unwrap();
    assert_eq!(rows.local("a").unwrap(), r#"{"id":"a","v":"theirs"}"#);
    assert_eq!((rows.tally().conflicts, rows.tally().pending), (0, 0));
}

#[test]
fn a_choice_of_what_is_not_so_any_more_is_void() {
    let mut rows = conflicting();
    let seen = conflicts_in(&rows.rows).unwrap().remove(0);
    let plan = Resolve {
        conflict: seen.row.change.id.clone(),
        choice: Choice::Local,
        seen: Some(seen),
        origin: Origin::Remote,
        now: Millis(9),
    };
    pull(&mut rows, 3, Some(r#"{"id":"a","v":"theirs 2"}"#));
    assert_eq!(rows.run(&plan), Ok(false));
    assert_eq!(rows.tally().conflicts, 1);
}

#[test]
fn another_strategy_takes_over_with_the_next_news_of_the_record() {
    let mut rows = conflicting();
    rows.strategy = ConflictStrategy::Merge;
    let page = pull(&mut rows, 3, Some(r#"{"id":"a","v":1,"w":3}"#));
    assert_eq!((page.requeued, rows.tally().conflicts), (1, 0));
    assert_eq!(rows.local("a").unwrap(), r#"{"id":"a","v":"mine","w":3}"#);
}
