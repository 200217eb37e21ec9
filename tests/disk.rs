//! The disk on IndexedDB: the laws of every disk, and what only a browser can do to one.
#![cfg(target_arch = "wasm32")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "tests"
)]

use std::collections::BTreeMap;

use futures::join;
use js_sys::{Array, Function, Object, Promise, Reflect, Uint8Array};
use syncline::idb::{self, IndexedDb};
use syncline_store::{
    Append, Compacted, Compaction, Database, Disk, DiskError, Entries, FORMAT, Generation, Key, Options,
    PageId, Sequence, View, conformance,
    fixture::{self, Fixture},
};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{IdbDatabase, IdbFactory, IdbRequest, IdbTransactionMode};

wasm_bindgen_test_configure!(run_in_browser);

macro_rules! laws {
    ($($law:ident)*) => {
        $(#[wasm_bindgen_test]
        async fn $law() {
            let name = fresh(stringify!($law)).await;
            conformance::$law(async || IndexedDb::open(&name).await.unwrap()).await;
        })*
    };
}
syncline_store::for_each_disk_law!(laws);

/// Makes sure that there is no database of this name.
async fn fresh(name: &str) -> String {
    let name = format!("disk-{name}");
    idb::delete(&name).await.unwrap();
    name
}

async fn append(disk: &IndexedDb, after: u64, entry: &[u8]) -> Result<Append, DiskError> {
    disk.append(Generation(0), Sequence(after), entry).await
}

async fn count(disk: &IndexedDb) -> usize {
    disk.load().await.unwrap().entries.len()
}

/// The database as another program would have it open, by hand.
struct ByHand {
    database: IdbDatabase,
}

impl ByHand {
    async fn open(name: &str, version: u32) -> Self {
        let request = factory().open_with_u32(name, version).unwrap();
        Self { database: answer(&request).await.unwrap().dyn_into().unwrap() }
    }

    async fn put(&self, store: &str, key: impl Into<JsValue>, value: &JsValue) {
        let transaction = self.database.transaction_with_str_and_mode(store, IdbTransactionMode::Readwrite);
        let store = transaction.unwrap().object_store(store).unwrap();
        answer(&store.put_with_key(value, &key.into()).unwrap()).await.unwrap();
    }

    async fn put_entries(&self, count: u32) {
        let transaction = self.database.transaction_with_str_and_mode("log", IdbTransactionMode::Readwrite);
        let log = transaction.unwrap().object_store("log").unwrap();
        let put = |number: u32| log.put_with_key(&Uint8Array::new_with_length(40), &number.into()).unwrap();
        let requests: Vec<IdbRequest> = (1..=count).map(put).collect();
        answer(requests.last().unwrap()).await.unwrap();
    }

    async fn keys(&self, store: &str) -> Vec<f64> {
        let store = self.database.transaction_with_str(store).unwrap().object_store(store).unwrap();
        let keys = answer(&store.get_all_keys().unwrap()).await.unwrap();
        Array::from(&keys).iter().map(|key| key.as_f64().unwrap()).collect()
    }

