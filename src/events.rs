//! Facts on their way to JavaScript, at once: `pkg/` tells the app from a microtask. Keeps nothing.

use std::rc::Rc;

use serde::Serialize;
use syncline_core::{
    model::{ChangeOrigin, Conflict, Event, LiveChange, LiveNumber, Patch, ResolvedAs},
    ports,
};
use syncline_protocol::{CollectionName, RecordId};
use wasm_bindgen::JsValue;

use crate::{
    documents::{Documents, Place},
    errors::{describe, json, plain},
    host::JsHost,
};

/// Tells JavaScript.
#[derive(Debug)]
pub(crate) struct Events {
    pub(crate) host: Rc<JsHost>,
    pub(crate) documents: Rc<Documents>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ConflictFact<'a> {
    #[serde(flatten)]
    conflict: &'a Conflict,
    resolved_as: ResolvedAs,
}

#[derive(Serialize)]
struct LiveFact<'a> {
    collection: Place,
    id: Option<&'a RecordId>,
    patches: Vec<PatchFact>,
    stale: &'a [LiveNumber],
}

#[derive(Serialize)]
struct PatchFact {
    live: LiveNumber,
    from: Option<usize>,
    to: Option<usize>,
    /// Whether the answer has to be asked for anew.
    window: bool,
}

impl PatchFact {
    fn of(live: LiveNumber, patch: Patch) -> Self {
        match patch {
            Patch::Moved { from, to } => Self { live, from, to, window: false },
            Patch::Window => Self { live, from: None, to: None, window: true },
        }
    }
}

impl ports::Events for Events {
    fn emit(&self, event: Event) {
        match event {
            Event::Change { collection, ids, origin } => self.emit_change(&collection, &ids, origin),
            Event::Conflict(conflict, resolved_as) => {
                self.emit_json("conflict", &ConflictFact { conflict: &conflict, resolved_as });
            }
            Event::Error(error) => self.host.emit("error", &plain(&error)),
            Event::Live { collection, change } => self.emit_live(&collection, change),
            Event::Parked(parked) => self.emit_json("parked", &parked),
            Event::Status(status) => self.host.emit("status", &plain(&status)),
            Event::Sync(report) => self.host.emit("sync", &plain(&report)),
        }
    }
}

impl ports::Migrator for Events {
    fn migrate(&self, collection: &CollectionName, doc: &str, from: u32) -> Result<String, String> {
        self.host.migrate(collection.as_str(), doc, from).map_err(|thrown| describe(&thrown))
    }
}

impl Events {
    fn emit_change(&self, collection: &CollectionName, ids: &[RecordId], origin: ChangeOrigin) {
        let Some(place) = self.documents.place_of(collection.as_str()) else { return };
        let freed = self.documents.forget(place, ids);
        // Ten thousand ids are a long text, which is not made where nobody listens.
        let is_told = ids.is_empty() || self.host.hears_changes() != Some(false);
        let text = if is_told { json(&ids).ok() } else { None };
        let origin = if is_told { plain(&origin) } else { JsValue::UNDEFINED };
        self.host.changed(place, freed, text, &origin);
    }

    fn emit_live(&self, collection: &CollectionName, change: LiveChange) {
        let Some(place) = self.documents.place_of(collection.as_str()) else { return };
        let fact = match &change {
            LiveChange::Record { record, text, patches } => {
                if let Some(text) = text {
                    self.documents.hand_out_one(&self.host, place, record, text.as_bytes());
                }
                let patches = patches.iter().map(|(number, patch)| PatchFact::of(*number, *patch)).collect();
                LiveFact { collection: place, id: Some(record), patches, stale: &[] }
            }
            LiveChange::Stale(numbers) => {
                LiveFact { collection: place, id: None, patches: Vec::new(), stale: numbers }
            }
        };
        self.emit_json("live", &fact);
    }

    /// Large facts go as text: JavaScript parses it faster than objects can be built from here.
    fn emit_json<T: Serialize>(&self, kind: &str, fact: &T) {
        if let Ok(text) = json(fact) {
            self.host.emit(kind, &text.into());
        }
    }
}
