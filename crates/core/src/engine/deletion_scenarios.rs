//! Whole clients whose server deletes much at once: what waits, what flows on, and what their apps hear.

use syncline_protocol::{CollectionName, RecordId};

use super::{
    client::{Client, Intent},
    testing::{Device, Heard, TestHost},
};
use crate::{
    model::{About, ErrorCode, Event, State},
    plan::EditKind,
    query::Query,
};

fn todos() -> CollectionName {
    CollectionName::trusted("todos")
}

/// A device that has pulled forty records, and whose server has deleted thirty of them since.
fn emptied() -> (Device, Client<TestHost>, Heard) {
    let mut device = Device::new();
    device.server.fill(40);
    let (client, heard) = device.open(true);
    device.wait(client.enable(vec![todos()], true)).unwrap();
    device.wait(client.sync()).unwrap();
    device.server.empty(30);
    (device, client, heard)
}

fn told(heard: &Heard) -> Vec<About> {
    let about = |event: &Event| match event {
        Event::Error(error) => error.about.clone(),
        _ => None,
    };
    heard.borrow().iter().filter_map(about).collect()
}

fn count(device: &mut Device, client: &Client<TestHost>) -> u64 {
    device.wait(client.count(&todos(), &Query::default())).unwrap()
}

fn sync_code(device: &mut Device, client: &Client<TestHost>) -> Option<ErrorCode> {
    device.wait(client.sync()).err().map(|error| error.code)
}

#[test]
fn a_mass_deletion_waits_is_told_once_and_says_so_in_every_context() {
    let (mut device, leader, heard) = emptied();
    let (follower, heard_too) = device.open(true);
    device.settle();
    for _ in 0..3 {
        assert_eq!(sync_code(&mut device, &leader), Some(ErrorCode::MassDeletion));
    }
    assert_eq!(sync_code(&mut device, &follower), Some(ErrorCode::MassDeletion));
    device.settle();
    let about = About::Deletions { collection: todos(), deletions: 30, records: 40 };
    for (client, heard) in [(&leader, &heard), (&follower, &heard_too)] {
        assert_eq!(told(heard), std::slice::from_ref(&about));
        assert_eq!(count(&mut device, client), 40);
        let status = client.status();
        let error = status.error.as_ref().unwrap();
        assert_eq!((status.state, &*error.code), (State::Error, "mass-deletion"));
        assert_eq!(error.collection, Some(todos()));
    }
}

#[test]
fn a_context_that_is_opened_later_knows_and_a_follower_can_agree() {
    let (mut device, leader, _) = emptied();
    assert_eq!(sync_code(&mut device, &leader), Some(ErrorCode::MassDeletion));
    leader.close();
    device.settle();
    let (leader, heard) = device.open(true);
    let (follower, _) = device.open(true);
    device.settle();
    for client in [&leader, &follower] {
        assert_eq!(client.status().state, State::Error);
    }
    assert_eq!(told(&heard), [], "it was told when it was met");
    device.wait(follower.confirm_deletions(todos())).unwrap();
    assert_eq!(sync_code(&mut device, &follower), None);
    device.settle();
    for client in [&leader, &follower] {
        assert_eq!((client.status().state, count(&mut device, client)), (State::Synced, 10));
    }
    device.server.fill(40);
    assert_eq!(sync_code(&mut device, &leader), None);
    device.server.empty(40);
    assert_eq!(sync_code(&mut device, &leader), Some(ErrorCode::MassDeletion), "that was agreed to once");
}

#[test]
fn edits_of_the_collection_wait_with_it_and_are_pushed_after_it() {
    let (mut device, client, _) = emptied();
    assert_eq!(sync_code(&mut device, &client), Some(ErrorCode::MassDeletion));
    let record = RecordId::trusted("r000");
    let kind = EditKind::Put(r#"{"id":"r000","n":"edited"}"#.into());
    device.wait(client.write(vec![Intent { collection: todos(), record: record.clone(), kind }])).unwrap();
    assert_eq!(sync_code(&mut device, &client), Some(ErrorCode::MassDeletion));
    assert_eq!((client.status().pending, device.server.pushed.borrow().len()), (1, 0));
    device.wait(client.confirm_deletions(todos())).unwrap();
    assert_eq!(sync_code(&mut device, &client), None);
    assert_eq!(device.server.doc(&record).as_deref(), Some(r#"{"id":"r000","n":"edited"}"#));
    assert_eq!((client.status().pending, count(&mut device, &client)), (0, 11));
}
