//! The object stores and their rows, declared with rexie.
//! Reads and writes nothing.

use rexie::{ObjectStore, Rexie};
use syncline_store::{DiskError, Entries, Head, Sequence};
use wasm_bindgen::JsValue;

use super::convert::{blob, number};
use super::error::classify_rexie;

/// The version of the IndexedDB database, for good: an upgrade is what an old tab can block.
pub(super) const VERSION: u32 = 1;

/// Entries by their number.
pub(super) const LOG: &str = "log";
/// The head and the directory.
pub(super) const META: &str = "meta";
/// Pages by their id.
pub(super) const PAGES: &str = "pages";

/// The small row that says which entries and pages count.
pub(super) const HEAD: &str = "head";
/// The directory, apart from the head so that a commit reads little.
pub(super) const DIRECTORY: &str = "directory";
/// A row that means nothing, for a transaction that has to write something.
pub(super) const FLUSHED: &str = "flushed";

/// Opens the database, and makes it where there is none. All object stores are listed: rexie deletes those that are not.
pub(super) async fn open(name: &str) -> Result<Rexie, DiskError> {
    let stores = [LOG, META, PAGES].into_iter().map(ObjectStore::new);
    let builder =
        stores.fold(Rexie::builder(name).version(VERSION), |builder, store| builder.add_object_store(store));
    builder.build().await.map_err(|error| opening(&error))
}

fn opening(error: &rexie::Error) -> DiskError {
    match classify_rexie(error) {
        DiskError::Closed => DiskError::Unavailable,
        other => other,
    }
}

/// The key in the meta store of the bytes of a damaged entry, which left the log.
pub(super) fn damaged(sequence: Sequence) -> JsValue {
    format!("damaged/{}", sequence.0).into()
}

/// Leaves out entries that are folded away: an append beside a compaction may leave one that never counted.
pub(super) fn counting(head: Head, mut entries: Entries) -> Entries {
    entries.retain(|(sequence, _)| *sequence > head.through);
    entries
}

/// Puts keys and values of entries together.
pub(super) fn entries(
    keys: impl IntoIterator<Item = JsValue>,
    values: impl IntoIterator<Item = JsValue>,
) -> Result<Entries, DiskError> {
    let entry = |(key, value): (JsValue, JsValue)| Ok((Sequence(number(&key)?), blob(&value)?));
    keys.into_iter().zip(values).map(entry).collect()
}
