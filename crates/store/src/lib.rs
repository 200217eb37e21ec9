//! An ordered map from bytes to bytes, kept as a log with sorted pages on any [`Disk`], shared by several contexts.
//! Knows nothing of sync, of JavaScript, of time or of chance.
#![allow(async_fn_in_trait, reason = "everything is single-threaded, so no future has to be Send")]

mod cache;
mod compaction;
#[cfg(any(test, feature = "conformance"))]
#[allow(missing_docs, reason = "the names of the laws say what they are")]
pub mod conformance;
mod context;
mod damage;
mod database;
mod disk;
mod due;
mod error;
#[cfg(any(test, feature = "conformance"))]
pub mod fixture;
mod format;
mod ids;
mod key;
mod log;
mod memory;
mod memtable;
mod observer;
mod plan;
#[cfg_attr(feature = "planted", doc(hidden))]
pub mod planted;
mod read_ahead;
mod salvage;
mod slice;
mod snapshot;
mod state;
mod turn;
mod value;
mod view;

pub use database::{Database, Options, StoreMetrics};
pub use disk::{Append, Blobs, Compacted, Compaction, Disk, Entries, Head, Loaded, Pages, Tail};
pub use error::{DiskError, Part, StoreError};
pub use format::FORMAT;
pub use ids::{Generation, PageId, Sequence};
pub use key::Key;
pub use memory::MemoryDisk;
pub use observer::{Commit, Observer};
pub use plan::{Decision, Plan, Write};
pub use salvage::Salvaged;
pub use value::Value;
pub use view::{Read, View};
