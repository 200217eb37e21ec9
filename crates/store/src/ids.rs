//! The numbers that name an entry, a page and a state of the pages.
//! Says nothing of how they are stored.

use serde::{Deserialize, Serialize};

/// Numbers an entry of the log: the first one has 1, each later one the next number.
///
/// Stays below 2^53, because IndexedDB keys are floating-point numbers.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Sequence(pub u64);

impl Sequence {
    /// Returns the number that the entry after this one has.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// Counts the compactions of a disk: the pages and the directory are replaced together, under the next number.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Generation(pub u64);

impl Generation {
    /// Returns the number that the next compaction makes.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// Names a page. A page is written once and never changed: a compaction writes pages under fresh ids.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct PageId(pub u64);

impl PageId {
    /// Returns the id that follows.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}
