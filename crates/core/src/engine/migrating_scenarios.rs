//! Whole clients of which one knows a newer version of the documents: what queries find, what is pushed, and what is kept.

use syncline_protocol::{CollectionName, RecordId};

use super::{
    client::{Client, Intent},
    testing::{Device, Heard, TestHost},
};
use crate::{
    model::{About, Event},
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

fn put(device: &mut Device, client: &Client<TestHost>, text: &str) {
    let doc: serde_json::Value = serde_json::from_str(text).unwrap();
    edit(device, client, doc["id"].as_str().unwrap(), EditKind::Put(text.into()));
}

/// The documents whose field `m` is this.
fn found(device: &mut Device, client: &Client<TestHost>, m: u64) -> Vec<String> {
    let query = Query::parse(&serde_json::json!({ "where": { "m": m } })).unwrap();
    let found = device.wait(client.select(&todos(), &query)).unwrap();
    found.iter().map(|(_, row)| row.text().unwrap().to_owned()).collect()
}

fn local(device: &mut Device, client: &Client<TestHost>, id: &str) -> String {
    device.wait(client.read(&todos(), &[RecordId::trusted(id)])).unwrap().remove(0).unwrap()
}

fn told(heard: &Heard) -> Vec<About> {
    let about = |event: &Event| match event {
        Event::Error(error) => error.about.clone(),
        _ => None,
    };
    heard.borrow().iter().filter_map(about).collect()
}

/// A device with records of version 0, some of them synced and one queued, opened by an app that knows version 1.
fn upgraded() -> (Device, Client<TestHost>, Heard) {
    let mut device = Device::new();
    device.server.fill(30);
    let (old, _) = device.open(true);
    device.wait(old.enable(vec![todos()], true)).unwrap();
    device.wait(old.sync()).unwrap();
    old.close();
    device.settle();
    let (old, _) = device.open(false);
    put(&mut device, &old, r#"{"id":"own","n":7,"unknown":[1.50]}"#);
    device.wait(old.database.compact()).unwrap();
    old.close();
    device.settle();
    device.schema_version.set(1);
    let (new, heard) = device.open(true);
    (device, new, heard)
}

#[test]
fn queries_find_by_the_new_fields_whatever_version_was_stored() {
    let (mut device, client, _) = upgraded();
    assert_eq!(
        found(&mut device, &client, 7),
        [r#"{"id":"own","unknown":[1.5],"m":7,"$v":1}"#, r#"{"id":"r007","m":7,"$v":1}"#]
            .map(|text| serde_json::from_str::<serde_json::Value>(text).unwrap().to_string())
    );
    assert_eq!(client.status().pending, 1, "what was synced stays synced");
}

#[test]
fn a_queued_change_is_pushed_as_the_new_version_and_nothing_else_is() {
    let (mut device, client, _) = upgraded();
    found(&mut device, &client, 7);
    device.wait(client.sync()).unwrap();
    let pushed: Vec<String> = device
        .server
        .pushed
        .borrow()
        .iter()
        .map(|change| change.data.as_ref().unwrap().as_str().to_owned())
        .collect();
    assert_eq!(pushed.len(), 1);
    assert!(pushed[0].contains(r#""$v":1"#) && pushed[0].contains(r#""m":7"#), "{pushed:?}");
    assert_eq!(device.server.docs().values().filter(|doc| doc.contains("$v")).count(), 1);
}

#[test]
fn an_update_is_made_on_the_new_version_also_where_nothing_was_read_before() {
    let (mut device, client, _) = upgraded();
    edit(&mut device, &client, "r003", EditKind::Update(serde_json::json!({ "m": 33 })));
    let doc: serde_json::Value = serde_json::from_str(&local(&mut device, &client, "r003")).unwrap();
    assert_eq!(doc, serde_json::json!({ "id": "r003", "m": 33, "$v": 1 }));
}

#[test]
fn an_update_is_dated_by_when_it_was_asked_for_however_long_migrating_takes() {
    let (mut device, client, _) = upgraded();
    let asked = client.shared.now();
    edit(&mut device, &client, "r003", EditKind::Update(serde_json::json!({ "m": 33 })));
    let pending = device.wait(client.pending()).unwrap();
    let queued = pending.iter().find(|one| one.change.record.as_str() == "r003").unwrap();
    assert!(client.shared.now().0 - asked.0 > 30, "migrating takes time here");
    assert!(queued.change.edited_at.0 - asked.0 < 10);
}

#[test]
fn what_a_pull_brings_is_migrated_on_its_way_in() {
    let (mut device, client, _) = upgraded();
    found(&mut device, &client, 7);
    device.server.fill(40);
    device.wait(client.sync()).unwrap();
    assert_eq!(found(&mut device, &client, 35).len(), 1);
    assert!(
        !device.server.doc(&RecordId::trusted("r035")).unwrap().contains("$v"),
        "the server keeps what it has"
    );
}

#[test]
fn a_newer_document_keeps_its_mark_and_its_fields_when_an_old_app_updates_it() {
    let (mut device, client, _) = upgraded();
    put(&mut device, &client, r#"{"id":"new","later":true,"$v":2}"#);
    edit(&mut device, &client, "new", EditKind::Update(serde_json::json!({ "m": 5 })));
    let doc: serde_json::Value = serde_json::from_str(&local(&mut device, &client, "new")).unwrap();
    assert_eq!(doc, serde_json::json!({ "id": "new", "later": true, "m": 5, "$v": 2 }));
}

#[test]
fn what_an_old_context_writes_meanwhile_is_migrated_too() {
    let (mut device, client, _) = upgraded();
    assert_eq!(found(&mut device, &client, 99).len(), 0);
    device.schema_version.set(0);
    let (old, _) = device.open(false);
    put(&mut device, &old, r#"{"id":"late","n":99}"#);
    device.settle();
    assert_eq!(found(&mut device, &client, 99).len(), 1);
}

#[test]
fn what_a_context_itself_leaves_in_an_older_version_is_migrated_at_the_next_look() {
    let (mut device, client, _) = upgraded();
    assert_eq!(found(&mut device, &client, 99).len(), 0);
    put(&mut device, &client, r#"{"id":"late","n":99}"#);
    assert_eq!(found(&mut device, &client, 99).len(), 1);
}

#[test]
fn a_document_that_cannot_be_migrated_is_kept_told_once_and_in_nobodys_way() {
    let (mut device, old, _) = upgraded();
    old.close();
    device.settle();
    device.schema_version.set(0);
    let (old, _) = device.open(false);
    put(&mut device, &old, r#"{"id":"bad","n":1,"bad":true}"#);
    old.close();
    device.settle();
    device.schema_version.set(1);
    let (client, heard) = device.open(false);
    for _ in 0..2 {
        assert_eq!(found(&mut device, &client, 1).len(), 1, "everything else is served");
    }
    let about = About::Document { collection: todos(), id: RecordId::trusted("bad"), version: 0 };
    assert_eq!(told(&heard), [about]);
    assert_eq!(local(&mut device, &client, "bad"), r#"{"id":"bad","n":1,"bad":true}"#);
}
