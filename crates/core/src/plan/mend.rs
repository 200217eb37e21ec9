//! What is put back of damaged parts, and what is done so that the server fills the rest in: once per part and device.
//! Reads no disk; what can still be read of a part is handed in.
//!
//! A queued or parked change, and what the database says of itself, is put back as it was, because nobody else has it. So a
//! change that may have been sent stays frozen. That one was edited again and sent may be just what a lost entry said, so what
//! is queued from before it gets new keys: under the old one the server may have taken another document. Deletions are not
//! repeated: a queued change that was answered already goes out
//! once more under its own key, which has no effect. A base row comes back where there is none, but without its version:
//! a bit of its document may be wrong, and the next pull, which starts from nothing, replaces what has no version. Where no
//! server ever answers, it is all there is.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Serialize, de::DeserializeOwned};
use syncline_protocol::{ChangeId, CollectionName};
use syncline_store::{Decision, Key, Part, Plan, Read, Salvaged, Sequence, Value, View, Write};

use super::Origin;
use crate::{
    model::{
        Base, CollectionState, CollectionTable, Error, Mended, ParkedRow, PutBack, QueueRow, Single, Table,
        Tally, collection_key, collection_of, collection_row_of, read_row, record_of, write_row,
    },
    planted::{self, Bug},
};

/// A damaged part with what is left of it.
#[derive(Clone, Debug)]
pub struct Damaged {
    /// Which part.
    pub part: Part,
    /// Its rows that can still be read.
    pub salvaged: Salvaged,
    /// What was at their keys when they were read. Where that changed since, somebody was faster, and is right.
    pub seen: BTreeMap<Key, Value>,
}

/// Mends parts that no context of this device has mended yet.
#[derive(Clone, Debug)]
pub struct Mend {
    /// The collections that the app knows.
    pub collections: Vec<CollectionName>,
    /// What is damaged.
    pub parts: Vec<Damaged>,
}

impl Plan for Mend {
    type Outcome = Result<(), Error>;

    fn reads(&self) -> Vec<Read> {
        let records = |name| [collection_of(Table::Base, name), collection_of(Table::Queue, name)];
        let affected = self.collections.iter().filter(|name| self.parts.iter().any(|one| one.may_have(name)));
        affected.flat_map(records).chain([Table::Meta.all(), Table::Parked.all()]).collect()
    }

    fn origin(&self) -> u8 {
        Origin::Remote.tag()
    }

    fn decide(&self, view: &dyn View) -> Decision<Self::Outcome> {
        let mut mending = Mending { view, writes: BTreeMap::new(), put_back_into: BTreeSet::new() };
        match self.mend(&mut mending) {
            Ok(()) => {
                let write = |(key, value)| Write { key, value: Some(value) };
                Decision { writes: mending.writes.into_iter().map(write).collect(), outcome: Ok(()) }
            }
            Err(error) => Decision { writes: Vec::new(), outcome: Err(error) },
        }
    }
}

impl Mend {
    fn mend(&self, mending: &mut Mending<'_>) -> Result<(), Error> {
        let known = mending.read::<Mended>(&Mended::key());
        let is_new =
            |damaged: &&Damaged| known.as_ref().is_none_or(|known| !known.parts.contains(&damaged.part));
        let mut parts: Vec<&Damaged> = self.parts.iter().filter(is_new).collect();
        if parts.is_empty() {
            return Ok(());
        }
        // What was set aside first, then pages, then entries in their order: what is newer comes later.
        parts.sort_by_key(|one| (one.salvaged.is_in_use, matches!(one.part, Part::Entry(_)), one.part));
        // Where the list of what was mended is lost, parts that are long out of use have most likely been on it, and what
        // they say is old. What can be read of the list is not believed: a bit of a number would be enough.
        let may_have_lost_it =
            |one: &&Damaged| one.salvaged.is_in_use && one.may_have_any(&Read::Key(Mended::key()));
        let remembers = known.is_some() || !parts.iter().any(may_have_lost_it);
        let names = self.names(mending.view);
        for damaged in &parts {
            if (damaged.salvaged.is_in_use || remembers) && !planted::is(Bug::SalvageThrownAway) {
                mending.put_back(damaged, &names)?;
            }
        }
        for name in names.iter().filter(|name| parts.iter().any(|one| one.may_have(name))) {
            mending.renew_keys(name, &parts)?;
            mending.pull_again(name)?;
            mending.recount(name)?;
        }
        mending.note_put_back()?;
        let mut mended = known.unwrap_or_default();
        mended.parts.extend(parts.iter().map(|one| one.part));
        mending.put(Mended::key(), &mended)
    }

