//! Where each row is in the ordered map. Encodes keys only, never rows.
//!
//! A key is one byte for the table, then its parts; a collection's name and a record's id are parted by a zero byte,
//! which no collection name contains. So one collection is one key range in each table.

use syncline_protocol::{ChangeId, CollectionName, RecordId};
use syncline_store::{Key, Read};

/// The tables of the database by the first byte of their keys.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Table {
    /// What the server last confirmed.
    Base,
    /// Small rows about the database itself.
    Meta,
    /// What the server refused.
    Parked,
    /// At most one change per record.
    Queue,
}

impl Table {
    const fn byte(self) -> u8 {
        match self {
            Self::Base => b'r',
            Self::Meta => b'm',
            Self::Parked => b'p',
            Self::Queue => b'q',
        }
    }

    /// Whether a key is of this table.
    pub fn has(self, key: &Key) -> bool {
        key.as_bytes().first() == Some(&self.byte())
    }

    /// Every row of the table.
    pub fn all(self) -> Read {
        Read::prefix(&[self.byte()])
    }
}

/// The rows about one collection in the meta table.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CollectionTable {
    /// What pulls delete: a `Deletions`.
    Deletions,
    /// Enabled, cursor, last sync: a `CollectionState`.
    State,
    /// Counts: a `Tally`.
    Tally,
}

/// The key of a record's row in the base or queue table.
pub fn record_key(table: Table, collection: &CollectionName, record: &RecordId) -> Key {
    let record = record.as_str().as_bytes();
    let mut bytes = collection_prefix(table, collection, record.len());
    bytes.extend_from_slice(record);
    Key::new(bytes)
}

/// Where a record's two rows are.
#[derive(Clone, Debug)]
pub struct RecordKeys {
    /// In the base table.
    pub base: Key,
    /// In the queue table.
    pub queue: Key,
}

impl RecordKeys {
    /// Names the rows of a record.
    pub fn of(collection: &CollectionName, record: &RecordId) -> Self {
        let key = |table| record_key(table, collection, record);
        Self { base: key(Table::Base), queue: key(Table::Queue) }
    }

    /// Reads both rows.
    pub fn reads(&self) -> [Read; 2] {
        [Read::Key(self.base.clone()), Read::Key(self.queue.clone())]
    }
}

/// Every row of one collection in the base or queue table.
pub fn collection_of(table: Table, collection: &CollectionName) -> Read {
    Read::prefix(&collection_prefix(table, collection, 0))
}

/// The key of one of a collection's rows in the meta table.
pub fn collection_key(table: CollectionTable, collection: &CollectionName) -> Key {
    let kind = match table {
        CollectionTable::Deletions => "d/",
        CollectionTable::State => "c/",
        CollectionTable::Tally => "t/",
    };
    meta_key(&format!("{kind}{collection}"))
}

/// Which collection a key of the meta table is about, and what it says of it; `None` for keys that are about none.
pub fn collection_row_of(key: &Key) -> Option<(CollectionTable, CollectionName)> {
    let (_, name) = key.as_bytes().split_first().filter(|_| Table::Meta.has(key))?;
    let (kind, name) = std::str::from_utf8(name).ok()?.split_once('/')?;
    let table = match kind {
        "c" => CollectionTable::State,
        "d" => CollectionTable::Deletions,
        "t" => CollectionTable::Tally,
        _ => return None,
    };
    Some((table, CollectionName::trusted(name)))
}

/// The key of a parked change.
pub fn parked_key(change: &ChangeId) -> Key {
    let mut bytes = vec![Table::Parked.byte()];
    bytes.extend_from_slice(change.as_str().as_bytes());
    Key::new(bytes)
}

/// The key of a named row in the meta table.
pub(super) fn meta_key(name: &str) -> Key {
    let mut bytes = vec![Table::Meta.byte()];
    bytes.extend_from_slice(name.as_bytes());
    Key::new(bytes)
}

/// Which record a key of the base or queue table belongs to; `None` for keys of other tables.
pub fn record_of(key: &Key) -> Option<(Table, CollectionName, RecordId)> {
    let (first, rest) = key.as_bytes().split_first()?;
    let table = [Table::Base, Table::Queue].into_iter().find(|table| table.byte() == *first)?;
    let middle = rest.iter().position(|byte| *byte == 0)?;
    let collection = std::str::from_utf8(rest.get(..middle)?).ok()?;
    let record = std::str::from_utf8(rest.get(middle.saturating_add(1)..)?).ok()?;
    Some((table, CollectionName::trusted(collection), RecordId::trusted(record)))
}

/// The record of a key that is known to be of this collection.
pub fn record_within(collection: &CollectionName, key: &Key) -> Option<RecordId> {
    let record = key.as_bytes().get(record_place(collection)..)?;
    std::str::from_utf8(record).ok().map(RecordId::trusted)
}

/// Where the record's id begins in the keys of a collection in the base and the queue table.
pub fn record_place(collection: &CollectionName) -> usize {
    collection.as_str().len().saturating_add(2)
}

/// What all keys of a collection begin with, with room for `more` bytes.
fn collection_prefix(table: Table, collection: &CollectionName, more: usize) -> Vec<u8> {
    let collection = collection.as_str().as_bytes();
    let mut bytes = Vec::with_capacity(collection.len().saturating_add(more).saturating_add(2));
    bytes.push(table.byte());
    bytes.extend_from_slice(collection);
    bytes.push(0);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_found_again_in_its_key() {
        let (collection, record) = (CollectionName::trusted("todos"), RecordId::trusted("a\0b/ü"));
        let key = record_key(Table::Queue, &collection, &record);
        assert_eq!(record_within(&collection, &key), Some(record.clone()));
        assert_eq!(record_of(&key), Some((Table::Queue, collection, record)));
        assert_eq!(record_of(&meta_key("c/todos")), None);
    }
}
