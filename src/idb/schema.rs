//! The object stores and their rows, opened and read by rexie.
//! Writes nothing.

use std::rc::Rc;

use futures::future::try_join;
use futures::join;
use rexie::{KeyRange, ObjectStore, Rexie, Store, Transaction, TransactionMode};
use syncline_store::{DiskError, Entries, Head, Loaded, Sequence};
use wasm_bindgen::JsValue;

use super::convert::{blob, head, key, number};
use super::error::classify_rexie;
use super::known;

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

/// Opens the database. All object stores are listed: rexie deletes those that are not.
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

/// Reads everything that a database is opened from, of the entries those after one.
pub(super) async fn load(rexie: &Rexie, after: Sequence) -> Result<Loaded, DiskError> {
    let reading = Reading::begin(rexie, &[LOG, META])?;
    let (head_row, directory, entries) = join!(
        reading.row(META, known::text(HEAD)),
        reading.row(META, known::text(DIRECTORY)),
        reading.entries(after)
    );
    let head = head(head_row?.as_ref())?;
    let directory = directory?.map(|row| blob(&row)).transpose()?;
    Ok(Loaded { head, directory, entries: counting(head, entries?) })
}

/// Reads the head, and the entries after one that count, as of one moment.
pub(super) async fn tail(rexie: &Rexie, after: Sequence) -> Result<(Head, Entries), DiskError> {
    let reading = Reading::begin(rexie, &[LOG, META])?;
    let (head_row, entries) = join!(reading.row(META, known::text(HEAD)), reading.entries(after));
    let head = head(head_row?.as_ref())?;
    Ok((head, counting(head, entries?)))
}

/// Reads the bytes of a damaged entry, which left the log.
pub(super) async fn set_aside(rexie: &Rexie, entry: Sequence) -> Result<Option<Rc<[u8]>>, DiskError> {
    let row = Reading::begin(rexie, &[META])?.row(META, damaged(entry)).await?;
    row.map(|row| blob(&row)).transpose()
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

/// A transaction that reads. All its requests are sent in the stretch in which it begins: Safari ends one that
/// has none by then, and every browser ends one whose requests are all answered.
struct Reading {
    transaction: Transaction,
}

impl Reading {
    fn begin(rexie: &Rexie, stores: &[&str]) -> Result<Self, DiskError> {
        let transaction = rexie.transaction(stores, TransactionMode::ReadOnly);
        Ok(Self { transaction: transaction.map_err(|error| classify_rexie(&error))? })
    }

    async fn row(&self, store: &str, key: JsValue) -> Result<Option<JsValue>, DiskError> {
        let store = self.store(store)?;
        store.get(key).await.map_err(|error| classify_rexie(&error))
    }

    async fn entries(&self, after: Sequence) -> Result<Entries, DiskError> {
        let range = || KeyRange::lower_bound(&key(after.0), Some(true)).map_err(rexie::Error::from);
        let read = async {
            let log = self.transaction.store(LOG)?;
            let (keys, values) = (log.get_all_keys(Some(range()?), None), log.get_all(Some(range()?), None));
            try_join(keys, values).await
        };
        let (keys, values) = read.await.map_err(|error| classify_rexie(&error))?;
        entries(keys, values)
    }

    fn store(&self, name: &str) -> Result<Store, DiskError> {
        self.transaction.store(name).map_err(|error| classify_rexie(&error))
    }
}
