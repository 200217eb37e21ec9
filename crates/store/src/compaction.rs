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
