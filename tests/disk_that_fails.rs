//! The disk on IndexedDB when something fails: each way to fail has an error of its own, and a dead connection is opened again.
//! rexie's ways to hide a failure are tried too: `done()` that says that a lost write went well, or that is never answered,
//! errors without a name, stores that an upgrade deletes, no durability.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod support;

use std::pin::pin;

use futures::{join, poll};
use js_sys::{Array, Function, Reflect};
use support::{ByHand, When, append, count, factory_names, folding, fresh, pause, sabotage, within};
use syncline::idb::{self, IndexedDb};
use syncline_store::{Append, Compacted, Disk, DiskError, Entries, Generation, PageId, Sequence, Tail};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// What a browser does to the connection of a page that was in the background.
const CLOSE: &str = "this.close();";

/// Undoes the transaction at its commit, or after its first `put` where it commits by itself.
const UNDO: &str = "
    let is_undone = false;
    const undo = () => {
        if (!is_undone) transaction.abort();
        is_undone = true;
    };
    transaction.commit = undo;
    stores((store) => {
        const put = store.put.bind(store);
        store.put = (...given) => {
            const request = put(...given);
            request.addEventListener('success', undo);
            return request;
        };
    });";

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
async fn opening_behind_a_blocked_deletion_gives_up_and_leaves_no_connection_behind() {
    let name = fresh("queued").await;
    let disk = IndexedDb::open(&name).await.unwrap();
    append(&disk, 0, b"a").await.unwrap();
    let stubborn = ByHand::open(&name, 1).await;
    assert_eq!(idb::delete(&name).await, Err(DiskError::Blocked));
    assert_eq!(IndexedDb::open_within(&name, 200).await.err(), Some(DiskError::Blocked));
    drop(stubborn);
    let again = IndexedDb::open(&name).await.unwrap();
    assert_eq!(count(&again).await, 0);
    drop(again);
    // What came too late would hold this up.
    assert_eq!(idb::delete(&name).await, Ok(()));
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
    sabotage(&name, 1, &When::Before, CLOSE);
    assert_eq!(append(&disk, 1, b"b").await, Ok(Append::Appended(Sequence(2))));
    sabotage(&name, 1, &When::Before, CLOSE);
    assert_eq!(count(&disk).await, 2);
    sabotage(&name, 2, &When::Before, CLOSE);
    let both = join!(append(&disk, 2, b"c"), disk.flush());
    assert_eq!(both, (Ok(Append::Appended(Sequence(3))), Ok(())));
}

#[wasm_bindgen_test]
async fn connection_that_dies_twice_is_an_error() {
    let name = fresh("dies-twice").await;
    let disk = IndexedDb::open(&name).await.unwrap();
    sabotage(&name, 2, &When::Before, CLOSE);
    assert_eq!(append(&disk, 0, b"a").await, Err(DiskError::Closed));
    assert_eq!(append(&disk, 0, b"a").await, Ok(Append::Appended(Sequence(1))));
}

#[wasm_bindgen_test]
async fn database_that_is_gone_when_the_connection_died_is_not_made_anew() {
    let name = fresh("gone").await;
    let disk = IndexedDb::open(&name).await.unwrap();
    append(&disk, 0, b"a").await.unwrap();
    // Both connections die, as in the background of a phone, and nobody can tell them of the deletion.
    sabotage(&name, 2, &When::After, "(globalThis.connections ??= []).push(this);");
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
    sabotage(&name, 1, &When::After, UNDO);
    assert_eq!(append(&disk, 1, b"b").await, Err(DiskError::Aborted));
    sabotage(&name, 1, &When::After, UNDO);
    assert_eq!(disk.compact(&folding()).await, Err(DiskError::Aborted));
    sabotage(&name, 1, &When::After, UNDO);
    assert_eq!(disk.flush().await, Err(DiskError::Aborted));
    sabotage(&name, 1, &When::After, UNDO);
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
        &When::After,
        "transaction.commit = () => transaction.abort();
         Object.defineProperty(transaction, 'error', { get: () => new DOMException('full', 'QuotaExceededError') });",
    );
    assert_eq!(append(&disk, 0, b"a").await, Err(DiskError::QuotaExceeded));
    assert_eq!(count(&disk).await, 0);
}

