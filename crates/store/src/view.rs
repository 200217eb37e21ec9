//! How rows are looked at, as of one moment, and how they are named beforehand.
//! Does not load them.

use std::collections::BTreeMap;
use std::ops::Bound;

use crate::{Key, Value};

/// Names rows that are going to be looked at, so that they are loaded together.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Read {
    /// One row.
    Key(Key),
    /// All rows from `start` (included) to `end` (not included; `None` is the end of the map).
    Range {
        /// The first key.
        start: Key,
        /// The key behind the last one.
        end: Option<Key>,
    },
}

impl Read {
    /// Names all rows whose key begins with `prefix`.
    pub fn prefix(prefix: &[u8]) -> Self {
        let end = prefix.iter().rposition(|byte| *byte < u8::MAX).map(|last| {
            let mut end: Vec<u8> = prefix.iter().take(last + 1).copied().collect();
            if let Some(byte) = end.last_mut() {
                *byte += 1;
            }
            Key::new(end)
        });
        Self::Range { start: Key::new(prefix), end }
    }
}

/// Rows as of one moment.
///
/// # Contract
/// Within one call of the function that was given the view, the same question has the same answer.
/// While rows are still being loaded a view may lack some; what was made of such a view is thrown away and asked for again.
pub trait View {
    /// Returns the row at a key.
    fn row(&self, key: &Key) -> Option<Value>;

    /// Returns the rows from `start` (included) to `end` (not included; `None` is the end of the map), ascending.
    fn range(&self, start: &Key, end: Option<&Key>) -> Box<dyn Iterator<Item = (Key, Value)> + '_>;
}

impl View for BTreeMap<Key, Value> {
    fn row(&self, key: &Key) -> Option<Value> {
        self.get(key).cloned()
    }

    fn range(&self, start: &Key, end: Option<&Key>) -> Box<dyn Iterator<Item = (Key, Value)> + '_> {
        Box::new(rows_between(self, start, end).map(|(key, value)| (key.clone(), value.clone())))
    }
}

/// Walks the half-open range of a map; a range that ends before it starts is empty.
pub(crate) fn rows_between<'a, V>(
    map: &'a BTreeMap<Key, V>,
    start: &Key,
    end: Option<&Key>,
) -> impl Iterator<Item = (&'a Key, &'a V)> + use<'a, V> {
    let is_empty = end.is_some_and(|end| end <= start);
    let end = end.map_or(Bound::Unbounded, Bound::Excluded);
    (!is_empty).then(|| BTreeMap::range(map, (Bound::Included(start), end))).into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefix_end(prefix: &[u8]) -> Option<Key> {
        match Read::prefix(prefix) {
            Read::Range { end, .. } => end,
            Read::Key(key) => panic!("{key:?}"),
        }
    }

    #[test]
    fn prefix_ends_before_the_next_prefix() {
        assert_eq!(prefix_end(b"ab"), Some(Key::new("ac")));
        assert_eq!(prefix_end(&[1, 255, 255]), Some(Key::new([2])));
        assert_eq!(prefix_end(&[255]), None);
        assert_eq!(prefix_end(b""), None);
    }

    #[test]
    fn map_is_a_view_and_an_inverted_range_is_empty() {
        let map: BTreeMap<Key, Value> =
            ["a", "b", "c"].into_iter().map(|key| (Key::new(key), Value::from(vec![1]))).collect();
        let view: &dyn View = &map;
        let keys = |start: &str, end: Option<&str>| {
            let end = end.map(Key::new);
            view.range(&Key::new(start), end.as_ref()).map(|(key, _)| key).collect::<Vec<_>>()
        };
        assert_eq!(keys("a", Some("c")), [Key::new("a"), Key::new("b")]);
        assert_eq!(keys("b", None), [Key::new("b"), Key::new("c")]);
        assert_eq!(keys("c", Some("a")), []);
        assert_eq!(keys("b", Some("b")), []);
    }
}
