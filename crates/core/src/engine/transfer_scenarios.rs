//! Databases that are exported, imported, and forgotten: what is the same after it, and what changes nothing.

use syncline_protocol::{CollectionName, RecordId};

use super::{
    client::{Client, Intent},
    exporting::Export,
    importing::Import,
    testing::{Device, Heard, TestHost},
};
use crate::{
    model::{Error, ErrorCode, Event, State},
    plan::EditKind,
    query::{HasText as _, Query},
};

fn todos() -> CollectionName {
    CollectionName::trusted("todos")
}

fn edit(device: &mut Device, client: &Client<TestHost>, id: &str, kind: EditKind) {
    let intent = Intent { collection: todos(), record: RecordId::trusted(id), kind };
    device.wait(client.write(vec![intent])).unwrap();
}

fn export(device: &mut Device, client: &Client<TestHost>) -> String {
    let mut text = String::new();
    let mut export = Export::default();
    while let Some((part, next)) = device.wait(client.export_part(export)).unwrap() {
        text.push_str(&part);
        export = next;
    }
    text
}

/// Reads a text in pieces that end anywhere.
fn read(text: &str) -> Result<Import, Error> {
    let mut import = Import::default();
    for piece in text.as_bytes().chunks(37) {
        import.push(piece)?;
    }
    Ok(import)
}

fn listed(device: &mut Device, client: &Client<TestHost>) -> Vec<String> {
    let found = device.wait(client.select(&todos(), &Query::default())).unwrap();
    found.iter().map(|(_, row)| row.text().unwrap().to_owned()).collect()
}

