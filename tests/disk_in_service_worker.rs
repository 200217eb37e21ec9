//! The disk on IndexedDB where there is no window: in a service worker.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "tests")]

use syncline::idb::{self, IndexedDb};
use syncline_store::conformance;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_service_worker);

macro_rules! laws {
    ($($law:ident)*) => {
        $(#[wasm_bindgen_test]
        async fn $law() {
            let name = concat!("service-worker-", stringify!($law));
            idb::delete(name).await.unwrap();
            conformance::$law(async || IndexedDb::open(name).await.unwrap()).await;
        })*
    };
}
syncline_store::for_each_disk_law!(laws);
