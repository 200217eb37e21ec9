//! What must become of an edit that meets another one: the strategies written a second time, for flat documents, from the
//! public API's words. Shares no code with the engine.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use syncline_core::model::ConflictStrategy;
use syncline_protocol::{DeviceId, Millis};

/// One side of a meeting.
#[derive(Clone, Debug)]
pub(crate) struct Side {
    pub(crate) doc: Option<Value>,
    pub(crate) edited_at: Millis,
    pub(crate) device: Option<DeviceId>,
}

/// What the queue must hold after it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outcome {
    /// Nothing: both say the same, or the incoming record won.
    Nothing,
    /// This, edited then.
    Sent(Option<Value>, Millis),
}

/// How a meeting ends. `common` is what the local edit was made on.
pub(crate) fn meet(
    strategy: ConflictStrategy,
    common: Option<&Value>,
    local: &Side,
    incoming: &Side,
) -> Outcome {
    if local.doc == incoming.doc {
        return Outcome::Nothing;
    }
    let is_local_later = (local.edited_at, &local.device) > (incoming.edited_at, &incoming.device);
    let merged = match strategy {
        ConflictStrategy::ClientWins => local.doc.clone(),
        ConflictStrategy::ServerWins => incoming.doc.clone(),
        ConflictStrategy::LastWriteWins => later(is_local_later, local, incoming),
        ConflictStrategy::Merge => match (common, &local.doc, &incoming.doc) {
            (common, local_doc, incoming_doc) if common == local_doc.as_ref() => incoming_doc.clone(),
            (common, local_doc, incoming_doc) if common == incoming_doc.as_ref() => local_doc.clone(),
            (common, Some(Value::Object(mine)), Some(Value::Object(theirs))) => {
                let nothing = Map::new();
                let common = common.and_then(Value::as_object).unwrap_or(&nothing);
                Some(Value::Object(fields(common, mine, theirs, is_local_later)))
            }
            _ => later(is_local_later, local, incoming),
        },
    };
    if merged == incoming.doc {
        Outcome::Nothing
    } else if merged == local.doc {
        Outcome::Sent(merged, local.edited_at)
    } else {
        Outcome::Sent(merged, local.edited_at.max(incoming.edited_at))
    }
}

fn later(is_local_later: bool, local: &Side, incoming: &Side) -> Option<Value> {
    if is_local_later { local.doc.clone() } else { incoming.doc.clone() }
}

fn fields(
    common: &Map<String, Value>,
    mine: &Map<String, Value>,
    theirs: &Map<String, Value>,
    is_local_later: bool,
) -> Map<String, Value> {
    let names: BTreeSet<&String> = mine.keys().chain(theirs.keys()).collect();
    let merged = names.into_iter().filter_map(|name| {
        let (was, here, there) = (common.get(name), mine.get(name), theirs.get(name));
        let takes_mine = if here == was {
            false
        } else if there == was {
            true
        } else {
            is_local_later
        };
        let value = if takes_mine { here } else { there };
        value.map(|value| (name.clone(), value.clone()))
    });
    merged.collect()
}
