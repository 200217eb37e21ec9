//! Folds the rows of the log into the pages they belong to: pure, from old pages to new ones.
//! Does not read or write them.

use std::collections::BTreeSet;

use crate::format::{Directory, PageInfo, encode_page};
use crate::snapshot::{Overlay, Pins, laid_over};
use crate::{Compaction, Generation, Key, Options, PageId, Sequence, StoreMetrics, Value};

/// Everything a compaction is made from, captured at one moment.
pub(crate) struct Snapped {
    pub(crate) generation: Generation,
    pub(crate) through: Sequence,
    pub(crate) rows: Overlay,
    pub(crate) directory: Directory,
    /// Pages that cannot be read. They leave the directory when their range is written anew; their bytes stay on the disk.
    pub(crate) damaged: BTreeSet<PageId>,
}

/// What a compaction made.
pub(crate) struct Folded {
    pub(crate) put: Vec<(PageId, Vec<u8>)>,
    pub(crate) replaced: Vec<PageId>,
    pub(crate) directory: Directory,
}

/// Answers whether folding pays: the log costs every start, rewriting the pages costs the more the larger they are.
pub(crate) fn is_due(metrics: &StoreMetrics, compact_at: usize) -> bool {
    metrics.log_bytes > (compact_at as u64).max(metrics.page_bytes / 4)
}

impl Snapped {
    /// Lists the pages that have to be read first, by id.
    pub(crate) fn touched(&self, options: &Options) -> Vec<PageId> {
        let places = self.touched_places(options);
        places.into_iter().filter_map(|place| self.directory.pages.get(place)).map(|page| page.id).collect()
    }

    /// Finds the places of the pages that rows belong to. A page that is less than half full takes a neighbour along that
    /// is too, so that deleting does not leave crumbs for ever.
    fn touched_places(&self, options: &Options) -> BTreeSet<usize> {
        let written: BTreeSet<usize> =
            self.rows.keys().filter_map(|key| self.directory.place_of(key)).collect();
        let is_small = |place: &usize| {
            self.directory.pages.get(*place).is_some_and(|page| {
                (page.records as usize) < options.page_records / 2
                    && (page.bytes as usize) < options.page_bytes / 2
            })
        };
        let neighbours = written
            .iter()
            .filter(|place| is_small(place))
            .filter_map(|place| [Some(place + 1), place.checked_sub(1)].into_iter().flatten().find(is_small));
        written.iter().copied().chain(neighbours).collect()
    }

    /// Folds the rows into the pages; `pages` has those that `touched` lists.
    pub(crate) fn fold(&self, pages: &Pins, options: &Options) -> Folded {
        let touched = self.touched_places(options);
        let mut rest = self.rows.clone();
        let mut fold = Folded {
            put: Vec::new(),
            replaced: Vec::new(),
            directory: Directory { pages: Vec::new(), next_id: self.directory.next_id },
        };
        let mut run: Vec<(Key, Value)> = Vec::new();
        for (place, info) in self.directory.pages.iter().enumerate() {
            if !touched.contains(&place) {
                fold.write_run(&mut run, options);
                fold.directory.pages.push(info.clone());
                continue;
            }
            let behind = self.directory.pages.get(place + 1).map(|next| rest.split_off(&next.first));
            let changes = std::mem::replace(&mut rest, behind.unwrap_or_default());
            let rows = pages.get(&info.id).map(|page| page.clone().range(&Key::new([]), None));
            run.extend(laid_over(rows.into_iter().flatten(), changes.into_iter()));
            fold.replaced.push(info.id);
        }
        // Whatever belongs to no page: all rows, where there was none.
        run.extend(laid_over(std::iter::empty(), rest.into_iter()));
        fold.write_run(&mut run, options);
        fold
    }

    /// Says what the disk has to do.
    pub(crate) fn compaction(&self, folded: &Folded) -> Compaction {
        Compaction {
            generation: self.generation,
            through: self.through,
            put: folded.put.clone(),
            delete: folded.replaced.iter().filter(|id| !self.damaged.contains(id)).copied().collect(),
            directory: folded.directory.encode(),
        }
    }
}

impl Folded {
    /// Writes the rows of adjacent pages as new pages of about the same size, and leaves `run` empty.
    fn write_run(&mut self, run: &mut Vec<(Key, Value)>, options: &Options) {
        let rows = std::mem::take(run);
        let bytes: usize = rows.iter().map(row_bytes).sum();
        let parts = rows
            .len()
            .div_ceil(options.page_records.max(1))
            .max(bytes.div_ceil(options.page_bytes.max(1)))
            .max(1);
        let (most_rows, most_bytes) = (rows.len().div_ceil(parts), bytes.div_ceil(parts));
        let (mut page, mut page_bytes) = (Vec::new(), 0);
        for row in rows {
            page_bytes += row_bytes(&row);
            page.push(row);
            if page.len() >= most_rows || page_bytes >= most_bytes {
                self.write_page(&page);
                page.clear();
                page_bytes = 0;
            }
        }
        self.write_page(&page);
    }

