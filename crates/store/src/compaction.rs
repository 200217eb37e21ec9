//! Folds the rows of the log into the pages they belong to, slice by slice: pure, from old pages to new ones.
//! Does not read or write them.
//!
//! A slice that is folded stays in the log until the last one is: its rows are then in a page and in the log, and the log's
//! count, as always. So the database is whole after each slice, and a compaction that ends early has cost nothing but time.

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::format::{Directory, PageInfo, encode_page};
use crate::snapshot::{Overlay, Pins, laid_over};
use crate::{Generation, Key, Options, PageId, Part, Sequence, Value};

/// A compaction under way: the rows of the log as of one moment, as far as they are not folded.
pub(crate) struct Folding {
    pub(crate) through: Sequence,
    rows: Overlay,
}

/// A part of the rows, and the pages that they belong to.
pub(crate) struct Slice {
    /// The generation whose directory the places are of.
    pub(crate) generation: Generation,
    pub(crate) is_last: bool,
    rows: Overlay,
    touched: BTreeSet<usize>,
}

/// What became of a slice.
#[derive(Debug)]
pub(crate) struct Folded {
    pub(crate) put: Vec<(PageId, Rc<[u8]>)>,
    pub(crate) replaced: Vec<PageId>,
    pub(crate) directory: Directory,
}

impl Folding {
    pub(crate) fn new(through: Sequence, rows: Overlay) -> Self {
        Self { through, rows }
    }

    /// Takes the next rows, as many as make about so many bytes with their pages.
    pub(crate) fn next_slice(
        &mut self,
        generation: Generation,
        directory: &Directory,
        bytes: usize,
        options: &Options,
    ) -> Slice {
        let end = end_of_slice(&self.rows, directory, bytes);
        let rest = end.map(|end| self.rows.split_off(&end)).unwrap_or_default();
        let rows = std::mem::replace(&mut self.rows, rest);
        let touched = touched(&rows, directory, options);
        Slice { generation, is_last: self.rows.is_empty(), rows, touched }
    }
}

/// Finds the first key that is too many: at the end of a page if possible, within one where its rows are many.
fn end_of_slice(rows: &Overlay, directory: &Directory, limit: usize) -> Option<Key> {
    let mut cost = 0_usize;
    let mut last = None;
    for ((key, value), place) in rows.iter().zip(directory.place_of_each(rows.keys())) {
        let is_same_page = place.is_some() && place == last;
        last = place;
        if cost >= if is_same_page { 2 * limit.max(1) } else { limit.max(1) } {
            return Some(key.clone());
        }
        if !is_same_page {
            let page = place.and_then(|place| directory.pages.get(place));
            cost = cost.saturating_add(page.map_or(0, |page| page.bytes as usize));
        }
        cost = cost.saturating_add(key.as_bytes().len() + value.as_ref().map_or(0, |value| value.len()));
    }
    None
}

