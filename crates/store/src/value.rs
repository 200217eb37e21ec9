//! The value of a row: bytes that share the blob they came in.
//! Gives no meaning to them; whoever plans does.

use std::fmt;
use std::ops::Deref;

use crate::slice::Slice;

/// The value of a row. A clone shares the bytes, and keeps the page or entry they came in alive.
#[derive(Clone)]
pub struct Value(Slice);

impl Value {
    /// Returns a part of the value, which was borrowed from it, as a value that shares the same bytes. Anything else is empty.
    #[must_use]
    pub fn part(&self, part: &[u8]) -> Self {
        Self(self.0.part(part))
    }

    pub(crate) fn of(slice: Slice) -> Self {
        Self(slice)
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Slice::from(bytes))
    }
}

impl Deref for Value {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl AsRef<[u8]> for Value {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl Eq for Value {}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Value({})", self.escape_ascii())
    }
}
