//! The laws of the [`Disk`] contract, one test each. Every disk has to pass them all.
//! Does not test what the database makes of a disk.
//!
//! A law is given `open`, which opens one more handle on the same disk; the disk is empty at the first call.
//! [`for_each_disk_law!`](crate::for_each_disk_law) lists the laws, so that each runs as a test of its own wherever a disk lives.
#![allow(clippy::expect_used, clippy::missing_panics_doc, clippy::panic, reason = "these are tests")]

use std::rc::Rc;

use futures::{FutureExt, join};

use crate::{
    Append, Blobs, Compacted, Compaction, Disk, Entries, FORMAT, Generation, Head, Loaded, PageId, Pages,
    Sequence, Tail,
};

/// Hands the names of all laws to a macro of yours, separated by spaces.
#[macro_export]
macro_rules! for_each_disk_law {
    ($callback:ident) => {
        $callback! {
            new_disk_is_empty
            appended_entries_are_loaded_by_every_handle
            append_at_a_taken_number_is_behind_and_changes_nothing
            tail_is_what_was_appended_after_an_entry
            refresh_is_head_directory_and_what_was_appended_after_an_entry
            compaction_replaces_pages_directory_and_log
            compaction_in_steps_keeps_the_log_until_the_last_one
            long_log_is_folded_away
            compaction_keeps_the_entries_behind_it
            damaged_entry_is_found_where_a_compaction_has_set_it_aside
            compaction_of_an_old_generation_is_stale_and_changes_nothing
            old_generation_learns_that_it_is_old
            append_at_or_before_through_never_counts
            append_behind_through_counts_whatever_its_generation
            entry_decided_on_the_tail_is_appended_behind_it
            entry_decided_on_pages_and_the_tail_is_appended_behind_it
            nothing_decided_on_the_tail_appends_nothing
            tail_that_was_folded_away_is_not_decided_on
            tail_of_an_old_generation_is_decided_on_where_nothing_is_gone
            of_entries_decided_at_once_each_is_behind_the_other
            missing_pages_are_found_to_be_missing
            everything_is_there_after_reopening
            bytes_of_any_size_come_back_as_they_were
            of_appends_at_once_exactly_one_wins
            append_beside_a_compaction_counts_or_says_that_it_does_not
            of_compactions_at_once_exactly_one_wins
            dropped_append_happened_wholly_or_not_at_all
        }
    };
}

pub async fn new_disk_is_empty<D: Disk>(open: impl AsyncFn() -> D) {
    let disk = open().await;
    let loaded = load(&disk).await;
    assert_eq!(loaded.head, head(0, 0));
    assert_eq!(loaded.directory, None);
    assert_eq!(loaded.entries, entries(&[]));
    assert_eq!(tail(&disk, 0, 0).await, Tail::Entries(entries(&[])));
}

pub async fn appended_entries_are_loaded_by_every_handle<D: Disk>(open: impl AsyncFn() -> D) {
    let (one, two) = (open().await, open().await);
    assert_eq!(append(&one, 0, 0, b"a").await, Append::Appended(Sequence(1)));
    assert_eq!(append(&two, 0, 1, b"b").await, Append::Appended(Sequence(2)));
    assert_eq!(append(&one, 0, 2, b"c").await, Append::Appended(Sequence(3)));
    let expected = entries(&[(1, b"a"), (2, b"b"), (3, b"c")]);
    assert_eq!(load(&one).await.entries, expected);
    assert_eq!(load(&two).await.entries, expected);
}

pub async fn append_at_a_taken_number_is_behind_and_changes_nothing<D: Disk>(open: impl AsyncFn() -> D) {
    let (one, two) = (open().await, open().await);
    append(&one, 0, 0, b"a").await;
    append(&one, 0, 1, b"b").await;
    let expected = entries(&[(1, b"a"), (2, b"b")]);
    assert_eq!(append(&two, 0, 0, b"late").await, Append::Behind(expected.clone()));
    assert_eq!(append(&two, 0, 1, b"late").await, Append::Behind(entries(&[(2, b"b")])));
    assert_eq!(load(&one).await.entries, expected);
    assert_eq!(append(&two, 0, 2, b"c").await, Append::Appended(Sequence(3)));
}

