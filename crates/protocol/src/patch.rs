//! JSON merge patch, the meaning of a change with `op: "patch"` (RFC 7396, section 2). Makes no patches.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, Visitor},
};
use serde_json::{Map, Value, value::RawValue};

/// Applies a merge patch: members of the patch replace, `null` removes, objects are followed into.
pub fn merge_patch(target: &mut Value, patch: &Value) {
    let Value::Object(changes) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(members) = target else { return };
    for (name, change) in changes {
        if change.is_null() {
            members.shift_remove(name);
        } else {
            merge_patch(members.entry(name).or_insert(Value::Null), change);
        }
    }
}

/// An object's members as they stand in its text.
struct Members<'a>(Vec<(Cow<'a, str>, Member<'a>)>);

enum Member<'a> {
    Kept(&'a RawValue),
    Set(Value),
}

/// Applies a merge patch to the text of an object. Members that the patch does not name stay as they are, byte for byte, and are
/// not read.
///
/// # Errors
/// What is wrong with the text, where it is no object.
pub fn patch_text(text: &str, patch: &Map<String, Value>) -> Result<String, serde_json::Error> {
    let Members(mut members) = serde_json::from_str(text)?;
    for (name, change) in patch {
        if change.is_null() {
            members.retain(|(known, _)| known != name);
            continue;
        }
        // Of members of the same name the last one counts.
        let known = members.iter_mut().rev().find(|(known, _)| known == name);
        let mut value = match &known {
            Some((_, Member::Kept(text))) if change.is_object() => serde_json::from_str(text.get())?,
            _ => Value::Null,
        };
        merge_patch(&mut value, change);
        match known {
            Some((_, member)) => *member = Member::Set(value),
            None => members.push((Cow::Borrowed(name), Member::Set(value))),
        }
    }
    let mut patched = Vec::with_capacity(text.len().saturating_add(64));
    patched.push(b'{');
    for (place, (name, member)) in members.iter().enumerate() {
        if place > 0 {
            patched.push(b',');
        }
        serde_json::to_writer(&mut patched, name)?;
        patched.push(b':');
        match member {
            Member::Kept(text) => patched.extend_from_slice(text.get().as_bytes()),
            Member::Set(value) => serde_json::to_writer(&mut patched, value)?,
        }
    }
    patched.push(b'}');
    String::from_utf8(patched).map_err(serde_json::Error::custom)
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(Name(name)) = map.next_key()? {
            members.push((name, Member::Kept(map.next_value()?)));
        }
        Ok(Members(members))
    }
}

/// A name that is copied only where it has escapes.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_examples_of_the_rfc_hold() {
        // RFC 7396, appendix A.
        for (target, patch, result) in [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "b"}), json!({"b": "c"}), json!({"a": "b", "b": "c"})),
            (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"})),
            (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": {"b": "c"}}), json!({"a": {"b": "d", "c": null}}), json!({"a": {"b": "d"}})),
            (json!({"a": [{"b": "c"}]}), json!({"a": [1]}), json!({"a": [1]})),
            (json!(["a", "b"]), json!(["c", "d"]), json!(["c", "d"])),
            (json!({"a": "b"}), json!(["c"]), json!(["c"])),
            (json!({"e": null}), json!({"a": 1}), json!({"e": null, "a": 1})),
            (json!([1, 2]), json!({"a": "b", "c": null}), json!({"a": "b"})),
            (json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
        ] {
            if let (Value::Object(_), Value::Object(changes)) = (&target, &patch) {
                let text = patch_text(&target.to_string(), changes).unwrap();
                assert_eq!(text, result.to_string(), "as text");
            }
            let mut merged = target;
            merge_patch(&mut merged, &patch);
            assert_eq!(merged, result);
        }
    }

    #[test]
    fn what_a_patch_does_not_name_stays_byte_for_byte() {
        let text = r#" { "a\u0062" : 1.50 , "n": 1,"o":{ "x" : 1 } , "n":2} "#;
        let patch = |value: Value| patch_text(text, value.as_object().unwrap()).unwrap();
        assert_eq!(patch(json!({"new": 1})), r#"{"ab":1.50,"n":1,"o":{ "x" : 1 },"n":2,"new":1}"#);
        assert_eq!(patch(json!({"o": {"y": 2}, "ab": null, "n": null})), r#"{"o":{"x":1,"y":2}}"#);
        assert_eq!(
            patch(json!({"n": 3})),
            r#"{"ab":1.50,"n":1,"o":{ "x" : 1 },"n":3}"#,
            "the last one counts"
        );
        assert!(patch_text("[1]", &Map::new()).is_err());
    }
}
