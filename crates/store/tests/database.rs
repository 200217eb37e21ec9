//! What the database promises of plans, reads and those who follow it, one sentence each.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, unreachable_pub, reason = "tests")]

mod support;

use futures::executor::block_on;
use futures::future::join_all;
use futures::{FutureExt, join};
use rand::SeedableRng;
use rand::rngs::SmallRng;
use support::Tasks;
use support::rows::{Heard, Put, count, fill, key, open, open_faulty, put, row};
use syncline_store::{Decision, DiskError, MemoryDisk, Plan, Read, Sequence, StoreError, View, Write};

#[test]
fn plans_asked_for_in_one_go_share_an_append_and_see_each_other() {
    let (database, faults) = open_faulty(&MemoryDisk::new());
    let outcomes = block_on(join_all((0..10).map(|number| database.run(put(number, "x")))));
    assert_eq!(outcomes, (0..10).map(Ok).collect::<Vec<_>>());
    assert_eq!((faults.counts().appended, database.sequence()), (1, Sequence(1)));
}

#[test]
fn plans_asked_for_during_an_append_share_the_next_one() {
    let (database, faults) = open_faulty(&MemoryDisk::new());
    faults.waiting.set(0.99);
    let mut first = Box::pin(database.run(put(0, "x")));
    for _ in 0..3 {
        assert!(first.as_mut().now_or_never().is_none());
    }
    let (first, rest) =
        block_on(async { join!(first, join_all((1..10).map(|n| database.run(put(n, "x"))))) });
    assert_eq!((first, rest), (Ok(0), (1..10).map(Ok).collect()));
    assert_eq!((faults.counts().appended, database.sequence()), (2, Sequence(2)));
}

#[test]
fn plan_that_writes_nothing_appends_nothing() {
    let (database, faults) = open_faulty(&MemoryDisk::new());
    assert_eq!(block_on(database.run(Put(Vec::new()))), Ok(0));
    assert_eq!((faults.counts().appended, database.sequence()), (0, Sequence(0)));
}

#[test]
fn row_written_twice_in_one_plan_is_the_last_one() {
    let disk = MemoryDisk::new();
    let rows = [Some("one"), None, Some("two")].map(|value| (key(1), value.map(|value| value.into())));
    block_on(open(&disk, ()).run(Put(rows.to_vec()))).unwrap();
    assert_eq!(row(&open(&disk, ()), 1).as_deref(), Some("two"));
}

#[test]
fn plans_go_on_when_the_one_that_began_the_append_is_dropped() {
    let (database, faults) = open_faulty(&MemoryDisk::new());
    faults.waiting.set(0.99);
    let mut first = Box::pin(database.run(put(1, "first")));
    assert!(first.as_mut().now_or_never().is_none());
    let mut second = Box::pin(database.run(put(2, "second")));
    assert!(second.as_mut().now_or_never().is_none());
    drop(first);
    faults.waiting.set(0.5);
    block_on(second).unwrap();
    assert_eq!(row(&database, 2).as_deref(), Some("second"));
}

#[test]
fn plans_do_not_wait_for_somebody_who_never_polls_again() {
    let (database, faults) = open_faulty(&MemoryDisk::new());
    faults.waiting.set(0.99);
    let mut forgotten = Box::pin(database.run(put(1, "first")));
    assert!(forgotten.as_mut().now_or_never().is_none());
    faults.waiting.set(0.5);
    let mut tasks = Tasks::default();
    let clone = database.clone();
    tasks.spawn(0, async move {
        clone.run(put(2, "second")).await.unwrap();
        clone.catch_up().await.unwrap();
    });
    tasks.settle(&mut SmallRng::seed_from_u64(1));
    assert_eq!(row(&database, 1).as_deref(), Some("first"));
    assert_eq!(row(&database, 2).as_deref(), Some("second"));
    assert_eq!(block_on(forgotten), Ok(0));
}

#[test]
fn failed_append_fails_the_whole_batch_and_changes_nothing() {
    let (database, faults) = open_faulty(&MemoryDisk::new());
    faults.failing.set(1.0);
    faults.waiting.set(0.0);
    let refused = Err(StoreError::Disk(DiskError::QuotaExceeded));
    let outcomes = block_on(async { join!(database.run(put(1, "a")), database.run(put(2, "b"))) });
    assert_eq!(outcomes, (refused.clone(), refused));
    faults.failing.set(0.0);
    assert_eq!(block_on(database.read(&[], count)), Ok(0));
    assert_eq!(database.observer().take(), Vec::<String>::new());
    assert_eq!(block_on(database.run(put(1, "a"))), Ok(0));
}

