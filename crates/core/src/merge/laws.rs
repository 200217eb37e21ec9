//! What holds of every three-way merge, asked of documents and edits made by chance. Names no rule of its own.

use std::collections::BTreeSet;

use proptest::{collection::vec, prelude::*, sample::Index};
use serde_json::{Map, Value, json};

use super::{keyed::Keyed, three_way};

/// A scalar; few, so that both sides often say the same.
fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::from), (0..4).prop_map(Value::from)]
}

fn object(inner: impl Strategy<Value = Value> + Clone + 'static) -> impl Strategy<Value = Value> + Clone {
    vec(("[abc]", inner), 0..4).prop_map(|fields| Value::Object(fields.into_iter().collect::<Map<_, _>>()))
}

/// An array of objects with ids of their own, in any order.
fn keyed(inner: impl Strategy<Value = Value> + Clone + 'static) -> impl Strategy<Value = Value> + Clone {
    vec((0..6, object(inner)), 0..6).prop_map(|elements| {
        let mut ids = BTreeSet::new();
        let is_new = |(id, _): &(i32, Value)| ids.insert(*id);
        let with_id = |(id, mut element): (i32, Value)| {
            element["id"] = id.into();
            element
        };
        elements.into_iter().filter(is_new).map(with_id).collect::<Vec<_>>().into()
    })
}

fn value() -> impl Strategy<Value = Value> + Clone {
    let leaf = prop_oneof![4 => scalar(), 1 => vec(scalar(), 0..3).prop_map(Value::from)].boxed();
    leaf.prop_recursive(3, 24, 6, |inner| prop_oneof![object(inner.clone()), keyed(inner)]).boxed()
}

fn document() -> impl Strategy<Value = Value> + Clone {
    object(value())
}

/// What an edit does to a value: chance walks down and sets, removes, adds or moves something.
fn edited(value: &Value, steps: &[(Index, Value)]) -> Value {
    let Some(((at, new), deeper)) = steps.split_first() else { return value.clone() };
    let mut value = value.clone();
    match &mut value {
        Value::Object(fields) if !fields.is_empty() => {
            let name = fields.keys().nth(at.index(fields.len())).unwrap().clone();
            if name == "id" {
                fields.insert("a".to_owned(), new.clone());
            } else if deeper.is_empty() && new.is_null() {
                fields.remove(&name);
            } else {
                let inner = edited(&fields[&name], deeper);
                fields.insert(name, if deeper.is_empty() { new.clone() } else { inner });
            }
        }
        Value::Array(elements) if !elements.is_empty() && elements[0].is_object() => {
            let at = at.index(elements.len());
            match new {
                Value::Null => drop(elements.remove(at)),
                Value::Bool(true) => elements.rotate_left(at),
                Value::Bool(false) => elements.insert(at, json!({"id": 10 + deeper.len()})),
                _ => elements[at] = edited(&elements[at], deeper),
            }
        }
        other => *other = new.clone(),
    }
    value
}

fn edits() -> impl Strategy<Value = Vec<Vec<(Index, Value)>>> {
    vec(vec((any::<Index>(), value()), 1..4), 0..4)
}

/// A base, two edits of it, and who is later; or three documents that have nothing to do with each other.
fn conflict() -> impl Strategy<Value = (Option<Value>, Option<Value>, Option<Value>, bool)> {
    let apply = |base: &Value, edits: Vec<Vec<(Index, Value)>>| {
        edits.iter().fold(base.clone(), |doc, steps| edited(&doc, steps))
    };
    let related =
        (document(), edits(), edits(), any::<bool>()).prop_map(move |(base, here, there, later)| {
            let (local, incoming) = (apply(&base, here), apply(&base, there));
            (Some(base), Some(local), Some(incoming), later)
        });
    let any_document = || proptest::option::weighted(0.8, document());
    prop_oneof![3 => related, 1 => (any_document(), any_document(), any_document(), any::<bool>())]
}

/// Says where a merge lost what one side alone had changed.
fn lost(
    base: Option<&Value>,
    local: Option<&Value>,
    incoming: Option<&Value>,
    merged: Option<&Value>,
) -> bool {
    if local == base || incoming == base {
        return merged != if local == base { incoming } else { local };
    }
    if let (Some(Value::Object(here)), Some(Value::Object(there))) = (local, incoming) {
        let fields = |value: Option<&Value>| value.and_then(Value::as_object).cloned().unwrap_or_default();
        let (base, merged) = (fields(base), fields(merged));
        let mut names = here.keys().chain(there.keys()).chain(base.keys());
        return names.any(|name| lost(base.get(name), here.get(name), there.get(name), merged.get(name)));
    }
    if local.and_then(Keyed::of).is_none() || incoming.and_then(Keyed::of).is_none() {
        return merged != local && merged != incoming;
    }
    let elements = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
    let (base, here, there, merged) = (elements(base), elements(local), elements(incoming), elements(merged));
    fn of<'a>(elements: &'a [Value], id: &Value) -> Option<&'a Value> {
        elements.iter().find(|element| element.get("id") == Some(id))
    }
    let mut ids = here.iter().chain(&there).chain(&base).filter_map(|element| element.get("id"));
    ids.any(|id| lost(of(&base, id), of(&here, id), of(&there, id), of(&merged, id)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_merge_is_the_same_from_either_side((base, local, incoming, later) in conflict()) {
        let here = three_way(base.as_ref(), local.as_ref(), incoming.as_ref(), later);
        let there = three_way(base.as_ref(), incoming.as_ref(), local.as_ref(), !later);
        prop_assert_eq!(here, there);
    }

    #[test]
    fn a_merge_of_what_is_merged_changes_nothing((base, local, incoming, later) in conflict()) {
        let merged = three_way(base.as_ref(), local.as_ref(), incoming.as_ref(), later);
        for side in [&local, &incoming] {
            for made_on in [&base, side] {
                let again = three_way(made_on.as_ref(), merged.as_ref(), side.as_ref(), true);
                prop_assert_eq!(&again, &merged, "on {:?} with {:?}", made_on, side);
            }
        }
    }

    #[test]
    fn nothing_is_lost_that_one_side_alone_has_changed((base, local, incoming, later) in conflict()) {
        let merged = three_way(base.as_ref(), local.as_ref(), incoming.as_ref(), later);
        prop_assert!(!lost(base.as_ref(), local.as_ref(), incoming.as_ref(), merged.as_ref()), "{:?}", merged);
    }
}
