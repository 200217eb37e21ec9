//! What `pkg/index.js` calls: converts arguments, forwards to the engine, converts what comes back.
//!
//! Every method clones the handle and gives a promise, so that closing or freeing while one is under way is safe.

use std::{future::Future, pin::pin, rc::Rc};

use futures::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use js_sys::Promise;
use serde::Deserialize;
use serde_json::value::RawValue;
use syncline_core::{
    engine::{Client, Intent, Listed, SeenRow},
    model::{Error, ErrorCode, Options, Text},
    plan::{Choice, EditKind},
    query::Query,
};
use syncline_protocol::{ChangeId, CollectionName, RecordId};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::future_to_promise;
use web_sys::AbortSignal;

use crate::{
    abort::aborted,
    backend::{Backend, BackendOptions},
    documents::{Documents, Place, Purpose},
    errors::{json, plain, to_js},
    events::Events,
    host::{Browser, JsHost},
    idb,
    transfer::{Exporter, Importer},
};

/// How long after a start the log is read again, in milliseconds: the app goes first.
const AFTER_START: u32 = 100;

/// An open database.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Core {
    client: Client<Browser>,
    documents: Rc<Documents>,
    host: Rc<JsHost>,
}

/// One edit as `pkg/` says it: `{c: place of the collection, r: record, k: kind, d?: document or patch}`.
#[derive(Deserialize)]
struct JsIntent<'a> {
    c: Place,
    r: String,
    k: JsKind,
    #[serde(borrow, default)]
    d: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum JsKind {
    Delete,
    Put,
    Update,
}

#[wasm_bindgen]
impl Core {
    /// Opens the database; `options` are the plain ones of `api.d.ts`, `backend` names a server or is undefined.
    #[wasm_bindgen(unchecked_return_type = "Promise<Core>")]
    pub fn open(options: JsValue, backend: JsValue, host: JsValue) -> Promise {
        console_error_panic_hook::set_once();
        let host: JsHost = host.unchecked_into();
        promise(async move {
            let options: Options =
                serde_wasm_bindgen::from_value(options).map_err(|e| argument("options", &e))?;
            let server: Option<BackendOptions> =
                serde_wasm_bindgen::from_value(backend).map_err(|e| argument("backend", &e))?;
            for name in options.collections.keys() {
                check_collection(name)?;
            }
            let documents = Rc::new(Documents::of(options.collections.keys()));
            let host = Rc::new(host);
            let backend = server.map(|server| Backend::new(&server, &host)).transpose()?;
            let begun = host.begun();
            let is_begun = begun.is_object();
            let disk = if is_begun {
                idb::IndexedDb::of_begun(&options.name, begun.unchecked_ref())
            } else {
                idb::IndexedDb::open(&options.name).await.map_err(storage)?
            };
            let events = Events { host: Rc::clone(&host), documents: Rc::clone(&documents) };
            let browser = Browser::new(&options.name, &disk, backend, events);
            let client = Client::open(browser, disk, options).await?;
            let running = client.clone();
            wasm_bindgen_futures::spawn_local(async move { running.run().await });
            if is_begun {
                // What others committed between that reading and the moment at which this context began to listen.
                let late = client.clone();
                wasm_bindgen_futures::spawn_local(async move {
                    TimeoutFuture::new(AFTER_START).await;
                    drop(late.database().catch_up().await);
                });
            }
            Ok(Self { client, documents, host }.into())
        })
    }

