//! Reads records as the user sees them: base overlaid with queue. Filters nothing.

use std::{borrow::Cow, cmp::Ordering};

use syncline_protocol::{CollectionName, RecordId};
use syncline_store::{Key, Read, Value, View};

use crate::{
    model::{Base, QueueRow, Table, collection_of, read_row, record_key, record_within},
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

/// The row of one record that says what the user sees; `None`: there is no such record.
pub(super) fn row_of(view: &dyn View, collection: &CollectionName, record: &RecordId) -> Option<SeenRow> {
    let row = |table| view.row(&record_key(table, collection, record));
    let seen = row(Table::Queue).map(SeenRow::Queue).or_else(|| row(Table::Base).map(SeenRow::Base));
    seen.filter(SeenRow::is_visible)
}

/// The rows of the records that the user sees in a collection, in the order of their ids.
pub(super) fn rows_of(view: &dyn View, collection: &CollectionName) -> Vec<(RecordId, SeenRow)> {
    let rows = |table| -> Vec<(Key, Value)> {
        let Read::Range { start, end } = collection_of(table, collection) else { return Vec::new() };
        view.range(&start, end.as_ref()).collect()
    };
    let record = |(key, value): (Key, Value)| Some((record_within(collection, &key)?, value));
    let mut bases = rows(Table::Base).into_iter().filter_map(record).peekable();
    let mut queued = rows(Table::Queue).into_iter().filter_map(record).peekable();
    std::iter::from_fn(move || {
        let order = match (bases.peek(), queued.peek()) {
            (Some((base, _)), Some((change, _))) => base.cmp(change),
            (Some(_), None) => Ordering::Less,
            (None, _) => Ordering::Greater,
        };
        match order {
            Ordering::Less => bases.next().map(|(id, value)| (id, SeenRow::Base(value))),
            Ordering::Equal => {
                drop(bases.next());
                queued.next().map(|(id, value)| (id, SeenRow::Queue(value)))
            }
            Ordering::Greater => queued.next().map(|(id, value)| (id, SeenRow::Queue(value))),
        }
    })
    .filter(|(_, row)| row.is_visible())
    .collect()
}

/// The row that says what the user sees of a record.
#[derive(Clone, Debug)]
pub enum SeenRow {
    /// As the server confirmed it.
    Base(Value),
    /// As it was edited here.
    Queue(Value),
}

impl HasText for SeenRow {
    /// `None`: deleted here, or a row that cannot be read.
    fn text(&self) -> Option<&str> {
        let doc = match self {
            Self::Base(row) => read_row::<Base<'_>>(row).ok().map(|base| base.doc),
            Self::Queue(row) => {
                let row: QueueRow<'_> = read_row(row).ok()?;
                row.next.map_or(row.change.doc, |next| next.doc)
            }
        };
        match doc? {
            Cow::Borrowed(text) => Some(text),
            Cow::Owned(_) => None,
        }
    }
}

impl SeenRow {
    /// Whether the user sees the record.
    pub(super) fn is_visible(&self) -> bool {
        matches!(self, Self::Base(_)) || self.text().is_some()
    }
}
