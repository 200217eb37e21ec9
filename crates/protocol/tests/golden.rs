//! Golden texts of the wire: what is read back must be written as it was.
#![allow(clippy::unwrap_used, reason = "tests")]

use syncline_protocol::{LiveMessage, Problem, PullResponse, PushRequest, PushResponse, ServerConfig};

fn comes_back<T: serde::de::DeserializeOwned + serde::Serialize>(text: &str) {
    let message: T = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_string(&message).unwrap(), text);
}

#[test]
fn a_push_comes_back_as_it_was() {
    comes_back::<PushRequest>(
        r#"{"device":"d","changes":[{"id":"c1","collection":"todos","record":"r","op":"put","base":null,"data":{"z":1.50,"a":"é"},"editedAt":5},{"id":"c2","collection":"todos","record":"s","op":"delete","base":3,"editedAt":6}]}"#,
    );
}

#[test]
fn every_push_result_comes_back_as_it_was() {
    comes_back::<PushResponse>(
        r#"{"results":[{"id":"a","status":"applied","version":4},{"id":"b","status":"conflict","record":{"id":"r","version":"2-x","editedAt":1,"data":{"k":[1, 2]}}},{"id":"c","status":"rejected","code":"too-large","message":"m"},{"id":"d","status":"in-doubt","retryAfter":3000}],"now":9}"#,
    );
}

#[test]
fn a_push_result_of_unknown_status_is_refused() {
    assert!(
        serde_json::from_str::<PushResponse>(r#"{"results":[{"id":"a","status":"perhaps"}],"now":9}"#)
            .is_err()
    );
}

#[test]
fn a_pull_comes_back_as_it_was() {
    comes_back::<PullResponse>(
        r#"{"collections":{"todos":{"records":[{"id":"r","version":null,"editedAt":1,"data":null}],"cursor":"x","more":false}},"now":9}"#,
    );
}

#[test]
fn live_messages_come_back_as_they_were() {
    comes_back::<LiveMessage>(r#"{"changed":{"todos":null}}"#);
    comes_back::<LiveMessage>(r#"{"ping":7}"#);
}

#[test]
fn a_problem_comes_back_as_it_was() {
    comes_back::<Problem>(
        r#"{"code":"invalid-request","status":400,"title":"t","fields":{"email":"is empty"}}"#,
    );
}

#[test]
fn a_config_comes_back_as_it_was() {
    comes_back::<ServerConfig>(
        r#"{"protocol":"syncline/1","server":"5f","limits":{"changes":1000,"bytes":8388608,"record":1048576},"live":true,"collections":null,"entitled":true,"sync":{"interval":null,"conflict":null,"compress":null}}"#,
    );
}
