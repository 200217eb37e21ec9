//! A range of a shared blob: the rows of an entry or a page without a copy per row.
//! Has no meaning of its own; keys and values are made of it.

use std::ops::Range;
use std::rc::Rc;

/// A part of a blob that lives as long as any part of it is held.
#[derive(Clone)]
pub(crate) struct Slice {
    blob: Rc<[u8]>,
    range: Range<usize>,
}

impl Slice {
    /// Cuts a range out of a blob; a range outside of it gives an empty slice.
    pub(crate) fn new(blob: &Rc<[u8]>, range: Range<usize>) -> Self {
        Self { blob: Rc::clone(blob), range }
    }

    /// Cuts out a part that was borrowed from these bytes; any other gives an empty slice.
    pub(crate) fn part(&self, part: &[u8]) -> Self {
        // An address before these bytes wraps around, and so lies behind them.
        let within = part.as_ptr().addr().wrapping_sub(self.as_bytes().as_ptr().addr());
        let start = self.range.start.saturating_add(within);
        let end = start.saturating_add(part.len());
        Self::new(&self.blob, if end <= self.range.end { start..end } else { 0..0 })
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.blob.get(self.range.clone()).unwrap_or_default()
    }
}

impl From<Vec<u8>> for Slice {
    fn from(bytes: Vec<u8>) -> Self {
        let range = 0..bytes.len();
        Self { blob: bytes.into(), range }
    }
}

/// Finds where in `blob` the bytes of `part` are, which a decoder borrowed from it.
pub(crate) fn range_of(blob: &[u8], part: &[u8]) -> Range<usize> {
    let start = part.as_ptr().addr().saturating_sub(blob.as_ptr().addr());
    start..start + part.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn part_is_cut_out_where_it_was_borrowed() {
        let whole = Slice::new(&Rc::from(&b"0123456789"[..]), 2..8);
        assert_eq!(whole.part(&whole.as_bytes()[1..3]).as_bytes(), b"34");
        assert_eq!(whole.part(&whole.as_bytes()[6..]).as_bytes(), b"");
        assert_eq!(whole.part(b"34").as_bytes(), b"", "bytes that lie elsewhere");
    }
}
