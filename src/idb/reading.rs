//! Reads: what a database is opened from, entries and pages, each as of one moment. Over the connection that writes; writes nothing.

use std::rc::Rc;

use futures::future::{try_join, try_join_all, try_join3};
use js_sys::Array;
use syncline_store::{DiskError, Entries, Head, Loaded, PageId, Sequence};
use wasm_bindgen::JsValue;
use web_sys::{IdbDatabase, IdbKeyRange, IdbTransaction};

use super::convert::{head, key, page};
use super::error::{Failure, classify};
use super::known;
use super::schema::{DIRECTORY, HEAD, LOG, META, PAGES, counting, damaged, entries};
use super::signal::Signal;

/// Reads everything that a database is opened from, of the entries those after one.
pub(super) async fn load(database: &IdbDatabase, after: Sequence) -> Result<Loaded, Failure> {
    let reading = Reading::begin(database, &[LOG, META])?;
    let sent = || {
        let directory = reading.row(META, &known::text(DIRECTORY))?;
        Ok(try_join3(reading.row(META, &known::text(HEAD))?, directory, reading.log(after)?))
    };
    let (head_row, directory, log) = answered(sent()).await?;
    let made = || {
        let head = head(Some(&head_row))?;
        Ok(Loaded { head, directory: page(&directory)?, entries: counting(head, entries_of(&log)?) })
    };
    made().map_err(Failure::undone)
}

/// Reads the head, and the entries after one that count.
pub(super) async fn tail(database: &IdbDatabase, after: Sequence) -> Result<(Head, Entries), Failure> {
    let reading = Reading::begin(database, &[LOG, META])?;
    let sent = || Ok(try_join(reading.row(META, &known::text(HEAD))?, reading.log(after)?));
    let (head_row, log) = answered(sent()).await?;
    let made = || {
        let head = head(Some(&head_row))?;
        Ok((head, counting(head, entries_of(&log)?)))
    };
    made().map_err(Failure::undone)
}

/// Reads the bytes of a damaged entry, which left the log.
pub(super) async fn set_aside(database: &IdbDatabase, entry: Sequence) -> Result<Option<Rc<[u8]>>, Failure> {
    let reading = Reading::begin(database, &[META])?;
    let row = answered(reading.row(META, &damaged(entry))).await?;
    page(&row).map_err(Failure::undone)
}

/// Reads the head and pages.
pub(super) async fn pages(
    database: &IdbDatabase,
    ids: &[PageId],
) -> Result<(Head, Vec<Option<Rc<[u8]>>>), Failure> {
    let reading = Reading::begin(database, &[META, PAGES])?;
    let sent = || {
        let rows =
            ids.iter().map(|id| reading.row(PAGES, &key(id.0))).collect::<Result<Vec<_>, JsValue>>()?;
        Ok(try_join(reading.row(META, &known::text(HEAD))?, try_join_all(rows)))
    };
    let (head_row, rows) = answered(sent()).await?;
    let made = || Ok((head(Some(&head_row))?, rows.iter().map(page).collect::<Result<_, _>>()?));
    made().map_err(Failure::undone)
}

/// A transaction that reads. All its requests are sent in the stretch in which it begins: Safari ends one that has none by
/// then, and every browser ends one whose requests are all answered.
struct Reading(IdbTransaction);

impl Reading {
    fn begin(database: &IdbDatabase, stores: &'static [&'static str]) -> Result<Self, Failure> {
        let begun = database.transaction_with_str_sequence(&known::list(stores));
        begun.map(Self).map_err(|error| Failure::undone(classify(&error)))
    }

    fn row(&self, store: &str, key: &JsValue) -> Result<Signal, JsValue> {
        Ok(Signal::of_request(&self.0.object_store(store)?.get(key)?))
    }

    /// The numbers and the bytes of the entries after one.
    fn log(
        &self,
        after: Sequence,
    ) -> Result<impl Future<Output = Result<(JsValue, JsValue), JsValue>> + use<>, JsValue> {
        let (log, range) =
            (self.0.object_store(LOG)?, IdbKeyRange::lower_bound_with_open(&key(after.0), true)?);
        let keys = Signal::of_request(&log.get_all_keys_with_key(&range)?);
        Ok(try_join(keys, Signal::of_request(&log.get_all_with_key(&range)?)))
    }
}

/// Waits for the answers to what was sent.
async fn answered<T>(sent: Result<impl Future<Output = Result<T, JsValue>>, JsValue>) -> Result<T, Failure> {
    let sent = sent.map_err(|error| Failure::undone(classify(&error)))?;
    sent.await.map_err(|error| Failure::of_transaction(&error))
}

fn entries_of((keys, values): &(JsValue, JsValue)) -> Result<Entries, DiskError> {
    entries(Array::from(keys), Array::from(values))
}
