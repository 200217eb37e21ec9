//! Whole clients whose app has a function for conflicts: what becomes of its answers.

use std::cell::Cell;

use syncline_protocol::{CollectionName, JsonText, Millis, RecordId};

use super::{
    client::{Client, Intent},
    testing::{Device, Heard, TestHost},
};
use crate::{
    model::{Conflict, ConflictStrategy, Error, ErrorCode, Event, ResolvedAs},
    plan::EditKind,
    ports::Verdict,
};

thread_local! {
    static ASKED: Cell<u32> = const { Cell::new(0) };
}

fn todos() -> CollectionName {
    CollectionName::trusted("todos")
}

fn id() -> RecordId {
    RecordId::trusted("a")
}

fn edit(device: &mut Device, client: &Client<TestHost>, text: &str) {
    let intent = Intent { collection: todos(), record: id(), kind: EditKind::Put(text.into()) };
    device.wait(client.write(vec![intent])).unwrap();
}

/// A device that edited a record which another one edited too.
fn conflicting(function: fn(&Conflict) -> Result<Verdict, Error>) -> (Device, Client<TestHost>, Heard) {
    ASKED.set(0);
    let mut device = Device::new();
    device.strategy = ConflictStrategy::Function;
    device.function.replace(Some(function));
    device.server.put(&id(), r#"{"id":"a","v":0}"#, Millis(1));
    let (client, heard) = device.open(true);
    device.wait(client.enable(vec![todos()], true)).unwrap();
    device.wait(client.sync()).unwrap();
    edit(&mut device, &client, r#"{"id":"a","v":"mine"}"#);
    device.server.put(&id(), r#"{"id":"a","v":"theirs"}"#, Millis(2));
    (device, client, heard)
}

fn told(heard: &Heard) -> (Vec<ResolvedAs>, Vec<ErrorCode>) {
    let heard = heard.borrow();
    let conflicts = heard.iter().filter_map(|event| match event {
        Event::Conflict(_, resolved_as) => Some(*resolved_as),
        _ => None,
    });
    let errors = heard.iter().filter_map(|event| match event {
        Event::Error(error) => Some(error.code),
        _ => None,
    });
    (conflicts.collect(), errors.collect())
}

fn both(conflict: &Conflict) -> Result<Verdict, Error> {
    ASKED.set(ASKED.get() + 1);
    let text = |doc: &Option<JsonText>| doc.as_ref().unwrap().as_str().to_owned();
    let doc = format!(r#"{{"id":"a","v":[{},{}]}}"#, text(&conflict.local), text(&conflict.remote));
    Ok(Verdict::Document(Some(doc)))
}

fn failing(_: &Conflict) -> Result<Verdict, Error> {
    ASKED.set(ASKED.get() + 1);
    Err(Error::new(ErrorCode::InvalidArgument, "it failed"))
}

#[test]
fn what_a_function_says_goes_out_in_the_same_sync() {
    let (mut device, client, heard) = conflicting(both);
    let report = device.wait(client.sync()).unwrap();
    assert_eq!((report.conflicts, report.resolved), (1, 1));
    assert_eq!(
        device.server.doc(&id()).unwrap(),
        r#"{"id":"a","v":[{"id":"a","v":"mine"},{"id":"a","v":"theirs"}]}"#
    );
    assert_eq!(told(&heard), (vec![ResolvedAs::Merged], vec![]));
    assert_eq!((client.status().conflicts, client.status().pending), (0, 0));
}

#[test]
fn a_function_that_fails_leaves_the_conflict_to_the_user_and_is_asked_again_once_the_record_changes() {
    let (mut device, client, heard) = conflicting(failing);
    device.wait(client.sync()).unwrap();
    device.wait(client.sync()).unwrap();
    assert_eq!(told(&heard), (vec![ResolvedAs::Parked], vec![ErrorCode::InvalidArgument]));
    assert_eq!((ASKED.get(), client.status().conflicts), (1, 1));
    device.function.replace(Some(both));
    edit(&mut device, &client, r#"{"id":"a","v":"mine again"}"#);
    device.wait(client.sync()).unwrap();
    assert_eq!((ASKED.get(), client.status().conflicts), (2, 0));
    assert!(device.server.doc(&id()).unwrap().contains("mine again"));
}

#[test]
fn a_function_is_asked_again_when_the_database_is_opened_again() {
    let (mut device, client, _) = conflicting(failing);
    device.wait(client.sync()).unwrap();
    client.close();
    device.settle();
    device.function.replace(Some(both));
    let (client, _) = device.open(true);
    device.wait(client.sync()).unwrap();
    assert_eq!((ASKED.get(), client.status().conflicts), (2, 0));
}

#[test]
fn a_function_that_gives_no_object_gives_no_document() {
    let (mut device, client, heard) = conflicting(|_| Ok(Verdict::Document(Some("7".to_owned()))));
    device.wait(client.sync()).unwrap();
    assert_eq!(told(&heard), (vec![ResolvedAs::Parked], vec![ErrorCode::InvalidDocument]));
}

#[test]
fn a_context_without_the_function_leaves_the_conflict() {
    let (mut device, client, heard) = conflicting(|_| Ok(Verdict::NoFunction));
    device.wait(client.sync()).unwrap();
    assert_eq!((told(&heard), client.status().conflicts), ((vec![], vec![]), 1));
}
