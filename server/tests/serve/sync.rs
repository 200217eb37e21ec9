//! Push and pull: what is applied, what conflicts, and that no pull misses a commit.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use crate::common::{Client, Server, ids, put};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Pulls to the end, applying pages to what is held.
fn catch_up(client: &Client, cursor: &mut Option<String>, held: &mut BTreeMap<String, u64>, limit: usize) {
    loop {
        let page = client.pull(cursor.as_deref(), limit);
        assert!(page.get("snapshot").is_none(), "a good cursor never starts over");
        for record in page["records"].as_array().unwrap() {
            let (id, version) = (record["id"].as_str().unwrap(), record["version"].as_u64().unwrap());
            let before = held.insert(id.to_owned(), version);
            assert!(before.is_none_or(|before| before < version), "{id} went from {before:?} to {version}");
        }
        *cursor = page["cursor"].as_str().map(str::to_owned);
        if page["more"] == false {
            return;
        }
    }
}

#[test]
fn a_push_is_answered_change_by_change_in_its_order() {
    let directory = TempDir::new().unwrap();
    let server = Server::start(&directory);
    let ann = server.register("a@b");
    let mut patch = put("3", "a", Some(1));
    patch["op"] = json!("patch");
    patch["data"] = json!({"title": null, "done": true});
    let mut wrong = put("4", "b", None);
    wrong["data"] = json!([1]);
    let mut delete = put("5", "a", Some(2));
    delete["op"] = json!("delete");
    let results =
        ann.push(&[put("1", "a", None), put("2", "a", None), patch, wrong, delete, put("6", "a", None)]);
    assert_eq!(results[0], json!({"id": "1", "status": "applied", "version": 1}));
    assert_eq!(results[1]["status"], "conflict");
    assert_eq!(
        results[1]["record"],
        json!({"id": "a", "version": 1, "editedAt": 5, "device": "d", "data": {"title": "1"}})
    );
    assert_eq!(results[2], json!({"id": "3", "status": "applied", "version": 2}));
    assert_eq!(
        (&results[3]["status"], &results[3]["code"]),
        (&json!("rejected"), &json!("invalid-document"))
    );
    assert_eq!(results[4], json!({"id": "5", "status": "applied", "version": 3}));
    assert_eq!(results[5], json!({"id": "6", "status": "applied", "version": 4}));
}

#[test]
fn a_push_of_nothing_is_answered_with_nothing() {
    let directory = TempDir::new().unwrap();
    let server = Server::start(&directory);
    assert!(server.register("a@b").push(&[]).is_empty());
}

#[test]
fn documents_come_back_as_the_text_they_were() {
    let directory = TempDir::new().unwrap();
    let server = Server::start(&directory);
    let ann = server.register("a@b");
    let text = r#"{"z":1.50,  "é":"\u0041\n","n":12345678901234567890123}"#;
    let body = format!(
        r#"{{"device":"d","changes":[{{"id":"1","collection":"todos","record":"r","op":"put","base":null,"data":{text},"editedAt":1}}]}}"#
    );
    assert_eq!(ann.post("/v1/push", body).status, 200);
    let pulled = ann.post("/v1/pull", r#"{"collections":{"todos":{"cursor":null}},"limit":1}"#).text();
    assert!(pulled.contains(text), "{pulled}");
}

#[test]
fn the_same_push_again_has_the_same_answer_and_no_second_effect() {
    let directory = TempDir::new().unwrap();
    let server = Server::start(&directory);
    let ann = server.register("a@b");
    let mut wrong = put("2", "b", None);
    wrong["data"] = json!(7);
    let changes = [put("1", "a", None), wrong];
    let first = ann.push(&changes);
    let cursor = ann.pull(None, 10)["cursor"].as_str().unwrap().to_owned();
    ann.push(&[put("3", "a", Some(1))]);
    assert_eq!(ann.push(&changes), first);
    let page = ann.pull(Some(&cursor), 10);
    assert_eq!((ids(&page), &page["records"][0]["version"]), (vec!["a".to_owned()], &json!(2)));
}

#[test]
fn the_same_change_sent_by_eight_at_once_is_applied_once() {
    let directory = TempDir::new().unwrap();
    let server = Server::start(&directory);
    let ann = server.register("a@b");
    let answers: Vec<Vec<Value>> = thread::scope(|scope| {
        let sends: Vec<_> = (0..8).map(|_| scope.spawn(|| ann.push(&[put("1", "a", None)]))).collect();
        sends.into_iter().map(|send| send.join().unwrap()).collect()
    });
    assert!(answers.iter().all(|answer| answer[0] == json!({"id": "1", "status": "applied", "version": 1})));
    assert_eq!(ann.pull(None, 10)["records"][0]["version"], 1);
}

#[test]
fn of_eight_edits_on_one_version_exactly_one_is_applied() {
    let directory = TempDir::new().unwrap();
    let server = Server::start(&directory);
    let ann = server.register("a@b");
    ann.push(&[put("first", "a", None)]);
    for version in 1..=10_u64 {
        let applied = AtomicUsize::new(0);
        thread::scope(|scope| {
            for writer in 0..8 {
                let (ann, applied) = (&ann, &applied);
                scope.spawn(move || {
                    let result = ann.push(&[put(&format!("{version}-{writer}"), "a", Some(version))]);
                    applied.fetch_add(usize::from(result[0]["status"] == "applied"), Ordering::Relaxed);
                });
            }
        });
        assert_eq!(applied.into_inner(), 1, "on version {version}");
    }
}

#[test]
fn a_poller_misses_nothing_that_others_push_meanwhile() {
    const WRITERS: usize = 6;
    const PUSHES: usize = 40;
    let directory = TempDir::new().unwrap();
    let server = Server::start(&directory);
    let ann = server.register("a@b");
    let (mut cursor, mut held) = (None, BTreeMap::new());
    let done = AtomicUsize::new(0);
    let mut polls = 0;
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (ann, done) = (&ann, &done);
            scope.spawn(move || {
                for push in 0..PUSHES {
                    // One record of its own at each push, and one that it edits at each push.
                    let base = (push > 0).then_some(push as u64);
                    ann.push(&[
                        put(&format!("{writer}-{push}-new"), &format!("{writer}-{push}"), None),
                        put(&format!("{writer}-{push}-edit"), &format!("edited-{writer}"), base),
                    ]);
                }
                done.fetch_add(1, Ordering::Release);
            });
        }
        while done.load(Ordering::Acquire) < WRITERS {
            catch_up(&ann, &mut cursor, &mut held, 3);
            polls += 1;
        }
    });
    catch_up(&ann, &mut cursor, &mut held, 3);
    assert!(polls > 3, "the poller did not run beside the writers");
    for writer in 0..WRITERS {
        assert_eq!(held.get(&format!("edited-{writer}")), Some(&(PUSHES as u64)));
        for push in 0..PUSHES {
            assert_eq!(held.get(&format!("{writer}-{push}")), Some(&1), "{writer}-{push} was missed");
        }
    }
    assert_eq!(held.len(), WRITERS * (PUSHES + 1));
}

