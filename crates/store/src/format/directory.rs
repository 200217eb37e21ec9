//! The directory: which page holds which range of keys. It is small and always in memory.
//! Does not hold the pages.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::Unreadable;
use super::header::{Kind, open, seal};
use crate::{Key, PageId, Part, Sequence};

/// The pages in the order of their keys.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Directory {
    /// Each page holds the keys from its first one to that of the page after it.
    pub(crate) pages: Vec<PageInfo>,
    /// The next page id that was never used.
    pub(crate) next_id: PageId,
    /// The last entry whose rows may be in a page; those between `through` and it are in the log besides.
    pub(crate) folded: Sequence,
    /// Damaged parts that are out of the way; their bytes are kept.
    pub(crate) set_aside: Vec<Part>,
}

/// What is known of a page without reading it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct PageInfo {
    pub(crate) first: Key,
    pub(crate) id: PageId,
    pub(crate) records: u32,
    pub(crate) bytes: u32,
}

#[derive(Deserialize, Serialize)]
struct Written {
    next_id: PageId,
    folded: Sequence,
    set_aside: Vec<Part>,
    pages: Vec<(ByteBuf, PageId, u32, u32)>,
}

impl Directory {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let pages = self.pages.iter();
        let pages =
            pages.map(|page| (ByteBuf::from(page.first.as_bytes()), page.id, page.records, page.bytes));
        let written = Written {
            next_id: self.next_id,
            folded: self.folded,
            set_aside: self.set_aside.clone(),
            pages: pages.collect(),
        };
        seal(Kind::Directory, &written)
    }

    /// Reads a directory. Pages out of order, or under ids that are still to be used, are damage.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Unreadable> {
        let payload = open(Kind::Directory, bytes)?;
        let mut written: Written = postcard::from_bytes(payload).map_err(|_error| Unreadable::Damaged)?;
        let pages = std::mem::take(&mut written.pages).into_iter().map(|(first, id, records, bytes)| {
            PageInfo { first: Key::new(first.into_vec()), id, records, bytes }
        });
        let Written { next_id, folded, set_aside, .. } = written;
        let directory = Self { pages: pages.collect(), next_id, folded, set_aside };
        let is_sorted = directory.pages.is_sorted_by(|one, other| one.first < other.first);
        let is_used = directory.pages.iter().all(|page| page.id < next_id);
        if is_sorted && is_used { Ok(directory) } else { Err(Unreadable::Damaged) }
    }

    /// Returns the same directory before its pages are listed.
    pub(crate) fn without_pages(&self) -> Self {
        Self {
            pages: Vec::with_capacity(self.pages.len()),
            next_id: self.next_id,
            folded: self.folded,
            set_aside: self.set_aside.clone(),
        }
    }

    /// Returns the bytes of all pages.
    pub(crate) fn bytes(&self) -> u64 {
        self.pages.iter().map(|page| u64::from(page.bytes)).sum()
    }

    /// Finds the place of the page that a key belongs to. Keys before the first page belong to it; `None`: there are no pages.
    pub(crate) fn place_of(&self, key: &Key) -> Option<usize> {
        let after = self.pages.partition_point(|page| page.first <= *key);
        (!self.pages.is_empty()).then(|| after.saturating_sub(1))
    }

    /// Finds the place of the page that each of some ascending keys belongs to.
    pub(crate) fn place_of_each<'a>(
        &'a self,
        keys: impl Iterator<Item = &'a Key>,
    ) -> impl Iterator<Item = Option<usize>> {
        let mut last: Option<usize> = None;
        keys.map(move |key| {
            let is_same =
                last.is_some_and(|last| self.pages.get(last + 1).is_none_or(|behind| *key < behind.first));
            if !is_same {
                last = self.place_of(key);
            }
            last
        })
    }

    /// Finds the places of the pages that some ascending keys belong to, each once.
    pub(crate) fn places_of<'a>(
        &'a self,
        keys: impl Iterator<Item = &'a Key>,
    ) -> impl Iterator<Item = Option<usize>> {
        let mut last = None;
        self.place_of_each(keys).filter(move |place| last.replace(*place) != Some(*place))
    }

    /// Finds the page that may hold a row at a key.
    pub(crate) fn page_at(&self, key: &Key) -> Option<&PageInfo> {
        self.pages.get(self.place_of(key)?).filter(|page| page.first <= *key)
    }

    /// Lists the pages that may hold rows of a half-open range.
    pub(crate) fn pages_between(&self, start: &Key, end: Option<&Key>) -> &[PageInfo] {
        let from = self.place_of(start).unwrap_or_default();
        let to = end.map_or(self.pages.len(), |end| self.pages.partition_point(|page| page.first < *end));
        self.pages.get(from..to).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(firsts: &[&str]) -> Directory {
        let pages = firsts.iter().zip(0..).map(|(first, id)| PageInfo {
            first: Key::new(*first),
            id: PageId(id),
            records: 3,
            bytes: 100,
        });
        let set_aside = vec![Part::Entry(Sequence(5)), Part::Page(PageId(7))];
        Directory { pages: pages.collect(), next_id: PageId(9), folded: Sequence(6), set_aside }
    }

    fn ids(pages: &[PageInfo]) -> Vec<u64> {
        pages.iter().map(|page| page.id.0).collect()
    }

    #[test]
    fn directory_is_read_as_it_was_written() {
        let written = directory(&["b", "f"]);
        assert_eq!(Directory::decode(&written.encode()), Ok(written));
        assert_eq!(Directory::decode(b"SYND"), Err(Unreadable::Damaged));
        for firsts in [&["f", "b"][..], &["b", "b"]] {
            assert_eq!(Directory::decode(&directory(firsts).encode()), Err(Unreadable::Damaged));
        }
        let reused = Directory { next_id: PageId(1), ..directory(&["b", "f"]) };
        assert_eq!(Directory::decode(&reused.encode()), Err(Unreadable::Damaged));
    }

    #[test]
    fn format_1_is_these_bytes() {
        let header = *b"SYND\x01\x00\xd2\x62\x1d\x00";
        let payload = [9, 6, 2, 1, 5, 2, 7, 1, 1, b'b', 0, 3, 100];
        assert_eq!(directory(&["b"]).encode(), [&header[..], &payload].concat());
    }

    #[test]
    fn key_is_in_the_last_page_that_begins_at_or_before_it() {
        let directory = directory(&["b", "f", "k"]);
        let page_at = |key: &str| directory.page_at(&Key::new(key)).map(|page| page.id.0);
        assert_eq!(["a", "b", "e", "f", "z"].map(page_at), [None, Some(0), Some(0), Some(1), Some(2)]);
        assert_eq!(directory.place_of(&Key::new("a")), Some(0));
        assert_eq!(Directory::default().place_of(&Key::new("a")), None);
        let keys = ["a", "b", "c", "k", "l"].map(Key::new);
        assert_eq!(directory.place_of_each(keys.iter()).collect::<Vec<_>>(), [0, 0, 0, 2, 2].map(Some));
        assert_eq!(directory.places_of(keys.iter()).collect::<Vec<_>>(), [Some(0), Some(2)]);
    }

    #[test]
    fn range_touches_the_pages_that_overlap_it() {
        let directory = directory(&["b", "f", "k"]);
        let between = |start: &str, end: Option<&str>| {
            ids(directory.pages_between(&Key::new(start), end.map(Key::new).as_ref()))
        };
        assert_eq!(between("", None), [0, 1, 2]);
        assert_eq!(between("c", Some("f")), [0]);
        assert_eq!(between("c", Some("g")), [0, 1]);
        assert_eq!(between("z", None), [2]);
        assert_eq!(between("a", Some("b")), Vec::<u64>::new());
        assert_eq!(between("g", Some("c")), Vec::<u64>::new());
        assert_eq!(ids(Directory::default().pages_between(&Key::new(""), None)), Vec::<u64>::new());
    }
}
