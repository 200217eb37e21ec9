//! The database on IndexedDB: several contexts in one page, and what is read again after closing.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "tests")]

use futures::future::join_all;
use syncline::idb::{self, IndexedDb};
use syncline_store::{Database, Decision, Key, Options, Plan, Read, View, Write};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// Makes sure that there is no database of this name.
async fn fresh(name: &str) -> String {
    let name = format!("database-{name}");
    idb::delete(&name).await.unwrap();
    name
}

#[wasm_bindgen_test]
async fn contexts_that_count_up_at_once_lose_nothing() {
    let name = fresh("contention").await;
    let contexts = join_all((0..4).map(|_| open(&name))).await;
    let work = contexts.iter().map(async |context| {
        let mut seen = Vec::new();
        for round in 0..25 {
            seen.push(context.run(Increment).await.unwrap());
            if round % 5 == 4 {
                context.compact().await.unwrap();
            }
        }
        seen
    });
    let mut seen: Vec<u64> = join_all(work).await.into_iter().flatten().collect();
    seen.sort_unstable();
    assert_eq!(seen, (0..100).collect::<Vec<_>>());
    for context in &contexts {
        context.catch_up().await.unwrap();
        assert_eq!(context.read(&[], counter).await, Ok(100));
    }
}

#[wasm_bindgen_test]
async fn everything_is_read_again_after_closing_and_opening() {
    let name = fresh("everything").await;
    let database = open(&name).await;
    database.run(Fill(0..2_000)).await.unwrap();
    assert!(database.is_compaction_due());
    database.compact().await.unwrap();
    database.run(Increment).await.unwrap();
    database.run(Fill(2_000..2_100)).await.unwrap();
    database.flush().await.unwrap();
    drop(database);

    let database = open(&name).await;
    assert!(database.metrics().pages >= 2_000 / 64);
    assert_eq!(database.metrics().log_entries, 2);
    assert_eq!(database.read(&[Read::prefix(b"row/")], rows).await, Ok(2_100));
    assert_eq!(database.read(&[], counter).await, Ok(1));
    assert_eq!(database.corruptions(), []);
}

#[wasm_bindgen_test]
async fn context_learns_what_another_one_committed_and_folded() {
    let name = fresh("foreign").await;
    let (one, two) = (open(&name).await, open(&name).await);
    one.run(Fill(0..500)).await.unwrap();
    assert_eq!(two.run(Increment).await, Ok(0));
    assert_eq!(two.read(&[], rows).await, Ok(500));
    one.compact().await.unwrap();
    one.run(Increment).await.unwrap();
    one.compact().await.unwrap();
    assert_eq!(two.run(Increment).await, Ok(2));
    two.compact().await.unwrap();
    assert_eq!(one.run(Increment).await, Ok(3));
    assert_eq!(one.read(&[], rows).await, Ok(500));
}

/// Counts up a row; answers what it was before.
struct Increment;

impl Plan for Increment {
    type Outcome = u64;

    fn reads(&self) -> Vec<Read> {
        vec![Read::Key(Key::new("counter"))]
    }

    fn origin(&self) -> u8 {
        0
    }

    fn decide(&self, view: &dyn View) -> Decision<u64> {
        let count = counter(view);
        let value = Some((count + 1).to_string().into_bytes());
        Decision { writes: vec![Write { key: Key::new("counter"), value }], outcome: count }
    }
}

fn counter(view: &dyn View) -> u64 {
    let value = view.row(&Key::new("counter"));
    value.map_or(0, |value| std::str::from_utf8(&value).unwrap().parse().unwrap())
}

/// Writes many rows.
struct Fill(std::ops::Range<u32>);

impl Plan for Fill {
    type Outcome = ();

    fn reads(&self) -> Vec<Read> {
        Vec::new()
    }

    fn origin(&self) -> u8 {
        0
    }

    fn decide(&self, _view: &dyn View) -> Decision<()> {
        let write = |number| Write { key: Key::new(format!("row/{number:06}")), value: Some(vec![1; 100]) };
        Decision { writes: self.0.clone().map(write).collect(), outcome: () }
    }
}

fn rows(view: &dyn View) -> usize {
    view.range(&Key::new("row/"), None).count()
}

async fn open(name: &str) -> Database<IndexedDb, ()> {
    let options = Options { compact_at: 10_000, page_records: 64, ..Options::default() };
    Database::open(IndexedDb::open(name).await.unwrap(), options, ()).await.unwrap()
}
