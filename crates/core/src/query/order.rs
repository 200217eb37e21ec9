//! The order of JSON values of mixed types. Orders values, not records.
//!
//! A field that is not there comes first, then null, false, true, numbers, texts (by code point), arrays, objects.
//! Arrays compare item by item, then by length; objects are all equal.

use std::cmp::Ordering;

use serde_json::Value;

use super::FieldPath;

/// One field to order by.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OrderBy {
    /// Which field.
    pub path: FieldPath,
    /// Largest first.
    pub is_descending: bool,
}

/// Compares two values of any types.
pub(super) fn compare(one: &Value, other: &Value) -> Ordering {
    match (one, other) {
        (Value::Bool(one), Value::Bool(other)) => one.cmp(other),
        (Value::Number(one), Value::Number(other)) => {
            let (one, other) = (one.as_f64().unwrap_or(f64::NAN), other.as_f64().unwrap_or(f64::NAN));
            one.total_cmp(&other)
        }
        (Value::String(one), Value::String(other)) => one.cmp(other),
        (Value::Array(one), Value::Array(other)) => one
            .iter()
            .zip(other)
            .map(|(one, other)| compare(one, other))
            .find(|order| order.is_ne())
            .unwrap_or_else(|| one.len().cmp(&other.len())),
        _ => rank(one).cmp(&rank(other)),
    }
}

/// Compares the fields that records are ordered by.
pub(super) fn compare_keys(order_by: &[OrderBy], one: &[Option<Value>], other: &[Option<Value>]) -> Ordering {
    let orders = order_by.iter().zip(one.iter().zip(other)).map(|(by, (one, other))| {
        let order = match (one, other) {
            (Some(one), Some(other)) => compare(one, other),
            (one, other) => one.is_some().cmp(&other.is_some()),
        };
        if by.is_descending { order.reverse() } else { order }
    });
    orders.into_iter().find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

fn rank(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Number(_) => 2,
        Value::String(_) => 3,
        Value::Array(_) => 4,
        Value::Object(_) => 5,
    }
}

/// A value that sorts as queries do.
#[derive(Clone, Debug)]
pub(super) struct SortKey(pub(super) Value);

impl Eq for SortKey {}

impl PartialEq for SortKey {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Ord for SortKey {
    fn cmp(&self, other: &Self) -> Ordering {
        compare(&self.0, &other.0)
    }
}

impl PartialOrd for SortKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