#[test]
fn append_whose_answer_was_lost_is_met_as_somebody_elses() {
    let (database, faults) = open_faulty(&MemoryDisk::new());
    faults.losing_answer.set(true);
    let lost = block_on(database.run(put(1, "lost"))).unwrap_err();
    assert!(lost.is_in_doubt());
    assert_eq!((row(&database, 1), database.observer().take()), (None, Vec::new()));
    assert_eq!(block_on(database.run(put(1, "again"))), Ok(1));
    assert_eq!(database.observer().take(), ["foreign 9 0001 >lost", "own 9 0001 lost>again"]);
}

#[test]
fn observer_is_told_of_own_and_foreign_commits_before_they_are_applied() {
    let disk = MemoryDisk::new();
    let (one, two) = (open(&disk, Heard::default()), open(&disk, Heard::default()));
    block_on(one.run(put(1, "a"))).unwrap();
    block_on(two.run(put(1, "b"))).unwrap();
    assert_eq!(one.observer().take(), ["own 9 0001 >a"]);
    assert_eq!(two.observer().take(), ["foreign 9 0001 >a", "own 9 0001 a>b"]);
    block_on(one.catch_up()).unwrap();
    assert_eq!(one.observer().take(), ["foreign 9 0001 a>b"]);
    assert_eq!(row(&one, 1).as_deref(), Some("b"));
}

#[test]
fn observer_sees_rows_before_the_commit_although_their_page_was_not_in_memory() {
    let disk = MemoryDisk::new();
    fill(&open(&disk, ()), 0..100);
    block_on(open(&disk, ()).compact()).unwrap();
    let database = open(&disk, Heard::default());
    assert_eq!(database.read_now(count), None);
    block_on(database.run(Blind)).unwrap();
    assert_eq!(database.observer().take(), ["own 1 0050 value>"]);
}

/// Deletes a row without looking at anything.
struct Blind;

impl Plan for Blind {
    type Outcome = ();

    fn reads(&self) -> Vec<Read> {
        Vec::new()
    }

    fn origin(&self) -> u8 {
        1
    }

    fn decide(&self, _view: &dyn View) -> Decision<()> {
        Decision { writes: vec![Write { key: key(50), value: None }], outcome: () }
    }
}

#[test]
fn context_that_slept_through_compactions_is_reset_and_catches_up() {
    let disk = MemoryDisk::new();
    let sleeper = open(&disk, Heard::default());
    let busy = open(&disk, ());
    for round in 0..3 {
        fill(&busy, round * 50..round * 50 + 50);
        block_on(busy.compact()).unwrap();
    }
    fill(&busy, 150..160);
    assert_eq!(block_on(sleeper.run(put(160, "awake"))), Ok(160));
    assert_eq!(sleeper.observer().take(), ["reset", "own 9 0160 >awake"]);
}

#[test]
fn context_that_knows_all_that_was_folded_is_not_reset() {
    let disk = MemoryDisk::new();
    let (one, two) = (open(&disk, Heard::default()), open(&disk, ()));
    fill(&one, 0..50);
    block_on(two.catch_up()).unwrap();
    block_on(two.compact()).unwrap();
    block_on(two.run(put(50, "x"))).unwrap();
    one.observer().take();
    block_on(one.catch_up()).unwrap();
    assert_eq!(one.observer().take(), ["foreign 9 0050 >x"]);
    assert_eq!((one.metrics().log_entries, one.metrics().pages), (1, two.metrics().pages));
}

#[test]
fn read_now_answers_only_from_memory() {
    let disk = MemoryDisk::new();
    fill(&open(&disk, ()), 0..20);
    block_on(open(&disk, ()).compact()).unwrap();
    let database = open(&disk, ());
    let look = |view: &dyn View| view.row(&key(3)).is_some();
    assert_eq!(database.read_now(look), None);
    assert!(row(&database, 3).is_some());
    assert_eq!(database.read_now(look), Some(true));
}
