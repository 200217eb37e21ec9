//! What an edit changed, as a merge patch (RFC 7396), where that says it exactly. Applies none.

use serde_json::{Map, Value};

/// The patch that makes `doc` of `base`. `None` where none does: a merge patch cannot set a member to null, because null removes,
/// and it knows the members of objects only.
pub fn merge_patch_between(base: &Value, doc: &Value) -> Option<Value> {
    let (Value::Object(before), Value::Object(after)) = (base, doc) else { return None };
    let mut patch = Map::new();
    for name in before.keys().filter(|name| !after.contains_key(*name)) {
        patch.insert(name.clone(), Value::Null);
    }
    for (name, value) in after {
        let change = match before.get(name) {
            Some(known) if known == value => continue,
            Some(known @ Value::Object(_)) if value.is_object() => merge_patch_between(known, value)?,
            _ if can_be_set(value) => value.clone(),
            _ => return None,
        };
        patch.insert(name.clone(), change);
    }
    Some(Value::Object(patch))
}

/// Whether a patch with this value sets just this value. Arrays are set whole, with all nulls in them.
fn can_be_set(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Object(members) => members.values().all(can_be_set),
        Value::Array(_) | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use syncline_protocol::merge_patch;

    use super::*;

    #[test]
    fn a_patch_says_only_what_changed() {
        for (base, doc, patch) in [
            (json!({"a": 1, "b": 2}), json!({"a": 1, "b": 3}), json!({"b": 3})),
            (json!({"a": 1, "b": 2}), json!({"b": 2}), json!({"a": null})),
            (
                json!({"a": {"x": 1, "y": [1]}}),
                json!({"a": {"x": 1, "y": [null]}}),
                json!({"a": {"y": [null]}}),
            ),
            (json!({"a": null}), json!({"a": null, "b": {}}), json!({"b": {}})),
            (json!({}), json!({}), json!({})),
        ] {
            assert_eq!(merge_patch_between(&base, &doc), Some(patch));
        }
    }

    #[test]
    fn what_no_patch_can_say_is_not_said() {
        for (base, doc) in [
            (json!({"a": 1}), json!({"a": null})),
            (json!({"a": 1}), json!({"a": {"b": null}})),
            (json!({"a": {"b": 1}}), json!({"a": {"b": null}})),
            (json!({}), json!({"a": {"b": {"c": null}}})),
            (json!([1]), json!([2])),
            (json!({"a": 1}), json!("text")),
        ] {
            assert_eq!(merge_patch_between(&base, &doc), None, "{base} to {doc}");
        }
    }

    /// A value of some depth, from a number: few names and values, so that many are alike.
    fn value(seed: &mut u64, depth: u32) -> Value {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let chance = (*seed >> 33) % 12;
        match chance {
            0 => Value::Null,
            1..=3 => json!(chance),
            4 => json!("text"),
            5 => json!(true),
            6 if depth > 0 => (0..2).map(|_| value(seed, depth - 1)).collect(),
            _ if depth > 0 => {
                let members = ["a", "b", "c"].iter().take((chance % 4) as usize);
                Value::Object(members.map(|name| ((*name).to_owned(), value(seed, depth - 1))).collect())
            }
            _ => json!(0),
        }
    }

    #[test]
    fn every_patch_makes_exactly_the_document() {
        let (mut seed, mut made) = (1, 0);
        for _ in 0..20_000 {
            let (base, doc) = (value(&mut seed, 4), value(&mut seed, 4));
            let Some(patch) = merge_patch_between(&base, &doc) else { continue };
            let mut patched = base.clone();
            merge_patch(&mut patched, &patch);
            assert_eq!(patched, doc, "{base} with {patch}");
            made += 1;
        }
        assert!(made > 1_000, "{made} patches were made");
    }
}