    /// The collections that the app or the database itself speaks of: another name is one whose bytes are wrong.
    fn names(&self, view: &dyn View) -> BTreeSet<CollectionName> {
        let Read::Range { start, end } = Table::Meta.all() else { return BTreeSet::new() };
        let kept = view.range(&start, end.as_ref()).map(|(key, _)| key);
        let salvaged = self.parts.iter().flat_map(|one| one.salvaged.rows.keys().cloned());
        let named = kept.chain(salvaged).filter_map(|key| collection_row_of(&key));
        self.collections.iter().cloned().chain(named.map(|(_, name)| name)).collect()
    }
}

impl Damaged {
    /// Whether the part may have had rows of a collection, or what is counted of it.
    fn may_have(&self, name: &CollectionName) -> bool {
        let tables = [Table::Base, Table::Queue].map(|table| collection_of(table, name));
        let meta = [CollectionTable::State, CollectionTable::Tally]
            .map(|table| Read::Key(collection_key(table, name)));
        tables.iter().chain(&meta).chain([&Table::Parked.all()]).any(|read| self.may_have_any(read))
    }

    fn may_have_any(&self, read: &Read) -> bool {
        let Some(Read::Range { start, end }) = &self.salvaged.range else { return true };
        let is_before_end = |key: &Key| end.as_ref().is_none_or(|end| key < end);
        match read {
            Read::Key(key) => key >= start && is_before_end(key),
            Read::Range { start: first, end: last } => {
                is_before_end(first) && last.as_ref().is_none_or(|last| start < last)
            }
        }
    }

    /// Whether the salvaged row is the latest of its key.
    fn is_latest(&self, view: &dyn View, key: &Key) -> bool {
        let known = view.row(key);
        known.is_none() || self.salvaged.is_in_use && known.as_ref() == self.seen.get(key)
    }
}

/// The rows as they are, under what is put back.
struct Mending<'v> {
    view: &'v dyn View,
    writes: BTreeMap<Key, Vec<u8>>,
    /// Where queued changes were put back.
    put_back_into: BTreeSet<CollectionName>,
}