/// Firefox says so: the request fails, and the transaction for the same reason or, after `commit()`, for none.
#[wasm_bindgen_test]
async fn quota_that_is_met_at_the_request_is_an_error_of_its_own() {
    let name = fresh("quota-at-request").await;
    let disk = IndexedDb::open(&name).await.unwrap();
    append(&disk, 0, b"a").await.unwrap();
    // It fails because the number is taken, and says that it is for want of room.
    let refuse = |behind: &str, of_transaction: &str| {
        format!(
            "const full = () => new DOMException('full', 'QuotaExceededError');
             const aborted = () => new DOMException('aborted', '{of_transaction}');
             stores((store) => {{
                 const add = store.add.bind(store);
                 store.add = (value) => {{
                     const request = add(value, 1);
                     Object.defineProperty(request, 'error', {{ get: full }});
                     Object.defineProperty(transaction, 'error', {{ get: aborted }});
                     {behind}
                     return request;
                 }};
             }});"
        )
    };
    // After `commit()`, Firefox says of a transaction that it completed, although a request of it failed that was not the last.
    for behind in ["", "store.get(1);"] {
        for of_transaction in ["QuotaExceededError", "AbortError"] {
            sabotage(&name, 1, &When::After, &refuse(behind, of_transaction));
            let refused = append(&disk, 1, b"b").await;
            assert_eq!(refused, Err(DiskError::QuotaExceeded), "{behind} {of_transaction}");
        }
    }
    assert_eq!(count(&disk).await, 1);
}

/// After `commit()`, Firefox goes on with what is left where a request fails that is not the last one.
#[wasm_bindgen_test]
async fn compaction_of_which_one_request_fails_leaves_everything_as_it_was() {
    let name = fresh("request-of-many").await;
    let disk = IndexedDb::open(&name).await.unwrap();
    append(&disk, 0, b"a").await.unwrap();
    let fail = "stores((store) => {
                    const put = store.put.bind(store);
                    store.put = (value, key) => {
                        if (store.name !== 'pages') return put(value, key);
                        store.add(value, 'taken');
                        return store.add(value, 'taken');
                    };
                });";
    sabotage(&name, 1, &When::After, fail);
    assert!(disk.compact(&folding()).await.is_err());
    let loaded = disk.load().await.unwrap();
    assert_eq!((loaded.entries.len(), loaded.head.generation, loaded.directory), (1, Generation(0), None));
    assert_eq!(disk.compact(&folding()).await, Ok(Compacted::Done));
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
    sabotage(&name, 1, &When::After, note);
    append(&disk, 0, b"a").await.unwrap();
    assert_eq!(noted(), "relaxed");
    sabotage(&name, 1, &When::After, note);
    disk.flush().await.unwrap();
    assert_eq!(noted(), "strict");
}

/// A browser that ends a connection undoes its transactions first, and says only then that it is closed.
#[wasm_bindgen_test]
async fn commit_that_is_undone_because_its_connection_is_ended_is_made_again() {
    let name = fresh("ended").await;
    let disk = IndexedDb::open(&name).await.unwrap();
    append(&disk, 0, b"a").await.unwrap();
    let end = &format!(
        "{UNDO}
         transaction.addEventListener('abort', () => setTimeout(() => {{
             this.close();
             this.dispatchEvent(new Event('close'));
         }}));"
    );
    sabotage(&name, 1, &When::After, end);
    assert_eq!(append(&disk, 1, b"b").await, Ok(Append::Appended(Sequence(2))));
    sabotage(&name, 1, &When::After, end);
    let mut decide = |_entries: &Entries| Some(b"c".to_vec());
    let appended = disk.append_after_tail(Generation(0), Sequence(2), &mut decide).await;
    assert_eq!(appended, Ok(Append::Appended(Sequence(3))));
    sabotage(&name, 1, &When::After, end);
    assert_eq!(disk.compact(&folding()).await, Ok(Compacted::Done));
    assert_eq!(count(&disk).await, 2);
}

/// In rexie, `done()` is never answered where the transaction completed before.
#[wasm_bindgen_test]
async fn transaction_that_completes_while_nobody_looks_is_answered() {
    let name = fresh("unwatched").await;
    let disk = IndexedDb::open(&name).await.unwrap();
    let mut appending = pin!(append(&disk, 0, b"a"));
    assert!(poll!(&mut appending).is_pending());
    pause().await;
    assert_eq!(within(appending).await, Ok(Append::Appended(Sequence(1))));
    let mut reading = pin!(disk.tail(Generation(0), Sequence(0)));
    assert!(poll!(&mut reading).is_pending());
    pause().await;
    let entries = vec![(Sequence(1), b"a".as_slice().into())];
    assert_eq!(within(reading).await, Ok(Tail::Entries(entries)));
    let mut flushing = pin!(disk.flush());
    assert!(poll!(&mut flushing).is_pending());
    pause().await;
    assert_eq!(within(flushing).await, Ok(()));
    let folding = folding();
    let mut compacting = pin!(disk.compact(&folding));
    assert!(poll!(&mut compacting).is_pending());
    pause().await;
    // What it was to write after its reading it cannot write any more, so it begins again.
    assert_eq!(within(compacting).await, Ok(Compacted::Done));
}

#[wasm_bindgen_test]
async fn transaction_that_commits_by_itself_counts() {
    let name = fresh("by-itself").await;
    let disk = IndexedDb::open(&name).await.unwrap();
    let refuse = "transaction.commit = () => { throw new DOMException('it is over', 'InvalidStateError'); };";
    sabotage(&name, 1, &When::After, refuse);
    assert_eq!(append(&disk, 0, b"a").await, Ok(Append::Appended(Sequence(1))));
    assert_eq!(count(&disk).await, 1);
}

