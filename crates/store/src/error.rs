//! What can stop the store from giving an answer.
//! Does not say what to do about it; the error's owner does.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{PageId, Sequence};

/// Why a disk could not do what it was asked.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum DiskError {
    /// The transaction was undone for a reason that the platform did not name: nothing happened.
    #[error("the transaction was aborted")]
    Aborted,
    /// Another context keeps an older connection open and does not let go.
    #[error("another context blocks the database")]
    Blocked,
    /// The connection died and could not be opened again. A commit under way may or may not have happened.
    #[error("the connection to the database is closed")]
    Closed,
    /// What the disk keeps for itself cannot be read.
    #[error("the database is corrupt")]
    Corrupt,
    /// A newer program wrote the database; nothing was touched.
    #[error("the database was written by a newer version")]
    NewerFormat,
    /// The platform said something else. A commit under way may or may not have happened.
    #[error("{name}: {message}")]
    Other {
        /// The name of the platform's error.
        name: String,
        /// What the platform said, for people.
        message: String,
    },
    /// There is no room: nothing happened.
    #[error("the storage quota is used up")]
    QuotaExceeded,
    /// The platform has no storage for us: private browsing, a policy, a missing feature.
    #[error("storage is unavailable")]
    Unavailable,
}

impl DiskError {
    /// Answers whether a commit that ended so may have happened all the same.
    pub fn is_in_doubt(&self) -> bool {
        matches!(self, Self::Closed | Self::Other { .. })
    }
}

/// A part of the database that can be damaged on its own.
///
/// The directory lists parts by their place here, from 0 on.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Part {
    /// The list of the pages.
    Directory,
    /// One entry of the log.
    Entry(Sequence),
    /// One page.
    Page(PageId),
}

/// Why the store could not do what it was asked.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum StoreError {
    /// A part without which nothing can be served is damaged.
    #[error("the database is damaged: {0:?}")]
    Corrupt(Part),
    /// The disk failed.
    #[error(transparent)]
    Disk(#[from] DiskError),
}

impl StoreError {
    /// Answers whether a commit that ended so may have happened all the same.
    pub fn is_in_doubt(&self) -> bool {
        matches!(self, Self::Disk(error) if error.is_in_doubt())
    }
}
