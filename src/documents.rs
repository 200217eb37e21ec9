//! Hands documents to JavaScript: each crosses once, as text, and is known by a number until it changes. Reads none itself.

use std::cell::RefCell;

use js_sys::Array;
use rustc_hash::FxHashMap;
use syncline_core::{
    engine::Everything,
    model::{ArrayText, Error, LiveNumber},
};
use syncline_protocol::{CollectionName, RecordId};
use wasm_bindgen::JsValue;

use crate::host::JsHost;
use crate::numbers::{Held, Numbers};

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

impl From<Purpose<'_>> for JsValue {
    fn from(purpose: Purpose<'_>) -> Self {
        match purpose {
            Purpose::Records => Self::UNDEFINED,
            Purpose::Query(query) => Self::from_str(query),
            Purpose::Live(number) => Self::from(number),
        }
    }
}

/// Where a collection is among those that the database was opened with: what JavaScript knows it by.
pub(crate) type Place = u32;

/// Which documents JavaScript holds, by the number it knows each by.
#[derive(Debug)]
pub(crate) struct Documents {
    /// In their order.
    collections: Vec<CollectionName>,
    held: RefCell<FxHashMap<Place, Held>>,
    numbers: RefCell<Numbers>,
}

impl Documents {
    /// Holds none yet.
    pub(crate) fn of<'a>(collections: impl Iterator<Item = &'a CollectionName>) -> Self {
        let mut collections: Vec<CollectionName> = collections.cloned().collect();
        collections.sort();
        Self { collections, held: RefCell::default(), numbers: RefCell::default() }
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
        found: impl Iterator<Item = (&'a str, Option<&'a [u8]>)>,
        purpose: Purpose<'_>,
    ) -> Array {
        let mut all = self.held.borrow_mut();
        let held = all.entry(place).or_default();
        // A query finds no record twice, so what it finds first needs no search.
        let is_first = held.is_empty() && !matches!(purpose, Purpose::Records);
        let mut numbers = self.numbers.borrow_mut();
        let mut texts = ArrayText::default();
        let length = found.size_hint().0;
        let (mut wanted, mut fresh) = (Vec::with_capacity(length), Vec::new());
        for (id, text) in found {
            let Some(text) = text else {
                wanted.push(0);
                continue;
            };
            if let Some(number) = (!is_first).then(|| held.sorted().get(id)).flatten() {
                wanted.push(*number);
                continue;
            }
            let number = numbers.take();
            let rest = length.saturating_sub(wanted.len());
            if fresh.is_empty() {
                held.reserve(rest, id);
                fresh.reserve(rest);
            }
            held.add(id, number);
            fresh.push(number);
            texts.push(text, rest);
            wanted.push(number);
        }
        drop((all, numbers));
        if fresh.len() == wanted.len() {
            wanted.clear();
        }
        host.take(place, wanted, fresh, &texts.finish(), purpose.into())
    }

    /// The same, of all documents of a collection.
    pub(crate) fn hand_out_all(
        &self,
        host: &JsHost,
        place: Place,
        everything: &Everything,
        purpose: Purpose<'_>,
    ) -> Array {
        let mut all = self.held.borrow_mut();
        let held = all.entry(place).or_default();
        if !held.is_empty() {
            drop(all);
            let found = everything.iter().map(|(id, text)| (id, Some(text)));
            return self.hand_out(host, place, found, purpose);
        }
        // JavaScript holds none of them, so they cross as they are.
        let mut numbers = self.numbers.borrow_mut();
        let mut fresh = Vec::with_capacity(everything.len());
        held.reserve(everything.len(), everything.iter().next().map_or("", |(id, _)| id));
        for (id, _) in everything.iter() {
            let number = numbers.take();
            held.add(id, number);
            fresh.push(number);
        }
        drop((all, numbers));
        host.take(place, Vec::new(), fresh, everything.text(), purpose.into())
    }

    /// Gives JavaScript one document to hold, unless it holds it.
    pub(crate) fn hand_out_one(&self, host: &JsHost, place: Place, record: &RecordId, text: &[u8]) {
        let is_held = |held: &mut Held| held.sorted().contains_key(record);
        if !self.held.borrow_mut().get_mut(&place).is_some_and(is_held) {
            self.hand_out_missing(host, place, record.as_str(), text);
        }
    }

    /// The same, of one that JavaScript is known not to hold.
    pub(crate) fn hand_out_missing(&self, host: &JsHost, place: Place, id: &str, text: &[u8]) {
        let number = self.numbers.borrow_mut().take();
        self.held.borrow_mut().entry(place).or_default().add(id, number);
        host.take_one(place, number, text);
    }

    /// Forgets what JavaScript holds of these records (none: of the whole collection); gives the numbers that are free.
    pub(crate) fn forget(&self, place: Place, records: &[RecordId]) -> Vec<u32> {
        let mut all = self.held.borrow_mut();
        let Some(held) = all.get_mut(&place).filter(|held| !held.is_empty()) else {
            return Vec::new();
        };
        let freed = if records.is_empty() {
            std::mem::take(held).into_numbers()
        } else {
            let held = held.sorted();
            records.iter().filter_map(|record| held.remove(record)).collect()
        };
        self.numbers.borrow_mut().free(&freed);
        freed
    }
}
