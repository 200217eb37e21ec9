//! A page: the sorted rows of one range of keys.
//! Does not know which range; the directory does.

use std::cmp::Ordering;
use std::ops::Range;
use std::rc::Rc;

use serde_bytes::Bytes;

use super::Unreadable;
use super::header::{Kind, open, payload_of_own, seal};
use crate::key::compare;
use crate::slice::{Slice, range_of};
use crate::{Key, Value};

/// What a row of a decoded page costs in memory besides the blob, in bytes.
const ROW_COST: usize = size_of::<Row>() + size_of::<u64>();

/// A decoded page: the blob as it came, and where the rows are in it.
#[derive(Clone)]
pub(crate) struct Page {
    blob: Rc<[u8]>,
    rows: Vec<Row>,
    /// How many bytes all keys begin with alike.
    alike: usize,
    /// The `head` of what comes behind those, of each row: a search looks at these, which lie together, and not at keys, which
    /// lie all over the blob.
    heads: Vec<u64>,
}

#[derive(Clone)]
struct Row {
    key: Range<u32>,
    value: Range<u32>,
}

/// Writes a page; `rows` are in the order of their keys.
pub(crate) fn encode_page(rows: &[(Key, Value)]) -> Rc<[u8]> {
    let rows: Vec<_> =
        rows.iter().map(|(key, value)| (Bytes::new(key.as_bytes()), Bytes::new(value))).collect();
    seal(Kind::Page, &rows).into()
}

impl Page {
    /// Reads a page. Rows that are out of order are damage too: a search among them would miss rows in silence.
    pub(crate) fn decode(blob: Rc<[u8]>) -> Result<Self, Unreadable> {
        let page = Self::of_rows(&blob, open(Kind::Page, &blob)?)?;
        if !page.rows.is_sorted_by(|one, other| compare(page.bytes(&one.key), page.bytes(&other.key)).is_lt())
        {
            return Err(Unreadable::Damaged);
        }
        Ok(page)
    }

    /// Reads a page that this program has just written, which needs no check.
    pub(crate) fn of_own(blob: &Rc<[u8]>) -> Result<Self, Unreadable> {
        Self::of_rows(blob, payload_of_own(blob))
    }

    fn of_rows(blob: &Rc<[u8]>, payload: &[u8]) -> Result<Self, Unreadable> {
        let read: Vec<(&Bytes, &Bytes)> =
            postcard::from_bytes(payload).map_err(|_error| Unreadable::Damaged)?;
        let rows: Option<Vec<Row>> = read
            .iter()
            .map(|(key, value)| Some(Row { key: narrow(blob, key)?, value: narrow(blob, value)? }))
            .collect();
        let ends = read.first().zip(read.last());
        let alike = ends.map_or(0, |((first, _), (last, _))| alike(first, last));
        let heads = read.iter().map(|(key, _)| head(key.get(alike..).unwrap_or_default())).collect();
        Ok(Self { rows: rows.ok_or(Unreadable::Damaged)?, blob: Rc::clone(blob), alike, heads })
    }

    /// Makes a page without rows, which stands for one that cannot be read.
    pub(crate) fn empty() -> Self {
        Self { blob: Rc::new([]), rows: Vec::new(), alike: 0, heads: Vec::new() }
    }

    /// Returns what the page costs in memory, in bytes.
    pub(crate) fn cost(&self) -> usize {
        self.blob.len() + self.rows.len() * ROW_COST
    }

    pub(crate) fn row(&self, key: &Key) -> Option<Value> {
        let found = self.rows.get(self.place_of(key))?;
        (self.bytes(&found.key) == key.as_bytes()).then(|| Value::of(self.slice(&found.value)))
    }

    /// Finds the place of the first row whose key is not before this one.
    fn place_of(&self, key: &Key) -> usize {
        let prefix = self.rows.first().map_or(&[][..], |row| self.bytes(&row.key));
        let prefix = prefix.get(..self.alike).unwrap_or_default();
        let (theirs, rest) = key.as_bytes().split_at_checked(self.alike).unwrap_or((key.as_bytes(), &[]));
        // Where a key begins otherwise than all rows do, that says on which side of them it is.
        match compare(theirs, prefix) {
            Ordering::Less => return 0,
            Ordering::Greater => return self.rows.len(),
            Ordering::Equal => {}
        }
        let head = head(rest);
        let start = self.heads.partition_point(|other| *other < head);
        // Mostly one, so that another search would take longer.
        let count = self.heads.iter().skip(start).take_while(|other| **other == head).count();
        let rows = self.rows.get(start..start + count).unwrap_or_default();
        start + rows.partition_point(|row| compare(self.bytes(&row.key), key.as_bytes()).is_lt())
    }

