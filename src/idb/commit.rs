//! What writes: a transaction that is over when the browser says that it *completed*, and that keeps the error when it did
//! not; and the transactions of a commit. Does not open, and does not try again.
//!
//! rexie is not used here: a quota failure at the commit comes back from it as a success, the error is lost,
//! and it has no word for durability.

use futures::FutureExt;
use futures::future::{try_join_all, try_join3};
use js_sys::{Array, Object, Uint8Array};
use syncline_store::{Append, Blobs, DiskError, Entries, Generation, Head, PageId, Pages, Sequence};
use wasm_bindgen::prelude::{JsCast, JsValue, wasm_bindgen};
use web_sys::{IdbDatabase, IdbKeyRange, IdbObjectStore, IdbTransaction};

use super::convert::{head, key, page};
use super::error::{Failure, classify, is_taken};
use super::known;
use super::schema::{FLUSHED, HEAD, LOG, META, PAGES, counting, entries};
use super::signal::Signal;

#[wasm_bindgen]
extern "C" {
    /// What web-sys has only behind a flag, or marks as deprecated although every browser has it.
    #[wasm_bindgen(extends = IdbDatabase)]
    type JsDatabase;

    #[wasm_bindgen(method, catch)]
    fn transaction(
        this: &JsDatabase,
        stores: &Array,
        mode: &JsValue,
        options: &Object,
    ) -> Result<JsTransaction, JsValue>;

    #[wasm_bindgen(extends = IdbTransaction)]
    type JsTransaction;

    #[wasm_bindgen(method, catch, js_name = objectStore)]
    fn object_store(this: &JsTransaction, name: &JsValue) -> Result<IdbObjectStore, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn commit(this: &JsTransaction) -> Result<(), JsValue>;
}

/// How an optimistic append ended.
pub(super) enum Added {
    /// The entry is there, beside this head.
    Beside(Head),
    /// The number was taken; nothing was written.
    Taken,
}

/// Adds an entry under a number, beside a reading of the head.
pub(super) async fn add(database: &IdbDatabase, number: Sequence, entry: &[u8]) -> Result<Added, Failure> {
    let writing = Writing::begin(database, &[LOG, META], "relaxed")?;
    let sent = || {
        let reading = writing.store(META)?.get(&known::text(HEAD))?;
        // Comes last, see `end`.
        let adding = writing.store(LOG)?.add_with_key(&Uint8Array::from(entry), &key(number.0))?;
        Ok((Signal::of_failed_addition(&adding), reading))
    };
    let (adding, reading) = sent().map_err(|error: JsValue| Failure::undone(classify(&error)))?;
    if !writing.end_with_addition(adding).await? {
        return Ok(Added::Taken);
    }
    let row = reading.result().map_err(|error| Failure { error: classify(&error), is_undone: false })?;
    Ok(Added::Beside(head(Some(&row)).map_err(|error| Failure { error, is_undone: false })?))
}

/// Whether an append reads what others may have appended before it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Others {
    /// There is nothing to read, it is believed; where there is, the number is taken.
    Doubted,
    /// It reads them.
    Read,
}

