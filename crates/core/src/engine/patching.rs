//! Small edits of large records: what goes over the wire is small, and all sides have the same document. What a patch can say is
//! tested where it is made.

use super::wired::{Reaction, Wired};
use crate::plan::EditKind;

/// A document of some kilobytes.
fn large(title: &str) -> String {
    format!(r#"{{"id":"r","title":"{title}","notes":"{}"}}"#, "words ".repeat(1_000))
}

/// A device with a large record that was synced, edited since.
fn edited(edit: EditKind) -> Wired {
    let mut wired = Wired::open(&["todos"], false);
    wired.write(vec![("todos", "r", EditKind::Put(large("before").into()))]);
    wired.sync().unwrap();
    wired.write(vec![("todos", "r", edit)]);
    wired
}

/// The bytes of the last push, and what the server has then.
fn pushed(wired: &mut Wired) -> (u64, serde_json::Value) {
    let sent = wired.sync().unwrap().bytes_sent;
    let docs = wired.world.server.docs();
    (sent, serde_json::from_str(docs.values().next().unwrap()).unwrap())
}

#[test]
fn a_small_edit_of_a_large_record_is_small_on_the_wire() {
    let mut wired = edited(EditKind::Put(large("after").into()));
    let (sent, doc) = pushed(&mut wired);
    assert!(sent < 600, "{sent} bytes");
    assert_eq!(doc, serde_json::from_str::<serde_json::Value>(&large("after")).unwrap());
    assert_eq!((wired.queue().len(), wired.sync().unwrap().pulled), (0, 0), "the answer was taken as it is");
}

#[test]
fn an_edit_that_no_patch_says_goes_out_whole() {
    let null = large("after").replace(r#""after""#, "null");
    let mut wired = edited(EditKind::Put(null.as_str().into()));
    let (sent, doc) = pushed(&mut wired);
    assert!(sent > 6_000, "{sent} bytes");
    assert_eq!(doc, serde_json::from_str::<serde_json::Value>(&null).unwrap());
}

#[test]
fn a_patch_that_was_lost_is_sent_again_as_the_same_change() {
    let mut wired = edited(EditKind::Put(large("after").into()));
    wired.world.always("/v1/push", || Reaction::Break);
    wired.sync().unwrap_err();
    let waiting = wired.queue();
    assert!(waiting.values().flatten().all(|doc| doc.len() > 6_000), "the app sees documents");
    wired.world.heal();
    let (sent, doc) = pushed(&mut wired);
    assert!(sent < 600, "{sent} bytes");
    assert_eq!(doc["title"], "after");
    assert_eq!(
        wired.world.server.pushed.borrow().last().unwrap().id.as_str(),
        waiting.keys().next().unwrap()
    );
}

#[test]
fn a_refused_patch_is_parked_with_its_document() {
    let mut wired = edited(EditKind::Put(large("after").into()));
    wired.world.when(|request| {
        let is_it = request.url.ends_with("/v1/push") && !super::wired::changes_in(request).is_empty();
        is_it.then(|| Reaction::Answer(super::wired::answer(422, &[], "")))
    });
    wired.sync().unwrap();
    let client = wired.client.clone();
    let parked = wired.wait(async move { client.parked().await }).unwrap();
    assert_eq!(parked.len(), 1);
    assert!(parked.iter().all(|one| one.change.data.as_ref().unwrap().as_str() == large("after")));
}
