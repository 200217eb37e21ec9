//! Edits with values that are never used twice, so that each value says which edit it comes from. Makes none of them.
//!
//! Beside the records that everybody edits there are two kinds whose end can be told in advance: a solo record is edited by one
//! device alone, and in the own record each device only ever sets its own field.

use std::cell::Cell;

use serde_json::{Map, Value, json};
use syncline_core::{engine::Intent, plan::EditKind};
use syncline_protocol::RecordId;

use crate::{
    chance::Chance,
    device::{cards, drafts, notes, sheets, tasks},
    service::RecordKey,
    weather::LARGEST,
};

/// The field names of shared records.
const FIELDS: [&str; 3] = ["a", "b", "c"];
/// Shared records of each collection.
const SHARED: usize = 3;

/// Records that come and go together: more than a pull deletes without asking.
const CROWD: usize = 24;

/// Makes values that are never used twice.
#[derive(Debug, Default)]
pub(crate) struct Tokens(Cell<u64>);

impl Tokens {
    fn next(&self) -> Value {
        self.0.set(self.0.get().saturating_add(1));
        format!("t{}", self.0.get()).into()
    }

    /// Some edits of shared records and of a device's solo record; one mostly.
    pub(crate) fn intents(&self, device: usize, chance: &Chance) -> Vec<Intent> {
        let count = if chance.happens(150) { chance.between(2, 5) } else { 1 };
        (0..count).map(|_| self.intent(device, chance)).collect()
    }

    fn intent(&self, device: usize, chance: &Chance) -> Intent {
        let is_solo = chance.happens(150);
        let (collection, record) = if is_solo {
            solo_record(device)
        } else {
            let collection = match chance.below(20) {
                0..=4 => notes(),
                5..=9 => tasks(),
                10..=12 => drafts(),
                13..=15 => sheets(),
                _ => cards(),
            };
            (collection, RecordId::trusted(format!("r{}", chance.below(SHARED))))
        };
        let kind = match chance.below(10) {
            0..=3 => EditKind::Put(self.document(&record, !is_solo && chance.happens(60), chance).into()),
            4..=7 => EditKind::Update(Value::Object(self.fields(chance, true))),
            _ => EditKind::Delete,
        };
        Intent { collection, record, kind }
    }

    /// Puts or deletes many records at once.
    pub(crate) fn crowd(&self, is_there: bool) -> Vec<Intent> {
        let intent = |number| {
            let record = RecordId::trusted(format!("m{number:02}"));
            let kind = match is_there {
                true => EditKind::Put(self.mended(&record).into()),
                false => EditKind::Delete,
            };
            Intent { collection: notes(), record, kind }
        };
        (0..CROWD).map(intent).collect()
    }

    /// A last edit of a device's solo record.
    pub(crate) fn last_word(&self, device: usize) -> Intent {
        let (collection, record) = solo_record(device);
        let text = of_fields(&record, [("a".to_owned(), self.next())].into_iter().collect());
        Intent { collection, record, kind: EditKind::Put(text.into()) }
    }

    /// A new record that only one device edits, and only once.
    pub(crate) fn kept(&self, number: usize) -> (RecordKey, String, Intent) {
        let record = RecordId::trusted(format!("kept{number}"));
        let doc = self.mended(&record);
        let kind = EditKind::Put(doc.as_str().into());
        let intent = Intent { collection: notes(), record: record.clone(), kind };
        ((notes(), record), doc, intent)
    }

    /// Sets the device's field in the own record: by an update, or as a new record where there is none.
    pub(crate) fn own(&self, device: usize) -> [Intent; 2] {
        let (collection, record) = own_record();
        let fields: Map<String, Value> = [(own_field(device), self.next())].into_iter().collect();
        let update = EditKind::Update(Value::Object(fields.clone()));
        let put = EditKind::Put(of_fields(&record, fields).into());
        [update, put].map(|kind| Intent { collection: collection.clone(), record: record.clone(), kind })
    }

    /// A document; one that is too large is refused by the server for good.
    fn document(&self, record: &RecordId, is_too_large: bool, chance: &Chance) -> String {
        let mut fields = self.fields(chance, false);
        if is_too_large {
            fields.insert("large".to_owned(), "x".repeat(LARGEST).into());
        }
        of_fields(record, fields)
    }

    /// A document that the server takes, for a change that it refused.
    pub(crate) fn mended(&self, record: &RecordId) -> String {
        of_fields(record, [("a".to_owned(), self.next())].into_iter().collect())
    }

    /// A whole new document for a record.
    pub(crate) fn anew(&self, (collection, record): &RecordKey) -> Intent {
        let kind = EditKind::Put(self.mended(record).into());
        Intent { collection: collection.clone(), record: record.clone(), kind }
    }

    /// One to three fields; a patch may remove some.
    fn fields(&self, chance: &Chance, is_patch: bool) -> Map<String, Value> {
        let mut fields = Map::new();
        for _ in 0..chance.between(1, 3) {
            let Some(name) = chance.pick(&FIELDS) else { continue };
            let value = if is_patch && chance.happens(150) { Value::Null } else { self.next() };
            fields.insert((*name).to_owned(), value);
        }
        if chance.happens(300) {
            fields.insert("items".to_owned(), self.items(chance));
        }
        if chance.happens(300) {
            let inner = if chance.happens(500) { "x" } else { "y" };
            fields.insert("o".to_owned(), json!({ inner: self.next() }));
        }
        // An update that changes nothing would leave no trace to follow.
        if is_patch {
            fields.insert("u".to_owned(), self.next());
        }
        fields
    }
}

/// The ids of elements.
const ITEMS: usize = 4;
/// What elements say that nobody edited lately.
const OLD: [&str; 2] = ["p", "q"];

impl Tokens {
    /// An array of elements with ids: some of those there are, mostly in one order, some with something new to say.
    fn items(&self, chance: &Chance) -> Value {
        let mut items: Vec<Value> = Vec::new();
        for id in (0..ITEMS).filter(|_| chance.happens(700)) {
            let old = chance.pick(&OLD).copied().map(Value::from);
            let word = old.filter(|_| chance.happens(700)).unwrap_or_else(|| self.next());
            let place = if chance.happens(150) { 0 } else { items.len() };
            items.insert(place, json!({"id": id, "n": word}));
        }
        items.into()
    }
}

fn of_fields(record: &RecordId, mut fields: Map<String, Value>) -> String {
    fields.insert("id".to_owned(), record.as_str().into());
    Value::Object(fields).to_string()
}

/// The record that only this device edits.
pub(crate) fn solo_record(device: usize) -> RecordKey {
    (notes(), RecordId::trusted(format!("solo{device}")))
}

/// The record in which each device edits its own field.
pub(crate) fn own_record() -> RecordKey {
    (tasks(), RecordId::trusted("own"))
}

/// A device's field in it.
pub(crate) fn own_field(device: usize) -> String {
    format!("d{device}")
}