/// Finds the places of the pages that rows belong to. A page that is less than half full takes a neighbour along that
/// is too, so that deleting does not leave crumbs for ever.
fn touched(rows: &Overlay, directory: &Directory, options: &Options) -> BTreeSet<usize> {
    let written: BTreeSet<usize> = directory.places_of(rows.keys()).flatten().collect();
    let is_small = |place: &usize| {
        directory.pages.get(*place).is_some_and(|page| {
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

impl Slice {
    /// Lists the pages that have to be read first.
    pub(crate) fn pages(&self, directory: &Directory) -> Vec<PageId> {
        let infos = self.touched.iter().filter_map(|place| directory.pages.get(*place));
        infos.map(|page| page.id).collect()
    }

    /// Folds the rows into the pages; `pages` has those that `pages` lists.
    pub(crate) fn fold(
        self,
        through: Sequence,
        directory: &Directory,
        pages: &Pins,
        options: &Options,
    ) -> Folded {
        let mut rest = self.rows;
        let mut fold = Folded { put: Vec::new(), replaced: Vec::new(), directory: directory.without_pages() };
        fold.directory.folded = directory.folded.max(through);
        let mut run: Vec<(Key, Value)> = Vec::new();
        for (place, info) in directory.pages.iter().enumerate() {
            if !self.touched.contains(&place) {
                fold.write_run(&mut run, options);
                fold.directory.pages.push(info.clone());
                continue;
            }
            let behind = directory.pages.get(place + 1).map(|next| rest.split_off(&next.first));
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
}

impl Folded {
    /// Keeps damaged pages where they are, for whoever can save something, and lists what else is damaged as set aside.
    pub(crate) fn set_aside(
        &mut self,
        is_damaged: impl Fn(PageId) -> bool,
        entries: impl Iterator<Item = Sequence>,
    ) -> Vec<PageId> {
        let (damaged, whole): (Vec<PageId>, Vec<PageId>) =
            self.replaced.iter().partition(|id| is_damaged(**id));
        let parts = damaged.into_iter().map(Part::Page).chain(entries.map(Part::Entry));
        self.directory.set_aside.extend(parts);
        whole
    }

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
    use super::*;
    use crate::format::Page;

    const SMALL: Options = Options { cache_bytes: 0, page_records: 4, page_bytes: 100, compact_at: 1_000 };

    fn row(number: usize, length: usize) -> (Key, Option<Value>) {
        (Key::new(format!("{number:03}")), Some(Value::from(vec![1; length])))
    }

    fn slices(
        rows: impl IntoIterator<Item = (Key, Option<Value>)>,
        mut directory: Directory,
        mut pages: Pins,
        options: &Options,
    ) -> Vec<Folded> {
        let mut folding = Folding::new(Sequence(1), rows.into_iter().collect());
        let mut folded: Vec<Folded> = Vec::new();
        loop {
            let (_, most) = options.slice_limits();
            let slice = folding.next_slice(Generation(0), &directory, most, options);
            let is_last = slice.is_last;
            folded.push(slice.fold(folding.through, &directory, &pages, options));
            directory = folded.last().unwrap().directory.clone();
            pages.extend(decoded(folded.last().unwrap()));
            if is_last {
                return folded;
            }
        }
    }

    /// Folds in one slice.
    fn fold(
        rows: impl IntoIterator<Item = (Key, Option<Value>)>,
        directory: Directory,
        pages: Pins,
    ) -> Folded {
        let mut folded = slices(rows, directory, pages, &SMALL);
        assert_eq!(folded.len(), 1);
        folded.remove(0)
    }

    fn touched_by(row: (Key, Option<Value>), directory: &Directory) -> Vec<PageId> {
        let mut folding = Folding::new(Sequence(1), Overlay::from([row]));
        folding.next_slice(Generation(0), directory, usize::MAX, &SMALL).pages(directory)
    }

    fn records(folded: &Folded) -> Vec<u32> {
        folded.directory.pages.iter().map(|page| page.records).collect()
    }

    fn decoded(folded: &Folded) -> Pins {
        let page = |blob: &Rc<[u8]>| Rc::new(Page::decode(Rc::clone(blob)).unwrap());
        folded.put.iter().map(|(id, blob)| (*id, page(blob))).collect()
    }

    #[test]
    fn rows_are_spread_evenly_over_as_few_pages_as_hold_them() {
        let folded = fold((0..9).map(|number| row(number, 5)), Directory::default(), Pins::new());
        assert_eq!(records(&folded), [3, 3, 3]);
        assert_eq!(folded.replaced, []);
        let ids: Vec<PageId> = folded.directory.pages.iter().map(|page| page.id).collect();
        assert_eq!((ids, folded.directory.next_id), (vec![PageId(0), PageId(1), PageId(2)], PageId(3)));
    }

    #[test]
    fn row_larger_than_a_page_has_one_of_its_own() {
        let rows = [row(0, 5), row(1, 300), row(2, 5)];
        let folded = fold(rows, Directory::default(), Pins::new());
        assert_eq!(records(&folded).iter().sum::<u32>(), 3);
        assert!(folded.put.iter().all(|(_, blob)| blob.len() < 350));
    }

    #[test]
    fn only_the_page_of_a_written_row_is_replaced() {
        let first = fold((0..12).map(|number| row(number, 5)), Directory::default(), Pins::new());
        assert_eq!(touched_by(row(5, 7), &first.directory), [PageId(1)]);
        let second = fold([row(5, 7)], first.directory.clone(), decoded(&first));
        assert_eq!((second.replaced.as_slice(), second.put.len()), (&[PageId(1)][..], 1));
        let ids: Vec<u64> = second.directory.pages.iter().map(|page| page.id.0).collect();
        assert_eq!(ids, [0, 3, 2]);
    }

    #[test]
    fn row_before_the_first_page_goes_into_it() {
        let first = fold((5..8).map(|number| row(number, 5)), Directory::default(), Pins::new());
        let second = fold([row(1, 5)], first.directory.clone(), decoded(&first));
        assert_eq!(records(&second), [4]);
        assert_eq!(second.directory.pages[0].first, Key::new("001"));
    }

    #[test]
    fn small_page_takes_a_small_neighbour_along() {
        let firsts = ["000", "100", "200"].into_iter().zip(0..);
        let page = |(first, id)| PageInfo { first: Key::new(first), id: PageId(id), records: 1, bytes: 10 };
        let directory =
            Directory { pages: firsts.map(page).collect(), next_id: PageId(3), ..Directory::default() };
        assert_eq!(touched_by(row(1, 5), &directory), [PageId(0), PageId(1)]);
        assert_eq!(touched_by(row(201, 5), &directory), [PageId(1), PageId(2)]);
    }

    #[test]
    fn rows_of_many_slices_are_all_in_pages_and_no_slice_is_long() {
        let options = Options { compact_at: 20, ..SMALL };
        let rows = |length| (0..100).map(move |number| row(number, length));
        let first = slices(rows(20), Directory::default(), Pins::new(), &options);
        assert!(first.len() > 5, "{}", first.len());
        let directory = &first.last().unwrap().directory;
        assert_eq!(directory.pages.iter().map(|page| page.records).sum::<u32>(), 100);
        assert!(directory.pages.is_sorted_by(|one, other| one.first < other.first));
        let pages: Pins = first.iter().flat_map(decoded).collect();

        let second = slices(rows(21), directory.clone(), pages, &options);
        assert!(second.len() > 5, "{}", second.len());
        let most = 2 * options.slice_limits().1 + 2 * SMALL.page_bytes;
        for folded in first.iter().chain(&second) {
            assert!(folded.put.iter().map(|(_, blob)| blob.len()).sum::<usize>() <= most);
        }
        let values: Pins = second.iter().flat_map(decoded).collect();
        let kept = &second.last().unwrap().directory.pages;
        let rows = kept.iter().flat_map(|info| values[&info.id].clone().range(&Key::new([]), None));
        assert_eq!(rows.map(|(_, value)| value.len()).collect::<Vec<_>>(), [21; 100]);
    }

    #[test]
    fn directory_says_up_to_where_rows_may_be_in_pages() {
        let folded = fold([row(1, 5)], Directory::default(), Pins::new());
        assert_eq!(folded.directory.folded, Sequence(1));
        let later = Directory { folded: Sequence(7), ..Directory::default() };
        assert_eq!(fold([row(1, 5)], later, Pins::new()).directory.folded, Sequence(7));
    }

    #[test]
    fn damaged_pages_stay_and_are_listed_as_set_aside() {
        let first = fold((0..12).map(|number| row(number, 5)), Directory::default(), Pins::new());
        let mut second = fold([row(1, 5), row(5, 7)], first.directory.clone(), decoded(&first));
        let delete = second.set_aside(|id| id == PageId(1), [Sequence(3)].into_iter());
        assert_eq!(delete, [PageId(0)]);
        assert_eq!(second.directory.set_aside, [Part::Page(PageId(1)), Part::Entry(Sequence(3))]);
    }
}