/// A device with two hundred records in pages, one of them edited, one deleted, and one of its own, with sync off again.
fn full() -> (Device, Client<TestHost>) {
    let mut device = Device::new();
    device.server.fill(200);
    let (client, _) = device.open(true);
    device.wait(client.enable(vec![todos()], true)).unwrap();
    device.wait(client.sync()).unwrap();
    device.wait(client.enable(vec![todos()], false)).unwrap();
    edit(&mut device, &client, "r001", EditKind::Put(r#"{"id":"r001","n":"é\"1.50"}"#.into()));
    edit(&mut device, &client, "r002", EditKind::Delete);
    edit(&mut device, &client, "own", EditKind::Put(r#"{ "id":"own", "n":1.50 }"#.into()));
    device.wait(client.database.compact()).unwrap();
    (device, client)
}

/// What a text holds, without what differs from device to device.
fn body(text: &str) -> Vec<&str> {
    text.lines().skip(1).collect()
}

#[test]
fn a_database_that_is_replaced_is_equal_queue_and_all_and_goes_on_from_there() {
    let (mut device, client) = full();
    let text = export(&mut device, &client);
    assert!(text.lines().count() > 200);
    let mut other = Device::new();
    other.server = std::rc::Rc::clone(&device.server);
    let (replaced, _) = other.open(true);
    edit(&mut other, &replaced, "old", EditKind::Put(r#"{"id":"old"}"#.into()));
    assert_eq!(other.wait(replaced.restore(read(&text).unwrap())), Ok(200));
    assert_eq!(listed(&mut other, &replaced), listed(&mut device, &client));
    let again = export(&mut other, &replaced);
    assert_eq!(body(&again), body(&text));
    let (mine, theirs) = (replaced.status(), client.status());
    assert_eq!((mine.pending, &mine.collections), (3, &theirs.collections));
    // Both push the same changes, and each has its effect once.
    for (device, client) in [(&mut device, &client), (&mut other, &replaced)] {
        device.wait(client.enable(vec![todos()], true)).unwrap();
        device.wait(client.sync()).unwrap();
    }
    assert_eq!(device.server.pushed.borrow().len(), 3);
    assert_eq!(listed(&mut other, &replaced), listed(&mut device, &client));
}

#[test]
fn what_is_merged_are_local_edits_of_what_differs() {
    let (mut device, client) = full();
    let text = export(&mut device, &client);
    let wanted = listed(&mut device, &client);
    edit(&mut device, &client, "own", EditKind::Delete);
    edit(&mut device, &client, "new", EditKind::Put(r#"{"id":"new"}"#.into()));
    let before = client.status().pending;
    assert_eq!(device.wait(client.merge(read(&text).unwrap())), Ok(200));
    assert_eq!(client.status().pending, before + 1, "all others are here as they are there");
    let merged = listed(&mut device, &client);
    assert_eq!(merged.len(), 201);
    assert!(wanted.iter().all(|doc| merged.contains(doc)));
}

#[test]
fn a_file_that_is_cut_changed_or_newer_changes_nothing() {
    let (mut device, client) = full();
    let text = export(&mut device, &client);
    let (other, _) = device.open(false);
    let before = export(&mut device, &other);
    let without_end: String = text.lines().take(100).map(|line| format!("{line}\n")).collect();
    let without_one: String =
        text.lines().enumerate().filter(|(at, _)| *at != 50).map(|(_, line)| format!("{line}\n")).collect();
    let cases = [
        (String::new(), ErrorCode::InvalidArgument),
        ("hello\n".to_owned(), ErrorCode::InvalidArgument),
        ("{}\n".to_owned(), ErrorCode::InvalidArgument),
        (text.replacen(r#""version":1"#, r#""version":2"#, 1), ErrorCode::NewerDatabase),
        (text.replacen("syncline-export", "another-export", 1), ErrorCode::InvalidArgument),
        (text.replace(r#"{\"id\":\"r100\""#, r#"{\"id\":\"r1000\""#), ErrorCode::InvalidArgument),
        (format!("{text}{{}}\n"), ErrorCode::InvalidArgument),
        (text.lines().skip(1).map(|line| format!("{line}\n")).collect(), ErrorCode::InvalidArgument),
        (text.trim_end().to_owned(), ErrorCode::InvalidArgument),
        (without_end, ErrorCode::InvalidArgument),
        (without_one, ErrorCode::InvalidArgument),
    ];
    for (text, code) in cases {
        for is_replacing in [true, false] {
            let taken = match read(&text) {
                Ok(import) if is_replacing => device.wait(other.restore(import)),
                Ok(import) => device.wait(other.merge(import)),
                Err(error) => Err(error),
            };
            let error = taken.unwrap_err();
            assert_eq!(error.code, code, "{error}: {:.80}", text);
            assert!(error.message.starts_with("file: "), "{error}");
        }
    }
    let after = export(&mut device, &other);
    assert_eq!(body(&after), body(&before));
}

#[test]
fn a_file_of_another_account_replaces_nothing() {
    let (mut device, client) = full();
    let text = export(&mut device, &client);
    let of_ann = text.replacen(r#""account":null"#, r#""account":"ann""#, 1);
    let of_bob = text.replacen(r#""account":null"#, r#""account":"bob""#, 1);
    assert_eq!(device.wait(client.restore(read(&of_ann).unwrap())), Ok(200));
    let refused = device.wait(client.restore(read(&of_bob).unwrap())).unwrap_err();
    assert_eq!(refused.code, ErrorCode::AccountMismatch);
    assert_eq!(device.wait(client.restore(read(&text).unwrap())), Ok(200));
}

fn resets(heard: &Heard) -> usize {
    let is_reset = |event: &&Event| matches!(event, Event::Change { ids, .. } if ids.is_empty());
    heard.borrow().iter().filter(is_reset).count()
}

#[test]
fn signing_out_forgets_everything_in_every_context_and_asks_before_it_drops_changes() {
    let (mut device, client) = full();
    device.wait(client.enable(vec![todos()], true)).unwrap();
    let (follower, heard) = device.open(true);
    device.settle();
    device.wait(client.sync()).unwrap();
    device.wait(client.enable(vec![todos()], false)).unwrap();
    edit(&mut device, &client, "r005", EditKind::Delete);
    let refused = device.wait(follower.sign_out(false)).unwrap_err();
    assert_eq!(refused.code, ErrorCode::PendingChanges);
    assert_eq!(listed(&mut device, &follower).len(), 199);
    let told = resets(&heard);
    device.wait(client.sign_out(true)).unwrap();
    device.settle();
    assert!(resets(&heard) > told);
    for client in [&client, &follower] {
        assert_eq!(listed(&mut device, client), Vec::<String>::new());
        let status = client.status();
        assert_eq!((status.state, status.pending, status.last_synced_at), (State::Disabled, 0, None));
    }
    // What follows begins from nothing.
    device.wait(follower.enable(vec![todos()], true)).unwrap();
    device.wait(follower.sync()).unwrap();
    assert_eq!(listed(&mut device, &client).len(), 200);
    device.wait(client.sign_out(false)).unwrap();
}

fn refused<T: std::fmt::Debug>(result: Result<T, Error>) {
    assert_eq!(result.unwrap_err().code, ErrorCode::AccountMismatch);
}

#[test]
fn a_context_of_an_account_that_was_signed_out_neither_writes_nor_syncs_nor_sees_what_is_the_next_ones() {
    let mut device = Device::new();
    device.account.replace(Some("ann".to_owned()));
    let ((one, _), (other, heard)) = (device.open(true), device.open(true));
    device.wait(one.enable(vec![todos()], true)).unwrap();
    edit(&mut device, &other, "a", EditKind::Put(r#"{"id":"a"}"#.into()));
    device.wait(one.sync()).unwrap();
    device.settle();
    device.wait(one.sign_out(false)).unwrap();
    device.settle();
    let is_told =
        |event: &Event| matches!(event, Event::Error(error) if error.code == ErrorCode::AccountMismatch);
    assert_eq!(heard.borrow().iter().filter(|event| is_told(event)).count(), 1);
    for client in [&one, &other] {
        assert_eq!(listed(&mut device, client), Vec::<String>::new());
        let kind = EditKind::Put(r#"{"id":"b"}"#.into());
        let intent = Intent { collection: todos(), record: RecordId::trusted("b"), kind };
        refused(device.wait(client.write(vec![intent])));
        refused(device.wait(client.enable(vec![todos()], true)));
        refused(device.wait(client.sync()));
        device.wait(client.sign_out(false)).unwrap();
    }

    device.account.replace(Some("bob".to_owned()));
    let (bob, _) = device.open(true);
    device.wait(bob.enable(vec![todos()], true)).unwrap();
    edit(&mut device, &bob, "c", EditKind::Put(r#"{"id":"c"}"#.into()));
    device.wait(bob.sync()).unwrap();
    device.settle();
    assert!(bob.status().leader && !one.status().leader && !other.status().leader);
    let is_change =
        |event: &Event| matches!(event, Event::Change { ids, .. } if ids == &[RecordId::trusted("c")]);
    assert!(!heard.borrow().iter().any(is_change), "what the next one writes is not told");
    for client in [&one, &other] {
        refused(device.wait(client.select(&todos(), &Query::default())));
        refused(device.wait(client.pending()));
        refused(device.wait(client.sign_out(true)));
    }
    assert_eq!(listed(&mut device, &bob).len(), 2);
}