    async fn row(&self, store: &str, key: &str) -> JsValue {
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
    JsFuture::from(answered).await.unwrap();
    request.result()
}

fn head(format: u32) -> JsValue {
    let head = Object::new();
    for (name, value) in [("format", format), ("generation", 0), ("through", 0)] {
        Reflect::set(&head, &name.into(), &value.into()).unwrap();
    }
    head.into()
}

#[wasm_bindgen_test]
async fn database_has_version_1_and_three_stores() {
    let name = fresh("stores").await;
    drop(IndexedDb::open(&name).await.unwrap());
    let by_hand = ByHand::open(&name, 1).await;
    let names: Vec<String> = (0..).map_while(|at| by_hand.database.object_store_names().get(at)).collect();
    assert_eq!(names, ["log", "meta", "pages"]);
}

#[wasm_bindgen_test]
async fn newer_format_is_refused_and_untouched() {
    let name = fresh("newer-format").await;
    let disk = IndexedDb::open(&name).await.unwrap();
    append(&disk, 0, b"a").await.unwrap();
    let by_hand = ByHand::open(&name, 1).await;
    by_hand.put("meta", "head", &head(u32::from(FORMAT) + 1)).await;
    assert_eq!(disk.load().await.unwrap_err(), DiskError::NewerFormat);
    assert_eq!(disk.tail(Generation(0), Sequence(0)).await, Err(DiskError::NewerFormat));
    assert_eq!(disk.pages(Generation(0), &[PageId(1)]).await, Err(DiskError::NewerFormat));
    let folding = Compaction {
        generation: Generation(0),
        through: Sequence(1),
        put: vec![(PageId(1), b"page".as_slice().into())],
        delete: Vec::new(),
        directory: b"directory".to_vec(),
        set_aside: Vec::new(),
    };
    assert_eq!(disk.compact(&folding).await, Err(DiskError::NewerFormat));
    assert!(by_hand.row("meta", "directory").await.is_undefined());
    by_hand.put("meta", "head", &head(u32::from(FORMAT))).await;
    assert_eq!(count(&disk).await, 1);
}

#[wasm_bindgen_test]
async fn folded_entries_are_cleared_away_however_many_they_are() {
    let name = fresh("many-entries").await;
    let disk = IndexedDb::open(&name).await.unwrap();
    let by_hand = ByHand::open(&name, 1).await;
    by_hand.put_entries(2_600).await;
    let folding = Compaction {
        generation: Generation(0),
        through: Sequence(2_599),
        put: Vec::new(),
        delete: Vec::new(),
        directory: b"directory".to_vec(),
        set_aside: vec![(Sequence(7), b"damaged".as_slice().into())],
    };
    assert_eq!(disk.compact(&folding).await, Ok(Compacted::Done));
    assert_eq!(by_hand.keys("log").await, [2_600.0]);
    let kept = by_hand.row("meta", "damaged/7").await.dyn_into::<Uint8Array>().unwrap();
    assert_eq!(kept.to_vec(), b"damaged");
}

#[wasm_bindgen_test]
async fn database_of_format_1_opens_and_can_be_folded_and_opened_again() {
    let name = fresh("format-1").await;
    drop(IndexedDb::open(&name).await.unwrap());
    let Fixture { loaded, pages, rows: expected, corruptions } = fixture::format_1();
    let by_hand = ByHand::open(&name, 1).await;
    let number = |number: u64| JsValue::from(number as f64);
    let head = Object::new();
    let fields = [
        ("format", u64::from(loaded.head.format)),
        ("generation", loaded.head.generation.0),
        ("through", loaded.head.through.0),
    ];
    for (field, value) in fields {
        Reflect::set(&head, &field.into(), &number(value)).unwrap();
    }
    by_hand.put("meta", "head", &head).await;
    by_hand.put("meta", "directory", &Uint8Array::from(&*loaded.directory.unwrap())).await;
    for (id, page) in pages {
        by_hand.put("pages", number(id.0), &Uint8Array::from(&*page)).await;
    }
    for (sequence, entry) in loaded.entries {
        by_hand.put("log", number(sequence.0), &Uint8Array::from(&*entry)).await;
    }
    let all = |view: &dyn View| view.range(&Key::new(""), None).collect::<BTreeMap<_, _>>();
    for _ in 0..2 {
        let disk = IndexedDb::open(&name).await.unwrap();
        let database = Database::open(disk, Options::default(), ()).await.unwrap();
        assert_eq!(database.read(&[], all).await.unwrap(), expected);
        assert_eq!(database.corruptions(), corruptions);
        database.compact().await.unwrap();
    }
}

#[wasm_bindgen_test]
async fn newer_version_of_the_database_is_refused() {
    let name = fresh("newer-version").await;
    drop(ByHand::open(&name, 2).await);
    assert_eq!(IndexedDb::open(&name).await.unwrap_err(), DiskError::NewerFormat);
}

#[wasm_bindgen_test]
async fn rows_that_are_not_ours_are_corrupt_and_never_a_panic() {
    let name = fresh("corrupt").await;
    let disk = IndexedDb::open(&name).await.unwrap();
    let by_hand = ByHand::open(&name, 1).await;
    for row in [JsValue::from("head"), Object::new().into(), JsValue::from(-1), JsValue::TRUE] {
        by_hand.put("meta", "head", &row).await;
        assert_eq!(disk.load().await.unwrap_err(), DiskError::Corrupt, "{row:?}");
    }
    by_hand.put("meta", "head", &head(1)).await;
    by_hand.put("meta", "directory", &"directory".into()).await;
    assert_eq!(disk.load().await.unwrap_err(), DiskError::Corrupt);
    by_hand.put("meta", "directory", &Uint8Array::new_with_length(3)).await;
    by_hand.put("log", "not a number", &Uint8Array::new_with_length(3)).await;
    assert_eq!(disk.load().await.unwrap_err(), DiskError::Corrupt);
}

#[wasm_bindgen_test]
async fn database_without_our_stores_is_corrupt() {
    let name = fresh("no-stores").await;
    drop(ByHand::open(&name, 1).await);
    let disk = IndexedDb::open(&name).await.unwrap();
    assert_eq!(disk.load().await.unwrap_err(), DiskError::Corrupt);
    assert_eq!(append(&disk, 0, b"a").await, Err(DiskError::Corrupt));
}

#[wasm_bindgen_test]
async fn upgrade_elsewhere_closes_the_connection_and_is_answered_with_newer_format() {
    let name = fresh("upgrade").await;
    let disk = IndexedDb::open(&name).await.unwrap();
    append(&disk, 0, b"a").await.unwrap();
    let newer = ByHand::open(&name, 2).await;
    assert_eq!(append(&disk, 1, b"b").await, Err(DiskError::NewerFormat));
    drop(newer);
}

#[wasm_bindgen_test]
async fn deletion_closes_every_connection_for_good() {
    let name = fresh("deletion").await;
    let (one, two) = (IndexedDb::open(&name).await.unwrap(), IndexedDb::open(&name).await.unwrap());
    append(&one, 0, b"a").await.unwrap();
    idb::delete(&name).await.unwrap();
    for disk in [&one, &two] {
        assert_eq!(append(disk, 1, b"b").await, Err(DiskError::Closed));
        assert_eq!(disk.load().await.unwrap_err(), DiskError::Closed);
    }
    assert_eq!(count(&IndexedDb::open(&name).await.unwrap()).await, 0);
}

#[wasm_bindgen_test]
async fn deletion_says_that_it_is_blocked_and_happens_when_the_last_one_lets_go() {
    let name = fresh("blocked").await;
    let disk = IndexedDb::open(&name).await.unwrap();
    append(&disk, 0, b"a").await.unwrap();
    let stubborn = ByHand::open(&name, 1).await;
    assert_eq!(idb::delete(&name).await, Err(DiskError::Blocked));
    drop(stubborn);
    assert_eq!(count(&IndexedDb::open(&name).await.unwrap()).await, 0);
}

#[wasm_bindgen_test]
async fn closed_disk_says_so() {
    let name = fresh("closed").await;
    let disk = IndexedDb::open(&name).await.unwrap();
    append(&disk, 0, b"a").await.unwrap();
    disk.close();
    assert_eq!(append(&disk, 1, b"b").await, Err(DiskError::Closed));
    assert_eq!(disk.flush().await, Err(DiskError::Closed));
    assert_eq!(count(&IndexedDb::open(&name).await.unwrap()).await, 1);
}

#[wasm_bindgen_test]
async fn dead_connection_is_opened_again_and_the_call_is_made_again() {
    let name = fresh("reopen").await;
    let disk = IndexedDb::open(&name).await.unwrap();
    append(&disk, 0, b"a").await.unwrap();
    sabotage(&name, 1, "this.close();");
    assert_eq!(append(&disk, 1, b"b").await, Ok(Append::Appended(Sequence(2))));
    sabotage(&name, 1, "this.close();");
    assert_eq!(count(&disk).await, 2);
    sabotage(&name, 2, "this.close();");
    let both = join!(append(&disk, 2, b"c"), disk.flush());
    assert_eq!(both, (Ok(Append::Appended(Sequence(3))), Ok(())));
}

#[wasm_bindgen_test]
async fn connection_that_dies_twice_is_an_error() {
    let name = fresh("dies-twice").await;
    let disk = IndexedDb::open(&name).await.unwrap();
    sabotage(&name, 2, "this.close();");
    assert_eq!(append(&disk, 0, b"a").await, Err(DiskError::Closed));
    assert_eq!(append(&disk, 0, b"a").await, Ok(Append::Appended(Sequence(1))));
}

#[wasm_bindgen_test]
async fn database_that_is_gone_when_the_connection_died_is_not_made_anew() {
    let name = fresh("gone").await;
    let disk = IndexedDb::open(&name).await.unwrap();
    append(&disk, 0, b"a").await.unwrap();
    // Both connections die, as in the background of a phone, and nobody can tell them of the deletion.
    sabotage(&name, 2, "(globalThis.connections ??= []).push(this);");
    assert_eq!(count(&disk).await, 1);
    disk.flush().await.unwrap();
    let kill = "for (const one of globalThis.connections) { one.onversionchange = null; one.close(); }";
    Function::new_no_args(kill).call0(&JsValue::NULL).unwrap();
    idb::delete(&name).await.unwrap();
    assert_eq!(append(&disk, 1, b"b").await, Err(DiskError::Closed));
    assert_eq!(factory_names().await.iter().filter(|known| **known == name).count(), 0);
}

#[wasm_bindgen_test]
async fn transaction_that_is_aborted_at_its_commit_is_an_error_and_leaves_nothing() {
    let name = fresh("abort").await;
    let disk = IndexedDb::open(&name).await.unwrap();
    append(&disk, 0, b"a").await.unwrap();
    let abort_at_commit = "transaction.commit = () => transaction.abort();";
    sabotage(&name, 1, abort_at_commit);
    assert_eq!(append(&disk, 1, b"b").await, Err(DiskError::Aborted));
    let folding = Compaction {
        generation: Generation(0),
        through: Sequence(1),
        put: vec![(PageId(1), b"page".as_slice().into())],
        delete: Vec::new(),
        directory: b"directory".to_vec(),
        set_aside: Vec::new(),
    };
    sabotage(&name, 1, abort_at_commit);
    assert_eq!(disk.compact(&folding).await, Err(DiskError::Aborted));
    sabotage(&name, 1, abort_at_commit);
    assert_eq!(disk.flush().await, Err(DiskError::Aborted));
    sabotage(&name, 1, abort_at_commit);
    let mut decide = |_entries: &Entries| Some(b"b".to_vec());
    assert_eq!(
        disk.append_after_tail(Generation(0), Sequence(1), &mut decide).await,
        Err(DiskError::Aborted)
    );
    let loaded = disk.load().await.unwrap();
    assert_eq!((loaded.entries.len(), loaded.head.generation, loaded.directory), (1, Generation(0), None));
}

/// Chromium says of a full disk so: all requests succeed, the transaction is aborted, and only it has the error.
#[wasm_bindgen_test]
async fn quota_that_is_met_at_the_commit_is_an_error_of_its_own() {
    let name = fresh("quota-at-commit").await;
    let disk = IndexedDb::open(&name).await.unwrap();
    sabotage(
        &name,
        1,
        "transaction.commit = () => transaction.abort();
         Object.defineProperty(transaction, 'error', { get: () => new DOMException('full', 'QuotaExceededError') });",
    );
    assert_eq!(append(&disk, 0, b"a").await, Err(DiskError::QuotaExceeded));
    assert_eq!(count(&disk).await, 0);
}

/// Firefox says so: the request fails.
#[wasm_bindgen_test]
async fn quota_that_is_met_at_the_request_is_an_error_of_its_own() {
    let name = fresh("quota-at-request").await;
    let disk = IndexedDb::open(&name).await.unwrap();
    sabotage(
        &name,
        1,
        "const objectStore = transaction.objectStore.bind(transaction);
         transaction.objectStore = (name) => {
             const store = objectStore(name);
             store.add = () => { throw new DOMException('full', 'QuotaExceededError'); };
             return store;
         };",
    );
    assert_eq!(append(&disk, 0, b"a").await, Err(DiskError::QuotaExceeded));
    assert_eq!(count(&disk).await, 0);
}

#[wasm_bindgen_test]
async fn number_that_is_taken_is_an_answer_of_which_the_window_hears_nothing() {
    let name = fresh("taken").await;
    let disk = IndexedDb::open(&name).await.unwrap();
    append(&disk, 0, b"a").await.unwrap();
    let listen = "globalThis.heard = []; addEventListener('error', (event) => globalThis.heard.push(event));
                  addEventListener('unhandledrejection', (event) => globalThis.heard.push(event));";
    Function::new_no_args(listen).call0(&JsValue::NULL).unwrap();
    assert!(matches!(append(&disk, 0, b"late").await, Ok(Append::Behind(_))));
    assert_eq!(count(&disk).await, 1);
    let heard: Array = Reflect::get(&js_sys::global(), &"heard".into()).unwrap().unchecked_into();
    assert_eq!(heard.length(), 0);
}

#[wasm_bindgen_test]
async fn transaction_asks_for_the_durability_it_needs() {
    let name = fresh("durability").await;
    let disk = IndexedDb::open(&name).await.unwrap();
    let note = "globalThis.durability = transaction.durability;";
    let noted = || Reflect::get(&js_sys::global(), &"durability".into()).unwrap().as_string().unwrap();
    sabotage(&name, 1, note);
    append(&disk, 0, b"a").await.unwrap();
    assert_eq!(noted(), "relaxed");
    sabotage(&name, 1, note);
    disk.flush().await.unwrap();
    assert_eq!(noted(), "strict");
}

/// Does something to the next transactions of a database: `this` is the connection, `transaction` the transaction.
/// What closes the connection does so before the transaction is made.
fn sabotage(name: &str, times: u32, deed: &str) {
    let (before, after) = if deed.contains("close()") { (deed, "") } else { ("", deed) };
    let body = format!(
        "const original = IDBDatabase.prototype.transaction;
         IDBDatabase.prototype.transaction = function (...given) {{
             if (this.name !== name) return original.apply(this, given);
             if (--times === 0) IDBDatabase.prototype.transaction = original;
             {before}
             const transaction = original.apply(this, given);
             {after}
             return transaction;
         }};"
    );
    Function::new_with_args("name, times", &body).call2(&JsValue::NULL, &name.into(), &times.into()).unwrap();
}

async fn factory_names() -> Vec<String> {
    let databases = Reflect::get(&factory(), &"databases".into()).unwrap().dyn_into::<Function>().unwrap();
    let listed = databases.call0(&factory()).unwrap().dyn_into::<Promise>().unwrap();
    let listed = Array::from(&JsFuture::from(listed).await.unwrap());
    let field = |one: &JsValue, name: &str| Reflect::get(one, &name.into()).unwrap();
    // WebKit goes on listing one whose upgrade was undone, under version 0: it has nothing in it, as one that was never made.
    let is_made = |one: &JsValue| field(one, "version").as_f64() != Some(0.0);
    listed.iter().filter(is_made).map(|one| field(&one, "name").as_string().unwrap()).collect()
}
