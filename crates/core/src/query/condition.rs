//! One condition on one field. Does not read conditions from JSON.

use std::cmp::Ordering;

use serde_json::Value;

use super::{FieldPath, order::compare};

/// What a field is compared by.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// Equal.
    Eq(Value),
    /// Greater, and of the same type.
    Gt(Value),
    /// Greater or equal, and of the same type.
    Gte(Value),
    /// Equal to one of these.
    In(Vec<Value>),
    /// Less, and of the same type.
    Lt(Value),
    /// Less or equal, and of the same type.
    Lte(Value),
    /// Not equal; also where there is no such field.
    Ne(Value),
    /// A text that begins so.
    StartsWith(String),
}

/// A field and what must hold of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// Which field.
    pub path: FieldPath,
    /// What must hold.
    pub test: Test,
}

impl Condition {
    /// Whether it holds of a document.
    pub fn holds(&self, doc: &Value) -> bool {
        self.test.holds(self.path.of(doc))
    }
}

impl Test {
    /// Whether it holds of a field. One that is not there meets `ne` only.
    pub fn holds(&self, value: Option<&Value>) -> bool {
        let Some(value) = value else { return matches!(self, Self::Ne(_)) };
        match self {
            Self::Eq(wanted) => is_equal(value, wanted),
            Self::Ne(unwanted) => !is_equal(value, unwanted),
            Self::In(wanted) => wanted.iter().any(|wanted| is_equal(value, wanted)),
            Self::Gt(bound) => ordered(value, bound).is_some_and(Ordering::is_gt),
            Self::Gte(bound) => ordered(value, bound).is_some_and(Ordering::is_ge),
            Self::Lt(bound) => ordered(value, bound).is_some_and(Ordering::is_lt),
            Self::Lte(bound) => ordered(value, bound).is_some_and(Ordering::is_le),
            Self::StartsWith(start) => value.as_str().is_some_and(|text| text.starts_with(start)),
        }
    }
}

/// Numbers are equal by value: `1` and `1.0` are the same to JavaScript.
fn is_equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(_), Value::Number(_)) => compare(one, other).is_eq(),
        _ => one == other,
    }
}

fn ordered(value: &Value, bound: &Value) -> Option<Ordering> {
    (std::mem::discriminant(value) == std::mem::discriminant(bound)).then(|| compare(value, bound))
}
