//! The rows of one plan as it decides: reads through its own writes, typed, and keeps the tallies. Decides nothing.

use rustc_hash::FxHashMap;
use serde::Serialize;
use syncline_protocol::{ChangeId, CollectionName};
use syncline_store::{Decision, Key, Value, View, Write};

use crate::{
    model::{
        Base, CollectionState, CollectionTable, Deletions, Error, ParkedRow, QueueRow, RecordKeys, RowError,
        Single, Tally, collection_key, parked_key, read_row, write_row,
    },
    planted::{self, Bug},
};

/// A plan's view of the rows, with its own writes over it.
pub(crate) struct Draft<'v> {
    view: &'v dyn View,
    /// In the order in which each was first written.
    writes: Vec<Write>,
    /// Where a key is among them, from the first one on that was not written in the order of the keys: as long as all are, a key
    /// is found by halving, and mostly at the end.
    places: Option<FxHashMap<Key, usize>>,
    tallies: Vec<(CollectionName, Tally)>,
}

impl<'v> Draft<'v> {
    /// Starts with nothing written.
    pub(crate) fn new(view: &'v dyn View) -> Self {
        Self { view, writes: Vec::new(), places: None, tallies: Vec::new() }
    }

    /// Runs a decision and turns it into the store's: an error writes nothing.
    pub(crate) fn decide<T>(
        view: &'v dyn View,
        decision: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Decision<Result<T, Error>> {
        let mut draft = Self::new(view);
        let result = decision(&mut draft).and_then(|outcome| Ok((draft.finish()?, outcome)));
        match result {
            Ok((writes, outcome)) => Decision { writes, outcome: Ok(outcome) },
            Err(error) => Decision { writes: Vec::new(), outcome: Err(error) },
        }
    }

    /// A row as its bytes, for whoever reads it without copying the document in it.
    pub(crate) fn row(&self, key: &Key) -> Option<Value> {
        match self.written(key) {
            Some(written) => written.value.clone().map(Value::from),
            None => self.view.row(key),
        }
    }

    /// The record as the server confirmed it.
    pub(crate) fn base(&self, keys: &RecordKeys) -> Result<Option<Base<'static>>, RowError> {
        self.owned(&keys.base, |bytes| read_row::<Base<'_>>(bytes).map(Base::into_owned))
    }

    /// The record's queued change.
    pub(crate) fn queued(&self, keys: &RecordKeys) -> Result<Option<QueueRow<'static>>, RowError> {
        self.owned(&keys.queue, |bytes| read_row::<QueueRow<'_>>(bytes).map(QueueRow::into_owned))
    }

    /// A parked change.
    pub(crate) fn parked(&self, change: &ChangeId) -> Result<Option<ParkedRow<'static>>, RowError> {
        self.owned(&parked_key(change), |bytes| {
            let row = read_row::<ParkedRow<'_>>(bytes)?;
            Ok(ParkedRow { change: row.change.into_owned(), ..row })
        })
    }

    /// A meta row of which there is one; its default where it was never written.
    pub(crate) fn single<T: Single + Default>(&self) -> Result<T, RowError> {
        Ok(self.single_if_any()?.unwrap_or_default())
    }

    /// A meta row of which there is one, if it was ever written.
    pub(crate) fn single_if_any<T: Single>(&self) -> Result<Option<T>, RowError> {
        self.owned(&T::key(), |bytes| read_row(bytes))
    }

    /// Writes a meta row of which there is one.
    pub(crate) fn set_single<T: Single>(&mut self, row: &T) -> Result<(), RowError> {
        self.set(T::key(), Some(row))
    }

    /// What sync knows of a collection.
    pub(crate) fn state(&self, collection: &CollectionName) -> Result<CollectionState, RowError> {
        let row = self.owned(&collection_key(CollectionTable::State, collection), |bytes| read_row(bytes))?;
        Ok(row.unwrap_or_default())
    }

    /// Writes what sync knows of a collection.
    pub(crate) fn set_state(
        &mut self,
        collection: &CollectionName,
        state: &CollectionState,
    ) -> Result<(), RowError> {
        self.set(collection_key(CollectionTable::State, collection), Some(state))
    }

    /// What pulls delete of a collection.
    pub(crate) fn deletions(&self, collection: &CollectionName) -> Result<Deletions, RowError> {
        let row =
            self.owned(&collection_key(CollectionTable::Deletions, collection), |bytes| read_row(bytes))?;
        Ok(row.unwrap_or_default())
    }

    /// Writes what pulls delete of a collection; nothing to say is no row.
    pub(crate) fn set_deletions(
        &mut self,
        collection: &CollectionName,
        deletions: &Deletions,
    ) -> Result<(), RowError> {
        let row = (*deletions != Deletions::default()).then_some(deletions);
        self.set(collection_key(CollectionTable::Deletions, collection), row)
    }