    fn write_page(&mut self, rows: &[(Key, Value)]) {
        let Some((first, _)) = rows.first() else { return };
        let blob = encode_page(rows);
        let id = self.directory.next_id;
        self.directory.next_id = id.next();
        self.directory.pages.push(PageInfo {
            first: first.detached(),
            id,
            records: u32::try_from(rows.len()).unwrap_or(u32::MAX),
            bytes: u32::try_from(blob.len()).unwrap_or(u32::MAX),
        });
        self.put.push((id, blob));
    }
}

fn row_bytes((key, value): &(Key, Value)) -> usize {
    key.as_bytes().len() + value.len()
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::format::Page;

    const SMALL: Options = Options { cache_bytes: 0, page_records: 4, page_bytes: 100, compact_at: 0 };

    fn row(number: usize, length: usize) -> (Key, Option<Value>) {
        (Key::new(format!("{number:03}")), Some(Value::from(vec![1; length])))
    }

    fn snapped(rows: impl IntoIterator<Item = (Key, Option<Value>)>, directory: Directory) -> Snapped {
        let (generation, through) = (Generation(0), Sequence(1));
        Snapped { generation, through, rows: rows.into_iter().collect(), directory, damaged: BTreeSet::new() }
    }

    fn records(folded: &Folded) -> Vec<u32> {
        folded.directory.pages.iter().map(|page| page.records).collect()
    }

    fn pages(folded: &Folded) -> Pins {
        let page = |blob: &Vec<u8>| Rc::new(Page::decode(blob.as_slice().into()).unwrap());
        folded.put.iter().map(|(id, blob)| (*id, page(blob))).collect()
    }

    #[test]
    fn rows_are_spread_evenly_over_as_few_pages_as_hold_them() {
        let folded =
            snapped((0..9).map(|number| row(number, 5)), Directory::default()).fold(&Pins::new(), &SMALL);
        assert_eq!(records(&folded), [3, 3, 3]);
        assert_eq!(folded.replaced, []);
        let ids: Vec<PageId> = folded.directory.pages.iter().map(|page| page.id).collect();
        assert_eq!((ids, folded.directory.next_id), (vec![PageId(0), PageId(1), PageId(2)], PageId(3)));
    }

    #[test]
    fn row_larger_than_a_page_has_one_of_its_own() {
        let rows = [row(0, 5), row(1, 300), row(2, 5)];
        let folded = snapped(rows, Directory::default()).fold(&Pins::new(), &SMALL);
        assert_eq!(records(&folded).iter().sum::<u32>(), 3);
        assert!(folded.put.iter().all(|(_, blob)| blob.len() < 350));
    }

    #[test]
    fn only_the_page_of_a_written_row_is_replaced() {
        let first =
            snapped((0..12).map(|number| row(number, 5)), Directory::default()).fold(&Pins::new(), &SMALL);
        let change = snapped([row(5, 7)], first.directory.clone());
        assert_eq!(change.touched(&SMALL), [PageId(1)]);
        let second = change.fold(&pages(&first), &SMALL);
        assert_eq!((second.replaced.as_slice(), second.put.len()), (&[PageId(1)][..], 1));
        let ids: Vec<u64> = second.directory.pages.iter().map(|page| page.id.0).collect();
        assert_eq!(ids, [0, 3, 2]);
    }

    #[test]
    fn row_before_the_first_page_goes_into_it() {
        let first =
            snapped((5..8).map(|number| row(number, 5)), Directory::default()).fold(&Pins::new(), &SMALL);
        let second = snapped([row(1, 5)], first.directory.clone()).fold(&pages(&first), &SMALL);
        assert_eq!(records(&second), [4]);
        assert_eq!(second.directory.pages[0].first, Key::new("001"));
    }

    #[test]
    fn small_page_takes_a_small_neighbour_along() {
        let firsts = ["000", "100", "200"].into_iter().zip(0..);
        let page = |(first, id)| PageInfo { first: Key::new(first), id: PageId(id), records: 1, bytes: 10 };
        let directory = Directory { pages: firsts.map(page).collect(), next_id: PageId(3) };
        assert_eq!(snapped([row(1, 5)], directory.clone()).touched(&SMALL), [PageId(0), PageId(1)]);
        assert_eq!(snapped([row(201, 5)], directory).touched(&SMALL), [PageId(1), PageId(2)]);
    }

    #[test]
    fn due_is_a_log_longer_than_the_limit_and_a_quarter_of_the_pages() {
        let metrics =
            |log_bytes, page_bytes| StoreMetrics { log_bytes, page_bytes, ..StoreMetrics::default() };
        assert!(!is_due(&metrics(100, 0), 100));
        assert!(is_due(&metrics(101, 0), 100));
        assert!(!is_due(&metrics(250, 1_000), 100));
        assert!(is_due(&metrics(251, 1_000), 100));
    }
}
