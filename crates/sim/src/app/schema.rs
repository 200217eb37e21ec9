//! What apps know of their cards: three versions of the same fields, and how an older document becomes a newer one. Stores
//! nothing.

use serde_json::{Map, Value};
use syncline_core::{
    engine::Intent,
    model::{VERSION_MARK, version_of},
    plan::EditKind,
    ports::Migrator,
};
use syncline_protocol::CollectionName;

use crate::device::cards;

/// The newest version that any app knows.
pub(crate) const NEWEST: u32 = 2;

/// What a field is called from a version on.
const RENAMED: [(u32, &str, &str); 2] = [(1, "a", "first"), (2, "b", "second")];

/// An app that knows a version of cards; 0: it knows of no versions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schema(pub(crate) u32);

impl Schema {
    /// A document as this app hands it out: brought up where it is older, as it is where it is not.
    pub(crate) fn shown(self, collection: &CollectionName, text: &str) -> String {
        if *collection != cards() || version_of(text) >= self.0 {
            return text.to_owned();
        }
        let Ok(Value::Object(mut fields)) = serde_json::from_str(text) else { return text.to_owned() };
        rename(&mut fields, version_of(text), self.0);
        fields.insert(VERSION_MARK.to_owned(), self.0.into());
        // In one order, so that the same document is the same text by however many steps it came.
        fields.sort_keys();
        Value::Object(fields).to_string()
    }

    /// An edit as this app makes it: by its names of the fields, and a whole document with its mark.
    pub(crate) fn edit(self, mut intent: Intent) -> Intent {
        if intent.collection == cards() {
            intent.kind = match intent.kind {
                EditKind::Put(text) => EditKind::Put(self.shown(&intent.collection, &text).into()),
                EditKind::Update(Value::Object(mut fields)) => {
                    rename(&mut fields, 0, self.0);
                    EditKind::Update(Value::Object(fields))
                }
                kind => kind,
            };
        }
        intent
    }
}

fn rename(fields: &mut Map<String, Value>, from: u32, to: u32) {
    for (_, old, new) in
        RENAMED.iter().filter(|(version, ..)| (from.saturating_add(1)..=to).contains(version))
    {
        if let Some(value) = fields.remove(*old) {
            fields.insert((*new).to_owned(), value);
        }
    }
}

impl Migrator for Schema {
    fn migrate(&self, collection: &CollectionName, doc: &str, _from: u32) -> Result<String, String> {
        Ok(self.shown(collection, doc))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_steps_come_to_what_one_does_and_a_newer_document_stays() {
        let old = r#"{"a":1,"b":2,"c":3,"id":"x"}"#;
        let newest = Schema(2).shown(&cards(), old);
        assert_eq!(Schema(2).shown(&cards(), &Schema(1).shown(&cards(), old)), newest);
        assert_eq!(Schema(1).shown(&cards(), &newest), newest);
        let fields: Value = serde_json::from_str(&newest).unwrap();
        assert_eq!(fields, serde_json::json!({"first": 1, "second": 2, "c": 3, "id": "x", "$v": 2}));
    }
}