#[test]
fn a_cursor_of_another_database_starts_over_with_a_snapshot() {
    let (here, there) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (here, there) = (Server::start(&here), Server::start(&there));
    let (ann, bob) = (here.register("a@b"), there.register("a@b"));
    ann.push(&[put("1", "a", None), put("2", "b", None), put("3", "c", None)]);
    bob.push(&[put("1", "x", None)]);
    let theirs = bob.pull(None, 10)["cursor"].as_str().unwrap().to_owned();
    let first = ann.pull(Some(&theirs), 2);
    assert_eq!((ids(&first).len(), &first["snapshot"], &first["more"]), (2, &json!(true), &json!(true)));
    let second = ann.pull(first["cursor"].as_str(), 2);
    assert_eq!((ids(&second), &second["snapshot"]), (vec!["c".to_owned()], &json!(true)));
    assert!(ann.pull(second["cursor"].as_str(), 2).get("snapshot").is_none());
}

#[test]
fn polling_costs_a_304_while_nothing_changed() {
    let directory = TempDir::new().unwrap();
    let server = Server::start(&directory);
    let ann = server.register("a@b");
    ann.push(&[put("1", "a", None)]);
    let body = |cursor: &Value| json!({"collections": {"todos": {"cursor": cursor}}, "limit": 9}).to_string();
    let first = ann.post("/v1/pull", body(&Value::Null));
    let tag = first.header("etag").to_owned();
    let cursor = first.json()["collections"]["todos"]["cursor"].clone();

    let idle = ann.post_with("/v1/pull", &[("if-none-match", &tag)], body(&cursor));
    assert_eq!((idle.status, idle.body.len(), idle.header("etag")), (304, 0, tag.as_str()));

    ann.push(&[put("2", "b", None)]);
    let changed = ann.post_with("/v1/pull", &[("if-none-match", &tag)], body(&cursor));
    assert_eq!(changed.status, 200);
    assert_ne!(changed.header("etag"), tag);
    let behind = ann.post_with("/v1/pull", &[("if-none-match", changed.header("etag"))], body(&cursor));
    assert_eq!(behind.status, 200, "a tag does not hide what the cursor has not seen");
}

#[test]
fn a_thousand_changes_go_in_one_push_and_come_back_in_pages() {
    let directory = TempDir::new().unwrap();
    let server = Server::start(&directory);
    let ann = server.register("a@b");
    let changes: Vec<Value> = (0..1_000).map(|n| put(&format!("c{n}"), &format!("r{n:04}"), None)).collect();
    assert!(ann.push(&changes).iter().all(|result| result["status"] == "applied"));
    let (mut cursor, mut held) = (None, BTreeMap::new());
    catch_up(&ann, &mut cursor, &mut held, 300);
    assert_eq!(held.len(), 1_000);
}