pub async fn tail_is_what_was_appended_after_an_entry<D: Disk>(open: impl AsyncFn() -> D) {
    let (one, two) = (open().await, open().await);
    append(&one, 0, 0, b"a").await;
    append(&one, 0, 1, b"b").await;
    assert_eq!(tail(&two, 0, 0).await, Tail::Entries(entries(&[(1, b"a"), (2, b"b")])));
    assert_eq!(tail(&two, 0, 1).await, Tail::Entries(entries(&[(2, b"b")])));
    assert_eq!(tail(&two, 0, 2).await, Tail::Entries(entries(&[])));
}

pub async fn refresh_is_head_directory_and_what_was_appended_after_an_entry<D: Disk>(
    open: impl AsyncFn() -> D,
) {
    let (one, two) = (open().await, open().await);
    for (after, entry) in [b"a", b"b", b"c"].into_iter().enumerate() {
        append(&one, 0, after as u64, entry).await;
    }
    compact(&one, &compaction(0, 1, &[], &[], b"first")).await;
    for (after, expected) in
        [(0, entries(&[(2, b"b"), (3, b"c")])), (2, entries(&[(3, b"c")])), (3, entries(&[]))]
    {
        let loaded = two.refresh(Sequence(after)).await.expect("refresh");
        assert_eq!((loaded.head, loaded.entries), (head(1, 1), expected));
        assert_eq!(loaded.directory.as_deref(), Some(&b"first"[..]));
    }
}

pub async fn compaction_in_steps_keeps_the_log_until_the_last_one<D: Disk>(open: impl AsyncFn() -> D) {
    let (one, two) = (open().await, open().await);
    append(&one, 0, 0, b"a").await;
    append(&one, 0, 1, b"b").await;
    assert_eq!(compact(&one, &compaction(0, 0, &[(1, b"one")], &[], b"first")).await, Compacted::Done);
    let loaded = load(&two).await;
    assert_eq!((loaded.head, loaded.entries), (head(1, 0), entries(&[(1, b"a"), (2, b"b")])));
    assert_eq!(append(&two, 0, 2, b"c").await, Append::Appended(Sequence(3)));
    let mut last = compaction(1, 2, &[(2, b"two")], &[1], b"last");
    last.set_aside = entries(&[(1, b"a")]);
    assert_eq!(compact(&one, &last).await, Compacted::Done);
    let loaded = load(&two).await;
    assert_eq!((loaded.head, loaded.entries), (head(2, 2), entries(&[(3, b"c")])));
    assert_eq!(pages(&two, 2, &[1, 2]).await, found(&[None, Some(b"two")]));
}

pub async fn long_log_is_folded_away<D: Disk>(open: impl AsyncFn() -> D) {
    let disk = open().await;
    for after in 0..300 {
        append(&disk, 0, after, b"entry").await;
    }
    compact(&disk, &compaction(0, 299, &[], &[], b"first")).await;
    assert_eq!(load(&disk).await.entries, entries(&[(300, b"entry")]));
    assert_eq!(append(&disk, 1, 300, b"b").await, Append::Appended(Sequence(301)));
    assert_eq!(append(&disk, 1, 0, b"late").await, Append::Compacted);
}

pub async fn compaction_replaces_pages_directory_and_log<D: Disk>(open: impl AsyncFn() -> D) {
    let (one, two) = (open().await, open().await);
    append(&one, 0, 0, b"a").await;
    append(&one, 0, 1, b"b").await;
    let first = compaction(0, 2, &[(7, b"seven"), (8, b"eight")], &[], b"first");
    assert_eq!(compact(&one, &first).await, Compacted::Done);
    let loaded = load(&two).await;
    assert_eq!((loaded.head, loaded.entries), (head(1, 2), entries(&[])));
    assert_eq!(loaded.directory.as_deref(), Some(&b"first"[..]));
    assert_eq!(pages(&two, 1, &[8, 7]).await, found(&[Some(b"eight"), Some(b"seven")]));

    append(&two, 1, 2, b"c").await;
    let second = compaction(1, 3, &[(9, b"nine")], &[7], b"second");
    assert_eq!(compact(&two, &second).await, Compacted::Done);
    let loaded = load(&one).await;
    assert_eq!((loaded.head, loaded.entries), (head(2, 3), entries(&[])));
    assert_eq!(loaded.directory.as_deref(), Some(&b"second"[..]));
    assert_eq!(pages(&one, 2, &[7, 8, 9]).await, found(&[None, Some(b"eight"), Some(b"nine")]));
}