    /// Walks the rows of a half-open range.
    pub(crate) fn range(
        self: Rc<Self>,
        start: &Key,
        end: Option<&Key>,
    ) -> impl Iterator<Item = (Key, Value)> + use<> {
        let places = self.place_of(start)..end.map_or(self.rows.len(), |end| self.place_of(end));
        places.filter_map(move |at| {
            let row = self.rows.get(at)?;
            Some((Key::of(self.slice(&row.key)), Value::of(self.slice(&row.value))))
        })
    }

    fn bytes(&self, range: &Range<u32>) -> &[u8] {
        self.blob.get(widen(range)).unwrap_or_default()
    }

    fn slice(&self, range: &Range<u32>) -> Slice {
        Slice::new(&self.blob, widen(range))
    }
}

/// Counts the bytes that two keys begin with alike.
fn alike(one: &[u8], other: &[u8]) -> usize {
    one.iter().zip(other).take_while(|(mine, theirs)| mine == theirs).count()
}

/// The first eight bytes as a number, which is ordered as they are; keys that differ behind them have the same one.
fn head(bytes: &[u8]) -> u64 {
    match bytes.first_chunk() {
        Some(head) => u64::from_be_bytes(*head),
        None => bytes
            .iter()
            .zip((0..8).rev())
            .fold(0, |head, (byte, place)| head | u64::from(*byte) << (place * 8)),
    }
}

/// Says where a part of the blob is, in half the memory that `usize` takes on 64-bit machines.
fn narrow(blob: &[u8], part: &[u8]) -> Option<Range<u32>> {
    let range = range_of(blob, part);
    Some(u32::try_from(range.start).ok()?..u32::try_from(range.end).ok()?)
}

fn widen(range: &Range<u32>) -> Range<usize> {
    range.start as usize..range.end as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<(Key, Value)> {
        ["a", "c", "e"]
            .into_iter()
            .map(|key| (Key::new(key), Value::from(key.repeat(2).into_bytes())))
            .collect()
    }

    fn decoded(rows: &[(Key, Value)]) -> Rc<Page> {
        Rc::new(Page::decode(encode_page(rows)).unwrap())
    }

    #[test]
    fn page_is_read_as_it_was_written() {
        let page = decoded(&rows());
        assert_eq!(page.row(&Key::new("c")), Some(Value::from(b"cc".to_vec())));
        assert_eq!(page.row(&Key::new("b")), None);
        assert_eq!(page.range(&Key::new(""), None).collect::<Vec<_>>(), rows());
    }

    #[test]
    fn rows_are_found_however_their_keys_begin() {
        let keys: [&[u8]; 9] =
            [b"", b"\0", b"r", b"r\0", b"r\0a", b"r\0aaaaaaaa", b"r\0aaaaaaaa\0", b"r\0aaaaaaab", b"r\xff"];
        // Pages of all neighbours, so that what is alike is of any length; asked for all keys, also those they do not have.
        for first in 0..keys.len() {
            for last in first..keys.len() {
                let row = |key: &&[u8]| (Key::new(*key), Value::from(key.to_vec()));
                let some: Vec<_> = keys[first..=last].iter().map(row).collect();
                let page = decoded(&some);
                for (place, key) in keys.iter().enumerate() {
                    let there = (first..=last).contains(&place).then(|| Value::from(key.to_vec()));
                    assert_eq!(page.row(&Key::new(*key)), there, "{key:?} of {first}..={last}");
                    let behind = Rc::clone(&page).range(&Key::new(*key), None).count();
                    assert_eq!(
                        behind,
                        (last + 1).saturating_sub(first.max(place)),
                        "{key:?} of {first}..={last}"
                    );
                }
            }
        }
    }

    #[test]
    fn range_is_half_open() {
        let page = decoded(&rows());
        let keys = |start: &str, end: &str| {
            let rows = Rc::clone(&page).range(&Key::new(start), Some(&Key::new(end)));
            rows.map(|(key, _)| key).collect::<Vec<_>>()
        };
        assert_eq!(keys("a", "e"), [Key::new("a"), Key::new("c")]);
        assert_eq!(keys("b", "z"), [Key::new("c"), Key::new("e")]);
        assert_eq!(keys("d", "b"), []);
    }

    #[test]
    fn rows_out_of_order_and_flipped_bits_are_damage() {
        let mut reversed = rows();
        reversed.reverse();
        assert!(matches!(Page::decode(encode_page(&reversed)), Err(Unreadable::Damaged)));
        let bytes = encode_page(&rows());
        for at in 0..bytes.len() {
            let mut damaged = bytes.to_vec();
            damaged[at] ^= 0x10;
            assert!(matches!(Page::decode(damaged.into()), Err(Unreadable::Damaged)), "byte {at}");
        }
    }

    #[test]
    fn format_1_is_these_bytes() {
        let header = *b"SYNP\x01\x00\x64\x97\xb3\xc5";
        let payload = [2, 1, b'a', 2, b'a', b'a', 1, b'c', 2, b'c', b'c'];
        assert_eq!(*encode_page(&rows()[..2]), [&header[..], &payload].concat());
    }
}
