//! What a server keeps when it ends, gracefully or not.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use crate::common::{Client, Server, ids, put};
use serde_json::json;
use tempfile::TempDir;

#[test]
fn a_restarted_server_has_everything_and_knows_its_tokens_and_cursors() {
    let directory = TempDir::new().unwrap();
    let server = Server::start(&directory);
    let ann = server.register("a@b");
    let first = ann.push(&[put("1", "a", None)]);
    let cursor = ann.pull(None, 10)["cursor"].as_str().unwrap().to_owned();
    let started = Instant::now();
    assert!(server.terminate().success());
    assert!(started.elapsed() < Duration::from_secs(5));

    let server = Server::start(&directory);
    let ann = ann.at(&server.url);
    assert_eq!(ann.push(&[put("1", "a", None)]), first);
    ann.push(&[put("2", "b", None)]);
    let page = ann.pull(Some(&cursor), 10);
    assert_eq!((ids(&page), page.get("snapshot")), (vec!["b".to_owned()], None));
    let login = json!({"email": "a@b", "password": "correct horse"}).to_string();
    assert_eq!(Client::anonymous(&server.url).post("/v1/auth/login", login).status, 200);
}

#[test]
fn what_was_acknowledged_survives_a_kill_and_what_was_not_is_whole_or_absent() {
    let directory = TempDir::new().unwrap();
    let server = Server::start(&directory);
    let ann = server.register("a@b");
    let is_ending = AtomicBool::new(false);
    let acknowledged: Vec<usize> = thread::scope(|scope| {
        let writers: Vec<_> = (0..4)
            .map(|writer| {
                let (ann, is_ending) = (&ann, &is_ending);
                scope.spawn(move || {
                    let mut acknowledged = Vec::new();
                    for push in (writer..).step_by(4) {
                        let pair = [
                            put(&format!("{push}x"), &format!("{push}x"), None),
                            put(&format!("{push}y"), &format!("{push}y"), None),
                        ];
                        let body = json!({"device": "d", "changes": pair}).to_string();
                        match ann.try_post_with("/v1/push", &[], body) {
                            Ok(answer) => {
                                assert_eq!(answer.status, 200);
                                acknowledged.push(push);
                            }
                            Err(_) => {
                                assert!(
                                    is_ending.load(Ordering::Acquire),
                                    "the server failed before its end"
                                );
                                break;
                            }
                        }
                    }
                    acknowledged
                })
            })
            .collect();
        thread::sleep(Duration::from_millis(300));
        is_ending.store(true, Ordering::Release);
        server.kill();
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
    });
    assert!(acknowledged.len() > 10, "only {} pushes before the kill", acknowledged.len());

    let server = Server::start(&directory);
    let ann = ann.at(&server.url);
    let (mut held, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let page = ann.pull(cursor.as_deref(), 1_000);
        held.extend(ids(&page));
        cursor = page["cursor"].as_str().map(str::to_owned);
        if page["more"] == false {
            break;
        }
    }
    for push in &acknowledged {
        assert!(held.contains(&format!("{push}x")) && held.contains(&format!("{push}y")), "{push} was lost");
    }
    for id in &held {
        let other = if id.ends_with('x') { id.replace('x', "y") } else { id.replace('y', "x") };
        assert!(held.contains(&other), "{id} is there without the other half of its push");
    }
}

#[test]
fn bad_arguments_end_with_a_sentence_that_names_them() {
    let failed = |arguments: &[&str]| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_syncline-server"))
            .args(arguments)
            .output()
            .unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    let directory = TempDir::new().unwrap();
    let missing = directory.path().join("missing");
    let database = format!("sqlite://{}/a.db", missing.display());
    assert!(
        failed(&["serve", "--listen", "127.0.0.1:0", "--database", &database])
            .contains("there is no directory")
    );
    assert!(failed(&["serve", "--database", "postgres://x"]).contains("sqlite://FILE"));
    assert!(failed(&["serve", "--listen", "nowhere"]).contains("--listen"));
    let www = missing.display().to_string();
    assert!(failed(&["serve", "--www", &www]).contains("is not a directory"));
    let busy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = busy.local_addr().unwrap().to_string();
    let database = format!("sqlite://{}", directory.path().join("a.db").display());
    assert!(failed(&["serve", "--listen", &address, "--database", &database]).contains(&address));
}
