//! Changes that a server refuses, by themselves or with a whole request: one is parked, the others land, and nothing jams.
//! What stops every request is not here.

use super::wired::{Reaction, Wired, answer, changes_in};
use crate::{
    model::{ErrorCode, State},
    plan::EditKind,
};

type Case = (&'static str, fn() -> Reaction);

const POISON: &str = "r100";

/// A device with many queued changes.
fn many(count: usize) -> Wired {
    let mut wired = Wired::open(&["todos"], false);
    let records: Vec<String> = (0..count).map(|number| format!("r{number:03}")).collect();
    let edit = |record: &String| EditKind::Put(format!(r#"{{"id":"{record}"}}"#).into());
    let edits = records.iter().map(|record| ("todos", record.as_str(), edit(record))).collect();
    wired.write(edits);
    wired
}

/// Lets every push fail that holds the poison.
fn poison(wired: &Wired, reaction: impl Fn() -> Reaction + 'static) {
    wired.world.when(move |request| changes_in(request).iter().any(|id| id == POISON).then(&reaction));
}

fn status(status: u16, body: &str) -> Reaction {
    Reaction::Answer(answer(status, &[], body))
}

fn problem(status: u16, code: &str) -> Reaction {
    self::status(status, &format!(r#"{{"code":"{code}","status":{status},"title":"No"}}"#))
}

#[test]
fn one_poisoned_change_among_a_thousand_is_parked_and_the_others_land() {
    let refusals: [Case; 7] = [
        ("invalid-request", || problem(400, "invalid-request")),
        ("invalid-request", || status(400, "<h1>Bad Request</h1>")),
        ("not-found", || status(404, "")),
        ("invalid-document", || problem(422, "invalid-document")),
        ("invalid-document", || status(422, "")),
        ("too-large", || status(413, "")),
        ("unknown-collection", || problem(404, "unknown-collection")),
    ];
    for (code, reaction) in refusals {
        let mut wired = many(1_000);
        poison(&wired, reaction);
        let report = wired.sync().unwrap();
        assert_eq!(wired.parked(), [(POISON.to_owned(), code.to_owned())]);
        assert_eq!((report.pushed, report.parked, wired.queue().len()), (999, 1, 0), "{code}");
        assert_eq!(wired.world.server.docs().len(), 999, "{code}");
        assert_eq!((wired.status().state, wired.status().parked), (State::Synced, 1), "{code}");
        let pushes = wired.world.count("/v1/push");
        assert!(pushes <= 40, "{code}: {pushes} pushes");
    }
}

#[test]
fn one_change_that_breaks_the_server_waits_while_the_others_land() {
    let failures: [Case; 6] = [
        ("500", || status(500, "")),
        ("502", || status(502, "")),
        ("409", || status(409, "")),
        ("412", || status(412, "")),
        ("network", || Reaction::Break),
        ("nonsense", || status(200, "{}")),
    ];
    for (name, reaction) in failures {
        let mut wired = many(300);
        poison(&wired, reaction);
        wired.pass(120_000);
        assert_eq!(wired.world.server.docs().len(), 299, "{name}");
        assert_eq!((wired.queue().len(), wired.parked()), (1, Vec::new()), "{name}: it is kept");
        assert!(wired.status().error.is_some(), "{name}");
        wired.put("todos", "new", "behind it");
        wired.pass(300_000);
        assert_eq!((wired.world.server.docs().len(), wired.queue().len()), (300, 1), "{name}: flows past it");
        wired.world.heal();
        wired.pass(300_000);
        assert_eq!((wired.world.server.docs().len(), wired.queue().len()), (301, 0), "{name}");
        assert_eq!(wired.status().error, None, "{name}");
    }
}

#[test]
fn a_change_alone_in_the_queue_is_parked_if_pushes_are_taken_and_kept_if_not() {
    let mut wired = Wired::open(&["todos"], false);
    wired.put("todos", POISON, "alone");
    wired.world.always("/v1/push", || status(400, ""));
    wired.sync().unwrap_err();
    assert_eq!((wired.queue().len(), wired.parked()), (1, Vec::new()), "nothing is taken there");
    poison(&wired, || status(400, ""));
    wired.sync().unwrap();
    assert_eq!((wired.queue().len(), wired.parked().len()), (0, 1), "everything else is");
}

#[test]
fn a_server_that_takes_little_at_once_gets_everything() {
    for most in [1, 7, 40] {
        let mut wired = many(300);
        wired.world.when(move |request| (changes_in(request).len() > most).then(|| status(413, "")));
        let report = wired.sync().unwrap();
        assert_eq!((report.pushed, wired.queue().len(), wired.parked()), (300, 0, Vec::new()), "{most}");
    }
}

#[test]
fn a_slow_way_up_gets_smaller_batches_in_the_end() {
    let mut wired = many(300);
    wired.world.when(|request| (changes_in(request).len() > 60).then_some(Reaction::Hang));
    wired.pass(3_600_000);
    assert_eq!((wired.world.server.docs().len(), wired.queue().len()), (300, 0));
}

#[test]
fn an_answer_without_a_result_for_a_change_leaves_only_that_in_doubt() {
    for result in ["", r#"{"id":"x","status":"postponed"}"#, r#"{"id":7}"#] {
        let mut wired = Wired::open(&["todos"], false);
        wired.put("todos", "a", "in doubt");
        wired.world.always("/v1/push", move || status(200, &format!(r#"{{"results":[{result}],"now":1}}"#)));
        wired.sync().unwrap();
        assert_eq!(
            (wired.queue().len(), wired.parked(), wired.status().error.clone()),
            (1, Vec::new(), None)
        );
        let pushes = wired.world.count("/v1/push");
        wired.pass(3_600_000);
        let pushes = wired.world.count("/v1/push") - pushes;
        assert!((20..=140).contains(&pushes), "{pushes} times in an hour");
        wired.world.heal();
        wired.pass(300_000);
        assert_eq!((wired.queue().len(), wired.world.server.docs().len()), (0, 1));
    }
}

#[test]
fn a_collection_that_cannot_be_pulled_stands_in_no_other_ones_way() {
    let names_notes = |body: &[u8]| String::from_utf8_lossy(body).contains("notes");
    let failures: [Case; 4] = [
        ("unknown-collection", || problem(404, "unknown-collection")),
        ("400", || status(400, "")),
        ("no page", || status(200, r#"{"collections":{},"now":1}"#)),
        ("a page without end", || {
            let page = r#"{"records":[],"cursor":"9","more":true}"#;
            status(200, &format!(r#"{{"collections":{{"notes":{page},"todos":{page}}},"now":1}}"#))
        }),
    ];
    for (name, reaction) in failures {
        let mut wired = Wired::unreached(&["notes", "todos"], false);
        wired.put("todos", "mine", "pushed");
        wired.put("notes", "note", "pushed");
        wired.world.when(move |request| {
            let is_it = request.url.ends_with("/v1/pull") && names_notes(request.body.as_deref().unwrap());
            is_it.then(reaction)
        });
        let error = wired.sync().unwrap_err();
        assert_eq!(error.code, ErrorCode::Protocol, "{name}");
        assert_eq!((wired.queue().len(), wired.parked()), (0, Vec::new()), "{name}: both were taken");
        let status = wired.status();
        let synced = |collection: &str| {
            let name = syncline_protocol::CollectionName::trusted(collection);
            status.collections.get(&name).unwrap().last_synced_at.is_some()
        };
        assert_eq!((synced("todos"), synced("notes"), status.state), (true, false, State::Error), "{name}");
        wired.world.heal();
        wired.pass(300_000);
        assert_eq!(wired.status().state, State::Synced, "{name}");
    }
}

#[test]
fn a_server_that_cannot_give_may_still_take() {
    let mut wired = Wired::unreached(&["todos"], false);
    wired.put("todos", "mine", "pushed");
    wired.world.always("/v1/pull", || status(500, ""));
    assert_eq!(wired.sync().unwrap_err().code, ErrorCode::Server);
    assert_eq!((wired.queue().len(), wired.world.server.docs().len()), (0, 1));
}
