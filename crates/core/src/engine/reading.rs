//! Reads records as the user sees them: base overlaid with queue. Filters nothing.

use std::cmp::Ordering;

use syncline_protocol::{CollectionName, RecordId};
use syncline_store::{Key, Read, Value, View};

use crate::{
    model::{Table, collection_of, doc_of_base, doc_of_queue, record_key, record_place},
    query::HasText,
};

/// The rows that reading a collection looks at.
pub(super) fn reads_of(collection: &CollectionName) -> [Read; 2] {
    [collection_of(Table::Base, collection), collection_of(Table::Queue, collection)]
}

/// The rows that reading one record looks at.
pub(super) fn reads_of_record(collection: &CollectionName, record: &RecordId) -> [Read; 2] {
    [Table::Base, Table::Queue].map(|table| Read::Key(record_key(table, collection, record)))
}

/// The document of one record as the user sees it; `None`: there is no such record.
pub(super) fn row_of(view: &dyn View, collection: &CollectionName, record: &RecordId) -> Option<SeenRow> {
    let row = |table| view.row(&record_key(table, collection, record));
    match row(Table::Queue) {
        Some(queued) => SeenRow::queued(&queued),
        None => SeenRow::base(&row(Table::Base)?),
    }
}

/// The records that the user sees in a collection, in the order of their ids.
pub(super) fn rows_of(view: &dyn View, collection: &CollectionName) -> Vec<(RecordId, SeenRow)> {
    let rows = seen_records(view, collection);
    rows.filter_map(|seen| Some((RecordId::trusted(seen.id()?), seen.row))).collect()
}

/// The same, without a text of its own for each id.
pub(super) fn seen_records(view: &dyn View, collection: &CollectionName) -> impl Iterator<Item = SeenRecord> {
    let (base, queue) = (collection_of(Table::Base, collection), collection_of(Table::Queue, collection));
    let rows = |read| match read {
        Read::Range { start, end } => Some(view.range(&start, end.as_ref())),
        Read::Key(_) => None,
    };
    let mut bases = rows(base).into_iter().flatten().peekable();
    let mut queued = rows(queue).into_iter().flatten().peekable();
    let before = record_place(collection);
    // The keys of both tables differ in their first byte only.
    let order = |one: &Key, other: &Key| one.as_bytes().get(1..).cmp(&other.as_bytes().get(1..));
    std::iter::from_fn(move || {
        loop {
            let next = match (bases.peek(), queued.peek()) {
                (Some((base, _)), Some((change, _))) => order(base, change),
                (Some(_), None) => Ordering::Less,
                (None, _) => Ordering::Greater,
            };
            let (key, row) = if next == Ordering::Less {
                bases.next().map(|(key, row)| (key, SeenRow::base(&row)))?
            } else {
                if next == Ordering::Equal {
                    drop(bases.next());
                }
                queued.next().map(|(key, row)| (key, SeenRow::queued(&row)))?
            };
            if let Some(row) = row {
                return Some(SeenRecord { key, before, row });
            }
        }
    })
}

/// A record that the user sees, by the key of the row that says so.
pub(super) struct SeenRecord {
    key: Key,
    /// Where in the key the id begins.
    before: usize,
    pub(super) row: SeenRow,
}

impl SeenRecord {
    /// The record's id; `None`: the key is not what was written.
    pub(super) fn id(&self) -> Option<&str> {
        std::str::from_utf8(self.key.as_bytes().get(self.before..)?).ok()
    }
}

/// A document that the user sees: the part of the stored row that is its JSON text.
#[derive(Clone, Debug)]
pub struct SeenRow(Value);

impl SeenRow {
    /// Its bytes; UTF-8, unless the row is not what was written.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// As the server confirmed it.
    fn base(row: &Value) -> Option<Self> {
        doc_of_base(row).map(|doc| Self(row.part(doc)))
    }

    /// As it was edited here; `None`: deleted here.
    fn queued(row: &Value) -> Option<Self> {
        doc_of_queue(row).map(|doc| Self(row.part(doc)))
    }
}

impl HasText for SeenRow {
    fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }
}
