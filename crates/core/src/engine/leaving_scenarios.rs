//! Contexts that are left and come back, as pages in a browser's back/forward cache: what they let go of, and what they take in.

use syncline_protocol::{CollectionName, RecordId};

use super::{
    client::{Client, Intent},
    testing::{Device, TestHost},
};
use crate::plan::EditKind;

fn todos() -> CollectionName {
    CollectionName::trusted("todos")
}

fn put(device: &mut Device, client: &Client<TestHost>, id: &str) {
    let kind = EditKind::Put(format!(r#"{{"id":"{id}"}}"#).into());
    let intent = Intent { collection: todos(), record: RecordId::trusted(id), kind };
    device.wait(client.write(vec![intent])).unwrap();
    device.settle();
}

fn has(client: &Client<TestHost>, id: &str) -> bool {
    client.row_now(&todos(), &RecordId::trusted(id)).flatten().is_some()
}

#[test]
fn a_leader_that_is_left_lets_another_lead_and_takes_in_what_it_missed_when_it_is_back() {
    let mut device = Device::new();
    let ((one, _), (other, _)) = (device.open(true), device.open(true));
    device.wait(one.enable(vec![todos()], true)).unwrap();
    device.settle();
    assert!(one.status().leader && !other.status().leader);
    device.leave(1);
    assert!(!one.status().leader && other.status().leader);
    put(&mut device, &other, "a");
    assert!(device.server.doc(&RecordId::trusted("a")).is_some(), "the other one pushed");
    assert!(!has(&one, "a"), "it was told nothing");
    device.leave(0);
    assert!(has(&one, "a"));
    assert_eq!(one.status().pending, 0);
    assert!(!one.status().leader && other.status().leader);
    other.close();
    device.settle();
    assert!(one.status().leader);
    put(&mut device, &one, "b");
    assert!(device.server.doc(&RecordId::trusted("b")).is_some());
}

#[test]
fn a_follower_that_is_left_never_leads_and_takes_in_what_it_missed_when_it_is_back() {
    let mut device = Device::new();
    let ((one, _), (other, _)) = (device.open(true), device.open(false));
    device.wait(one.enable(vec![todos()], true)).unwrap();
    device.leave(2);
    put(&mut device, &one, "a");
    assert!(!has(&other, "a"));
    device.leave(0);
    assert!(has(&other, "a"));
    let report = device.wait(other.sync()).unwrap();
    assert_eq!(report.parked, 0, "the leader hears it again");
}
