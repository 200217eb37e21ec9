//! The rows of one device as its log says they are, decoded, kept commit by commit. Judges nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, de::DeserializeOwned};
use syncline_core::model::{
    Base, CollectionState, CollectionTable, Deletions, Identity, Leadership, ParkedRow, QueueRow, RetryState,
    RetryWait, Single, Skew, Table, Tally, collection_key, record_of,
};
use syncline_protocol::{ChangeId, CollectionName};
use syncline_store::{Commit, Key, Read, Value};

use crate::service::RecordKey;

/// The two rows of a record.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Pair {
    pub(crate) base: Option<Base<'static>>,
    pub(crate) queue: Option<QueueRow<'static>>,
}

impl Pair {
    /// The document as the user sees it.
    pub(crate) fn seen(&self) -> Option<&str> {
        match &self.queue {
            Some(row) => row.local(),
            None => self.base.as_ref().map(|base| &*base.doc),
        }
    }

    /// Whether its change waits for somebody's choice.
    pub(crate) fn is_conflicting(&self) -> bool {
        self.queue.as_ref().is_some_and(QueueRow::is_conflicting)
    }

    fn is_empty(&self) -> bool {
        self.base.is_none() && self.queue.is_none()
    }
}

/// All rows of a device.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rows {
    pub(crate) records: BTreeMap<RecordKey, Pair>,
    pub(crate) parked: BTreeMap<ChangeId, ParkedRow<'static>>,
    pub(crate) states: BTreeMap<CollectionName, CollectionState>,
    pub(crate) tallies: BTreeMap<CollectionName, Tally>,
    pub(crate) deletions: BTreeMap<CollectionName, Deletions>,
    pub(crate) leadership: Leadership,
    pub(crate) identity: Option<Identity>,
    /// What the device adds to its clock, in milliseconds.
    pub(crate) skew: i64,
    /// Every row as it is kept.
    pub(crate) raw: BTreeMap<Key, Vec<u8>>,
}

/// What one commit changed: each row with what it was before.
#[derive(Clone, Debug, Default)]
pub(crate) struct Changed {
    pub(crate) records: BTreeMap<RecordKey, Pair>,
    pub(crate) parked: BTreeMap<ChangeId, Option<ParkedRow<'static>>>,
    pub(crate) states: BTreeMap<CollectionName, CollectionState>,
    pub(crate) tallies: BTreeMap<CollectionName, Tally>,
    pub(crate) deletions: BTreeMap<CollectionName, Deletions>,
    pub(crate) leadership: Option<Leadership>,
    pub(crate) identity: Option<Option<Identity>>,
    pub(crate) skew: Option<i64>,
    pub(crate) has_retry: bool,
    /// Failures in a row, where that was stored anew.
    pub(crate) failures: Option<u32>,
}

impl Rows {
    /// The rows of a record.
    pub(crate) fn pair(&self, key: &RecordKey) -> Pair {
        self.records.get(key).cloned().unwrap_or_default()
    }

    /// Applies a commit.
    pub(crate) fn apply(
        &mut self,
        commit: &Commit,
        collections: &[CollectionName],
    ) -> Result<Changed, String> {
        let mut changed = Changed::default();
        for (key, value) in &commit.writes {
            self.apply_row(key, value.as_ref(), collections, &mut changed)?;
            match value {
                Some(value) => drop(self.raw.insert(key.detached(), value.to_vec())),
                None => drop(self.raw.remove(key)),
            }
        }
        Ok(changed)
    }

    fn apply_row(
        &mut self,
        key: &Key,
        value: Option<&Value>,
        collections: &[CollectionName],
        changed: &mut Changed,
    ) -> Result<(), String> {
        if let Some((table, collection, record)) = record_of(key) {
            let place = (collection, record);
            let pair = self.records.entry(place.clone()).or_default();
            changed.records.entry(place.clone()).or_insert_with(|| pair.clone());
            if table == Table::Base {
                pair.base = value.map(|value| row::<Base<'_>>(value).map(Base::into_owned)).transpose()?;
            } else {
                pair.queue =
                    value.map(|value| row::<QueueRow<'_>>(value).map(QueueRow::into_owned)).transpose()?;
            }
            if pair.is_empty() {
                self.records.remove(&place);
            }
            return Ok(());
        }
        if let Some(change) = parked_change(key) {
            let parked = value.map(|value| {
                let row: ParkedRow<'_> = row(value)?;
                Ok::<_, String>(ParkedRow { change: row.change.into_owned(), ..row })
            });
            let before = match parked.transpose()? {
                Some(row) => self.parked.insert(change.clone(), row),
                None => self.parked.remove(&change),
            };
            changed.parked.entry(change).or_insert(before);
            return Ok(());
        }
        self.apply_meta(key, value, collections, changed)
    }

    fn apply_meta(
        &mut self,
        key: &Key,
        value: Option<&Value>,
        collections: &[CollectionName],
        changed: &mut Changed,
    ) -> Result<(), String> {
        for name in collections {
            if *key == collection_key(CollectionTable::State, name) {
                let before = self.states.insert(name.clone(), meta(value)?);
                changed.states.entry(name.clone()).or_insert_with(|| before.unwrap_or_default());
                return Ok(());
            }
            if *key == collection_key(CollectionTable::Deletions, name) {
                let before = self.deletions.insert(name.clone(), meta(value)?);
                changed.deletions.entry(name.clone()).or_insert_with(|| before.unwrap_or_default());
                return Ok(());
            }
            if *key == collection_key(CollectionTable::Tally, name) {
                let before = self.tallies.insert(name.clone(), meta(value)?);
                changed.tallies.entry(name.clone()).or_insert_with(|| before.unwrap_or_default());
                return Ok(());
            }
        }
        if *key == Leadership::key() {
            changed.leadership = Some(std::mem::replace(&mut self.leadership, meta(value)?));
        } else if *key == Identity::key() {
            let identity = value.map(|value| row::<Identity>(value)).transpose()?;
            changed.identity = Some(std::mem::replace(&mut self.identity, identity));
        } else if *key == Skew::key() {
            changed.skew = Some(self.skew);
            self.skew = meta::<Skew>(value)?.milliseconds;
        } else if [RetryState::key(), RetryWait::key()].contains(key) {
            changed.has_retry = true;
            if *key == RetryState::key() {
                changed.failures = Some(meta::<RetryState>(value)?.failures);
            }
        } else {
            return Err(format!("a row nobody knows: {key:?}"));
        }
        Ok(())
    }
}

fn row<'a, T: Deserialize<'a>>(value: &'a [u8]) -> Result<T, String> {
    postcard::from_bytes(value).map_err(|error| format!("a row that cannot be read: {error}"))
}

fn meta<T: DeserializeOwned + Default>(value: Option<&Value>) -> Result<T, String> {
    value.map_or_else(|| Ok(T::default()), |value| row(value))
}

fn parked_change(key: &Key) -> Option<ChangeId> {
    let Read::Range { start, .. } = Table::Parked.all() else { return None };
    let rest = key.as_bytes().strip_prefix(start.as_bytes())?;
    Some(ChangeId::trusted(std::str::from_utf8(rest).ok()?))
}