pub async fn compaction_keeps_the_entries_behind_it<D: Disk>(open: impl AsyncFn() -> D) {
    let disk = open().await;
    for (after, entry) in [b"a", b"b", b"c"].into_iter().enumerate() {
        append(&disk, 0, after as u64, entry).await;
    }
    compact(&disk, &compaction(0, 1, &[], &[], b"")).await;
    let expected = entries(&[(2, b"b"), (3, b"c")]);
    assert_eq!(load(&disk).await.entries, expected);
    assert_eq!(tail(&disk, 1, 1).await, Tail::Entries(expected));
    assert_eq!(append(&disk, 1, 3, b"d").await, Append::Appended(Sequence(4)));
}

pub async fn damaged_entry_is_found_where_a_compaction_has_set_it_aside<D: Disk>(open: impl AsyncFn() -> D) {
    let (one, two) = (open().await, open().await);
    append(&one, 0, 0, b"a").await;
    let set_aside = async |disk: &D| disk.damaged_entry(Sequence(1)).await.expect("the disk works");
    assert_eq!(set_aside(&one).await, None);
    let damaged = entries(&[(1, b"a")]);
    compact(&one, &Compaction { set_aside: damaged, ..compaction(0, 1, &[], &[], b"") }).await;
    assert_eq!(set_aside(&two).await.as_deref(), Some(&b"a"[..]));
    assert_eq!(two.damaged_entry(Sequence(2)).await, Ok(None));
}

pub async fn compaction_of_an_old_generation_is_stale_and_changes_nothing<D: Disk>(
    open: impl AsyncFn() -> D,
) {
    let (one, two) = (open().await, open().await);
    append(&one, 0, 0, b"a").await;
    compact(&one, &compaction(0, 1, &[(1, b"one")], &[], b"first")).await;
    append(&one, 1, 1, b"b").await;
    let late = compaction(0, 2, &[(1, b"other"), (2, b"two")], &[1], b"late");
    assert_eq!(compact(&two, &late).await, Compacted::Stale);
    let loaded = load(&two).await;
    assert_eq!((loaded.head, loaded.entries), (head(1, 1), entries(&[(2, b"b")])));
    assert_eq!(loaded.directory.as_deref(), Some(&b"first"[..]));
    assert_eq!(pages(&two, 1, &[1, 2]).await, found(&[Some(b"one"), None]));
}

pub async fn old_generation_learns_that_it_is_old<D: Disk>(open: impl AsyncFn() -> D) {
    let (one, two) = (open().await, open().await);
    append(&one, 0, 0, b"a").await;
    compact(&one, &compaction(0, 1, &[(1, b"one")], &[], b"first")).await;
    assert_eq!(tail(&two, 0, 1).await, Tail::Compacted);
    assert_eq!(pages(&two, 0, &[1, 0]).await, Pages::Compacted);
    assert_eq!(pages(&two, 0, &[1]).await, found(&[Some(b"one")]));
    assert_eq!(tail(&two, 1, 1).await, Tail::Entries(entries(&[])));
    assert_eq!(pages(&two, 1, &[1]).await, found(&[Some(b"one")]));
}

pub async fn append_at_or_before_through_never_counts<D: Disk>(open: impl AsyncFn() -> D) {
    let (one, two) = (open().await, open().await);
    append(&one, 0, 0, b"a").await;
    append(&one, 0, 1, b"b").await;
    compact(&one, &compaction(0, 2, &[], &[], b"first")).await;
    assert_eq!(append(&two, 0, 0, b"late").await, Append::Compacted);
    assert_eq!(append(&two, 0, 1, b"late").await, Append::Compacted);
    assert_eq!(append(&two, 0, 1, b"again").await, Append::Compacted);
    assert_eq!(load(&one).await.entries, entries(&[]));
    assert_eq!(tail(&one, 1, 2).await, Tail::Entries(entries(&[])));
    assert_eq!(append(&one, 1, 2, b"c").await, Append::Appended(Sequence(3)));
    assert_eq!(load(&open().await).await.entries, entries(&[(3, b"c")]));
}

pub async fn append_behind_through_counts_whatever_its_generation<D: Disk>(open: impl AsyncFn() -> D) {
    let (one, two) = (open().await, open().await);
    append(&one, 0, 0, b"a").await;
    compact(&one, &compaction(0, 1, &[], &[], b"first")).await;
    assert_eq!(append(&two, 0, 1, b"b").await, Append::Appended(Sequence(2)));
    assert_eq!(append(&one, 1, 1, b"late").await, Append::Behind(entries(&[(2, b"b")])));
    assert_eq!(load(&one).await.entries, entries(&[(2, b"b")]));
}

