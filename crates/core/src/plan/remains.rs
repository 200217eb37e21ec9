//! Tells a row from bytes that only look like one: what is left of a damaged part is read more closely than what is whole.
//! Puts nothing back.

use serde::{Deserialize, Serialize};
use syncline_protocol::{CollectionName, RecordId};
use syncline_store::Key;

use crate::model::{
    Base, CollectionState, CollectionTable, Deletions, Edit, Identity, Leadership, Mended, ParkedRow,
    PutBack, QueueRow, RetryState, RetryWait, Single, Skew, Table, Tally, collection_row_of, parked_key,
    read_row, record_of, write_row,
};

/// Whether a row may once have been written as it is: its key is one, its value is read to the last byte and would be written
/// the same, and its documents are JSON objects
/// of its record. `None` deletes.
pub(crate) fn is_row(key: &Key, value: Option<&[u8]>) -> bool {
    if let Some((table, collection, record)) = record_of(key) {
        let is_key =
            CollectionName::parse(collection.as_str()).is_ok() && RecordId::parse(record.as_str()).is_ok();
        return is_key
            && value.is_none_or(|bytes| match table {
                Table::Base => {
                    strictly::<Base<'_>>(bytes).is_some_and(|base| is_document_of(&base.doc, &record))
                }
                _ => strictly::<QueueRow<'_>>(bytes).is_some_and(|row| is_sound(&row, &record)),
            });
    }
    if Table::Parked.has(key) {
        return value.and_then(strictly::<ParkedRow<'_>>).is_some_and(|row| {
            parked_key(&row.change.id) == *key && has_documents_of(&row.change, &row.record)
        });
    }
    if let Some((table, collection)) = collection_row_of(key) {
        return CollectionName::parse(collection.as_str()).is_ok()
            && value.is_some_and(|bytes| match table {
                CollectionTable::Deletions => strictly::<Deletions>(bytes).is_some(),
                CollectionTable::State => strictly::<CollectionState>(bytes).is_some(),
                CollectionTable::Tally => strictly::<Tally>(bytes).is_some(),
            });
    }
    is_single::<Identity>(key, value)
        || is_single::<Leadership>(key, value)
        || is_single::<Mended>(key, value)
        || is_single::<PutBack>(key, value)
        || is_single::<RetryState>(key, value)
        || is_single::<RetryWait>(key, value)
        || is_single::<Skew>(key, value)
}

fn is_single<T: Single>(key: &Key, value: Option<&[u8]>) -> bool {
    *key == T::key() && value.is_some_and(|bytes| strictly::<T>(bytes).is_some())
}

fn is_sound(row: &QueueRow<'_>, record: &RecordId) -> bool {
    let common = row.overtaken.as_ref().and_then(|overtaken| overtaken.common.as_ref());
    has_documents_of(&row.change, record)
        && row.next.as_ref().is_none_or(|next| has_documents_of(next, record))
        && common.is_none_or(|common| is_document_of(&common.doc, record))
}

fn has_documents_of(edit: &Edit<'_>, record: &RecordId) -> bool {
    !edit.id.as_str().is_empty() && edit.doc.as_deref().is_none_or(|doc| is_document_of(doc, record))
}

/// Whether a text is an object that says it is that record's, as every document does that is kept.
fn is_document_of(text: &str, record: &RecordId) -> bool {
    let Ok(serde_json::Value::Object(fields)) = serde_json::from_str(text) else { return false };
    fields.get("id").is_some_and(|id| id == record.as_str())
}

/// Reads a row of which every byte is what it would be written as.
fn strictly<'a, T: Deserialize<'a> + Serialize>(bytes: &'a [u8]) -> Option<T> {
    read_row::<T>(bytes).ok().filter(|row| write_row(row).is_ok_and(|written| written == bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{EditKind, testing::Rows};

    fn rows() -> Vec<(Key, Vec<u8>)> {
        let mut rows = Rows::default();
        rows.edit("a", EditKind::Put(r#"{"id":"a","n":1}"#.into())).unwrap();
        rows.take_batch();
        rows.edit("a", EditKind::Delete).unwrap();
        rows.rows.iter().map(|(key, value)| (key.clone(), value.to_vec())).collect()
    }

    #[test]
    fn a_row_is_a_row_until_it_is_cut_or_followed_by_something() {
        let rows = rows();
        assert!(rows.len() >= 2);
        for (key, value) in rows {
            assert!(is_row(&key, Some(&value)), "{key:?}");
            assert!(!is_row(&key, Some(&[&value[..], &[0]].concat())), "{key:?}");
            assert!((0..value.len()).all(|end| !is_row(&key, Some(&value[..end]))), "{key:?}");
        }
    }

    #[test]
    fn noise_is_no_row() {
        for key in [&b""[..], b"q", b"qtodos", b"q\0a", b"rtodos\0", b"mnone", b"x", b"q\xff\0a"] {
            assert!(!is_row(&Key::new(key), Some(&[0; 40])), "{key:?}");
            assert!(!is_row(&Key::new(key), None), "{key:?}");
        }
    }
}
