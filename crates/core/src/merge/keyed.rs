//! The three-way merge of arrays whose elements are objects with an `id`: by id, in an order that does not depend on who is
//! local. Merges no other arrays.
//!
//! The order is that of one side, the *leading* one: of the side that alone moved elements that all three know; otherwise of
//! the later edit. What only the other side has stands right behind the element that it stood behind there, or in front
//! where it stood in front.

use std::collections::BTreeMap;

use serde_json::Value;

use super::three_way;

/// The elements of an array by their ids, which are JSON texts: `1` and `"1"` are two.
pub(super) struct Keyed<'a> {
    /// In the order of the array.
    order: Vec<String>,
    elements: BTreeMap<String, &'a Value>,
}

impl<'a> Keyed<'a> {
    /// Reads an array by ids; `None` where it is none, or an element is no object with a text or a number of its own as `id`.
    pub(super) fn of(value: &'a Value) -> Option<Self> {
        let mut keyed = Self::nothing();
        for element in value.as_array()? {
            let id =
                element.as_object()?.get("id").filter(|id| id.is_string() || id.is_number())?.to_string();
            if keyed.elements.insert(id.clone(), element).is_some() {
                return None;
            }
            keyed.order.push(id);
        }
        Some(keyed)
    }

    /// An array of nothing, which is what two arrays without a common base are merged on.
    pub(super) fn nothing() -> Self {
        Self { order: Vec::new(), elements: BTreeMap::new() }
    }

    fn element(&self, id: &String) -> Option<&'a Value> {
        self.elements.get(id).copied()
    }

    /// Those of its ids that two other arrays have as well.
    fn known_to<'s>(&'s self, one: &'s Self, other: &'s Self) -> impl Iterator<Item = &'s String> {
        let is_known = |id: &&String| one.elements.contains_key(*id) && other.elements.contains_key(*id);
        self.order.iter().filter(is_known)
    }
}

/// Merges two arrays of elements with ids, each element by [`three_way`]: one that a side removed and the other edited goes
/// to the later edit.
pub(super) fn merge_keyed(
    base: &Keyed<'_>,
    local: &Keyed<'_>,
    incoming: &Keyed<'_>,
    is_local_later: bool,
) -> Value {
    let merge =
        |id: &String| three_way(base.element(id), local.element(id), incoming.element(id), is_local_later);
    let ids = local.order.iter().chain(&incoming.order);
    let mut merged: BTreeMap<&String, Value> = ids.filter_map(|id| Some((id, merge(id)?))).collect();
    let (leading, other) =
        if leads(base, local, incoming, is_local_later) { (local, incoming) } else { (incoming, local) };
    let mut behind = BTreeMap::<Option<&String>, Vec<&String>>::new();
    let mut left = None;
    for id in other.order.iter().filter(|id| merged.contains_key(id)) {
        if leading.elements.contains_key(id) {
            left = Some(id);
        } else {
            behind.entry(left).or_default().push(id);
        }
    }
    let places = std::iter::once(None).chain(leading.order.iter().map(Some));
    let order = places.flat_map(|id| id.into_iter().chain(behind.remove(&id).unwrap_or_default()));
    Value::Array(order.filter_map(|id| merged.remove(id)).collect())
}

/// Whether the merged array has the order of the local one.
fn leads(base: &Keyed<'_>, local: &Keyed<'_>, incoming: &Keyed<'_>, is_local_later: bool) -> bool {
    let has_moved_here = local.known_to(base, incoming).ne(base.known_to(local, incoming));
    let has_moved_there = incoming.known_to(base, local).ne(base.known_to(local, incoming));
    if has_moved_here == has_moved_there { is_local_later } else { has_moved_here }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Elements named by letters; a digit behind one is its content.
    fn list(text: &str) -> Value {
        text.split_whitespace().map(|word| json!({"id": word[..1], "v": word[1..]})).collect()
    }

    fn merged(base: &str, local: &str, incoming: &str, is_local_later: bool) -> String {
        let (base, local, incoming) = (list(base), list(local), list(incoming));
        let merged = three_way(Some(&base), Some(&local), Some(&incoming), is_local_later).unwrap();
        let word = |one: &Value| format!("{}{}", one["id"].as_str().unwrap(), one["v"].as_str().unwrap());
        merged.as_array().unwrap().iter().map(word).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn elements_are_merged_by_their_ids() {
        assert_eq!(merged("a b c", "a1 b c", "a b2 c", true), "a1 b2 c");
        assert_eq!(merged("a b", "a1 b", "a2 b", true), "a1 b");
        assert_eq!(merged("a b", "a1 b", "a2 b", false), "a2 b");
    }

    #[test]
    fn an_insertion_stands_behind_its_left_neighbour() {
        assert_eq!(merged("a b", "a x y b", "a b z", true), "a x y b z");
        assert_eq!(merged("a b", "x a b", "a z b", false), "x a z b");
        assert_eq!(merged("a b", "a x b", "a z b", true), "a z x b");
        assert_eq!(merged("", "x", "z", true), "z x");
    }

    #[test]
    fn the_side_that_alone_moved_elements_says_their_order() {
        assert_eq!(merged("a b c", "c a b", "a b2 c z", false), "c z a b2");
        assert_eq!(merged("a b c", "a b2 c z", "c a b", true), "c z a b2");
        assert_eq!(merged("a b c", "c a b", "b a c", true), "c a b");
    }

    #[test]
    fn an_element_removed_here_and_edited_there_goes_to_the_later_edit() {
        assert_eq!(merged("a b c", "a c", "a b2 c", false), "a b2 c");
        assert_eq!(merged("a b c", "a c", "a b2 c", true), "a c");
        assert_eq!(merged("a b c", "a c", "a b c", false), "a c");
    }

    #[test]
    fn arrays_without_ids_of_their_own_go_to_the_later_edit_as_a_whole() {
        let whole = |base: Value, local: Value, incoming: Value| {
            let of = |is_later| three_way(Some(&base), Some(&local), Some(&incoming), is_later).unwrap();
            assert_eq!((of(true), of(false)), (local.clone(), incoming.clone()));
        };
        whole(json!([1]), json!([1, 2]), json!([1, 3]));
        whole(json!([]), json!([{"id": 1}, {"id": 1}]), json!([{"id": 2}]));
        whole(json!([]), json!([{"id": 1}]), json!([{"n": 2}]));
        whole(json!([]), json!([{"id": null}]), json!([{"id": 1}]));
        let of_both = three_way(None, Some(&json!([{"id": 1}])), Some(&json!([{"id": "1"}])), true);
        assert_eq!(of_both.unwrap().as_array().unwrap().len(), 2);
    }
}
