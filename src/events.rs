//! Facts on their way to JavaScript, at once: `pkg/` tells the app from a microtask. Keeps nothing.

use std::rc::Rc;

use serde::Serialize;
use syncline_core::{
    model::{ChangeOrigin, Conflict, Event, ResolvedAs},
    ports,
};
use syncline_protocol::RecordId;

use crate::{
    documents::Documents,
    errors::{json, plain},
    host::JsHost,
};

/// Tells JavaScript.
#[derive(Debug)]
pub(crate) struct Events {
    pub(crate) host: Rc<JsHost>,
    pub(crate) documents: Rc<Documents>,
}

#[derive(Serialize)]
struct ChangeFact<'a> {
    collection: &'a str,
    ids: &'a [RecordId],
    origin: ChangeOrigin,
    /// The numbers of the documents that JavaScript has to drop.
    freed: Vec<u32>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ConflictFact<'a> {
    #[serde(flatten)]
    conflict: &'a Conflict,
    resolved_as: ResolvedAs,
}

impl ports::Events for Events {
    fn emit(&self, event: Event) {
        match event {
            Event::Change { collection, ids, origin } => {
                let freed = self.documents.forget(&collection, &ids);
                let fact = ChangeFact { collection: collection.as_str(), ids: &ids, origin, freed };
                self.emit_json("change", &fact);
            }
            Event::Conflict(conflict, resolved_as) => {
                self.emit_json("conflict", &ConflictFact { conflict: &conflict, resolved_as });
            }
            Event::Error(error) => self.host.emit("error", &plain(&error)),
            Event::Parked(parked) => self.emit_json("parked", &parked),
            Event::Status(status) => self.host.emit("status", &plain(&status)),
            Event::Sync(report) => self.host.emit("sync", &plain(&report)),
        }
    }
}

impl Events {
    /// Large facts go as text: JavaScript parses it faster than objects can be built from here.
    fn emit_json<T: Serialize>(&self, kind: &str, fact: &T) {
        if let Ok(text) = json(fact) {
            self.host.emit(kind, &text.into());
        }
    }
}
