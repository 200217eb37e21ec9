//! The documents of the workload and the edits that are made of them. Makes none itself.
//!
//! A document has thirty fields: seventeen plain ones, three in an object, and five elements of an array with two each.

use serde_json::{Map, Value, json};
use syncline_core::plan::EditKind;
use syncline_protocol::RecordId;

use crate::chance::Chance;

/// Plain fields of a document.
const PLAIN: usize = 17;
/// Fields of the object in it.
const INNER: [&str; 3] = ["street", "city", "country"];
/// Elements of the array in it.
const ELEMENTS: usize = 5;
/// Fields of an element, beside its id.
const OF_ELEMENT: [&str; 2] = ["text", "state"];
/// Of a thousand edits, so many delete the document, and so many add or remove an element.
const DELETING: u32 = 5;
const RESHAPING: u32 = 40;

/// Makes values that are never used twice.
#[derive(Debug, Default)]
pub(super) struct Editor(u64);

/// What an edit does, whatever document it is made on.
#[derive(Clone, Debug)]
pub(super) enum Planned {
    /// Deletes it.
    Delete,
    /// Sets some fields, by their numbers.
    Set(Vec<(usize, String)>),
    /// Adds an element, or removes the one at a place.
    Reshape(Option<usize>, String),
}

impl Editor {
    /// The id of a document.
    pub(super) fn record(number: usize) -> RecordId {
        RecordId::trusted(format!("w{number}"))
    }

    /// A new document.
    pub(super) fn document(&mut self, number: usize) -> (RecordId, Value) {
        let record = Self::record(number);
        let doc = self.document_of(&record);
        (record, doc)
    }

    /// A new document of a record.
    pub(super) fn document_of(&mut self, record: &RecordId) -> Value {
        let mut fields: Map<String, Value> =
            (0..PLAIN).map(|number| (plain(number), self.next().into())).collect();
        let inner: Map<String, Value> =
            INNER.iter().map(|name| ((*name).to_owned(), self.next().into())).collect();
        let items: Vec<Value> = (0..ELEMENTS).map(|_| element(&self.next())).collect();
        fields.insert("id".to_owned(), record.as_str().into());
        fields.insert("address".to_owned(), inner.into());
        fields.insert("items".to_owned(), items.into());
        fields.into()
    }

    /// What the next edit does: one field mostly, up to three.
    pub(super) fn plan(&mut self, chance: &Chance) -> Planned {
        if chance.happens(DELETING) {
            return Planned::Delete;
        }
        if chance.happens(RESHAPING) {
            let place = chance.happens(500).then(|| chance.below(ELEMENTS));
            return Planned::Reshape(place, self.next());
        }
        let count = if chance.happens(600) { 1 } else { chance.between(2, 3) };
        let all = PLAIN.saturating_add(INNER.len()).saturating_add(ELEMENTS * OF_ELEMENT.len());
        Planned::Set((0..count).map(|_| (chance.below(all), self.next())).collect())
    }

    fn next(&mut self) -> String {
        self.0 = self.0.saturating_add(1);
        format!("v{}", self.0)
    }
}

impl Planned {
    /// The edit of a document as its user sees it.
    pub(super) fn on(&self, doc: &Value) -> EditKind {
        let mut patch = Map::new();
        let mut items = doc.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
        match self {
            Self::Delete => return EditKind::Delete,
            Self::Reshape(None, value) => {
                items.push(element(value));
                patch.insert("items".to_owned(), items.into());
            }
            Self::Reshape(Some(place), value) => {
                if items.len() > 1 {
                    items.remove(place % items.len());
                } else {
                    items.push(element(value));
                }
                patch.insert("items".to_owned(), items.into());
            }
            Self::Set(fields) => {
                for (number, value) in fields {
                    set(&mut patch, &mut items, *number, value);
                }
            }
        }
        EditKind::Update(patch.into())
    }
}

/// Sets a field by its number.
fn set(patch: &mut Map<String, Value>, items: &mut [Value], number: usize, value: &str) {
    let Some(number) = number.checked_sub(PLAIN) else {
        patch.insert(plain(number), value.into());
        return;
    };
    if let Some(name) = INNER.get(number) {
        let inner = patch.entry("address").or_insert_with(|| json!({}));
        if let Some(inner) = inner.as_object_mut() {
            inner.insert((*name).to_owned(), value.into());
        }
        return;
    }
    let number = number.saturating_sub(INNER.len());
    let count = items.len().max(1);
    if let (Some(item), Some(name)) =
        (items.get_mut((number / OF_ELEMENT.len()) % count), OF_ELEMENT.get(number % OF_ELEMENT.len()))
        && let Some(item) = item.as_object_mut()
    {
        item.insert((*name).to_owned(), value.into());
        patch.insert("items".to_owned(), Value::Array(items.to_vec()));
    }
}

fn plain(number: usize) -> String {
    format!("f{number:02}")
}

/// An element that has the id of its first value.
fn element(value: &str) -> Value {
    json!({"id": value, "text": value, "state": "open"})
}
