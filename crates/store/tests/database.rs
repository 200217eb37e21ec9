//! What the database promises, one sentence each.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, unreachable_pub, reason = "tests")]

mod support;

use std::cell::RefCell;
use std::rc::Rc;

use futures::executor::block_on;
use futures::future::join_all;
use futures::{FutureExt, join};
use rand::SeedableRng;
use rand::rngs::SmallRng;
use support::{Faults, Faulty, Tasks};
use syncline_store::{
    Commit, Database, Decision, DiskError, Key, MemoryDisk, Observer, Options, PageId, Part, Plan, Read,
    Sequence, StoreError, View, Write,
};

/// Writes rows; answers how many rows there were.
struct Put(Vec<(Key, Option<Vec<u8>>)>);

impl Plan for Put {
    type Outcome = usize;

    fn reads(&self) -> Vec<Read> {
        Vec::new()
    }

    fn origin(&self) -> u8 {
        9
    }

    fn decide(&self, view: &dyn View) -> Decision<usize> {
        let writes = self.0.iter().map(|(key, value)| Write { key: key.clone(), value: value.clone() });
        Decision { writes: writes.collect(), outcome: count(view) }
    }
}

#[derive(Default)]
struct Heard(RefCell<Vec<String>>);

impl Observer for Heard {
    fn handle_commit(&self, before: &dyn View, commit: &Commit, is_own: bool) {
        let (key, value) = &commit.writes[0];
        let text = |value: &[u8]| String::from_utf8(value.to_vec()).unwrap();
        let from = before.row(key).map_or_else(String::new, |value| text(&value));
        let to = value.as_deref().map_or_else(String::new, text);
        let who = if is_own { "own" } else { "foreign" };
        self.0.borrow_mut().push(format!("{who} {} {} {from}>{to}", commit.origin, text(key.as_bytes())));
    }

    fn handle_reset(&self) {
        self.0.borrow_mut().push("reset".to_owned());
    }
}

impl Heard {
    fn take(&self) -> Vec<String> {
        self.0.take()
    }
}

fn key(number: usize) -> Key {
    Key::new(format!("{number:04}"))
}

fn put(number: usize, value: &str) -> Put {
    Put(vec![(key(number), Some(value.into()))])
}

fn count(view: &dyn View) -> usize {
    view.range(&Key::new(""), None).count()
}

fn small() -> Options {
    Options { cache_bytes: 4_000, page_records: 8, page_bytes: 1_000, compact_at: 1_000 }
}

fn open<O: Observer + 'static>(disk: &MemoryDisk, observer: O) -> Database<MemoryDisk, O> {
    block_on(Database::open(disk.clone(), small(), observer)).unwrap()
}

fn open_faulty(disk: &MemoryDisk) -> (Database<Faulty<MemoryDisk>, Heard>, Rc<Faults>) {
    let faults = Faults::new(1);
    let faulty = Faulty { disk: disk.clone(), faults: Rc::clone(&faults) };
    (block_on(Database::open(faulty, small(), Heard::default())).unwrap(), faults)
}

fn fill<D, O>(database: &Database<D, O>, numbers: std::ops::Range<usize>)
where
    D: syncline_store::Disk + 'static,
    O: Observer + 'static,
{
    let rows = numbers.map(|number| (key(number), Some(b"value".to_vec())));
    block_on(database.run(Put(rows.collect()))).unwrap();
}

fn row<D, O>(database: &Database<D, O>, number: usize) -> Option<String>
where
    D: syncline_store::Disk + 'static,
    O: Observer + 'static,
{
    let value = block_on(database.read(&[Read::Key(key(number))], |view| view.row(&key(number)))).unwrap();
    value.map(|value| String::from_utf8(value.to_vec()).unwrap())
}

