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
