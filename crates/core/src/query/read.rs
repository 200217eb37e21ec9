//! Reads queries as JavaScript says them, naming what it does not understand. Answers none.

use serde_json::Value;

use super::{Condition, FieldPath, OrderBy, Query, Test};
use crate::model::Error;

pub(super) fn query(query: &Value) -> Result<Query, Error> {
    let Some(fields) = query.as_object() else {
        return Err(Error::argument("query", "must be an object"));
    };
    let mut read = Query::default();
    for (name, value) in fields {
        match name.as_str() {
            "where" => read.conditions = conditions(value)?,
            "orderBy" => read.order_by = order_by(value)?,
            "limit" => read.limit = Some(count("limit", value)?),
            "offset" => read.offset = count("offset", value)?,
            _ => return Err(Error::argument(name, "is no part of a query")),
        }
    }
    Ok(read)
}

fn conditions(value: &Value) -> Result<Vec<Condition>, Error> {
    let Some(fields) = value.as_object() else {
        return Err(Error::argument("where", "must be an object of conditions by field"));
    };
    let mut conditions = Vec::new();
    for (field, wanted) in fields {
        let path = FieldPath::parse(field);
        let Some(operators) = wanted.as_object().filter(|operators| !operators.is_empty()) else {
            conditions.push(Condition { path, test: Test::Eq(wanted.clone()) });
            continue;
        };
        for (operator, operand) in operators {
            let test = test(&format!("where.{field}.{operator}"), operator, operand)?;
            conditions.push(Condition { path: path.clone(), test });
        }
    }
    Ok(conditions)
}

fn test(name: &str, operator: &str, operand: &Value) -> Result<Test, Error> {
    let value = operand.clone();
    Ok(match operator {
        "eq" => Test::Eq(value),
        "gt" => Test::Gt(value),
        "gte" => Test::Gte(value),
        "in" => match value {
            Value::Array(values) => Test::In(values),
            _ => return Err(Error::argument(name, "must be an array")),
        },
        "lt" => Test::Lt(value),
        "lte" => Test::Lte(value),
        "ne" => Test::Ne(value),
        "startsWith" => match value {
            Value::String(text) => Test::StartsWith(text),
            _ => return Err(Error::argument(name, "must be a text")),
        },
        _ => {
            return Err(Error::argument(
                name,
                "is no operator; there are eq, ne, lt, lte, gt, gte, in, startsWith",
            ));
        }
    })
}

fn order_by(value: &Value) -> Result<Vec<OrderBy>, Error> {
    let wrong =
        || Error::argument("orderBy", "must be a field or an array of fields, a leading \"-\" descending");
    let one = |value: &Value| {
        let text = value.as_str().filter(|text| !text.is_empty()).ok_or_else(wrong)?;
        let (path, is_descending) = text.strip_prefix('-').map_or((text, false), |rest| (rest, true));
        Ok(OrderBy { path: FieldPath::parse(path), is_descending })
    };
    match value {
        Value::Array(fields) => fields.iter().map(one).collect(),
        _ => Ok(vec![one(value)?]),
    }
}

fn count(name: &str, value: &Value) -> Result<usize, Error> {
    value
        .as_u64()
        .and_then(|count| usize::try_from(count).ok())
        .ok_or_else(|| Error::argument(name, "must be a whole number, zero or more"))
}