#[test]
fn plans_asked_for_during_an_append_share_the_next_one_and_see_each_other() {
    let (database, faults) = open_faulty(&MemoryDisk::new());
    faults.waiting.set(0.99);
    let outcomes = block_on(join_all((0..10).map(|number| database.run(put(number, "x")))));
    assert_eq!(outcomes, (0..10).map(Ok).collect::<Vec<_>>());
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

#[test]
fn cache_stays_within_its_bytes_while_everything_can_be_read() {
    let disk = MemoryDisk::new();
    let database = open(&disk, ());
    fill(&database, 0..2_000);
    block_on(database.compact()).unwrap();
    assert_eq!(block_on(database.read(&[], count)), Ok(2_000));
    assert!(database.metrics().page_bytes > 2 * small().cache_bytes as u64);
    assert!(database.metrics().cache_bytes <= small().cache_bytes);
}

#[test]
fn log_that_is_long_enough_is_folded_into_pages_of_the_right_size() {
    let disk = MemoryDisk::new();
    let database = open(&disk, ());
    fill(&database, 0..20);
    assert!(!database.is_compaction_due());
    fill(&database, 20..200);
    assert!(database.is_compaction_due());
    block_on(database.compact()).unwrap();
    let metrics = database.metrics();
    assert_eq!((metrics.log_entries, metrics.log_bytes, metrics.pages), (0, 0, 25));
    assert!((metrics.page_bytes..2 * metrics.page_bytes).contains(&metrics.bytes_compacted), "{metrics:?}");
    assert!((1.5..3.0).contains(&metrics.write_amplification()), "{metrics:?}");
    assert!(!database.is_compaction_due());
    assert_eq!(block_on(open(&disk, ()).read(&[], count)), Ok(200));
}

#[test]
fn compaction_touches_only_the_pages_that_were_written_to() {
    let disk = MemoryDisk::new();
    let database = open(&disk, ());
    fill(&database, 0..200);
    block_on(database.compact()).unwrap();
    let before = disk.page_ids();
    block_on(database.run(put(100, "changed"))).unwrap();
    block_on(database.compact()).unwrap();
    let after = disk.page_ids();
    assert_eq!(before.iter().filter(|id| !after.contains(id)).count(), 1);
    assert_eq!(after.len(), before.len());
    assert_eq!(row(&open(&disk, ()), 100).as_deref(), Some("changed"));
}

#[test]
fn pages_that_lose_their_rows_are_merged_and_deleted() {
    let disk = MemoryDisk::new();
    let database = open(&disk, ());
    fill(&database, 0..200);
    block_on(database.compact()).unwrap();
    let delete = |numbers: Vec<usize>| Put(numbers.into_iter().map(|number| (key(number), None)).collect());
    for step in 1..8 {
        block_on(database.run(delete((0..200).filter(|number| number % 8 == step).collect()))).unwrap();
        block_on(database.compact()).unwrap();
    }
    assert_eq!(block_on(open(&disk, ()).read(&[], count)), Ok(25));
    assert!(database.metrics().pages <= 13, "{:?}", database.metrics());
    block_on(database.run(delete((0..200).collect()))).unwrap();
    block_on(database.compact()).unwrap();
    assert_eq!((database.metrics().pages, disk.page_ids()), (0, Vec::new()));
}

#[test]
fn commits_made_during_a_compaction_stay() {
    let (database, faults) = open_faulty(&MemoryDisk::new());
    fill(&database, 0..50);
    faults.waiting.set(0.9);
    let commits = async {
        for number in 50..60 {
            database.run(put(number, "x")).await.unwrap();
        }
    };
    let (compacted, ()) = block_on(async { join!(database.compact(), commits) });
    compacted.unwrap();
    assert!(database.metrics().pages > 0);
    assert!(database.metrics().log_entries > 0);
    assert_eq!(block_on(database.read(&[], count)), Ok(60));
}

#[test]
fn damaged_page_is_reported_and_set_aside_and_everything_else_is_served() {
    let disk = MemoryDisk::new();
    fill(&open(&disk, ()), 0..80);
    block_on(open(&disk, ()).compact()).unwrap();
    disk.damage_page(PageId(3), |bytes| bytes[20] ^= 1);

    let database = open(&disk, ());
    assert_eq!(block_on(database.read(&[], count)), Ok(72));
    assert_eq!(database.corruptions(), [Part::Page(PageId(3))]);
    fill(&database, 24..32);
    block_on(database.compact()).unwrap();
    let database = open(&disk, ());
    assert_eq!(block_on(database.read(&[], count)), Ok(80));
    assert_eq!(database.corruptions(), [Part::Page(PageId(3))], "whoever comes later is told too");
    assert!(disk.page_ids().contains(&PageId(3)), "the bytes stay for whoever can save something");
}

#[test]
fn damaged_entry_is_reported_and_skipped() {
    let disk = MemoryDisk::new();
    let writer = open(&disk, ());
    for number in 0..3 {
        block_on(writer.run(put(number, "x"))).unwrap();
    }
    disk.damage_entry(Sequence(2), |bytes| bytes[12] ^= 1);
    let database = open(&disk, ());
    assert_eq!(database.corruptions(), [Part::Entry(Sequence(2))]);
    assert_eq!(
        (row(&database, 0), row(&database, 1), row(&database, 2)),
        (Some("x".into()), None, Some("x".into()))
    );
    assert_eq!(block_on(database.run(put(3, "x"))), Ok(2));
    block_on(database.compact()).unwrap();
    assert_eq!(disk.set_aside(), [Sequence(2)]);
    let database = open(&disk, ());
    assert_eq!(database.corruptions(), [Part::Entry(Sequence(2))], "whoever comes later is told too");
    assert_eq!(block_on(database.read(&[], count)), Ok(3));
    block_on(database.run(put(4, "x"))).unwrap();
    block_on(database.compact()).unwrap();
    assert_eq!(database.corruptions(), [Part::Entry(Sequence(2))]);
}

#[test]
fn compaction_in_many_slices_lets_commits_through_and_another_context_follows() {
    let disk = MemoryDisk::new();
    let options = Options { compact_at: 100, ..small() };
    let faults = Faults::new(3);
    let faulty = Faulty { disk: disk.clone(), faults: Rc::clone(&faults) };
    let database = block_on(Database::open(faulty, options, ())).unwrap();
    fill(&database, 0..5_000);
    let other = open(&disk, Heard::default());
    faults.waiting.set(0.5);
    let between = RefCell::new(Vec::new());
    let commits = async {
        for number in 0..20 {
            database.run(put(number * 20, "new")).await.unwrap();
            other.run(put(number * 20 + 1, "other")).await.unwrap();
            other.read(&[], count).await.unwrap();
            between.borrow_mut().push(faults.counts().compacted);
        }
    };
    let (compacted, ()) = block_on(async { join!(database.compact(), commits) });
    compacted.unwrap();
    let slices = faults.counts().compacted;
    let between = between.into_inner().into_iter().filter(|done| (1..slices).contains(done)).count();
    assert!(slices > 20 && between > 1, "{slices} slices, {between} commits between them");
    block_on(database.catch_up()).unwrap();
    for number in [0, 20, 380] {
        assert_eq!(row(&other, number).as_deref(), Some("new"));
        assert_eq!(row(&database, number + 1).as_deref(), Some("other"));
    }
    assert_eq!(block_on(open(&disk, ()).read(&[], count)), Ok(5_000));
    assert!(!other.observer().take().contains(&"reset".to_owned()));
}

#[test]
fn log_that_grew_long_during_a_compaction_is_folded_too() {
    let (database, faults) = open_faulty(&MemoryDisk::new());
    fill(&database, 0..3_000);
    faults.waiting.set(0.5);
    let rows = (3_000..3_200).map(|number| (key(number), Some(b"value".to_vec())));
    let (compacted, put) = block_on(async { join!(database.compact(), database.run(Put(rows.collect()))) });
    compacted.unwrap();
    put.unwrap();
    assert_eq!(database.metrics().log_entries, 0);
    assert!(!database.is_compaction_due());
}

#[test]
fn compaction_that_ends_between_two_slices_has_lost_nothing() {
    let disk = MemoryDisk::new();
    let options = Options { compact_at: 100, ..small() };
    let faults = Faults::new(4);
    let faulty = Faulty { disk: disk.clone(), faults: Rc::clone(&faults) };
    let database = block_on(Database::open(faulty, options, ())).unwrap();
    fill(&database, 0..500);
    faults.waiting.set(0.9);
    let mut compacting = Box::pin(database.compact());
    while faults.counts().compacted < 3 {
        assert!(compacting.as_mut().now_or_never().is_none());
    }
    drop(compacting);
    for database in [open(&disk, ()), open(&disk, ())] {
        assert_eq!(block_on(database.read(&[], count)), Ok(500));
        assert_eq!((database.metrics().log_entries, database.metrics().pages > 0), (1, true));
    }
    faults.waiting.set(0.0);
    block_on(database.compact()).unwrap();
    assert_eq!(database.metrics().log_entries, 0);
    assert_eq!(block_on(open(&disk, ()).read(&[], count)), Ok(500));
}

#[test]
fn log_and_pages_share_the_memory() {
    let disk = MemoryDisk::new();
    let options = Options { cache_bytes: 40_000, ..small() };
    let database = block_on(Database::open(disk.clone(), options, ())).unwrap();
    for round in 0..20 {
        fill(&database, round * 200..round * 200 + 200);
        block_on(database.read(&[], count)).unwrap();
        let metrics = database.metrics();
        assert!(metrics.cache_bytes <= (40_000_usize.saturating_sub(metrics.log_memory)).max(10_000));
        if round % 4 == 3 {
            block_on(database.compact()).unwrap();
            assert_eq!(database.metrics().log_memory, 0);
            block_on(database.read(&[], count)).unwrap();
        }
    }
    assert!(database.metrics().cache_bytes > 20_000, "{:?}", database.metrics());
}

#[test]
fn newer_format_is_refused_and_untouched() {
    let disk = MemoryDisk::new();
    let early = open(&disk, ());
    fill(&early, 0..3);
    disk.set_format(2);
    let refused = StoreError::Disk(DiskError::NewerFormat);
    assert_eq!(block_on(Database::open(disk.clone(), small(), ())).unwrap_err(), refused);
    assert_eq!(block_on(early.run(put(3, "x"))), Err(refused.clone()));
    assert_eq!(block_on(early.compact()), Err(refused));
    disk.set_format(1);
    assert_eq!(block_on(open(&disk, ()).read(&[], count)), Ok(3));
}
