//! Files served beside the API.

use std::fs;

use crate::common::{Client, Server};
use tempfile::TempDir;

#[test]
fn files_come_with_their_types_and_are_asked_for_again_each_time() {
    let (directory, www) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    fs::create_dir(www.path().join("lab")).unwrap();
    for (name, text) in [
        ("index.html", "home"),
        ("lab/index.html", "lab"),
        ("about.html", "about"),
        ("app.js", "1"),
        ("core.wasm", "w"),
        ("app.css", "c"),
        ("app.webmanifest", "{}"),
    ] {
        fs::write(www.path().join(name), text).unwrap();
    }
    fs::write(directory.path().join("secret"), "s").unwrap();
    let server = Server::start_with(&directory, Some(www.path()));
    let client = Client::anonymous(&server.url);
    for (path, kind, text) in [
        ("/", "text/html", "home"),
        ("/lab/", "text/html", "lab"),
        ("/about", "text/html", "about"),
        ("/app.js", "text/javascript", "1"),
        ("/core.wasm", "application/wasm", "w"),
        ("/app.css", "text/css", "c"),
        ("/app.webmanifest", "application/manifest+json", "{}"),
    ] {
        let answer = client.get(path, &[]);
        assert_eq!((answer.status, answer.header("content-type"), answer.text().as_str()), (200, kind, text));
        assert_eq!(answer.header("cache-control"), "no-cache");
        let again = client.get(path, &[("if-none-match", answer.header("etag"))]);
        assert_eq!((again.status, again.body.len()), (304, 0), "{path}");
    }
    assert_eq!((client.get("/lab", &[]).status, client.get("/lab", &[]).header("location")), (307, "/lab/"));
    assert_eq!(client.get("/nothing", &[]).problem(), (404, "not-found".to_owned(), vec![]));
    assert_eq!(client.get("/../secret", &[]).status, 404);
    assert_eq!(client.get("/%2e%2e/secret", &[]).status, 404);
    assert_eq!(client.get("/healthz", &[]).text(), "ok\n", "the API comes first");
}
