//! What a request must be: bad ones are named, large ones refused, compressed ones read.

use std::io::{Read as _, Write as _};

use crate::common::{Client, Server, ids, put};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use serde_json::{Value, json};
use tempfile::TempDir;

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn each_bad_field_of_a_push_or_pull_is_named() {
    let directory = TempDir::new().unwrap();
    let server = Server::start(&directory);
    let ann = server.register("a@b");
    let fields = |path: &str, body: Value| {
        let (status, code, fields) = ann.post(path, body.to_string()).problem();
        assert_eq!((status, code.as_str()), (400, "invalid-request"));
        fields
    };
    let with = |name: &str, value: Value| {
        let mut change = put("1", "a", None);
        change[name] = value;
        json!({"device": "d", "changes": [put("0", "a", None), change]})
    };
    assert_eq!(fields("/v1/push", json!({"changes": []})), ["device"]);
    assert_eq!(fields("/v1/push", with("op", json!("move"))), ["changes[1].op"]);
    assert_eq!(fields("/v1/push", with("base", json!(-1))), ["changes[1].base"]);
    assert_eq!(fields("/v1/push", with("editedAt", json!("today"))), ["changes[1].editedAt"]);
    assert_eq!(fields("/v1/push", with("record", json!("x".repeat(257)))), ["changes[1].record"]);
    assert_eq!(fields("/v1/push", with("collection", json!(""))), ["changes[1].collection"]);
    assert_eq!(fields("/v1/pull", json!({"collections": {}})), ["limit"]);
    assert_eq!(fields("/v1/pull", json!({"collections": {}, "limit": 0})), ["limit"]);
    assert_eq!(
        fields("/v1/pull", json!({"collections": {"todos": {"cursor": 7}}, "limit": 1})),
        ["collections.todos.cursor"]
    );
    assert_eq!(fields("/v1/pull", json!(7)), ["body"]);
    assert_eq!(ids(&ann.pull(None, 10)), [""; 0], "nothing of a bad push is applied");
}

#[test]
fn too_many_changes_and_too_large_bodies_are_413() {
    let directory = TempDir::new().unwrap();
    let server = Server::start(&directory);
    let ann = server.register("a@b");
    let changes: Vec<Value> = (0..1_001).map(|n| put(&format!("c{n}"), "a", None)).collect();
    let many = ann.post("/v1/push", json!({"device": "d", "changes": changes}).to_string());
    assert_eq!(many.problem(), (413, "too-large".to_owned(), vec!["changes".to_owned()]));

    // Little on the wire, too much when decoded.
    let large = gzip(&vec![b' '; 8 * 1024 * 1024 + 1]);
    assert!(large.len() < 100_000);
    let large = ann.post_with("/v1/push", &[("content-encoding", "gzip")], large);
    assert_eq!(large.problem(), (413, "too-large".to_owned(), vec![]));
}

#[test]
fn a_record_over_a_mebibyte_is_rejected_and_stops_no_other() {
    let directory = TempDir::new().unwrap();
    let server = Server::start(&directory);
    let ann = server.register("a@b");
    let mut large = put("1", "a", None);
    large["data"] = json!({"text": "x".repeat(1024 * 1024)});
    let results = ann.push(&[large, put("2", "b", None)]);
    assert_eq!((&results[0]["status"], &results[0]["code"]), (&json!("rejected"), &json!("too-large")));
    assert_eq!(results[1]["status"], "applied");
}

#[test]
fn bodies_are_compressed_both_ways_where_asked_for() {
    let directory = TempDir::new().unwrap();
    let server = Server::start(&directory);
    let ann = server.register("a@b");
    let changes: Vec<Value> = (0..100).map(|n| put(&format!("c{n}"), &format!("r{n}"), None)).collect();
    let push = gzip(json!({"device": "d", "changes": changes}).to_string().as_bytes());
    let pushed = ann.post_with("/v1/push", &[("content-encoding", "gzip")], push);
    assert_eq!(pushed.json()["results"].as_array().unwrap().len(), 100);

    let body = r#"{"collections":{"todos":{"cursor":null}},"limit":1000}"#;
    let pulled = ann.post_with("/v1/pull", &[("accept-encoding", "gzip")], body);
    assert_eq!(pulled.header("content-encoding"), "gzip");
    let mut text = String::new();
    GzDecoder::new(pulled.body.as_slice()).read_to_string(&mut text).unwrap();
    assert!(text.len() > 4 * pulled.body.len());
    let pulled: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(pulled["collections"]["todos"]["records"].as_array().unwrap().len(), 100);
}

#[test]
fn what_is_no_gzip_or_another_encoding_is_a_problem_like_any_other() {
    let directory = TempDir::new().unwrap();
    let server = Server::start(&directory);
    let ann = server.register("a@b");
    let broken = ann.post_with("/v1/push", &[("content-encoding", "gzip")], "no gzip at all");
    assert_eq!(broken.problem(), (400, "invalid-request".to_owned(), vec![]));
    let unknown = ann.post_with("/v1/push", &[("content-encoding", "br")], "x");
    assert_eq!(unknown.problem(), (415, "invalid-request".to_owned(), vec![]));
}

#[test]
fn routes_that_are_not_there_answer_problems() {
    let directory = TempDir::new().unwrap();
    let server = Server::start(&directory);
    let nobody = Client::anonymous(&server.url);
    assert_eq!(nobody.get("/v1/nothing", &[]).problem(), (404, "not-found".to_owned(), vec![]));
    assert_eq!(nobody.get("/v1/push", &[]).problem(), (405, "invalid-request".to_owned(), vec![]));
}

#[test]
fn any_origin_may_ask_and_read_the_headers_it_needs() {
    let directory = TempDir::new().unwrap();
    let server = Server::start(&directory);
    let answer = Client::anonymous(&server.url).get("/v1/config", &[("origin", "chrome-extension://abc")]);
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    for name in ["etag", "retry-after", "date"] {
        assert!(answer.header("access-control-expose-headers").contains(name), "{name} is not exposed");
    }
    assert!(!answer.header("date").is_empty());
    assert!(!answer.header("x-request-id").is_empty());
}

#[test]
fn the_config_says_protocol_identity_and_limits() {
    let directory = TempDir::new().unwrap();
    let server = Server::start(&directory);
    let nobody = Client::anonymous(&server.url);
    let config = nobody.get("/v1/config", &[]).json();
    assert_eq!(config["protocol"], "syncline/1");
    assert_eq!(config["limits"], json!({"changes": 1000, "bytes": 8_388_608, "record": 1_048_576}));
    assert_eq!((&config["live"], &config["entitled"]), (&json!(true), &json!(true)));
    assert_eq!(nobody.get("/v1/config", &[("authorization", "Bearer x")]).status, 401);
    assert_eq!(nobody.get("/healthz", &[]).status, 200);
    assert_eq!(nobody.get("/readyz", &[]).status, 200);
}
