//! Hands documents to JavaScript: each crosses once, as text, and is known by a number until it changes. Reads none itself.

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap},
};

use js_sys::Array;
use syncline_core::model::Error;
use syncline_protocol::{CollectionName, RecordId};
use wasm_bindgen::JsValue;

use crate::{errors::json, host::JsHost};

/// Which documents JavaScript holds, by the number it knows each by.
#[derive(Debug, Default)]
pub(crate) struct Documents {
    numbers: RefCell<Numbers>,
}

#[derive(Debug, Default)]
struct Numbers {
    held: BTreeMap<CollectionName, HashMap<RecordId, u32>>,
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
    /// Gives JavaScript these documents, in order, as an array; `None` is `undefined`. Must run at the moment they were
    /// read: what JavaScript keeps is then what is stored, until `forget`.
    pub(crate) fn hand_out<'a>(
        &self,
        host: &JsHost,
        collection: &CollectionName,
        found: impl Iterator<Item = (&'a RecordId, Option<&'a str>)>,
        query: Option<&str>,
    ) -> Result<Array, Error> {
        let mut numbers = self.numbers.borrow_mut();
        let mut held = numbers.held.remove(collection).unwrap_or_default();
        let (mut wanted, mut fresh, mut ids, mut texts) =
            (Vec::new(), Vec::new(), Vec::new(), String::from("["));
        for (id, text) in found {
            let Some(text) = text else {
                wanted.push(0);
                continue;
            };
            let number = match held.get(id) {
                Some(number) => *number,
                None => {
                    let number = numbers.take();
                    held.insert(id.clone(), number);
                    fresh.push(number);
                    ids.push(id.as_str());
                    if texts.len() > 1 {
                        texts.push(',');
                    }
                    texts.push_str(text);
                    number
                }
            };
            wanted.push(number);
        }
        texts.push(']');
        numbers.held.insert(collection.clone(), held);
        drop(numbers);
        let query = query.map_or(JsValue::UNDEFINED, JsValue::from_str);
        Ok(host.take(collection.as_str(), wanted, fresh, json(&ids)?, texts, query))
    }

    /// Forgets what JavaScript holds of these records (none: of the whole collection); gives the numbers that are free.
    pub(crate) fn forget(&self, collection: &CollectionName, records: &[RecordId]) -> Vec<u32> {
        let mut numbers = self.numbers.borrow_mut();
        let Some(held) = numbers.held.get_mut(collection) else { return Vec::new() };
        let freed: Vec<u32> = if records.is_empty() {
            held.drain().map(|(_, number)| number).collect()
        } else {
            records.iter().filter_map(|record| held.remove(record)).collect()
        };
        numbers.free.extend(&freed);
        freed
    }
}
