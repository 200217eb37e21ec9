//! What the tests of the disk take in hand: the database as another program has it open, and transactions that go wrong.
//! Proves nothing by itself.
#![allow(dead_code, reason = "each test takes what it needs")]

use std::pin::pin;

use futures::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use js_sys::{Array, Function, Object, Promise, Reflect, Uint8Array};
use syncline::idb::{self, IndexedDb};
use syncline_store::{Append, Compaction, Disk, DiskError, Generation, PageId, Sequence};
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{IdbDatabase, IdbFactory, IdbRequest, IdbTransactionMode};

/// Makes sure that there is no database of this name.
pub(crate) async fn fresh(name: &str) -> String {
    let name = format!("disk-{name}");
    idb::delete(&name).await.unwrap();
    name
}

pub(crate) async fn append(disk: &IndexedDb, after: u64, entry: &[u8]) -> Result<Append, DiskError> {
    within(pin!(disk.append(Generation(0), Sequence(after), entry))).await
}

pub(crate) async fn count(disk: &IndexedDb) -> usize {
    disk.load().await.unwrap().entries.len()
}

/// A compaction of one entry into one page.
pub(crate) fn folding() -> Compaction {
    Compaction {
        generation: Generation(0),
        through: Sequence(1),
        put: vec![(PageId(1), b"page".as_slice().into())],
        delete: Vec::new(),
        directory: b"directory".to_vec(),
        set_aside: Vec::new(),
    }
}

/// The database as another program would have it open, by hand.
pub(crate) struct ByHand {
    pub(crate) database: IdbDatabase,
}

impl ByHand {
    pub(crate) async fn open(name: &str, version: u32) -> Self {
        let request = factory().open_with_u32(name, version).unwrap();
        Self { database: answer(&request).await.unwrap().dyn_into().unwrap() }
    }

    /// The database after an upgrade that made a store.
    pub(crate) async fn upgraded(name: &str, version: u32, store: &str) -> Self {
        let request = factory().open_with_u32(name, version).unwrap();
        let (asked, store) = (request.clone(), store.to_owned());
        let upgrade: Closure<dyn FnMut()> = Closure::new(move || {
            let database: IdbDatabase = asked.result().unwrap().dyn_into().unwrap();
            database.create_object_store(&store).unwrap();
        });
        request.set_onupgradeneeded(Some(upgrade.as_ref().unchecked_ref()));
        Self { database: answer(&request).await.unwrap().dyn_into().unwrap() }
    }

    pub(crate) fn stores(&self) -> Vec<String> {
        (0..).map_while(|at| self.database.object_store_names().get(at)).collect()
    }

    pub(crate) async fn put(&self, store: &str, key: impl Into<JsValue>, value: &JsValue) {
        let transaction = self.database.transaction_with_str_and_mode(store, IdbTransactionMode::Readwrite);
        let store = transaction.unwrap().object_store(store).unwrap();
        answer(&store.put_with_key(value, &key.into()).unwrap()).await.unwrap();
    }

    pub(crate) async fn put_entries(&self, count: u32) {
        let transaction = self.database.transaction_with_str_and_mode("log", IdbTransactionMode::Readwrite);
        let log = transaction.unwrap().object_store("log").unwrap();
        let put = |number: u32| log.put_with_key(&Uint8Array::new_with_length(40), &number.into()).unwrap();
        let requests: Vec<IdbRequest> = (1..=count).map(put).collect();
        answer(requests.last().unwrap()).await.unwrap();
    }

    pub(crate) async fn keys(&self, store: &str) -> Vec<f64> {
        let store = self.database.transaction_with_str(store).unwrap().object_store(store).unwrap();
        let keys = answer(&store.get_all_keys().unwrap()).await.unwrap();
        Array::from(&keys).iter().map(|key| key.as_f64().unwrap()).collect()
    }

    pub(crate) async fn row(&self, store: &str, key: &str) -> JsValue {
        let store = self.database.transaction_with_str(store).unwrap().object_store(store).unwrap();
        answer(&store.get(&key.into()).unwrap()).await.unwrap()
    }
}

impl Drop for ByHand {
    fn drop(&mut self) {
        self.database.close();
    }
}

fn factory() -> IdbFactory {
    Reflect::get(&js_sys::global(), &"indexedDB".into()).unwrap().dyn_into().unwrap()
}

async fn answer(request: &IdbRequest) -> Result<JsValue, JsValue> {
    let answered = Promise::new(&mut |resolve, _reject| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&resolve));
    });
    within(JsFuture::from(answered)).await.unwrap();
    request.result()
}

pub(crate) fn head(format: u32) -> JsValue {
    let head = Object::new();
    for (name, value) in [("format", format), ("generation", 0), ("through", 0)] {
        Reflect::set(&head, &name.into(), &value.into()).unwrap();
    }
    head.into()
}

/// When a deed is done: before a transaction is made, or after it.
pub(crate) enum When {
    Before,
    After,
}

/// Does something to the next transactions of a database: `this` is the connection, `transaction` the transaction, and
/// `stores` hands out its object stores changed by what it is given.
pub(crate) fn sabotage(name: &str, times: u32, when: &When, deed: &str) {
    let (before, after) = match when {
        When::Before => (deed, ""),
        When::After => ("", deed),
    };
    let body = format!(
        "const original = IDBDatabase.prototype.transaction;
         IDBDatabase.prototype.transaction = function (...given) {{
             if (this.name !== name) return original.apply(this, given);
             if (--times === 0) IDBDatabase.prototype.transaction = original;
             {before}
             const transaction = original.apply(this, given);
             const stores = (change) => {{
                 const objectStore = transaction.objectStore.bind(transaction);
                 transaction.objectStore = (name) => {{
                     const store = objectStore(name);
                     change(store);
                     return store;
                 }};
             }};
             {after}
             return transaction;
         }};"
    );
    Function::new_with_args("name, times", &body).call2(&JsValue::NULL, &name.into(), &times.into()).unwrap();
}

pub(crate) async fn factory_names() -> Vec<String> {
    let databases = Reflect::get(&factory(), &"databases".into()).unwrap().dyn_into::<Function>().unwrap();
    let listed = databases.call0(&factory()).unwrap().dyn_into::<Promise>().unwrap();
    let listed = Array::from(&JsFuture::from(listed).await.unwrap());
    let field = |one: &JsValue, name: &str| Reflect::get(one, &name.into()).unwrap();
    // WebKit goes on listing one whose upgrade was undone, under version 0: it has nothing in it, as one that was never made.
    let is_made = |one: &JsValue| field(one, "version").as_f64() != Some(0.0);
    listed.iter().filter(is_made).map(|one| field(&one, "name").as_string().unwrap()).collect()
}

/// Lets the browser do whatever it has to do.
pub(crate) async fn pause() {
    TimeoutFuture::new(200).await;
}

/// Awaits what must come, so that one that never does is a failure and not a test without an end.
pub(crate) async fn within<T>(awaited: impl Future<Output = T> + Unpin) -> T {
    match select(awaited, TimeoutFuture::new(5_000)).await {
        Either::Left((answer, _)) => answer,
        Either::Right(_) => panic!("there was no answer"),
    }
}