pub async fn entry_decided_on_the_tail_is_appended_behind_it<D: Disk>(open: impl AsyncFn() -> D) {
    let (one, two) = (open().await, open().await);
    append(&one, 0, 0, b"a").await;
    append(&one, 0, 1, b"b").await;
    let mut seen = Vec::new();
    let mut decide = |entries: &Entries| {
        seen.push(entries.clone());
        Some(b"c".to_vec())
    };
    assert_eq!(append_after_tail(&two, 0, 1, &mut decide).await, Append::Appended(Sequence(3)));
    assert_eq!(seen, [entries(&[(2, b"b")])]);
    let mut decide = |entries: &Entries| entries.is_empty().then(|| b"d".to_vec());
    assert_eq!(append_after_tail(&two, 0, 3, &mut decide).await, Append::Appended(Sequence(4)));
    assert_eq!(load(&one).await.entries, entries(&[(1, b"a"), (2, b"b"), (3, b"c"), (4, b"d")]));
}

pub async fn entry_decided_on_pages_and_the_tail_is_appended_behind_it<D: Disk>(open: impl AsyncFn() -> D) {
    let (one, two) = (open().await, open().await);
    append(&one, 0, 0, b"a").await;
    compact(&one, &compaction(0, 1, &[(1, b"one"), (2, b"two")], &[], b"first")).await;
    append(&one, 1, 1, b"b").await;
    let read = async |generation, decide: &mut dyn FnMut(&Entries, Blobs) -> Option<Vec<u8>>| {
        let ids = [PageId(2), PageId(7), PageId(1)];
        let place = (Generation(generation), Sequence(1));
        two.append_after_reading(place.0, place.1, &ids, decide).await.expect("append_after_reading")
    };
    let mut seen = None;
    let mut decide = |entries: &Entries, pages: Blobs| {
        seen = Some((entries.clone(), Pages::Found(pages)));
        Some(b"c".to_vec())
    };
    assert_eq!(read(1, &mut decide).await, Append::Appended(Sequence(3)));
    let pages = found(&[Some(b"two"), None, Some(b"one")]);
    assert_eq!(seen, Some((entries(&[(2, b"b")]), pages)));
    assert_eq!(read(0, &mut |_, _| Some(b"late".to_vec())).await, Append::Compacted, "a page is gone");
    let behind = Append::Behind(entries(&[(2, b"b"), (3, b"c")]));
    assert_eq!(read(1, &mut |_, _| None).await, behind);
    assert_eq!(load(&one).await.entries, entries(&[(2, b"b"), (3, b"c")]));
}

pub async fn nothing_decided_on_the_tail_appends_nothing<D: Disk>(open: impl AsyncFn() -> D) {
    let disk = open().await;
    append(&disk, 0, 0, b"a").await;
    let expected = entries(&[(1, b"a")]);
    assert_eq!(append_after_tail(&disk, 0, 0, &mut |_entries| None).await, Append::Behind(expected.clone()));
    assert_eq!(append_after_tail(&disk, 0, 1, &mut |_entries| None).await, Append::Behind(entries(&[])));
    assert_eq!(load(&disk).await.entries, expected);
    assert_eq!(append(&disk, 0, 1, b"b").await, Append::Appended(Sequence(2)));
}

pub async fn tail_that_was_folded_away_is_not_decided_on<D: Disk>(open: impl AsyncFn() -> D) {
    let (one, two) = (open().await, open().await);
    append(&one, 0, 0, b"a").await;
    compact(&one, &compaction(0, 1, &[], &[], b"first")).await;
    let mut is_asked = false;
    let mut decide = |_entries: &Entries| {
        is_asked = true;
        Some(b"late".to_vec())
    };
    assert_eq!(append_after_tail(&two, 0, 0, &mut decide).await, Append::Compacted);
    assert!(!is_asked);
    assert_eq!(load(&one).await.entries, entries(&[]));
}

