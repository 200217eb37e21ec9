//! The disk on IndexedDB: the laws of every disk, and what its rows are in a browser. What fails is in `disk_that_fails`.
#![cfg(target_arch = "wasm32")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "tests"
)]

mod support;

use std::collections::BTreeMap;

use js_sys::{Object, Reflect, Uint8Array};
use support::{ByHand, append, count, folding, fresh, head};
use syncline::idb::IndexedDb;
use syncline_store::{
    Compacted, Compaction, Database, Disk, DiskError, FORMAT, Generation, Key, Options, PageId, Sequence,
    View, conformance,
    fixture::{self, Fixture},
};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

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

#[wasm_bindgen_test]
async fn database_has_version_1_and_three_stores() {
    let name = fresh("stores").await;
    drop(IndexedDb::open(&name).await.unwrap());
    let by_hand = ByHand::open(&name, 1).await;
    assert_eq!(by_hand.stores(), ["log", "meta", "pages"]);
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
    assert_eq!(disk.compact(&folding()).await, Err(DiskError::NewerFormat));
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
