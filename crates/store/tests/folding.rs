//! What the database promises of folding the log, of memory and of damage, one sentence each.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, unreachable_pub, reason = "tests")]

mod support;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use futures::executor::block_on;
use futures::{FutureExt, join};
use support::rows::{Heard, Put, count, fill, key, open, open_faulty, put, row, small};
use support::{Faults, Faulty};
use syncline_store::{
    Database, Disk, DiskError, Loaded, MemoryDisk, Options, PageId, Part, Sequence, StoreError,
};

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
fn database_without_its_directory_is_corrupt_rather_than_empty() {
    let disk = MemoryDisk::new();
    fill(&open(&disk, ()), 0..80);
    block_on(open(&disk, ()).compact()).unwrap();
    let loaded = block_on(disk.load()).unwrap();
    for directory in [None, Some(vec![0; 20].into())] {
        let disk = MemoryDisk::of(Loaded { directory, ..loaded.clone() }, []);
        let opened = block_on(Database::open(disk, small(), ()));
        assert_eq!(opened.unwrap_err(), StoreError::Corrupt(Part::Directory));
    }
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
fn slices_are_as_long_as_whoever_asked_for_the_compaction_says() {
    let slices_of = |bytes: usize| {
        let (database, faults) = open_faulty(&MemoryDisk::new());
        fill(&database, 0..3_000);
        let asked = Cell::new(0);
        let next_slice = async || {
            asked.set(asked.get() + 1);
            bytes
        };
        block_on(database.compact_in_slices(next_slice)).unwrap();
        assert_eq!(block_on(database.read(&[], count)), Ok(3_000));
        let slices = faults.counts().compacted;
        assert_eq!(asked.get(), slices, "asked before each");
        slices
    };
    let (long, short) = (slices_of(4_000), slices_of(1_000));
    assert!(long > 2 && (3..6).contains(&(short / long)), "{short} and {long} slices");
    assert_eq!(slices_of(usize::MAX), 1);
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
fn pages_are_read_ahead_once_some_were_missed_one_by_one() {
    let disk = MemoryDisk::new();
    let writer = open(&disk, ());
    fill(&writer, 0..2_000);
    block_on(writer.compact()).unwrap();
    let pages = writer.metrics().pages;
    let roomy = || Options { cache_bytes: 4 << 20, ..small() };
    let database = block_on(Database::open(disk.clone(), roomy(), ())).unwrap();
    let is_in_memory = |number| database.read_now(|view| view.row(&key(number)).is_some()).is_some();
    let per_page = 2_000 / pages;
    for missed in [50, 20, 10] {
        assert!(!database.is_read_ahead_due());
        assert!(row(&database, missed * per_page).is_some());
    }
    assert!(database.is_read_ahead_due());
    assert!(!is_in_memory(11 * per_page));
    block_on(database.read_ahead()).unwrap();
    assert!((10..19).all(|page| is_in_memory(page * per_page)), "the eight behind the last");
    assert!(!database.is_read_ahead_due() && !is_in_memory(40 * per_page));
}

#[test]
fn a_page_that_is_read_ahead_and_is_damaged_is_told() {
    let disk = MemoryDisk::new();
    let writer = open(&disk, ());
    fill(&writer, 0..200);
    block_on(writer.compact()).unwrap();
    let damaged = *disk.page_ids().last().unwrap();
    disk.damage_page(damaged, |bytes| bytes.truncate(20));
    let options = Options { cache_bytes: 4 << 20, ..small() };
    let database = block_on(Database::open(disk, options, ())).unwrap();
    (15..18).for_each(|page| drop(row(&database, page * 8)));
    assert_eq!(database.corruptions(), []);
    block_on(database.read_ahead()).unwrap();
    assert_eq!(database.corruptions(), [Part::Page(damaged)]);
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