/// Reads pages and the entries after one, lets `decide` make an entry out of them, and appends it, all in one transaction.
/// `None`: nothing was written, and what others appended has to be read first.
pub(super) async fn append_after_reading(
    database: &IdbDatabase,
    (generation, after): (Generation, Sequence),
    pages: &[PageId],
    others: Others,
    decide: &mut dyn FnMut(&Entries, Blobs) -> Option<Vec<u8>>,
) -> Result<Option<Append>, Failure> {
    let stores: &'static [&'static str] = if pages.is_empty() { &[LOG, META] } else { &[LOG, META, PAGES] };
    let writing = Writing::begin(database, stores, "relaxed")?;
    let sent = || {
        let page = |id: &PageId| Ok(Signal::of_request(&writing.store(PAGES)?.get(&key(id.0))?));
        let pages = pages.iter().map(page).collect::<Result<Vec<_>, JsValue>>()?;
        let mut tail = Vec::new();
        if others == Others::Read {
            let range = IdbKeyRange::lower_bound_with_open(&key(after.0), true)?;
            let log = writing.store(LOG)?;
            tail.push(Signal::of_request(&log.get_all_keys_with_key(&range)?));
            tail.push(Signal::of_request(&log.get_all_with_key(&range)?));
        }
        let reading = Signal::of_request(&writing.store(META)?.get(&known::text(HEAD))?);
        Ok((reading, try_join_all(tail), try_join_all(pages)))
    };
    let (reading, tail, pages) = sent().map_err(|error: JsValue| Failure::undone(classify(&error)))?;
    let read = try_join3(reading, tail, pages).await;
    // From the last answer to `add` nothing may be awaited: the transaction would be over.
    let (head_row, tail, pages) = read.map_err(|error| Failure::of_transaction(&error))?;
    let head = head(Some(&head_row)).map_err(Failure::undone)?;
    if head.through > after {
        return Ok(Some(Append::Compacted));
    }
    let entries = match tail.as_slice() {
        [keys, values] => entries(Array::from(keys), Array::from(values)).map_err(Failure::undone)?,
        _ => Entries::new(),
    };
    let entries = counting(head, entries);
    let pages = pages.iter().map(page).collect::<Result<_, _>>().map_err(Failure::undone)?;
    let Pages::Found(pages) = Pages::found(pages, head.generation == generation) else {
        return Ok(Some(Append::Compacted));
    };
    let Some(entry) = decide(&entries, pages) else {
        return Ok((others == Others::Read).then_some(Append::Behind(entries)));
    };
    let number = entries.last().map_or(after, |(sequence, _)| *sequence).next();
    let adding = writing
        .store(LOG)
        .and_then(|log| log.add_with_key(&Uint8Array::from(entry.as_slice()), &key(number.0)))
        .map_err(|error| Failure::undone(classify(&error)))?;
    let is_added = writing.end_with_addition(Signal::of_failed_addition(&adding)).await?;
    Ok(is_added.then_some(Append::Appended(number)))
}

/// Makes everything that completed so far survive a power cut: a strict transaction writes what lies before it too.
pub(super) async fn flush(database: &IdbDatabase) -> Result<(), Failure> {
    let writing = Writing::begin(database, &[META], "strict")?;
    let sent = writing.store(META).and_then(|meta| meta.put_with_key(&JsValue::TRUE, &known::text(FLUSHED)));
    sent.map_err(|error| Failure::undone(classify(&error)))?;
    writing.end().await
}

/// A transaction that writes.
pub(super) struct Writing {
    transaction: JsTransaction,
    ended: Signal,
}

impl Writing {
    pub(super) fn begin(
        database: &IdbDatabase,
        stores: &'static [&'static str],
        durability: &'static str,
    ) -> Result<Self, Failure> {
        let (stores, options) = (known::list(stores), known::options(durability));
        let database: &JsDatabase = database.unchecked_ref();
        let begun = database.transaction(&stores, &known::text("readwrite"), &options);
        let transaction = begun.map_err(|error| Failure::undone(classify(&error)))?;
        let ended = Signal::of_transaction(&transaction);
        Ok(Self { transaction, ended })
    }

    pub(super) fn store(&self, name: &'static str) -> Result<IdbObjectStore, JsValue> {
        JsTransaction::object_store(&self.transaction, &known::text(name))
    }

    /// Says that nothing more comes, and waits until the transaction completed. For transactions that write with their last
    /// request alone: after `commit()`, Firefox undoes one only if its last request fails, and otherwise keeps what the
    /// others wrote, where the rule is to undo it (<https://w3c.github.io/IndexedDB/#async-execute-request>).
    pub(super) async fn end(self) -> Result<(), Failure> {
        // Where that throws, the transaction is over already, and how is what the event says.
        let _is_committing = self.transaction.commit();
        self.ended().await
    }

    /// As `end`, where the last request is an addition: whether its key was free.
    async fn end_with_addition(self, failed: Signal) -> Result<bool, Failure> {
        let ended = self.end().await;
        // The request is asked first: Chromium calls it an unknown error of the transaction when one fails after `commit()`.
        match (failed.now_or_never(), ended) {
            (Some(Err(error)), _) if is_taken(&error) => Ok(false),
            (Some(Err(error)), Ok(())) => Err(Failure::undone(classify(&error))),
            // Firefox says of such a transaction only that it was aborted.
            (Some(Err(error)), Err(Failure { error: DiskError::Aborted, .. })) => {
                Err(Failure::undone(classify(&error)))
            }
            (_, ended) => ended.map(|()| true),
        }
    }

    /// Waits until the transaction completed by itself, because all that was asked is answered.
    pub(super) async fn ended(self) -> Result<(), Failure> {
        self.ended.await.map(drop).map_err(|error| Failure::of_transaction(&error))
    }

    pub(super) fn undo(&self) {
        let _is_undone = self.transaction.abort();
    }
}
