//! A page: the sorted rows of one range of keys.
//! Does not know which range; the directory does.

use std::ops::Range;
use std::rc::Rc;

use serde_bytes::Bytes;

use super::Unreadable;
use super::header::{Kind, open, payload_of_own, seal};
use crate::key::compare;
use crate::slice::{Slice, range_of};
use crate::{Key, Value};

/// What a row of a decoded page costs in memory besides the blob, in bytes.
const ROW_COST: usize = size_of::<Row>();

/// A decoded page: the blob as it came, and where the rows are in it.
#[derive(Clone)]
pub(crate) struct Page {
    blob: Rc<[u8]>,
    rows: Vec<Row>,
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
        Ok(Self { rows: rows.ok_or(Unreadable::Damaged)?, blob: Rc::clone(blob) })
    }

    /// Makes a page without rows, which stands for one that cannot be read.
    pub(crate) fn empty() -> Self {
        Self { blob: Rc::new([]), rows: Vec::new() }
    }

    /// Returns what the page costs in memory, in bytes.
    pub(crate) fn cost(&self) -> usize {
        self.blob.len() + self.rows.len() * ROW_COST
    }

    pub(crate) fn row(&self, key: &Key) -> Option<Value> {
        let found = self.rows.binary_search_by(|row| compare(self.bytes(&row.key), key.as_bytes())).ok()?;
        self.rows.get(found).map(|row| Value::of(self.slice(&row.value)))
    }

    /// Walks the rows of a half-open range.
    pub(crate) fn range(
        self: Rc<Self>,
        start: &Key,
        end: Option<&Key>,
    ) -> impl Iterator<Item = (Key, Value)> + use<> {
        let place = |key: &Key| {
            self.rows.partition_point(|row| compare(self.bytes(&row.key), key.as_bytes()).is_lt())
        };
        let places = place(start)..end.map_or(self.rows.len(), place);
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