/// In rexie, an answer comes with the request, while the transaction can still be undone.
#[wasm_bindgen_test]
async fn commit_is_answered_when_its_transaction_completed_and_not_before() {
    let name = fresh("completed").await;
    let disk = IndexedDb::open(&name).await.unwrap();
    let hold = "globalThis.events = [];
                transaction.commit = () => {};
                transaction.addEventListener('complete', () => globalThis.events.push('complete'));
                stores((store) => {
                    const add = store.add.bind(store);
                    store.add = (...given) => {
                        const request = add(...given);
                        // Keeps the transaction going for a while.
                        let turns = 20;
                        const again = () => {
                            if ((turns -= 1) > 0) store.get(0).onsuccess = again;
                        };
                        request.addEventListener('success', () => { globalThis.events.push('success'); again(); });
                        return request;
                    };
                });";
    sabotage(&name, 1, &When::After, hold);
    assert_eq!(append(&disk, 0, b"a").await, Ok(Append::Appended(Sequence(1))));
    let events: Array = Reflect::get(&js_sys::global(), &"events".into()).unwrap().unchecked_into();
    assert_eq!(events.join(" "), "success complete");
}

/// All that rexie's own text says is "idb error".
#[wasm_bindgen_test]
async fn each_name_of_an_exception_is_an_error_of_its_own_for_reads_and_writes() {
    let name = fresh("names").await;
    let disk = IndexedDb::open(&name).await.unwrap();
    let other = |name: &str| DiskError::Other { name: name.to_owned(), message: "made up".to_owned() };
    let errors = [
        ("AbortError", DiskError::Aborted),
        ("DataError", other("DataError")),
        ("InvalidStateError", DiskError::Closed),
        ("NotAllowedError", DiskError::Unavailable),
        ("NotFoundError", DiskError::Corrupt),
        ("QuotaExceededError", DiskError::QuotaExceeded),
        ("SecurityError", DiskError::Unavailable),
        ("UnknownError", other("UnknownError")),
        ("VersionError", DiskError::NewerFormat),
    ];
    for (exception, error) in errors {
        // One that may mean that the connection died is tried a second time.
        let times = if matches!(exception, "InvalidStateError" | "UnknownError") { 2 } else { 1 };
        let fail = format!("throw new DOMException('made up', '{exception}');");
        sabotage(&name, times, &When::Before, &fail);
        assert_eq!(append(&disk, 0, b"a").await, Err(error.clone()), "write: {exception}");
        sabotage(&name, times, &When::Before, &fail);
        assert_eq!(disk.load().await.unwrap_err(), error, "read: {exception}");
    }
    assert_eq!(count(&disk).await, 0);
}

#[wasm_bindgen_test]
async fn request_of_a_reading_that_fails_keeps_its_error() {
    let name = fresh("reading").await;
    let disk = IndexedDb::open(&name).await.unwrap();
    append(&disk, 0, b"a").await.unwrap();
    sabotage(&name, 1, &When::After, "queueMicrotask(() => transaction.abort());");
    assert_eq!(disk.load().await.unwrap_err(), DiskError::Aborted);
    let refuse = "stores((store) => {
                      store.get = () => { throw new DOMException('made up', 'DataError'); };
                  });";
    sabotage(&name, 1, &When::After, refuse);
    let error = DiskError::Other { name: "DataError".to_owned(), message: "made up".to_owned() };
    assert_eq!(disk.pages(Generation(0), &[PageId(1)]).await, Err(error));
    assert_eq!(count(&disk).await, 1);
}

/// rexie deletes every store that it is not told of, where it is given a higher version.
#[wasm_bindgen_test]
async fn stores_of_a_newer_version_and_of_others_stay() {
    let name = fresh("foreign-stores").await;
    let disk = IndexedDb::open(&name).await.unwrap();
    append(&disk, 0, b"a").await.unwrap();
    drop(disk);
    let newer = ByHand::upgraded(&name, 2, "theirs").await;
    newer.put("theirs", 1, &"kept".into()).await;
    drop(newer);
    assert_eq!(IndexedDb::open(&name).await.unwrap_err(), DiskError::NewerFormat);
    let newer = ByHand::open(&name, 2).await;
    assert_eq!(newer.stores(), ["log", "meta", "pages", "theirs"]);
    assert_eq!((newer.keys("log").await, newer.keys("theirs").await), (vec![1.0], vec![1.0]));
    drop(newer);

    let name = fresh("foreign-stores-of-version-1").await;
    let theirs = ByHand::upgraded(&name, 1, "theirs").await;
    theirs.put("theirs", 1, &"kept".into()).await;
    let disk = IndexedDb::open(&name).await.unwrap();
    assert_eq!(disk.load().await.unwrap_err(), DiskError::Corrupt);
    assert_eq!(theirs.keys("theirs").await, [1.0]);
}