    /// Writes or removes both rows of a record, and counts what that changes.
    pub(crate) fn set_record(
        &mut self,
        collection: &CollectionName,
        keys: &RecordKeys,
        before: (&Option<Base<'_>>, &Option<QueueRow<'_>>),
        after: (&Option<Base<'_>>, &Option<QueueRow<'_>>),
    ) -> Result<(), RowError> {
        if before.0 != after.0 {
            self.set(keys.base.clone(), after.0.as_ref())?;
        }
        if before.1 != after.1 {
            self.set(keys.queue.clone(), after.1.as_ref())?;
        }
        self.count(collection, |tally| {
            let (was, is) = (is_visible(before.0, before.1), is_visible(after.0, after.1));
            tally.records = recount(tally.records, was, is);
            let is = is_pending(after.1) || planted::is(Bug::TallyForgotten);
            tally.pending = recount(tally.pending, is_pending(before.1), is);
            tally.conflicts = recount(tally.conflicts, is_conflicting(before.1), is_conflicting(after.1));
        })
    }

    /// Parks a change, or takes it out of there.
    pub(crate) fn set_parked(
        &mut self,
        collection: &CollectionName,
        change: &ChangeId,
        row: Option<&ParkedRow<'_>>,
    ) -> Result<(), RowError> {
        let had = self.parked(change)?.is_some();
        self.set(parked_key(change), row)?;
        self.count(collection, |tally| tally.parked = recount(tally.parked, had, row.is_some()))
    }

    /// The rows below the draft.
    pub(crate) fn view(&self) -> &'v dyn View {
        self.view
    }

    /// Counts in a collection's tally, which `finish` writes. The collections of one plan are few.
    fn count(
        &mut self,
        collection: &CollectionName,
        recount: impl FnOnce(&mut Tally),
    ) -> Result<(), RowError> {
        if let Some((_, tally)) = self.tallies.iter_mut().find(|(known, _)| known == collection) {
            recount(tally);
            return Ok(());
        }
        let row = self.owned(&collection_key(CollectionTable::Tally, collection), |bytes| read_row(bytes))?;
        let mut tally = row.unwrap_or_default();
        recount(&mut tally);
        self.tallies.push((collection.clone(), tally));
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<Write>, RowError> {
        for (collection, tally) in std::mem::take(&mut self.tallies) {
            let key = collection_key(CollectionTable::Tally, &collection);
            let before: Tally = self.owned(&key, |bytes| read_row(bytes))?.unwrap_or_default();
            if before != tally {
                self.set(key, Some(&tally))?;
            }
        }
        Ok(self.writes)
    }

    fn owned<T>(
        &self,
        key: &Key,
        read: impl FnOnce(&[u8]) -> Result<T, RowError>,
    ) -> Result<Option<T>, RowError> {
        match self.written(key) {
            Some(written) => written.value.as_deref().map(read).transpose(),
            None => self.view.row(key).map(|value: Value| read(&value)).transpose(),
        }
    }

    fn written(&self, key: &Key) -> Option<&Write> {
        self.writes.get(self.place_of(key)?)
    }

    fn place_of(&self, key: &Key) -> Option<usize> {
        match &self.places {
            Some(places) => places.get(key).copied(),
            None if self.is_behind(key) => None,
            None => self.writes.binary_search_by(|write| write.key.cmp(key)).ok(),
        }
    }

    /// Whether a key comes after that of the last write.
    fn is_behind(&self, key: &Key) -> bool {
        self.writes.last().is_none_or(|last| last.key < *key)
    }

    fn set<T: Serialize>(&mut self, key: Key, row: Option<&T>) -> Result<(), RowError> {
        let bytes = row.map(write_row).transpose()?;
        if let Some(written) = self.place_of(&key).and_then(|place| self.writes.get_mut(place)) {
            written.value = bytes;
            return Ok(());
        }
        if self.places.is_none() && !self.is_behind(&key) {
            let keys = self.writes.iter().map(|write| write.key.clone());
            self.places = Some(keys.zip(0..).collect());
        }
        if let Some(places) = &mut self.places {
            places.insert(key.clone(), self.writes.len());
        }
        self.writes.push(Write { key, value: bytes });
        Ok(())
    }
}

/// Whether the user sees a record with these rows.
pub(crate) fn is_visible(base: &Option<Base<'_>>, queued: &Option<QueueRow<'_>>) -> bool {
    queued.as_ref().map_or_else(|| base.is_some(), |row| row.local().is_some())
}

fn is_pending(queued: &Option<QueueRow<'_>>) -> bool {
    queued.as_ref().is_some_and(|row| !row.is_conflicting())
}

fn is_conflicting(queued: &Option<QueueRow<'_>>) -> bool {
    queued.as_ref().is_some_and(QueueRow::is_conflicting)
}

fn recount(count: u64, was: bool, is: bool) -> u64 {
    match (was, is) {
        (false, true) => count.saturating_add(1),
        (true, false) => count.saturating_sub(1),
        (true, true) | (false, false) => count,
    }
}
