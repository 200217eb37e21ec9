//! Chooses which index answers a query. Holds none and reads nothing.

use super::{FieldPath, Query, Test};

/// The place of the condition that an index should answer, of those on indexed fields: equality before lists before ranges,
/// the earlier one among equals. `None`: every record is looked at.
pub fn choose_index(query: &Query, indexed: &[FieldPath]) -> Option<usize> {
    let rank = |test: &Test| match test {
        Test::Eq(_) => Some(0),
        Test::In(_) => Some(1),
        Test::StartsWith(_) => Some(2),
        Test::Gt(_) | Test::Gte(_) | Test::Lt(_) | Test::Lte(_) => Some(3),
        Test::Ne(_) => None,
    };
    let usable =
        query.conditions.iter().enumerate().filter(|(_, condition)| indexed.contains(&condition.path));
    let ranked = usable.filter_map(|(place, condition)| Some((rank(&condition.test)?, place)));
    ranked.min().map(|(_, place)| place)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn equality_on_an_indexed_field_comes_before_ranges() {
        let indexed = [FieldPath::parse("a"), FieldPath::parse("b")];
        let chosen = |query| choose_index(&Query::parse(&query).unwrap(), &indexed);
        assert_eq!(chosen(json!({"where": {"a": {"gt": 1}, "c": 1, "b": 2}})), Some(2));
        assert_eq!(chosen(json!({"where": {"a": {"ne": 1}, "c": 1}})), None);
        assert_eq!(chosen(json!({"where": {"a": {"gt": 1}, "b": {"in": [1]}}})), Some(1));
    }
}
