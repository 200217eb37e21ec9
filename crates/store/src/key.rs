//! The key of a row: bytes in their bytewise order.
//! Gives no meaning to them; whoever plans does.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use crate::slice::Slice;

/// The key of a row, ordered bytewise. A clone shares the bytes.
///
/// A key that came out of an entry or a page shares its blob and keeps all of it in memory;
/// [`Key::detached`] makes one to hold for long.
#[derive(Clone)]
pub struct Key(Slice);

impl Key {
    /// Makes a key of its bytes.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(Slice::from(bytes.into()))
    }

    /// Returns the bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Returns a key with bytes of its own, that keeps no page or entry in memory.
    #[must_use]
    pub fn detached(&self) -> Self {
        Self::new(self.as_bytes())
    }

    pub(crate) fn of(slice: Slice) -> Self {
        Self(slice)
    }
}

impl Eq for Key {}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        compare(self.as_bytes(), other.as_bytes())
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

/// Compares bytewise, eight bytes at a time: keys of one collection begin alike, and WebAssembly has no instruction that
/// compares memory.
pub(crate) fn compare(mut one: &[u8], mut other: &[u8]) -> Ordering {
    while let (Some((mine, my_rest)), Some((theirs, their_rest))) =
        (one.split_first_chunk(), other.split_first_chunk())
    {
        if mine != theirs {
            return u64::from_be_bytes(*mine).cmp(&u64::from_be_bytes(*theirs));
        }
        (one, other) = (my_rest, their_rest);
    }
    one.cmp(other)
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Key({})", self.as_bytes().escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_in_the_order_of_their_bytes_however_they_are_compared() {
        let bytes: [&[u8]; 9] = [
            b"",
            b"a",
            b"aaaaaaa",
            b"aaaaaaaa",
            b"aaaaaaaab",
            b"aaaaaaab",
            b"\xff",
            b"\x7f",
            b"aaaaaaaa\xff\0",
        ];
        for one in bytes {
            for other in bytes {
                assert_eq!(Key::new(one).cmp(&Key::new(other)), one.cmp(other), "{one:?} {other:?}");
            }
        }
    }
}
