//! Queries over a collection: reading them, filtering, ordering. Holds no records and no indexes.

mod condition;
mod fields;
mod index;
mod live;
mod order;
mod path;
mod planner;
mod read;

use std::ops::Range;

use serde_json::Value;
use syncline_protocol::RecordId;

pub use condition::{Condition, Test};
pub use fields::{Fields, Picked};
pub use index::Index;
pub use live::LiveQuery;
pub use order::OrderBy;
pub use path::FieldPath;
pub use planner::choose_index;

use crate::model::Error;

/// What is asked of a collection.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// All must hold.
    pub conditions: Vec<Condition>,
    /// First to last; ties by id.
    pub order_by: Vec<OrderBy>,
    /// Records at most.
    pub limit: Option<usize>,
    /// Records passed over first.
    pub offset: usize,
}

impl Query {
    /// Reads a query as JavaScript says it; an error names what is wrong with which field.
    pub fn parse(query: &Value) -> Result<Self, Error> {
        read::query(query)
    }

    /// Whether answering needs to look into documents at all.
    pub fn is_by_id(&self) -> bool {
        self.conditions.is_empty() && self.order_by.is_empty()
    }

    /// Answers the query over some of a collection's records, in the order of their ids.
    pub fn select<R: HasText>(
        &self,
        records: impl Iterator<Item = (RecordId, R)>,
    ) -> Result<Vec<(RecordId, R)>, Error> {
        let window = self.window();
        if self.is_by_id() {
            return Ok(records.skip(window.start).take(window.len()).collect());
        }
        let sieve = self.sieve();
        let mut found = Vec::new();
        for (id, row) in records {
            if let Some(keys) = sieve.keys(row.text().unwrap_or("null"))? {
                found.push((keys, id, row));
            }
            if self.order_by.is_empty() && found.len() >= window.end {
                break;
            }
        }
        // The records came by id and the sort is stable: ties stay by id.
        found.sort_by(|one, other| order::compare_keys(&self.order_by, &one.0, &other.0));
        Ok(found.into_iter().skip(window.start).take(window.len()).map(|(_, id, row)| (id, row)).collect())
    }

    /// Whether a document meets every condition.
    pub fn holds(&self, doc: &Value) -> bool {
        self.conditions.iter().all(|condition| condition.holds(doc))
    }

    /// The query without one of its conditions, which something else has seen to.
    #[must_use]
    pub fn without(&self, place: usize) -> Self {
        let mut rest = self.clone();
        if place < rest.conditions.len() {
            rest.conditions.remove(place);
        }
        rest
    }

    pub(crate) fn window(&self) -> Range<usize> {
        self.offset..self.limit.map_or(usize::MAX, |limit| self.offset.saturating_add(limit))
    }

    /// What it takes to look for the query's documents among texts.
    fn sieve(&self) -> Sieve<'_> {
        let mut fields = Fields::default();
        let tests =
            self.conditions.iter().map(|condition| (fields.want(&condition.path), &condition.test)).collect();
        let sorted_by = self.order_by.iter().map(|order| fields.want(&order.path)).collect();
        Sieve { fields, tests, sorted_by }
    }

    fn keys(&self, doc: &Value) -> Vec<Option<Value>> {
        self.order_by.iter().map(|order| order.path.of(doc).cloned()).collect()
    }
}

/// A query's conditions and order, by the fields that have to be read for them.
struct Sieve<'q> {
    fields: Fields,
    tests: Vec<(usize, &'q Test)>,
    sorted_by: Vec<usize>,
}

impl Sieve<'_> {
    /// What a document is sorted by, if all conditions hold.
    fn keys(&self, text: &str) -> Result<Option<Picked>, Error> {
        let picked = self.fields.pick(text)?;
        let value = |place: usize| picked.get(place).and_then(Option::as_ref);
        let is_found = self.tests.iter().all(|(place, test)| test.holds(value(*place)));
        Ok(is_found.then(|| self.sorted_by.iter().map(|place| value(*place).cloned()).collect()))
    }
}

/// A record that can say its document's JSON text.
pub trait HasText {
    /// The text; `None` where it cannot be read.
    fn text(&self) -> Option<&str>;
}

impl HasText for &str {
    fn text(&self) -> Option<&str> {
        Some(self)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const DOCS: [(&str, &str); 4] = [
        ("a", r#"{"n":3,"tag":{"c":"x"},"t":"apple"}"#),
        ("b", r#"{"n":1,"tag":{"c":"y"},"t":"avocado"}"#),
        ("c", r#"{"n":"1","t":"banana"}"#),
        ("d", r#"{"n":1,"t":null}"#),
    ];

    fn ids(query: Value) -> String {
        let records = DOCS.iter().map(|(id, text)| (RecordId::trusted(*id), *text));
        let found = Query::parse(&query).unwrap().select(records).unwrap();
        found.iter().map(|(id, _)| id.as_str()).collect()
    }

    #[test]
    fn conditions_are_met_together_and_follow_dotted_paths() {
        assert_eq!(ids(json!({"where": {"n": 1}})), "bd");
        assert_eq!(ids(json!({"where": {"n": {"gte": 1, "lt": 3}}})), "bd");
        assert_eq!(ids(json!({"where": {"tag.c": {"in": ["x", "z"]}}})), "a");
        assert_eq!(ids(json!({"where": {"t": {"startsWith": "a"}, "n": {"ne": 3}}})), "b");
        assert_eq!(ids(json!({"where": {"t": null}})), "d");
    }

    #[test]
    fn records_are_ordered_by_several_fields_then_by_id() {
        assert_eq!(ids(json!({"orderBy": ["n", "-t"]})), "bdac");
        assert_eq!(ids(json!({"orderBy": "-n"})), "cabd");
        assert_eq!(ids(json!({"orderBy": "tag.c"})), "cdab", "a field that is not there comes first");
    }

    #[test]
    fn a_window_is_cut_out() {
        assert_eq!(ids(json!({"offset": 1, "limit": 2})), "bc");
        assert_eq!(ids(json!({"where": {"n": 1}, "offset": 1, "limit": 2})), "d");
        assert_eq!(ids(json!({"orderBy": "-t", "limit": 1})), "c");
    }

    #[test]
    fn what_is_not_understood_is_named() {
        for (query, name) in [
            (json!({"where": {"n": {"like": 1}}}), "where.n.like"),
            (json!({"where": {"n": {"in": 1}}}), "where.n.in"),
            (json!({"orderBy": 7}), "orderBy"),
            (json!({"limit": -1}), "limit"),
            (json!({"sort": "n"}), "sort"),
        ] {
            let error = Query::parse(&query).unwrap_err();
            assert!(error.message.starts_with(name), "{} should name {name}", error.message);
        }
    }
}
