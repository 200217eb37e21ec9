//! Pulls that delete much, page by page. Looks at rows; runs no cycle.

use syncline_protocol::{Cursor, RecordId, RemoteRecord};

use super::{
    testing::{Rows, remote, todos},
    *,
};
use crate::model::{CollectionTable, Deletions, collection_key, read_row};

fn cursor(text: &str) -> PageEnd {
    PageEnd::Cursor(Cursor(text.to_owned()))
}

fn name(number: u64) -> String {
    format!("r{number:03}")
}

fn here(numbers: std::ops::Range<u64>) -> Vec<RemoteRecord> {
    let record = |number| remote(&name(number), 1, Some(&format!(r#"{{"id":"{}"}}"#, name(number))));
    numbers.map(record).collect()
}

fn gone(numbers: std::ops::Range<u64>) -> Vec<RemoteRecord> {
    numbers.map(|number| remote(&name(number), 2, None)).collect()
}

/// A collection of that many records, pulled up to the cursor `1`.
fn rows_of(count: u64) -> Rows {
    let mut rows = Rows::default();
    assert!(!rows.pull(here(0..count), None, cursor("1")).is_paused);
    rows
}

fn deletions(rows: &Rows) -> Option<Deletions> {
    let row = rows.rows.get(&collection_key(CollectionTable::Deletions, &todos()));
    row.map(|value| read_row(value).unwrap())
}

fn confirm(rows: &mut Rows) {
    rows.run(&ConfirmDeletions { collection: todos() }).unwrap();
}

#[test]
fn half_of_a_collection_may_go_and_one_more_waits() {
    let mut rows = rows_of(40);
    assert!(!rows.pull(gone(0..20), Some("1"), cursor("2")).is_paused);
    assert_eq!(rows.tally().records, 20);
    let mut rows = rows_of(40);
    let before = rows.rows.clone();
    let applied = rows.pull(gone(0..21), Some("1"), cursor("2"));
    assert!(applied.is_paused && applied.pulled == 0);
    let awaited = deletions(&rows).unwrap();
    let awaited = awaited.awaited().unwrap();
    assert_eq!((awaited.deletions, awaited.records), (21, 40));
    rows.rows.remove(&collection_key(CollectionTable::Deletions, &todos()));
    assert_eq!(rows.rows, before, "nothing of the page is applied, and the cursor stays");
}

#[test]
fn a_small_collection_goes_without_asking() {
    let mut rows = rows_of(19);
    assert!(!rows.pull(gone(0..19), Some("1"), cursor("2")).is_paused);
    let mut rows = rows_of(20);
    assert!(rows.pull(gone(0..20), Some("1"), cursor("2")).is_paused);
}

#[test]
fn what_several_pages_of_one_pull_delete_is_one_sum() {
    let mut rows = rows_of(40);
    rows.has_more = true;
    assert!(!rows.pull(gone(0..15), Some("1"), cursor("2")).is_paused);
    // What the pull adds is not what was there before it.
    assert!(!rows.pull(here(100..200), Some("2"), cursor("3")).is_paused);
    rows.has_more = false;
    assert!(rows.pull(gone(15..21), Some("3"), cursor("4")).is_paused);
    assert_eq!(rows.tally().records, 125, "the pages before stay applied");
}

#[test]
fn the_next_pull_counts_from_nothing() {
    let mut rows = rows_of(40);
    assert!(!rows.pull(gone(0..15), Some("1"), cursor("2")).is_paused);
    assert_eq!(deletions(&rows), None);
    assert!(!rows.pull(gone(15..27), Some("2"), cursor("3")).is_paused);
    assert_eq!(rows.tally().records, 13);
}

#[test]
fn what_a_snapshot_does_not_name_counts_as_deleted() {
    let mut rows = rows_of(40);
    let seen: std::collections::BTreeSet<RecordId> = (0..10).map(|at| RecordId::trusted(name(at))).collect();
    let end = PageEnd::Snapshot { cursor: Cursor("2".to_owned()), seen };
    assert!(rows.pull(here(0..10), Some("1"), end.clone()).is_paused);
    assert_eq!(rows.tally().records, 40);
    confirm(&mut rows);
    assert!(!rows.pull(here(0..10), Some("1"), end).is_paused);
    assert_eq!((rows.tally().records, deletions(&rows)), (10, None));
}

#[test]
fn a_pull_that_waits_applies_no_page_until_somebody_agrees_and_then_goes_to_its_end() {
    let mut rows = rows_of(40);
    rows.has_more = true;
    assert!(rows.pull(gone(0..30), Some("1"), cursor("2")).is_paused);
    assert!(rows.pull(here(50..51), Some("1"), cursor("2")).is_paused);
    confirm(&mut rows);
    assert!(!rows.pull(gone(0..30), Some("1"), cursor("2")).is_paused);
    rows.has_more = false;
    assert!(!rows.pull(gone(30..40), Some("2"), cursor("3")).is_paused);
    assert_eq!((rows.tally().records, deletions(&rows)), (0, None), "that was agreed to once");
    assert!(!rows.pull(here(100..140), Some("3"), cursor("4")).is_paused);
    assert!(rows.pull(gone(100..140), Some("4"), cursor("5")).is_paused);
}

#[test]
fn agreeing_where_nothing_waits_is_agreeing_to_nothing() {
    let mut rows = rows_of(40);
    let before = rows.rows.clone();
    confirm(&mut rows);
    assert_eq!(rows.rows, before);
}

#[test]
fn what_the_user_has_deleted_too_is_no_mass_deletion() {
    let mut rows = rows_of(40);
    for number in 0..30 {
        rows.edit(&name(number), EditKind::Delete).unwrap();
    }
    assert!(!rows.pull(gone(0..30), Some("1"), cursor("2")).is_paused);
    assert_eq!((rows.tally().records, rows.tally().pending), (10, 0));
}

#[test]
fn switching_sync_off_and_on_lets_a_pull_be_judged_anew() {
    let mut rows = rows_of(40);
    let switch = |rows: &mut Rows, is_enabled| {
        rows.run(&Enable { collections: vec![todos()], is_enabled }).unwrap();
    };
    switch(&mut rows, true);
    assert!(rows.pull(gone(0..30), Some("1"), cursor("2")).is_paused);
    switch(&mut rows, false);
    assert!(deletions(&rows).is_some());
    switch(&mut rows, true);
    assert_eq!(deletions(&rows), None);
    assert!(!rows.pull(gone(0..3), Some("1"), cursor("2")).is_paused);
}
