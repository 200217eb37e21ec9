//! The three-way merge of JSON documents by field. Does not choose a strategy.

use serde_json::{Map, Value};

/// Merges two edits of a common base, field by field, following objects that are on both sides.
///
/// A field changed on one side only takes that side. A field changed on both goes to the later edit. A document that one
/// side deleted and the other edited goes to the later edit as a whole. `None` is a deleted, or not yet made, document.
/// The rule is the classic three-way merge (Mens, "A state-of-the-art survey on software merging", 2002) on maps.
pub fn three_way(
    base: Option<&Value>,
    local: Option<&Value>,
    incoming: Option<&Value>,
    is_local_later: bool,
) -> Option<Value> {
    if local == incoming || base == incoming {
        return local.cloned();
    }
    if base == local {
        return incoming.cloned();
    }
    match (local, incoming) {
        (Some(Value::Object(local)), Some(Value::Object(incoming))) => {
            let nothing = Map::new();
            let base = base.and_then(Value::as_object).unwrap_or(&nothing);
            Some(Value::Object(merge_fields(base, local, incoming, is_local_later)))
        }
        _ => {
            if is_local_later {
                local.cloned()
            } else {
                incoming.cloned()
            }
        }
    }
}

fn merge_fields(
    base: &Map<String, Value>,
    local: &Map<String, Value>,
    incoming: &Map<String, Value>,
    is_local_later: bool,
) -> Map<String, Value> {
    let added_here = local.keys().filter(|name| !incoming.contains_key(*name));
    incoming
        .keys()
        .chain(added_here)
        .filter_map(|name| {
            let merged = three_way(base.get(name), local.get(name), incoming.get(name), is_local_later)?;
            Some((name.clone(), merged))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn merged(base: Value, local: Value, incoming: Value, is_local_later: bool) -> Option<Value> {
        three_way(Some(&base), Some(&local), Some(&incoming), is_local_later)
    }

    #[test]
    fn edits_of_different_fields_are_both_kept() {
        let result = merged(json!({"a": 1, "b": 1}), json!({"a": 2, "b": 1}), json!({"a": 1, "b": 3}), false);
        assert_eq!(result, Some(json!({"a": 2, "b": 3})));
    }

    #[test]
    fn a_field_edited_on_both_sides_goes_to_the_later_edit() {
        let of = |later| merged(json!({"a": 1}), json!({"a": 2}), json!({"a": 3}), later);
        assert_eq!(of(true), Some(json!({"a": 2})));
        assert_eq!(of(false), Some(json!({"a": 3})));
    }

    #[test]
    fn nested_objects_are_merged_and_removed_fields_stay_removed() {
        let result = merged(
            json!({"o": {"x": 1, "y": 1}, "gone": 1}),
            json!({"o": {"x": 2, "y": 1}, "gone": 1, "new": 1}),
            json!({"o": {"x": 1, "y": 2}}),
            true,
        );
        assert_eq!(result, Some(json!({"o": {"x": 2, "y": 2}, "new": 1})));
    }

    #[test]
    fn two_creations_are_merged_on_nothing() {
        let result = three_way(None, Some(&json!({"a": 1})), Some(&json!({"b": 2})), true);
        assert_eq!(result, Some(json!({"b": 2, "a": 1})));
    }

    #[test]
    fn a_deletion_against_an_edit_goes_to_the_later() {
        let (base, local) = (json!({"a": 1}), json!({"a": 2}));
        assert_eq!(three_way(Some(&base), Some(&local), None, true), Some(local.clone()));
        assert_eq!(three_way(Some(&base), Some(&local), None, false), None);
        assert_eq!(three_way(Some(&base), Some(&base), None, true), None);
    }
}
