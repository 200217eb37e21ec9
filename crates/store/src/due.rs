//! When folding the log pays: it costs every start and memory, folding costs the more the more pages it rewrites.
//! Does not fold.

use std::cell::Cell;

use crate::Options;
use crate::format::Directory;
use crate::memtable::Memtable;

/// How many bytes of pages may be rewritten for a byte of the log.
const PAYS: u64 = 4;

/// A log of this many times `compact_at` is folded whatever it costs, unless the pages are many.
const LONG: u64 = 16;

/// The part of the pages that the log may be as long as, where they are many.
const PART: u64 = 16;

/// Remembers up to which length of the log folding cannot pay, so that not every commit asks again.
#[derive(Default)]
pub(crate) struct Due {
    not_before: Cell<u64>,
}

impl Due {
    /// Forgets what it knew of other pages.
    pub(crate) fn forget(&self) {
        self.not_before.set(0);
    }

    /// Answers whether to fold.
    pub(crate) fn is_due(
        &self,
        memtable: &Memtable,
        directory: &Directory,
        page_bytes: u64,
        options: &Options,
    ) -> bool {
        let log = memtable.log_bytes();
        let at_least = options.compact_at as u64;
        let half_the_memory = (options.cache_bytes as u64 / 2).max(at_least);
        let at_most = at_least.saturating_mul(LONG).max(page_bytes / PART).min(half_the_memory);
        if log <= at_least || log > at_most {
            return log > at_least;
        }
        if log < self.not_before.get() {
            return false;
        }
        let touched = touched_bytes(memtable, directory);
        // What is appended until then may touch more pages, never fewer.
        self.not_before.set((touched / PAYS).max(log + log / 4));
        touched <= log.saturating_mul(PAYS)
    }
}

/// Adds up the pages that the rows of the log belong to.
fn touched_bytes(memtable: &Memtable, directory: &Directory) -> u64 {
    let places = directory.places_of(memtable.rows().keys());
    let pages = places.filter_map(|place| directory.pages.get(place?));
    pages.map(|page| u64::from(page.bytes)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::PageInfo;
    use crate::{Commit, Key, PageId, Sequence, Value};

    const OPTIONS: Options =
        Options { cache_bytes: 40_000, page_records: 4, page_bytes: 100, compact_at: 100 };

    /// Pages of 100 bytes each.
    fn directory(pages: u64) -> Directory {
        let page = |number: u64| PageInfo {
            first: Key::new(format!("{number:04}")),
            id: PageId(number),
            records: 4,
            bytes: 100,
        };
        Directory { pages: (0..pages).map(page).collect(), next_id: PageId(pages), ..Directory::default() }
    }

    /// A log with a row in each of the pages that are named.
    fn log(bytes: usize, pages: impl IntoIterator<Item = u64>) -> Memtable {
        let mut memtable = Memtable::default();
        let write = |number: u64| (Key::new(format!("{number:04}x")), Some(Value::from(Vec::new())));
        memtable.apply(Sequence(1), Commit { origin: 0, writes: pages.into_iter().map(write).collect() });
        memtable.end_entry(Sequence(1), bytes);
        memtable
    }

    fn is_due(log: &Memtable, directory: &Directory) -> bool {
        Due::default().is_due(log, directory, directory.bytes(), &OPTIONS)
    }

    #[test]
    fn short_log_is_left_and_a_long_one_is_folded_where_it_touches_few_pages() {
        assert!(!is_due(&log(100, [0]), &directory(1_000)));
        assert!(is_due(&log(101, [0]), &directory(1_000)));
        assert!(is_due(&log(101, [0]), &directory(0)));
    }

    #[test]
    fn log_that_touches_many_pages_waits_until_it_is_a_quarter_of_them() {
        let directory = directory(20);
        assert!(!is_due(&log(499, 0..20), &directory));
        assert!(is_due(&log(500, 0..20), &directory));
    }

    #[test]
    fn log_is_never_longer_than_a_part_of_the_pages_or_half_of_the_memory() {
        for (pages, limit) in [(100, 1_600), (512, 3_200), (9_999, 20_000)] {
            let directory = directory(pages);
            assert!(!is_due(&log(limit, 0..pages), &directory), "{pages}");
            assert!(is_due(&log(limit + 1, 0..pages), &directory), "{pages}");
        }
    }

    #[test]
    fn pages_are_not_counted_again_before_it_can_pay() {
        let (due, directory) = (Due::default(), directory(20));
        let is_due = |log: &Memtable| due.is_due(log, &directory, directory.bytes(), &OPTIONS);
        assert!(!is_due(&log(200, 0..20)));
        assert!(!is_due(&log(400, [0])), "not asked");
        assert!(is_due(&log(500, [0])));
        assert!(!is_due(&log(200, 0..20)));
        due.forget();
        assert!(is_due(&log(400, [0])));
    }
}
