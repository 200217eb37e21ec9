//! What the database promises of parts that turn out damaged: who is told, and what can be saved.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, unreachable_pub, reason = "tests")]

mod support;

use std::cell::RefCell;

use futures::executor::block_on;
use support::rows::{Put, count, fill, key, open, put, row, small};
use syncline_store::{
    Commit, Database, Key, MemoryDisk, Observer, Options, PageId, Part, Read, Sequence, View,
};

/// Keeps the parts that it is told of, and how often anything may have changed.
#[derive(Default)]
struct Told {
    parts: RefCell<Vec<Part>>,
    resets: RefCell<usize>,
}

impl Observer for Told {
    fn handle_commit(&self, _before: &dyn View, _commit: &Commit, _is_own: bool) {}

    fn handle_reset(&self) {
        *self.resets.borrow_mut() += 1;
    }

    fn handle_damage(&self, part: Part) {
        self.parts.borrow_mut().push(part);
    }
}

fn is_row(key: &Key, value: Option<&[u8]>) -> bool {
    key.as_bytes().len() == 4 && value.is_none_or(|value| value == b"value" || value == b"new")
}

fn folded(rows: usize) -> MemoryDisk {
    let disk = MemoryDisk::new();
    fill(&open(&disk, ()), 0..rows);
    block_on(open(&disk, ()).compact()).unwrap();
    disk
}

#[test]
fn observer_is_told_once_of_a_page_that_is_read_later() {
    let disk = folded(80);
    let database = open(&disk, Told::default());
    disk.damage_page(PageId(3), |bytes| bytes[20] ^= 1);
    assert_eq!(row(&database, 0).as_deref(), Some("value"));
    assert_eq!(*database.observer().parts.borrow(), []);
    assert_eq!(row(&database, 24), None);
    assert_eq!(block_on(database.read(&[], count)), Ok(72));
    assert_eq!(*database.observer().parts.borrow(), [Part::Page(PageId(3))]);
}

#[test]
fn rows_of_a_damaged_page_are_saved_but_for_those_that_were_replaced() {
    let disk = folded(80);
    disk.damage_page(PageId(3), |bytes| bytes[20] ^= 1);
    let database = open(&disk, ());
    block_on(database.run(Put(vec![(key(26), Some(b"new".to_vec())), (key(27), None)]))).unwrap();
    let part = Part::Page(PageId(3));
    let salvaged = block_on(database.salvage(part, is_row)).unwrap();
    assert!(salvaged.is_in_use);
    assert_eq!(salvaged.range, Some(Read::Range { start: key(24), end: Some(key(32)) }));
    let keys: Vec<Key> = salvaged.rows.into_keys().collect();
    assert_eq!(keys, [25, 28, 29, 30, 31].map(key), "the flipped bit was in the first row");
}

#[test]
fn rows_of_a_damaged_entry_are_saved_before_and_after_it_is_set_aside() {
    let disk = MemoryDisk::new();
    let writer = open(&disk, ());
    fill(&writer, 0..10);
    block_on(writer.run(Put(vec![(key(3), Some(b"new".to_vec())), (key(4), None)]))).unwrap();
    disk.damage_entry(Sequence(1), |bytes| bytes[21] ^= 1);
    let database = open(&disk, ());
    let part = Part::Entry(Sequence(1));
    let salvaged = block_on(database.salvage(part, is_row)).unwrap();
    assert!(salvaged.is_in_use && salvaged.range.is_none());
    assert_eq!(salvaged.rows.into_keys().collect::<Vec<_>>(), [1, 2, 5, 6, 7, 8, 9].map(key));
    block_on(database.compact()).unwrap();
    let salvaged = block_on(open(&disk, ()).salvage(part, is_row)).unwrap();
    assert!(!salvaged.is_in_use);
    assert_eq!(salvaged.rows.len(), 9, "what replaced some of them is not known any more");
}

#[test]
fn compaction_that_finds_a_damaged_page_leaves_it_for_the_next_one() {
    let disk = folded(80);
    let database = open(&disk, Told::default());
    disk.damage_page(PageId(3), |bytes| bytes[20] ^= 1);
    block_on(database.run(put(100, "value"))).unwrap();
    // Known now, and evicted again: the compaction reads it itself.
    let cold = Options { cache_bytes: 0, ..small() };
    let database = block_on(Database::open(disk.clone(), cold, Told::default())).unwrap();
    block_on(database.run(put(1_000, "value"))).unwrap();
    block_on(database.run(Put((0..80).step_by(8).map(|n| (key(n), Some(b"new".to_vec()))).collect())))
        .unwrap();
    drop(database);
    let database = block_on(Database::open(disk.clone(), cold, Told::default())).unwrap();
    block_on(database.compact()).unwrap();
    let part = Part::Page(PageId(3));
    assert_eq!(*database.observer().parts.borrow(), [part]);
    assert!(block_on(database.salvage(part, is_row)).unwrap().is_in_use);
    block_on(database.compact()).unwrap();
    assert!(!block_on(database.salvage(part, is_row)).unwrap().is_in_use);
}

#[test]
fn context_that_reads_anew_sees_what_is_on_the_disk() {
    let disk = folded(80);
    let database = open(&disk, Told::default());
    assert_eq!(row(&database, 24).as_deref(), Some("value"));
    disk.damage_page(PageId(3), |bytes| bytes[20] ^= 1);
    assert_eq!(row(&database, 24).as_deref(), Some("value"));
    block_on(database.read_anew()).unwrap();
    assert_eq!(*database.observer().resets.borrow(), 1);
    assert_eq!(row(&database, 24), None);
    assert_eq!(block_on(database.run(put(24, "new"))), Ok(72));
}