pub async fn tail_of_an_old_generation_is_decided_on_where_nothing_is_gone<D: Disk>(
    open: impl AsyncFn() -> D,
) {
    let (one, two) = (open().await, open().await);
    append(&one, 0, 0, b"a").await;
    compact(&one, &compaction(0, 1, &[(1, b"one")], &[], b"first")).await;
    append(&one, 1, 1, b"b").await;
    let mut seen = None;
    let mut decide = |entries: &Entries, pages: Blobs| {
        seen = Some((entries.clone(), Pages::Found(pages)));
        Some(b"c".to_vec())
    };
    let appended = two.append_after_reading(Generation(0), Sequence(1), &[PageId(1)], &mut decide).await;
    assert_eq!(appended, Ok(Append::Appended(Sequence(3))));
    assert_eq!(seen, Some((entries(&[(2, b"b")]), found(&[Some(b"one")]))));
    let mut decide = |entries: &Entries| entries.is_empty().then(|| b"d".to_vec());
    assert_eq!(append_after_tail(&two, 0, 3, &mut decide).await, Append::Appended(Sequence(4)));
    assert_eq!(load(&one).await.entries, entries(&[(2, b"b"), (3, b"c"), (4, b"d")]));
}

pub async fn of_entries_decided_at_once_each_is_behind_the_other<D: Disk>(open: impl AsyncFn() -> D) {
    let (one, two) = (open().await, open().await);
    let decide = |entries: &Entries| Some(vec![entries.len() as u8]);
    let (mut decide_one, mut decide_two) = (decide, decide);
    let both =
        join!(append_after_tail(&one, 0, 0, &mut decide_one), append_after_tail(&two, 0, 0, &mut decide_two));
    let numbers = match both {
        (Append::Appended(one), Append::Appended(two)) => [one.min(two), one.max(two)],
        other => panic!("{other:?}"),
    };
    assert_eq!(numbers, [Sequence(1), Sequence(2)]);
    assert_eq!(load(&one).await.entries, entries(&[(1, &[0]), (2, &[1])]));
}

pub async fn missing_pages_are_found_to_be_missing<D: Disk>(open: impl AsyncFn() -> D) {
    let disk = open().await;
    assert_eq!(pages(&disk, 0, &[3]).await, found(&[None]));
    assert_eq!(pages(&disk, 0, &[]).await, found(&[]));
}

pub async fn everything_is_there_after_reopening<D: Disk>(open: impl AsyncFn() -> D) {
    let disk = open().await;
    append(&disk, 0, 0, b"a").await;
    compact(&disk, &compaction(0, 1, &[(1, b"one")], &[], b"first")).await;
    append(&disk, 1, 1, b"b").await;
    disk.flush().await.expect("flush");
    drop(disk);
    let disk = open().await;
    let loaded = load(&disk).await;
    assert_eq!((loaded.head, loaded.entries), (head(1, 1), entries(&[(2, b"b")])));
    assert_eq!(loaded.directory.as_deref(), Some(&b"first"[..]));
    assert_eq!(pages(&disk, 1, &[1]).await, found(&[Some(b"one")]));
}

pub async fn bytes_of_any_size_come_back_as_they_were<D: Disk>(open: impl AsyncFn() -> D) {
    let disk = open().await;
    let large: Vec<u8> = (0..3_000_000_u32).map(|number| (number % 251) as u8).collect();
    append(&disk, 0, 0, b"").await;
    append(&disk, 0, 1, &large).await;
    compact(&disk, &compaction(0, 0, &[(1, b""), (2, &large)], &[], &large)).await;
    let loaded = load(&open().await).await;
    assert_eq!(loaded.entries, entries(&[(1, b""), (2, &large)]));
    assert_eq!(loaded.directory.as_deref(), Some(large.as_slice()));
    assert_eq!(pages(&disk, 1, &[1, 2]).await, found(&[Some(b""), Some(&large)]));
}

pub async fn of_appends_at_once_exactly_one_wins<D: Disk>(open: impl AsyncFn() -> D) {
    let (one, two) = (open().await, open().await);
    let both = join!(append(&one, 0, 0, b"one"), append(&two, 0, 0, b"two"));
    let kept = load(&one).await.entries;
    match both {
        (Append::Appended(Sequence(1)), Append::Behind(seen)) => {
            assert_eq!((seen, &*kept), (entries(&[(1, b"one")]), &*entries(&[(1, b"one")])))
        }
        (Append::Behind(seen), Append::Appended(Sequence(1))) => {
            assert_eq!((seen, &*kept), (entries(&[(1, b"two")]), &*entries(&[(1, b"two")])))
        }
        other => panic!("{other:?}"),
    }
}