impl Mending<'_> {
    fn put_back(&mut self, damaged: &Damaged, names: &BTreeSet<CollectionName>) -> Result<(), Error> {
        for (key, value) in &damaged.salvaged.rows {
            let Some(value) = value.as_ref().filter(|_| damaged.is_latest(self.view, key)) else { continue };
            if let Some((table, name, _)) = record_of(key) {
                if !names.contains(&name) {
                    continue;
                }
                if table == Table::Queue {
                    self.writes.insert(key.clone(), value.to_vec());
                    self.put_back_into.insert(name);
                } else if self.view.row(key).is_none() {
                    let base: Base<'_> = read_row(value)?;
                    self.put(key.clone(), &Base { version: None, ..base })?;
                }
            } else if let Some((table, _)) = collection_row_of(key) {
                if table == CollectionTable::State {
                    let state: CollectionState = read_row(value)?;
                    self.put(key.clone(), &CollectionState { cursor: None, ..state })?;
                }
            } else if *key != Mended::key() {
                self.writes.insert(key.clone(), value.to_vec());
            }
        }
        Ok(())
    }

    /// Has these collections pulled from nothing a second time, once what was put back is answered.
    fn note_put_back(&mut self) -> Result<(), Error> {
        if self.put_back_into.is_empty() {
            return Ok(());
        }
        let mut put_back = self.read::<PutBack>(&PutBack::key()).unwrap_or_default();
        put_back.collections.append(&mut self.put_back_into);
        self.put(PutBack::key(), &put_back)
    }

    fn pull_again(&mut self, name: &CollectionName) -> Result<(), Error> {
        let key = collection_key(CollectionTable::State, name);
        match self.read::<CollectionState>(&key) {
            Some(state) if state.cursor.is_some() && !planted::is(Bug::MendedNotPulled) => {
                self.put(key, &CollectionState { cursor: None, ..state })
            }
            _ => Ok(()),
        }
    }

    /// Gives new keys to changes whose sending an entry that is lost may have been about; those that were read in it are as it
    /// left them.
    fn renew_keys(&mut self, name: &CollectionName, parts: &[&Damaged]) -> Result<(), Error> {
        let state = self.read::<CollectionState>(&collection_key(CollectionTable::State, name));
        // Where that is lost, anything may have been sent.
        if state.is_some_and(|state| !state.is_enabled && state.last_synced_at.is_none()) {
            return Ok(());
        }
        for damaged in parts.iter().filter(|one| one.salvaged.is_in_use) {
            let Part::Entry(Sequence(number)) = damaged.part else { continue };
            let queued = self.rows_of(&collection_of(Table::Queue, name), &|_| true);
            let is_from_before = |key: &Key| !matches!(damaged.salvaged.rows.get(key), Some(Some(_)));
            for key in queued.into_keys().filter(is_from_before) {
                let kept = self.writes.get(&key).cloned();
                let kept =
                    kept.or_else(|| self.view.row(&key).map(|value| value.to_vec())).unwrap_or_default();
                let Ok(mut row) = read_row::<QueueRow<'_>>(&kept) else { continue };
                let change = (!row.is_sent).then_some(&mut row.change);
                for edit in change.into_iter().chain(&mut row.next) {
                    edit.id = ChangeId::trusted(format!("{}.{number}", edit.id));
                }
                self.put(key, &row)?;
            }
        }
        Ok(())
    }

    fn recount(&mut self, name: &CollectionName) -> Result<(), Error> {
        let bases = self.rows_of(&collection_of(Table::Base, name), &|_| true);
        let queue = collection_of(Table::Queue, name);
        let of_row = |is_so: fn(&QueueRow<'_>) -> bool| {
            self.rows_of(&queue, &|bytes| read_row(bytes).is_ok_and(|row| is_so(&row)))
        };
        let queued = of_row(|row| row.local().is_some());
        let conflicts = number(of_row(|row| row.is_conflicting()).values().filter(|is| **is).count());
        let parked = self.rows_of(&Table::Parked.all(), &|bytes| {
            read_row::<ParkedRow<'_>>(bytes).is_ok_and(|row| row.collection == *name)
        });
        let record = |key: &Key| record_of(key).map(|(_, _, record)| record);
        let hidden: BTreeSet<_> = queued.keys().filter_map(record).collect();
        let shown = bases.keys().filter_map(record).filter(|record| !hidden.contains(record)).count();
        let tally = Tally {
            records: number(shown).saturating_add(number(queued.values().filter(|is| **is).count())),
            pending: number(queued.len()).saturating_sub(conflicts),
            parked: number(parked.values().filter(|is| **is).count()),
            conflicts,
        };
        let key = collection_key(CollectionTable::Tally, name);
        let known = self.read::<Tally>(&key).unwrap_or_default();
        if known == tally { Ok(()) } else { self.put(key, &tally) }
    }

    /// What a question says of each row.
    fn rows_of(&self, read: &Read, ask: &dyn Fn(&[u8]) -> bool) -> BTreeMap<Key, bool> {
        let Read::Range { start, end } = read else { return BTreeMap::new() };
        let kept = self.view.range(start, end.as_ref()).map(|(key, value)| (key, ask(&value)));
        let is_within = |key: &Key| key >= start && end.as_ref().is_none_or(|end| key < end);
        let put = self.writes.iter().filter(|(key, _)| is_within(key));
        kept.chain(put.map(|(key, value)| (key.clone(), ask(value)))).collect()
    }

    /// A row; one that cannot be read counts as none.
    fn read<T: DeserializeOwned>(&self, key: &Key) -> Option<T> {
        match self.writes.get(key) {
            Some(written) => read_row(written).ok(),
            None => self.view.row(key).and_then(|value| read_row(&value).ok()),
        }
    }

    fn put<T: Serialize>(&mut self, key: Key, row: &T) -> Result<(), Error> {
        self.writes.insert(key, write_row(row)?);
        Ok(())
    }
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
