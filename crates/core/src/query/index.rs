//! An index on one field: built at first use, kept current by commits, never stored. Answers no whole query.

use std::{
    collections::{BTreeSet, HashMap},
    ops::Bound,
};

use serde_json::Value;
use syncline_protocol::RecordId;

use super::{FieldPath, Test, order::SortKey};

/// The records of a collection by the value of one field. Records without that field are in none of its ranges.
#[derive(Clone, Debug, Default)]
pub struct Index {
    by_value: BTreeSet<(SortKey, RecordId)>,
    by_record: HashMap<RecordId, SortKey>,
}

impl Index {
    /// Takes in what a record looks like; `None`: it is gone.
    pub fn handle(&mut self, path: &FieldPath, record: &RecordId, doc: Option<&Value>) {
        if let Some(key) = self.by_record.remove(record) {
            self.by_value.remove(&(key, record.clone()));
        }
        if let Some(value) = doc.and_then(|doc| path.of(doc)) {
            let key = SortKey(value.clone());
            self.by_record.insert(record.clone(), key.clone());
            self.by_value.insert((key, record.clone()));
        }
    }

    /// The records of which a test holds, in the order of their ids; `None` where an index cannot tell.
    pub fn find(&self, test: &Test) -> Option<BTreeSet<RecordId>> {
        let equal = |value: &Value| self.range(Bound::Included(value), Bound::Included(value));
        let found: BTreeSet<RecordId> = match test {
            Test::Eq(value) => equal(value).collect(),
            Test::In(values) => values.iter().flat_map(equal).collect(),
            Test::Gt(value) => self.of_type(value, Bound::Excluded(value), Bound::Unbounded),
            Test::Gte(value) => self.of_type(value, Bound::Included(value), Bound::Unbounded),
            Test::Lt(value) => self.of_type(value, Bound::Unbounded, Bound::Excluded(value)),
            Test::Lte(value) => self.of_type(value, Bound::Unbounded, Bound::Included(value)),
            Test::StartsWith(start) => {
                let from = Value::String(start.clone());
                let begins =
                    |key: &SortKey| key.0.as_str().is_some_and(|text| text.starts_with(start.as_str()));
                let from_start = self.entries(Bound::Included(&from), Bound::Unbounded);
                from_start.take_while(|(key, _)| begins(key)).map(|(_, record)| record.clone()).collect()
            }
            Test::Ne(_) => return None,
        };
        Some(found)
    }

    fn of_type(&self, like: &Value, from: Bound<&Value>, to: Bound<&Value>) -> BTreeSet<RecordId> {
        let is_like = |key: &SortKey| std::mem::discriminant(&key.0) == std::mem::discriminant(like);
        self.entries(from, to).filter(|(key, _)| is_like(key)).map(|(_, record)| record.clone()).collect()
    }

    fn range(&self, from: Bound<&Value>, to: Bound<&Value>) -> impl Iterator<Item = RecordId> + use<'_> {
        self.entries(from, to).map(|(_, record)| record.clone())
    }

    /// The entries between two values. Equal values are parted by record ids, of which the empty one is the least and none
    /// is the greatest: so the upper end is looked at value by value.
    fn entries(
        &self,
        from: Bound<&Value>,
        to: Bound<&Value>,
    ) -> impl Iterator<Item = &(SortKey, RecordId)> + use<'_> {
        let least = |value: &Value| (SortKey(value.clone()), RecordId::trusted(""));
        let (start, skipped) = match from {
            Bound::Included(value) => (Bound::Included(least(value)), None),
            Bound::Excluded(value) => (Bound::Included(least(value)), Some(SortKey(value.clone()))),
            Bound::Unbounded => (Bound::Unbounded, None),
        };
        let (end, is_end_included) = match to {
            Bound::Included(value) => (Some(SortKey(value.clone())), true),
            Bound::Excluded(value) => (Some(SortKey(value.clone())), false),
            Bound::Unbounded => (None, true),
        };
        let is_within = move |key: &SortKey| {
            end.as_ref().is_none_or(|end| if is_end_included { key <= end } else { key < end })
        };
        self.by_value
            .range((start, Bound::Unbounded))
            .take_while(move |(key, _)| is_within(key))
            .skip_while(move |(key, _)| skipped.as_ref() == Some(key))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn index() -> Index {
        let mut index = Index::default();
        let docs = [
            ("a", json!({"n": 1})),
            ("b", json!({"n": 2})),
            ("c", json!({"n": 2.0})),
            ("d", json!({"n": "2"})),
            ("e", json!({})),
            ("f", json!({"n": null})),
        ];
        for (id, doc) in &docs {
            index.handle(&FieldPath::parse("n"), &RecordId::trusted(*id), Some(doc));
        }
        index
    }

    fn found(index: &Index, test: Test) -> String {
        index.find(&test).unwrap().iter().map(RecordId::as_str).collect()
    }

    #[test]
    fn an_index_finds_what_a_test_holds_of() {
        let index = index();
        assert_eq!(found(&index, Test::Eq(json!(2))), "bc");
        assert_eq!(found(&index, Test::Eq(json!(null))), "f");
        assert_eq!(found(&index, Test::Gt(json!(1))), "bc");
        assert_eq!(found(&index, Test::Gte(json!(1))), "abc");
        assert_eq!(found(&index, Test::Lt(json!(2))), "a");
        assert_eq!(found(&index, Test::Lte(json!(2))), "abc");
        assert_eq!(found(&index, Test::In(vec![json!("2"), json!(1)])), "ad");
        assert_eq!(found(&index, Test::StartsWith("2".into())), "d");
        assert!(index.find(&Test::Ne(json!(1))).is_none());
    }

    #[test]
    fn a_record_that_changed_is_found_where_it_is() {
        let mut index = index();
        let path = FieldPath::parse("n");
        index.handle(&path, &RecordId::trusted("b"), Some(&json!({"n": 1})));
        index.handle(&path, &RecordId::trusted("c"), None);
        assert_eq!(found(&index, Test::Eq(json!(1))), "ab");
        assert_eq!(found(&index, Test::Eq(json!(2))), "");
    }
}
