//! What must become of an edit that meets another one: the strategies written a second time, from the public API's words.
//! Shares no code with the engine; merges nothing itself.

use serde_json::Value;
use syncline_core::model::ConflictStrategy;
use syncline_protocol::{DeviceId, Millis};

use super::merging::merged;

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
    /// The local edit, not sent: somebody has to choose.
    Asked,
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
    let outcome = match strategy {
        ConflictStrategy::Function | ConflictStrategy::Manual => {
            let (is_edited_here, is_edited_there) =
                (common != local.doc.as_ref(), common != incoming.doc.as_ref());
            if is_edited_here && is_edited_there {
                return Outcome::Asked;
            }
            if is_edited_here { local.doc.clone() } else { incoming.doc.clone() }
        }
        ConflictStrategy::ClientWins => local.doc.clone(),
        ConflictStrategy::ServerWins => incoming.doc.clone(),
        ConflictStrategy::LastWriteWins => later(is_local_later, local, incoming),
        ConflictStrategy::Merge => merged(common, local.doc.as_ref(), incoming.doc.as_ref(), is_local_later),
    };
    if outcome == incoming.doc {
        Outcome::Nothing
    } else {
        // What goes out again was made on both.
        Outcome::Sent(outcome, local.edited_at.max(incoming.edited_at.plus(1)))
    }
}

fn later(is_local_later: bool, local: &Side, incoming: &Side) -> Option<Value> {
    if is_local_later { local.doc.clone() } else { incoming.doc.clone() }
}
