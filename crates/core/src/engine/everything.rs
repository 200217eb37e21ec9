//! All documents of a collection as one text, as they cross into JavaScript where it holds none of them. Reads no rows itself.

use super::reading::SeenRecord;
use crate::model::ArrayText;

/// The documents of a collection, in the order of their ids. A text of its own for each id, and for each document, would take
/// longer than the rest of it.
#[derive(Debug)]
pub struct Everything {
    ids: String,
    text: Vec<u8>,
    /// Where each id and each document ends.
    ends: Vec<(usize, usize)>,
}

impl Everything {
    /// Gathers records, of which there are about so many.
    pub(super) fn of(records: impl Iterator<Item = SeenRecord>, about: usize) -> Self {
        let (mut ids, mut ends, mut text) = (String::new(), Vec::new(), ArrayText::default());
        for record in records {
            let Some(id) = record.id() else { continue };
            if ends.is_empty() {
                ends.reserve(about);
                ids.reserve(id.len().saturating_mul(about));
            }
            ids.push_str(id);
            ends.push((ids.len(), text.push(record.row.as_bytes(), about)));
        }
        Self { ids, text: text.finish(), ends }
    }

    /// How many documents there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The JSON text of an array of them; UTF-8, unless a row is not what was written.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// Each record's id and the JSON text of its document.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        // The text begins with a bracket, and a comma follows each document.
        let starts =
            std::iter::once((0, 1)).chain(self.ends.iter().map(|(id, doc)| (*id, doc.saturating_add(1))));
        starts.zip(&self.ends).map(|((id, doc), (id_end, doc_end))| {
            (self.ids.get(id..*id_end).unwrap_or_default(), self.text.get(doc..*doc_end).unwrap_or_default())
        })
    }
}

#[cfg(test)]
mod tests {
    use std::{borrow::Cow, collections::BTreeMap};

    use syncline_protocol::{CollectionName, Millis, RecordId};
    use syncline_store::{Key, Value};

    use super::*;
    use crate::{
        engine::reading::seen_records,
        model::{Base, Table, record_key, write_row},
    };

    fn everything(docs: &[(&str, &str)], about: usize) -> Everything {
        let todos = CollectionName::trusted("todos");
        let row = |(id, doc): &(&str, &str)| {
            let key = record_key(Table::Base, &todos, &RecordId::trusted(*id));
            let base = Base { version: None, edited_at: Millis(1), device: None, doc: Cow::Borrowed(doc) };
            (key, Value::from(write_row(&base).unwrap()))
        };
        let rows: BTreeMap<Key, Value> = docs.iter().map(row).collect();
        Everything::of(seen_records(&rows, &todos), about)
    }

    #[test]
    fn the_text_is_an_array_of_what_is_told_one_by_one() {
        let docs = [("a", "{\"id\":\"a\"}"), ("é", "{\"id\":\"é\",\"n\":[1,2]}"), ("漢", "{}")];
        for count in 0..=docs.len() {
            for about in [0, count, 1_000] {
                let all = everything(&docs[..count], about);
                let texts: Vec<&str> = docs[..count].iter().map(|(_, doc)| *doc).collect();
                assert_eq!(all.text(), format!("[{}]", texts.join(",")).as_bytes());
                let told: Vec<_> =
                    all.iter().map(|(id, doc)| (id, std::str::from_utf8(doc).unwrap())).collect();
                assert_eq!(told, docs[..count]);
                assert_eq!((all.len(), all.is_empty()), (count, count == 0));
            }
        }
    }
}
