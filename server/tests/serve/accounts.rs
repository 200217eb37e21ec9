//! Registering, signing in, tokens, and users kept apart.

use crate::common::{Answer, Client, Server, ids, put};
use serde_json::{Value, json};
use tempfile::TempDir;

fn credentials(email: &str, password: &str) -> String {
    json!({"email": email, "password": password}).to_string()
}

fn refresh(nobody: &Client, token: &Value) -> Answer {
    nobody.post("/v1/auth/refresh", json!({"refresh": token}).to_string())
}

#[test]
fn who_registered_can_sign_in_and_only_with_the_password() {
    let directory = TempDir::new().unwrap();
    let server = Server::start(&directory);
    let nobody = Client::anonymous(&server.url);
    assert_eq!(nobody.post("/v1/auth/register", credentials("Ann@Example.com", "12345678")).status, 200);

    let tokens = nobody.post("/v1/auth/login", credentials("ann@example.com", "12345678"));
    assert_eq!(tokens.status, 200);
    let ann = nobody.clone().with_token(tokens.json()["token"].as_str().unwrap());
    assert_eq!(ann.push(&[put("1", "a", None)])[0]["status"], "applied");

    for wrong in [credentials("ann@example.com", "12345679"), credentials("bob@example.com", "12345678")] {
        let answer = nobody.post("/v1/auth/login", wrong);
        assert_eq!(answer.problem(), (401, "unauthorized".to_owned(), vec![]));
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
}

#[test]
fn an_address_registers_once_and_bad_credentials_are_named() {
    let directory = TempDir::new().unwrap();
    let server = Server::start(&directory);
    let nobody = Client::anonymous(&server.url);
    assert_eq!(nobody.post("/v1/auth/register", credentials("a@b", "12345678")).status, 200);
    let again = nobody.post("/v1/auth/register", credentials("A@B", "12345678"));
    assert_eq!(again.problem(), (409, "conflict".to_owned(), vec![]));

    let bad = |body: &str| nobody.post("/v1/auth/register", body).problem();
    let invalid = |fields: &[&str]| {
        (400, "invalid-request".to_owned(), fields.iter().map(|&field| field.to_owned()).collect::<Vec<_>>())
    };
    assert_eq!(bad(&credentials("ab", "1234567")), invalid(&["email", "password"]));
    assert_eq!(bad(r#"{"email":"a@b"}"#), invalid(&["password"]));
    assert_eq!(bad(r#"{"email":7,"password":"12345678"}"#), invalid(&["email"]));
    assert_eq!(bad("<html>"), invalid(&["body"]));
}

#[test]
fn a_refresh_token_is_good_once_and_its_reuse_ends_the_family() {
    let directory = TempDir::new().unwrap();
    let server = Server::start(&directory);
    let nobody = Client::anonymous(&server.url);
    let first = nobody.post("/v1/auth/register", credentials("a@b", "12345678")).json();
    let other = nobody.post("/v1/auth/login", credentials("a@b", "12345678")).json();

    let second = refresh(&nobody, &first["refresh"]);
    assert_eq!(second.status, 200);
    let second = second.json();
    assert_ne!(second["refresh"], first["refresh"]);
    let ann = nobody.clone().with_token(second["token"].as_str().unwrap());
    assert_eq!(ann.push(&[put("1", "a", None)])[0]["status"], "applied");

    assert_eq!(refresh(&nobody, &first["refresh"]).problem().1, "unauthorized");
    assert_eq!(refresh(&nobody, &second["refresh"]).problem().1, "unauthorized");
    assert_eq!(refresh(&nobody, &other["refresh"]).status, 200, "another login is another family");
}

#[test]
fn a_logout_ends_its_own_tokens_alone() {
    let directory = TempDir::new().unwrap();
    let server = Server::start(&directory);
    let nobody = Client::anonymous(&server.url);
    let first = nobody.post("/v1/auth/register", credentials("a@b", "12345678")).json();
    let other = nobody.post("/v1/auth/login", credentials("a@b", "12345678")).json();
    let logout = nobody.post("/v1/auth/logout", json!({"refresh": first["refresh"]}).to_string());
    assert_eq!(logout.status, 204);
    assert_eq!(refresh(&nobody, &first["refresh"]).status, 401);
    assert_eq!(refresh(&nobody, &other["refresh"]).status, 200);
}

#[test]
fn nothing_is_answered_without_a_valid_token() {
    let directory = TempDir::new().unwrap();
    let server = Server::start(&directory);
    let nobody = Client::anonymous(&server.url);
    for client in [nobody.clone(), nobody.with_token("eyJhbGciOiJIUzI1NiJ9.e30.x")] {
        for path in ["/v1/push", "/v1/pull"] {
            assert_eq!(client.post(path, "{}").problem(), (401, "unauthorized".to_owned(), vec![]));
        }
    }
}

#[test]
fn the_token_of_one_database_is_worth_nothing_at_another() {
    let (here, there) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (here, there) = (Server::start(&here), Server::start(&there));
    let ann = here.register("a@b");
    there.register("a@b");
    assert_eq!(ann.at(&there.url).post("/v1/pull", "{}").status, 401);
}

#[test]
fn users_neither_see_nor_touch_each_others_records() {
    let directory = TempDir::new().unwrap();
    let server = Server::start(&directory);
    let (ann, bob) = (server.register("ann@b"), server.register("bob@b"));
    ann.push(&[put("1", "a", None)]);

    assert_eq!(ids(&bob.pull(None, 10)), [""; 0]);
    let same = bob.push(&[put("1", "a", None)]);
    assert_eq!(same[0]["version"], 1, "the same change id and record id of another user are others");
    bob.push(&[put("2", "a", Some(1)), put("3", "b", None)]);
    let anns = ann.pull(None, 10);
    assert_eq!((ids(&anns), &anns["records"][0]["data"]["title"]), (vec!["a".to_owned()], &json!("1")));

    let bobs_cursor = bob.pull(None, 10)["cursor"].as_str().unwrap().to_owned();
    assert_eq!(ann.pull(Some(&bobs_cursor), 10)["snapshot"], true, "a cursor of another user starts over");
}
