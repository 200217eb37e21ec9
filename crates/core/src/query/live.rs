//! A query that keeps its answer current: recomputes only what one changed record can have touched. Tells nobody.

use std::{cmp::Ordering, collections::HashMap};

use serde_json::Value;
use syncline_protocol::RecordId;

use super::{Query, order};
use crate::model::{Error, Patch};

type Keys = Vec<Option<Value>>;

/// A query and the records it finds, in order.
#[derive(Clone, Debug)]
pub struct LiveQuery {
    query: Query,
    /// All that are found, also beyond the window.
    found: Vec<(Keys, RecordId)>,
    /// What each is sorted by, where that is not its id alone.
    keys: HashMap<RecordId, Keys>,
}

impl LiveQuery {
    /// Begins with a collection's documents, by their texts, in any order. Fails where one is no JSON.
    pub fn new<'d>(
        query: Query,
        records: impl Iterator<Item = (&'d RecordId, &'d str)>,
    ) -> Result<Self, Error> {
        let sieve = query.sieve();
        let mut found: Vec<(Keys, RecordId)> = Vec::new();
        for (record, text) in records {
            found.extend(sieve.keys(text)?.map(|keys| (keys, record.clone())));
        }
        found.sort_by(|one, other| compare(&query, one, other));
        let keys = if query.order_by.is_empty() {
            HashMap::new()
        } else {
            found.iter().map(|(keys, record)| (record.clone(), keys.clone())).collect()
        };
        Ok(Self { query, found, keys })
    }

    /// The records of the answer, in order.
    pub fn answer(&self) -> impl Iterator<Item = &RecordId> {
        let window = self.query.window();
        self.found.iter().skip(window.start).take(window.len()).map(|(_, record)| record)
    }

    /// Takes in what a record looks like; `None`: it is gone. Gives what that did to the answer, if anything.
    pub fn handle(&mut self, record: &RecordId, doc: Option<&Value>) -> Option<Patch> {
        let from = self.place_of(record);
        if let Some(place) = from {
            self.found.remove(place);
            self.keys.remove(record);
        }
        let is_found = doc.filter(|doc| self.query.holds(doc));
        let to = is_found.map(|doc| self.insert(record, doc));
        if from.is_none() && to.is_none() {
            return None;
        }
        let window = self.query.window();
        if window.start == 0 && window.end == usize::MAX {
            return Some(Patch::Moved { from, to });
        }
        let first = [from, to].into_iter().flatten().min();
        first.filter(|first| *first < window.end).map(|_| Patch::Window)
    }

    fn place_of(&self, record: &RecordId) -> Option<usize> {
        let keys = if self.query.order_by.is_empty() { Keys::new() } else { self.keys.get(record)?.clone() };
        let sought = (keys, record.clone());
        self.found.binary_search_by(|known| compare(&self.query, known, &sought)).ok()
    }

    fn insert(&mut self, record: &RecordId, doc: &Value) -> usize {
        let entry = (self.query.keys(doc), record.clone());
        let place = self.found.partition_point(|known| compare(&self.query, known, &entry).is_lt());
        if !self.query.order_by.is_empty() {
            self.keys.insert(record.clone(), entry.0.clone());
        }
        self.found.insert(place, entry);
        place
    }
}

fn compare(query: &Query, one: &(Keys, RecordId), other: &(Keys, RecordId)) -> Ordering {
    order::compare_keys(&query.order_by, &one.0, &other.0).then_with(|| one.1.cmp(&other.1))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn live(query: Value, docs: &[(&str, Value)]) -> LiveQuery {
        let docs: Vec<_> = docs.iter().map(|(id, doc)| (RecordId::trusted(*id), doc.to_string())).collect();
        let records = docs.iter().map(|(id, text)| (id, text.as_str()));
        LiveQuery::new(Query::parse(&query).unwrap(), records).unwrap()
    }

    fn ids(live: &LiveQuery) -> String {
        live.answer().map(RecordId::as_str).collect()
    }

    #[test]
    fn a_record_enters_moves_and_leaves() {
        let docs = [("a", json!({"n": 1})), ("b", json!({"n": 2})), ("c", json!({"n": 9}))];
        let mut live = live(json!({"where": {"n": {"lt": 5}}, "orderBy": "-n"}), &docs);
        assert_eq!(ids(&live), "ba");
        let c = RecordId::trusted("c");
        assert_eq!(live.handle(&c, Some(&json!({"n": 1}))), Some(Patch::Moved { from: None, to: Some(2) }));
        assert_eq!(
            live.handle(&c, Some(&json!({"n": 3}))),
            Some(Patch::Moved { from: Some(2), to: Some(0) })
        );
        assert_eq!(ids(&live), "cba");
        assert_eq!(live.handle(&c, Some(&json!({"n": 7}))), Some(Patch::Moved { from: Some(0), to: None }));
        assert_eq!(live.handle(&c, None), None, "what was not in the answer does not touch it");
    }

    #[test]
    fn a_change_beyond_the_window_is_none() {
        let docs = [("a", json!({})), ("b", json!({})), ("c", json!({}))];
        let mut live = live(json!({"limit": 2}), &docs);
        assert_eq!(live.handle(&RecordId::trusted("d"), Some(&json!({}))), None);
        assert_eq!(live.handle(&RecordId::trusted("a"), None), Some(Patch::Window));
        assert_eq!(ids(&live), "bc");
    }
}
