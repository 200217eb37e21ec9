//! Hands documents to JavaScript: each crosses once, as text, and is known by a number until it changes. Reads none itself.

use std::cell::RefCell;

use js_sys::Array;
use rustc_hash::FxHashMap;
use syncline_core::{
    engine::SeenRow,
    model::{Error, LiveNumber},
};
use syncline_protocol::{CollectionName, RecordId};
use wasm_bindgen::JsValue;

use crate::host::JsHost;

/// Bytes set aside for texts before their length is known, at most.
const MAX_RESERVED: usize = 8 * 1024 * 1024;

/// What documents are handed out for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose<'a> {
    /// The answer of a live query.
    Live(LiveNumber),
    /// The answer to a query, by its text: kept until the collection changes.
    Query(&'a str),
    /// These records.
    Records,
}

/// Where a collection is among those that the database was opened with: what JavaScript knows it by.
pub(crate) type Place = u32;

/// Which documents JavaScript holds, by the number it knows each by.
#[derive(Debug)]
pub(crate) struct Documents {
    /// In their order.
    collections: Vec<CollectionName>,
    numbers: RefCell<Numbers>,
}

#[derive(Debug, Default)]
struct Numbers {
    held: FxHashMap<Place, FxHashMap<RecordId, u32>>,
    free: Vec<u32>,
    next: u32,
}

impl Numbers {
    fn take(&mut self) -> u32 {
        self.free.pop().unwrap_or_else(|| {
            self.next = self.next.wrapping_add(1);
            self.next
        })
    }
}

impl Documents {
    /// Holds none yet.
    pub(crate) fn of<'a>(collections: impl Iterator<Item = &'a CollectionName>) -> Self {
        let mut collections: Vec<CollectionName> = collections.cloned().collect();
        collections.sort();
        Self { collections, numbers: RefCell::default() }
    }

    /// What JavaScript knows a collection by, if the database was opened with it.
    pub(crate) fn place_of(&self, collection: &str) -> Option<Place> {
        let place = self.collections.binary_search_by(|known| known.as_str().cmp(collection)).ok()?;
        Place::try_from(place).ok()
    }

    /// The collection that JavaScript means.
    pub(crate) fn collection(&self, place: Place) -> Result<CollectionName, Error> {
        let collection = usize::try_from(place).ok().and_then(|place| self.collections.get(place));
        collection.cloned().ok_or_else(|| Error::argument("collection", "is not one of this database"))
    }

    /// Gives JavaScript these documents, in order, as an array; `None` is `undefined`. Must run at the moment they were
    /// read, before anything is awaited: what JavaScript keeps is then what is stored, until `forget`.
    pub(crate) fn hand_out<'a>(
        &self,
        host: &JsHost,
        place: Place,
        found: impl Iterator<Item = (&'a RecordId, Option<&'a SeenRow>)>,
        purpose: Purpose<'_>,
    ) -> Array {
        let mut numbers = self.numbers.borrow_mut();
        let mut held = numbers.held.remove(&place).unwrap_or_default();
        let mut texts = vec![b'['];
        let length = found.size_hint().0;
        let (mut wanted, mut fresh) = (Vec::with_capacity(length), Vec::new());
        for (id, row) in found {
            let number = match (held.get(id), row) {
                (_, None) => 0,
                (Some(number), Some(_)) => *number,
                (None, Some(row)) => {
                    let text = row.as_bytes();
                    let number = numbers.take();
                    if fresh.is_empty() {
                        // Documents of a collection are alike: growing step by step would copy them over and over.
                        let rest = length.saturating_sub(wanted.len());
                        held.reserve(rest);
                        fresh.reserve(rest);
                        texts.reserve(text.len().saturating_add(2).saturating_mul(rest).min(MAX_RESERVED));
                    } else {
                        texts.push(b',');
                    }
                    held.insert(id.clone(), number);
                    fresh.push(number);
                    texts.extend_from_slice(text);
                    number
                }
            };
            wanted.push(number);
        }
        texts.push(b']');
        numbers.held.insert(place, held);
        drop(numbers);
        if fresh.len() == wanted.len() {
            wanted.clear();
        }
        let purpose = match purpose {
            Purpose::Records => JsValue::UNDEFINED,
            Purpose::Query(query) => JsValue::from_str(query),
            Purpose::Live(number) => JsValue::from(number),
        };
        host.take(place, wanted, fresh, &texts, purpose)
    }

    /// Gives JavaScript one document to hold, unless it holds it.
    pub(crate) fn hand_out_one(&self, host: &JsHost, place: Place, record: &RecordId, text: &str) {
        let mut numbers = self.numbers.borrow_mut();
        if numbers.held.get(&place).is_some_and(|held| held.contains_key(record)) {
            return;
        }
        let number = numbers.take();
        numbers.held.entry(place).or_default().insert(record.clone(), number);
        drop(numbers);
        host.take_one(place, number, text);
    }

    /// Forgets what JavaScript holds of these records (none: of the whole collection); gives the numbers that are free.
    pub(crate) fn forget(&self, place: Place, records: &[RecordId]) -> Vec<u32> {
        let mut numbers = self.numbers.borrow_mut();
        let Some(held) = numbers.held.get_mut(&place).filter(|held| !held.is_empty()) else {
            return Vec::new();
        };
        let freed: Vec<u32> = if records.is_empty() {
            held.drain().map(|(_, number)| number).collect()
        } else {
            records.iter().filter_map(|record| held.remove(record)).collect()
        };
        numbers.free.extend(&freed);
        freed
    }
}
