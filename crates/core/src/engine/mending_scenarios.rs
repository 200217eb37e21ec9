//! Whole clients on a disk whose bytes go bad: what their apps hear, see and get back.

use syncline_protocol::{CollectionName, RecordId};
use syncline_store::{MemoryDisk, PageId, Part, Sequence};

use super::{
    client::{Client, Intent},
    testing::{Device, Heard, TestHost},
};
use crate::{
    model::{ErrorCode, Event},
    plan::EditKind,
    query::Query,
};

fn todos() -> CollectionName {
    CollectionName::trusted("todos")
}

fn put(id: &str, text: &str) -> Intent {
    Intent { collection: todos(), record: RecordId::trusted(id), kind: EditKind::Put(text.into()) }
}

fn damaged(heard: &Heard) -> Vec<Part> {
    let part = |event: &Event| match event {
        Event::Error(error) => {
            assert_eq!(error.code, ErrorCode::StorageCorrupt, "{error:?}");
            error.part
        }
        _ => None,
    };
    heard.borrow().iter().filter_map(part).collect()
}

fn count(device: &mut Device, client: &Client<TestHost>) -> (u64, usize, u64) {
    let listed = device.wait(client.select(&todos(), &Query::default())).unwrap().len();
    let counted = device.wait(client.count(&todos(), &Query::default())).unwrap();
    (counted, listed, client.status().pending)
}

fn text(device: &mut Device, client: &Client<TestHost>, id: &str) -> Option<String> {
    device.wait(client.read(&todos(), &[RecordId::trusted(id)])).unwrap().remove(0)
}

/// A device that has pulled a hundred records, all of them in pages.
fn synced() -> Device {
    let mut device = Device::new();
    device.server.fill(100);
    let (client, _) = device.open(true);
    device.wait(client.enable(vec![todos()], true)).unwrap();
    device.wait(client.sync()).unwrap();
    device.wait(client.database.compact()).unwrap();
    assert_eq!(count(&mut device, &client), (100, 100, 0));
    end(&mut device, &client);
    device
}

fn end(device: &mut Device, client: &Client<TestHost>) {
    client.close();
    device.settle();
}

/// A page from the middle of the records.
fn middle(disk: &MemoryDisk) -> PageId {
    let pages = disk.page_ids();
    pages[pages.len() / 2]
}

#[test]
fn a_page_that_is_lost_is_reported_and_its_records_are_pulled_again() {
    let mut device = synced();
    let page = middle(&device.disk);
    device.disk.damage_page(page, |bytes| bytes.fill(0));
    let (client, heard) = device.open(true);
    assert!(count(&mut device, &client).1 >= 90, "everything else is served");
    device.settle();
    device.wait(client.sync()).unwrap();
    device.settle();
    assert_eq!(damaged(&heard), [Part::Page(page)]);
    assert_eq!(count(&mut device, &client), (100, 100, 0));
    end(&mut device, &client);
    let (client, heard) = device.open(true);
    assert_eq!(count(&mut device, &client), (100, 100, 0));
    device.settle();
    assert_eq!(damaged(&heard), [], "it is mended once");
}

#[test]
fn without_a_server_what_can_be_read_of_a_page_is_all_there() {
    let mut device = synced();
    let page = middle(&device.disk);
    device.disk.damage_page(page, |bytes| {
        let at = bytes.len() / 2;
        bytes[at] ^= 0x80;
    });
    let (client, heard) = device.open(false);
    assert!(count(&mut device, &client).1 >= 92);
    device.settle();
    assert_eq!(damaged(&heard), [Part::Page(page)]);
    let (counted, listed, _) = count(&mut device, &client);
    assert!(listed >= 99, "{listed}");
    assert_eq!(counted as usize, listed);
}

#[test]
fn queued_changes_in_a_damaged_entry_and_in_a_damaged_page_go_out_all_the_same() {
    for is_folded in [false, true] {
        let mut device = synced();
        let (client, _) = device.open(false);
        let edits =
            (0..50).map(|number| put(&format!("q{number:02}"), &format!(r#"{{"id":"q{number:02}"}}"#)));
        device.wait(client.write(edits.collect())).unwrap();
        let entry = client.database.sequence();
        if is_folded {
            device.wait(client.database.compact()).unwrap();
        }
        end(&mut device, &client);
        let part = if is_folded {
            let page = device.disk.page_ids().into_iter().rev().nth(2).unwrap();
            device.disk.damage_page(page, |bytes| bytes[2] ^= 1);
            Part::Page(page)
        } else {
            device.disk.damage_entry(entry, |bytes| bytes[7] ^= 1);
            Part::Entry(entry)
        };
        let (client, heard) = device.open(true);
        count(&mut device, &client);
        device.settle();
        device.wait(client.sync()).unwrap();
        device.settle();
        assert_eq!(damaged(&heard), [part]);
        assert_eq!(device.server.pushed.borrow().len(), 50);
        assert_eq!(count(&mut device, &client), (150, 150, 0));
        assert_eq!(text(&mut device, &client, "q07").as_deref(), Some(r#"{"id":"q07"}"#));
    }
}

#[test]
fn a_device_whose_first_entry_is_damaged_is_still_itself() {
    let mut device = Device::new();
    let (client, _) = device.open(false);
    let before = client.device().clone();
    end(&mut device, &client);
    device.disk.damage_entry(Sequence(1), |bytes| bytes[0] = 0);
    let (client, heard) = device.open(false);
    device.settle();
    assert_eq!(*client.device(), before);
    assert_eq!(damaged(&heard), [Part::Entry(Sequence(1))]);
}

#[test]
fn a_page_that_goes_bad_under_an_open_context_is_mended_by_whoever_meets_it_and_told_to_all() {
    let mut device = synced();
    let (leader, told_leader) = device.open(true);
    device.settle();
    // All of it is in the memory of the first context.
    assert_eq!(count(&mut device, &leader), (100, 100, 0));
    let page = middle(&device.disk);
    device.disk.damage_page(page, |bytes| bytes.truncate(30));
    let (other, told_other) = device.open(true);
    assert!(count(&mut device, &other).1 < 100);
    device.settle();
    device.wait(other.sync()).unwrap();
    device.settle();
    for (client, told) in [(&leader, told_leader), (&other, told_other)] {
        assert_eq!(damaged(&told), [Part::Page(page)]);
        assert_eq!(count(&mut device, client), (100, 100, 0));
    }
    device.wait(other.database.compact()).unwrap();
    let (late, told_late) = device.open(true);
    assert_eq!(count(&mut device, &late), (100, 100, 0));
    device.settle();
    assert_eq!(damaged(&told_late), [], "it was mended before");
}
