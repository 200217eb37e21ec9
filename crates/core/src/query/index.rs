//! An index on one field: built at first use, kept current by commits, never stored. Answers no whole query.

use std::{
    collections::{BTreeMap, HashMap},
    ops::Bound,
};

use serde_json::Value;
use syncline_protocol::RecordId;

use super::{Test, order::SortKey};

/// The records of a collection by the value of one field. Records without that field are in none of its ranges.
#[derive(Clone, Debug, Default)]
pub struct Index {
    /// Each value's records in the order of their ids.
    by_value: BTreeMap<SortKey, Vec<RecordId>>,
    by_record: HashMap<RecordId, SortKey>,
}

impl Index {
    /// Takes in what a record has in the field; `None`: it has no such field, or is gone.
    pub fn handle(&mut self, record: &RecordId, value: Option<Value>) {
        if let Some(key) = self.by_record.remove(record) {
            self.remove(&key, record);
        }
        if let Some(value) = value {
            let key = SortKey(value);
            let records = self.by_value.entry(key.clone()).or_default();
            // Building goes by id: mostly the new one is the last.
            if records.last().is_none_or(|last| last < record) {
                records.push(record.clone());
            } else if let Err(place) = records.binary_search(record) {
                records.insert(place, record.clone());
            }
            self.by_record.insert(record.clone(), key);
        }
    }

    /// The records of which a test holds, in the order of their ids; `None` where an index cannot tell.
    pub fn find(&self, test: &Test) -> Option<Vec<RecordId>> {
        let from = |value: &Value| Bound::Included(SortKey(value.clone()));
        let all = Bound::Unbounded;
        let found: Vec<&Vec<RecordId>> = match test {
            Test::Ne(_) => return None,
            Test::Eq(value) => self.by_value.get(&SortKey(value.clone())).into_iter().collect(),
            Test::In(values) => {
                let mut keys: Vec<SortKey> = values.iter().cloned().map(SortKey).collect();
                keys.sort();
                keys.dedup();
                keys.iter().filter_map(|key| self.by_value.get(key)).collect()
            }
            Test::Gt(value) | Test::Gte(value) => self.that_hold(test, from(value), all),
            Test::Lt(value) | Test::Lte(value) => self.that_hold(test, all, from(value)),
            Test::StartsWith(start) => {
                let begins =
                    |key: &SortKey| key.0.as_str().is_some_and(|text| text.starts_with(start.as_str()));
                let values = self.by_value.range((from(&Value::String(start.clone())), all));
                values.take_while(|(key, _)| begins(key)).map(|(_, records)| records).collect()
            }
        };
        if let [records] = found.as_slice() {
            return Some((*records).clone());
        }
        let mut records: Vec<RecordId> = found.into_iter().flatten().cloned().collect();
        records.sort();
        Some(records)
    }

    fn that_hold(&self, test: &Test, from: Bound<SortKey>, to: Bound<SortKey>) -> Vec<&Vec<RecordId>> {
        let values = self.by_value.range((from, to));
        values.filter(|(key, _)| test.holds(Some(&key.0))).map(|(_, records)| records).collect()
    }

    fn remove(&mut self, key: &SortKey, record: &RecordId) {
        let Some(records) = self.by_value.get_mut(key) else { return };
        if let Ok(place) = records.binary_search(record) {
            records.remove(place);
        }
        if records.is_empty() {
            self.by_value.remove(key);
        }
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
            index.handle(&RecordId::trusted(*id), doc.get("n").cloned());
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
        index.handle(&RecordId::trusted("b"), Some(json!(1)));
        index.handle(&RecordId::trusted("c"), None);
        assert_eq!(found(&index, Test::Eq(json!(1))), "ab");
        assert_eq!(found(&index, Test::Eq(json!(2))), "");
    }
}