    /// Deletes the database of that name.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn destroy(name: String) -> Promise {
        promise(async move { idb::delete(&name).await.map_err(storage).map(|()| JsValue::UNDEFINED) })
    }

    /// This device's id.
    #[wasm_bindgen(getter)]
    pub fn device(&self) -> String {
        self.client.device().to_string()
    }

    /// A new record id.
    #[wasm_bindgen(js_name = newId)]
    pub fn new_id(&self) -> String {
        self.client.record_id().to_string()
    }

    /// What the other methods know a collection by; undefined: the database was opened without it.
    #[wasm_bindgen(js_name = placeOf)]
    pub fn place_of(&self, collection: &str) -> Option<Place> {
        self.documents.place_of(collection)
    }

    /// Writes edits given as a JSON text of an array, in UTF-8, all or none.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn write(&self, edits: Vec<u8>) -> Promise {
        let (client, documents, _) = self.parts();
        promise(async move {
            client.write(intents(&documents, edits)?).await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// Puts documents into one collection, all or none: their ids and the documents, each as one JSON text of an array, in
    /// UTF-8.
    #[wasm_bindgen(js_name = putAll, unchecked_return_type = "Promise<void>")]
    pub fn put_all(&self, collection: Place, ids: Vec<u8>, docs: Vec<u8>) -> Promise {
        let (client, documents, _) = self.parts();
        promise(async move {
            client.write(puts(&documents.collection(collection)?, &ids, docs)?).await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// The documents of these ids, `undefined` where there is none.
    #[wasm_bindgen(unchecked_return_type = "Promise<unknown[]>")]
    pub fn read(&self, collection: Place, ids: Vec<String>) -> Promise {
        let (client, documents, host) = self.parts();
        promise(async move {
            let name = documents.collection(collection)?;
            let ids: Vec<RecordId> = ids.into_iter().map(RecordId::trusted).collect();
            let rows = client.rows(&name, &ids).await?;
            let texts = rows.iter().map(|row| row.as_ref().map(SeenRow::as_bytes));
            let found = ids.iter().map(RecordId::as_str).zip(texts);
            Ok(documents.hand_out(&host, collection, found, Purpose::Records).into())
        })
    }

    /// Hands out one document at once, which JavaScript does not hold, if it is in memory: whether there is such a record, or
    /// undefined where `read` has to be asked.
    #[wasm_bindgen(js_name = readNow)]
    pub fn read_now(&self, collection: Place, id: &str) -> Option<bool> {
        let (name, id) = (self.documents.collection(collection).ok()?, RecordId::trusted(id));
        let Some(row) = self.client.row_now(&name, &id)? else { return Some(false) };
        self.documents.hand_out_missing(&self.host, collection, id.as_str(), row.as_bytes());
        Some(true)
    }

    /// The documents that a query, given as a JSON text, finds.
    #[wasm_bindgen(unchecked_return_type = "Promise<unknown[]>")]
    pub fn list(&self, collection: Place, query: String) -> Promise {
        let (client, documents, host) = self.parts();
        promise(async move {
            let name = documents.collection(collection)?;
            let listed = client.list(&name, &parse_query(&query)?).await?;
            let purpose = Purpose::Query(&query);
            Ok(match listed {
                Listed::Everything(all) => documents.hand_out_all(&host, collection, &all, purpose),
                Listed::Found(found) => {
                    let found = found.iter().map(|(id, row)| (id.as_str(), Some(row.as_bytes())));
                    documents.hand_out(&host, collection, found, purpose)
                }
            }
            .into())
        })
    }

    /// Begins to keep a query's answer current under a number of the caller's.
    #[wasm_bindgen(js_name = openLive, unchecked_return_type = "Promise<void>")]
    pub fn open_live(&self, collection: Place, query: String, number: u32) -> Promise {
        let (client, documents, host) = self.parts();
        promise(async move {
            let name = documents.collection(collection)?;
            let found = client.open_live(&name, &parse_query(&query)?, number).await?;
            let found = found.iter().map(|(id, row)| (id.as_str(), Some(row.as_bytes())));
            documents.hand_out(&host, collection, found, Purpose::Live(number));
            Ok(JsValue::UNDEFINED)
        })
    }

    /// Hands out a live query's answer anew; false: it has to be opened again.
    #[wasm_bindgen(js_name = answerLive, unchecked_return_type = "Promise<boolean>")]
    pub fn answer_live(&self, collection: Place, number: u32) -> Promise {
        let (client, documents, host) = self.parts();
        promise(async move {
            let name = documents.collection(collection)?;
            let Some(found) = client.live_answer(&name, number).await? else {
                return Ok(JsValue::FALSE);
            };
            let found = found.iter().map(|(id, row)| (id.as_str(), Some(row.as_bytes())));
            documents.hand_out(&host, collection, found, Purpose::Live(number));
            Ok(JsValue::TRUE)
        })
    }

    /// Lets a live query go.
    #[wasm_bindgen(js_name = closeLive)]
    pub fn close_live(&self, number: u32) {
        self.client.close_live(number);
    }

    /// How many documents a query finds.
    #[wasm_bindgen(unchecked_return_type = "Promise<number>")]
    pub fn count(&self, collection: Place, query: String) -> Promise {
        let (client, documents, _) = self.parts();
        promise(async move {
            let count = client.count(&documents.collection(collection)?, &parse_query(&query)?).await?;
            #[allow(clippy::cast_precision_loss, reason = "a count of records in memory")]
            Ok(JsValue::from_f64(count as f64))
        })
    }

    /// The queue, as a JSON text.
    #[wasm_bindgen(unchecked_return_type = "Promise<string>")]
    pub fn pending(&self) -> Promise {
        let client = self.client.clone();
        promise(async move { Ok(json(&client.pending().await?)?.into()) })
    }

    /// The parked changes, as a JSON text.
    #[wasm_bindgen(unchecked_return_type = "Promise<string>")]
    pub fn parked(&self) -> Promise {
        let client = self.client.clone();
        promise(async move { Ok(json(&client.parked().await?)?.into()) })
    }

    /// Puts a parked change back, with another document (a JSON text) where given.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn requeue(&self, change: String, doc: Option<String>) -> Promise {
        let client = self.client.clone();
        promise(async move {
            client.requeue(ChangeId::trusted(change), doc).await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// Gives up a parked or queued change.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn discard(&self, change: String) -> Promise {
        let client = self.client.clone();
        promise(async move {
            client.discard(ChangeId::trusted(change)).await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// The conflicts that wait for somebody's choice, as a JSON text.
    #[wasm_bindgen(unchecked_return_type = "Promise<string>")]
    pub fn conflicts(&self) -> Promise {
        let client = self.client.clone();
        promise(async move { Ok(json(&client.conflicts().await?)?.into()) })
    }

    /// Ends a conflict by a choice: `local`, `remote`, or `merged` with the JSON text of a document or of null.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn resolve(&self, conflict: String, choice: &str, doc: Option<String>) -> Promise {
        let client = self.client.clone();
        let choice = match choice {
            "local" => Choice::Local,
            "remote" => Choice::Remote,
            _ => Choice::Merged(doc.filter(|doc| doc != "null")),
        };
        promise(async move {
            client.resolve(ChangeId::trusted(conflict), choice).await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// Where one record stands.
    #[wasm_bindgen(unchecked_return_type = "Promise<string>")]
    pub fn state(&self, collection: Place, id: String) -> Promise {
        let (client, documents, _) = self.parts();
        promise(async move {
            let (name, id) = (documents.collection(collection)?, RecordId::trusted(id));
            Ok(plain(&client.record_state(&name, &id).await?))
        })
    }

    /// Switches sync of collections on or off.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn enable(&self, collections: Vec<String>, is_enabled: bool) -> Promise {
        let client = self.client.clone();
        promise(async move {
            let collections = collections.into_iter().map(CollectionName::trusted).collect();
            client.enable(collections, is_enabled).await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// Lets a pull go on that waits because it would delete too much.
    #[wasm_bindgen(js_name = confirmDeletions, unchecked_return_type = "Promise<void>")]
    pub fn confirm_deletions(&self, collection: Place) -> Promise {
        let (client, documents, _) = self.parts();
        promise(async move {
            client.confirm_deletions(documents.collection(collection)?).await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// Syncs now, for so many milliseconds at most where `budget` is given; an `AbortSignal` or undefined gives it up.
    #[wasm_bindgen(unchecked_return_type = "Promise<object>")]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "no budget is that long")]
    pub fn sync(&self, budget: Option<f64>, signal: Option<AbortSignal>) -> Promise {
        let client = self.client.clone();
        promise(async move {
            let syncing = pin!(client.sync_within(budget.map(|budget| budget as u64)));
            match select(syncing, pin!(aborted(signal))).await {
                Either::Left((report, _)) => Ok(plain(&report?)),
                Either::Right(_) => Err(Error::new(ErrorCode::Aborted, "the sync was aborted")),
            }
        })
    }

    /// What this context has done so far, as numbers.
    #[wasm_bindgen(unchecked_return_type = "object")]
    pub fn metrics(&self) -> JsValue {
        plain(&self.client.metrics())
    }

    /// Where everything stands.
    #[wasm_bindgen(unchecked_return_type = "object")]
    pub fn status(&self) -> JsValue {
        plain(&*self.client.status())
    }

    /// Resolves when every commit so far is on disk.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn flush(&self) -> Promise {
        let client = self.client.clone();
        promise(async move {
            client.flush().await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// Begins an export.
    pub fn exporter(&self) -> Exporter {
        Exporter::of(self.client.clone())
    }

    /// Begins an import.
    pub fn importer(&self) -> Importer {
        Importer::of(self.client.clone())
    }

    /// Forgets the account's data on this device.
    #[wasm_bindgen(js_name = signOut, unchecked_return_type = "Promise<void>")]
    pub fn sign_out(&self, drop_pending: bool) -> Promise {
        let client = self.client.clone();
        promise(async move {
            client.sign_out(drop_pending).await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// Ends everything that runs by itself.
    pub fn close(&self) {
        self.client.close();
    }
}

impl Core {
    fn parts(&self) -> (Client<Browser>, Rc<Documents>, Rc<JsHost>) {
        (self.client.clone(), Rc::clone(&self.documents), Rc::clone(&self.host))
    }
}

pub(crate) fn promise(future: impl Future<Output = Result<JsValue, Error>> + 'static) -> Promise {
    future_to_promise(async move { future.await.map_err(|error| to_js(&error)) })
}

fn intents(documents: &Documents, edits: Vec<u8>) -> Result<Vec<Intent>, Error> {
    let whole = text("edits", edits)?;
    let edits: Vec<JsIntent<'_>> = serde_json::from_str(&whole).map_err(|e| argument("edits", &e))?;
    let intent = |edit: JsIntent<'_>| {
        let text = edit.d.map_or("{}", RawValue::get);
        let kind = match edit.k {
            JsKind::Delete => EditKind::Delete,
            JsKind::Put => EditKind::Put(Text::within(&whole, text)),
            JsKind::Update => {
                EditKind::Update(serde_json::from_str(text).map_err(|e| argument("patch", &e))?)
            }
        };
        Ok(Intent { collection: documents.collection(edit.c)?, record: record_id(edit.r)?, kind })
    };
    edits.into_iter().map(intent).collect()
}

fn puts(collection: &CollectionName, ids: &[u8], docs: Vec<u8>) -> Result<Vec<Intent>, Error> {
    let whole = text("docs", docs)?;
    let ids: Vec<String> = serde_json::from_slice(ids).map_err(|e| argument("ids", &e))?;
    let docs: Vec<&RawValue> = serde_json::from_str(&whole).map_err(|e| argument("docs", &e))?;
    if ids.len() != docs.len() {
        return Err(Error::argument("docs", "must be as many as their ids"));
    }
    let put = |(id, doc): (String, &RawValue)| {
        let kind = EditKind::Put(Text::within(&whole, doc.get()));
        Ok(Intent { collection: collection.clone(), record: record_id(id)?, kind })
    };
    ids.into_iter().zip(docs).map(put).collect()
}

fn text(name: &str, bytes: Vec<u8>) -> Result<Rc<String>, Error> {
    String::from_utf8(bytes).map(Rc::new).map_err(|e| argument(name, &e))
}

fn record_id(id: String) -> Result<RecordId, Error> {
    RecordId::parse(id).map_err(|wrong| Error::new(ErrorCode::InvalidDocument, format!("id: {wrong}")))
}

fn parse_query(query: &str) -> Result<Query, Error> {
    Query::parse(&serde_json::from_str(query).map_err(|e| argument("query", &e))?)
}

fn check_collection(name: &CollectionName) -> Result<(), Error> {
    CollectionName::parse(name.as_str())
        .map_err(|wrong| Error::argument("collections", wrong.to_string()))
        .and_then(|name| match name.as_str().contains('\0') {
            true => Err(Error::argument("collections", "a name must not contain a zero character")),
            false => Ok(()),
        })
}

fn argument(name: &str, wrong: &impl std::fmt::Display) -> Error {
    Error::argument(name, wrong.to_string())
}

fn storage(error: syncline_store::DiskError) -> Error {
    syncline_store::StoreError::from(error).into()
}
