//! The three-way merge of JSON documents by field. Does not choose a strategy.

use serde_json::{Map, Value};

use super::keyed::{Keyed, merge_keyed};

/// Merges two edits of a common base, field by field, following objects, and arrays of objects with an `id`, that are on both
/// sides.
///
/// A field or element changed on one side only takes that side. What was changed on both goes to the later edit, and so does
/// what one side removed and the other edited, be it a field, an element or the document. Other arrays are one value. `None`
/// is a deleted, or not yet made, document. The rule is the classic three-way merge (Mens, "A state-of-the-art survey on
/// software merging", 2002) on maps. Swapping the sides together with who is later gives the same.
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
    if let (Some(Value::Object(local)), Some(Value::Object(incoming))) = (local, incoming) {
        let nothing = Map::new();
        let base = base.and_then(Value::as_object).unwrap_or(&nothing);
        return Some(Value::Object(merge_fields(base, local, incoming, is_local_later)));
    }
    if let (Some(local), Some(incoming)) = (local.and_then(Keyed::of), incoming.and_then(Keyed::of)) {
        let base = base.and_then(Keyed::of).unwrap_or_else(Keyed::nothing);
        return Some(merge_keyed(&base, &local, &incoming, is_local_later));
    }
    if is_local_later { local.cloned() } else { incoming.cloned() }
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
