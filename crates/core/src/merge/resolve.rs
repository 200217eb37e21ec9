//! Chooses between a local edit and an incoming record by the collection's strategy. Writes nothing.

use serde_json::Value;
use syncline_protocol::{DeviceId, Millis};

use super::three_way;
use crate::{
    model::ConflictStrategy,
    planted::{self, Bug},
};

/// One side of a conflict.
#[derive(Clone, Debug)]
pub struct Side<'a> {
    /// The document; `None`: deleted.
    pub doc: Option<&'a Value>,
    /// When it was edited, corrected for clock skew.
    pub edited_at: Millis,
    /// Who edited it, where that is known.
    pub device: Option<&'a DeviceId>,
}

impl Side<'_> {
    /// Whether this edit counts as the later one: by time, then by device id, and where neither tells, not.
    fn is_later_than(&self, other: &Self) -> bool {
        (self.edited_at, self.device) > (other.edited_at, other.device)
    }
}

/// What becomes of a conflict.
#[derive(Clone, Debug, PartialEq)]
pub enum Resolution {
    /// Somebody has to choose.
    Ask,
    /// The local edit goes out again, on the incoming version.
    KeepLocal,
    /// This goes out, on the incoming version.
    Merge(Option<Value>),
    /// The local edit is dropped.
    TakeIncoming,
}

/// Resolves a conflict on its common base. Where both sides say the same there is nothing to send, and nobody is asked where
/// one side left everything as it was.
pub fn resolve(
    strategy: ConflictStrategy,
    base: Option<&Value>,
    local: &Side<'_>,
    incoming: &Side<'_>,
) -> Resolution {
    if local.doc == incoming.doc {
        return Resolution::TakeIncoming;
    }
    let is_local_later = local.is_later_than(incoming) != planted::is(Bug::WrongSideWins);
    match strategy {
        ConflictStrategy::ClientWins => Resolution::KeepLocal,
        ConflictStrategy::Function | ConflictStrategy::Manual if base == local.doc => {
            Resolution::TakeIncoming
        }
        ConflictStrategy::Function | ConflictStrategy::Manual if base == incoming.doc => {
            Resolution::KeepLocal
        }
        ConflictStrategy::Function | ConflictStrategy::Manual => Resolution::Ask,
        ConflictStrategy::ServerWins => Resolution::TakeIncoming,
        ConflictStrategy::LastWriteWins => {
            if is_local_later {
                Resolution::KeepLocal
            } else {
                Resolution::TakeIncoming
            }
        }
        ConflictStrategy::Merge => {
            let merged = three_way(base, local.doc, incoming.doc, is_local_later);
            if merged.as_ref() == incoming.doc {
                Resolution::TakeIncoming
            } else if merged.as_ref() == local.doc {
                Resolution::KeepLocal
            } else {
                Resolution::Merge(merged)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn side<'a>(doc: Option<&'a Value>, at: i64, device: Option<&'a DeviceId>) -> Side<'a> {
        Side { doc, edited_at: Millis(at), device }
    }

    #[test]
    fn the_later_edit_wins_and_ties_go_by_device_id() {
        let (a, b) = (json!({"v": 1}), json!({"v": 2}));
        let (first, second) = (DeviceId::trusted("a"), DeviceId::trusted("b"));
        let of = |at, mine, theirs| {
            resolve(
                ConflictStrategy::LastWriteWins,
                None,
                &side(Some(&a), at, mine),
                &side(Some(&b), 5, theirs),
            )
        };
        assert_eq!(of(6, Some(&first), Some(&second)), Resolution::KeepLocal);
        assert_eq!(of(4, Some(&second), Some(&first)), Resolution::TakeIncoming);
        assert_eq!(of(5, Some(&second), Some(&first)), Resolution::KeepLocal);
        assert_eq!(of(5, Some(&first), Some(&second)), Resolution::TakeIncoming);
    }

    #[test]
    fn equal_documents_are_no_conflict() {
        let a = json!({"v": 1});
        let sides = (side(Some(&a), 9, None), side(Some(&a), 1, None));
        assert_eq!(resolve(ConflictStrategy::ClientWins, None, &sides.0, &sides.1), Resolution::TakeIncoming);
    }

    #[test]
    fn somebody_is_asked_only_where_both_sides_changed_something() {
        let docs = [json!({"v": 1}), json!({"v": 2}), json!({"v": 3})];
        let of = |base: usize, local: usize, incoming: usize| {
            let sides = (side(docs.get(local), 1, None), side(docs.get(incoming), 2, None));
            resolve(ConflictStrategy::Manual, docs.get(base), &sides.0, &sides.1)
        };
        assert_eq!(of(0, 1, 2), Resolution::Ask);
        assert_eq!(of(9, 1, 2), Resolution::Ask, "both made the record");
        assert_eq!(of(0, 9, 2), Resolution::Ask, "deleted here");
        assert_eq!(of(0, 1, 9), Resolution::Ask, "deleted there");
        assert_eq!((of(0, 0, 2), of(0, 1, 0)), (Resolution::TakeIncoming, Resolution::KeepLocal));
        assert_eq!(of(0, 2, 2), Resolution::TakeIncoming);
    }

    #[test]
    fn a_merge_that_adds_nothing_sends_nothing() {
        let (base, incoming) = (json!({"a": 1}), json!({"a": 1, "b": 2}));
        let result = resolve(
            ConflictStrategy::Merge,
            Some(&base),
            &side(Some(&base), 9, None),
            &side(Some(&incoming), 1, None),
        );
        assert_eq!(result, Resolution::TakeIncoming);
    }
}