pub async fn append_beside_a_compaction_counts_or_says_that_it_does_not<D: Disk>(open: impl AsyncFn() -> D) {
    let (one, two) = (open().await, open().await);
    append(&one, 0, 0, b"a").await;
    append(&one, 0, 1, b"b").await;
    let folding = compaction(0, 2, &[], &[], b"first");
    let (late, next, compacted) =
        join!(append(&two, 0, 1, b"late"), append(&one, 0, 2, b"c"), compact(&two, &folding));
    assert_eq!((next, compacted), (Append::Appended(Sequence(3)), Compacted::Done));
    assert_ne!(late, Append::Appended(Sequence(2)));
    assert_eq!(load(&two).await.entries, entries(&[(3, b"c")]));
}

pub async fn of_compactions_at_once_exactly_one_wins<D: Disk>(open: impl AsyncFn() -> D) {
    let (one, two) = (open().await, open().await);
    append(&one, 0, 0, b"a").await;
    let (left, right) =
        (compaction(0, 1, &[(1, b"left")], &[], b"left"), compaction(0, 1, &[(1, b"right")], &[], b"right"));
    let both = join!(compact(&one, &left), compact(&two, &right));
    let winner: &[u8] = match both {
        (Compacted::Done, Compacted::Stale) => b"left",
        (Compacted::Stale, Compacted::Done) => b"right",
        other => panic!("{other:?}"),
    };
    assert_eq!(load(&one).await.directory.as_deref(), Some(winner));
    assert_eq!(pages(&one, 1, &[1]).await, found(&[Some(winner)]));
}

pub async fn dropped_append_happened_wholly_or_not_at_all<D: Disk>(open: impl AsyncFn() -> D) {
    let (one, two) = (open().await, open().await);
    let polled_once = one.append(Generation(0), Sequence(0), b"dropped").now_or_never();
    drop(polled_once);
    match append(&two, 0, 0, b"a").await {
        Append::Appended(Sequence(1)) => assert_eq!(load(&two).await.entries, entries(&[(1, b"a")])),
        Append::Behind(seen) => {
            assert_eq!(seen, entries(&[(1, b"dropped")]));
            assert_eq!(append(&one, 0, 1, b"a").await, Append::Appended(Sequence(2)));
        }
        other => panic!("{other:?}"),
    }
}

async fn load(disk: &impl Disk) -> Loaded {
    disk.load().await.expect("load")
}

async fn tail(disk: &impl Disk, generation: u64, after: u64) -> Tail {
    disk.tail(Generation(generation), Sequence(after)).await.expect("tail")
}

async fn append(disk: &impl Disk, generation: u64, after: u64, entry: &[u8]) -> Append {
    disk.append(Generation(generation), Sequence(after), entry).await.expect("append")
}

async fn append_after_tail(
    disk: &impl Disk,
    generation: u64,
    after: u64,
    decide: &mut dyn FnMut(&Entries) -> Option<Vec<u8>>,
) -> Append {
    disk.append_after_tail(Generation(generation), Sequence(after), decide).await.expect("append_after_tail")
}

async fn pages(disk: &impl Disk, generation: u64, ids: &[u64]) -> Pages {
    let ids: Vec<PageId> = ids.iter().copied().map(PageId).collect();
    disk.pages(Generation(generation), &ids).await.expect("pages")
}

async fn compact(disk: &impl Disk, compaction: &Compaction) -> Compacted {
    disk.compact(compaction).await.expect("compact")
}

fn head(generation: u64, through: u64) -> Head {
    Head { format: FORMAT, generation: Generation(generation), through: Sequence(through) }
}

fn entries(entries: &[(u64, &[u8])]) -> Entries {
    entries.iter().map(|(sequence, entry)| (Sequence(*sequence), Rc::from(*entry))).collect()
}

fn found(pages: &[Option<&[u8]>]) -> Pages {
    Pages::Found(pages.iter().map(|page| page.map(Rc::from)).collect())
}

fn compaction(
    generation: u64,
    through: u64,
    put: &[(u64, &[u8])],
    delete: &[u64],
    directory: &[u8],
) -> Compaction {
    Compaction {
        generation: Generation(generation),
        through: Sequence(through),
        put: put.iter().map(|(id, page)| (PageId(*id), Rc::from(*page))).collect(),
        delete: delete.iter().copied().map(PageId).collect(),
        directory: directory.to_vec(),
        set_aside: Entries::new(),
    }
}
