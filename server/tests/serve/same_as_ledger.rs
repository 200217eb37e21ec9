//! The SQLite path and the ledger in memory answer alike, whatever is pushed and pulled.

use crate::common::Server;
use rand::{Rng as _, SeedableRng as _, rngs::SmallRng};
use serde_json::{Value, json};
use syncline_protocol::{Millis, PullRequest, PushRequest};
use syncline_server::Ledger;
use tempfile::TempDir;

/// A change that may be anything: of few records and few versions, so that conflicts and repeats are common.
fn any_change(random: &mut SmallRng, sent: &mut Vec<Value>) -> Value {
    if !sent.is_empty() && random.random_bool(0.1) {
        return sent[random.random_range(0..sent.len())].clone();
    }
    let base = random.random_range(0..6_u64);
    let collection = ["todos", "habits"][random.random_range(0..2)];
    let op = ["put", "put", "patch", "delete"][random.random_range(0..4)];
    let change = json!({
        "id": format!("c{}", sent.len()),
        "collection": collection,
        "record": format!("r{}", random.random_range(0..5)),
        "op": op,
        "base": (base > 0).then_some(base),
        "data": match random.random_range(0..10) {
            0 => json!([]),
            n => json!({"n": n, "m": if n % 2 == 0 { Value::Null } else { json!({"x": n}) }}),
        },
        "editedAt": random.random_range(0..1_000),
    });
    sent.push(change.clone());
    change
}

#[test]
fn the_database_and_the_ledger_give_the_same_answers() {
    let directory = TempDir::new().unwrap();
    let server = Server::start(&directory);
    for seed in 0..5 {
        let mut random = SmallRng::seed_from_u64(seed);
        let ann = server.register(&format!("{seed}@b"));
        let identity = {
            let cursor = ann.pull(None, 1)["cursor"].as_str().unwrap().to_owned();
            cursor.split_once('.').unwrap().1.to_owned()
        };
        let mut ledger = Ledger::new(&identity);
        let (mut sent, mut cursors) = (Vec::new(), vec![Value::Null]);
        let mut statuses = std::collections::BTreeMap::<String, usize>::new();
        for _ in 0..60 {
            let changes: Vec<Value> =
                (0..random.random_range(1..6)).map(|_| any_change(&mut random, &mut sent)).collect();
            let request: PushRequest =
                serde_json::from_value(json!({"device": "d", "changes": changes})).unwrap();
            let expected = serde_json::to_value(ledger.push(&request, Millis(1)).results).unwrap();
            let results = Value::Array(ann.push(&changes));
            assert_eq!(results, expected, "seed {seed}");
            for result in results.as_array().unwrap() {
                *statuses.entry(result["status"].as_str().unwrap().to_owned()).or_default() += 1;
            }

            let cursor = &cursors[random.random_range(0..cursors.len())];
            let body = json!({"collections": {"todos": {"cursor": cursor}, "habits": {"cursor": cursor}},
                              "limit": random.random_range(1..5)});
            let request: PullRequest = serde_json::from_value(body.clone()).unwrap();
            let expected = serde_json::to_value(ledger.pull(&request, Millis(1)).collections).unwrap();
            let pulled = ann.post("/v1/pull", body.to_string()).json()["collections"].take();
            assert_eq!(pulled, expected, "seed {seed}");
            cursors.extend(pulled.as_object().unwrap().values().map(|page| page["cursor"].clone()));
        }
        assert!(statuses.len() == 3 && statuses.values().all(|&count| count > 5), "vacuous: {statuses:?}");
    }
}
