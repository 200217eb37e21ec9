//! The meta rows in memory, kept current by every commit, so that no status reads anything. Writes no rows.

use std::collections::BTreeMap;

use syncline_protocol::CollectionName;
use syncline_store::{Commit, Value, View};

use crate::model::{
    CollectionState, CollectionTable, Leadership, Mended, Single as _, Table, Tally, collection_key, read_row,
};

/// What is known of each collection of this database.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Mirror {
    pub(super) collections: BTreeMap<CollectionName, (CollectionState, Tally)>,
    /// The leadership that lasts.
    pub(super) epoch: u64,
}

/// What a commit means to whoever syncs.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Turned {
    /// Sync of a collection was switched on or off.
    pub(super) is_switched: bool,
    /// A leadership began.
    pub(super) is_led_anew: bool,
    /// Damaged parts were mended.
    pub(super) is_mended: bool,
}

impl Mirror {
    /// Reads everything afresh.
    pub(super) fn load<'a>(view: &dyn View, names: impl Iterator<Item = &'a CollectionName>) -> Self {
        let collections = names.map(|name| {
            let state = view.row(&collection_key(CollectionTable::State, name));
            let tally = view.row(&collection_key(CollectionTable::Tally, name));
            (name.clone(), (read(state.as_ref()), read(tally.as_ref())))
        });
        let epoch = read::<Leadership>(view.row(&Leadership::key()).as_ref()).epoch;
        Self { collections: collections.collect(), epoch }
    }

    /// Takes in a commit.
    pub(super) fn handle_commit(&mut self, commit: &Commit) -> Turned {
        let mut turned = Turned::default();
        let meta: Vec<_> = commit.writes.iter().filter(|(key, _)| Table::Meta.has(key)).collect();
        let leadership = Leadership::key();
        for (_, value) in meta.iter().filter(|(key, _)| *key == leadership) {
            self.epoch = read::<Leadership>(value.as_ref()).epoch;
            turned.is_led_anew = true;
        }
        let mended = Mended::key();
        turned.is_mended = meta.iter().any(|(key, _)| *key == mended);
        for (name, (state, tally)) in &mut self.collections {
            let state_key = collection_key(CollectionTable::State, name);
            let tally_key = collection_key(CollectionTable::Tally, name);
            for (key, value) in &meta {
                if *key == state_key {
                    let new: CollectionState = read(value.as_ref());
                    turned.is_switched |= new.is_enabled != state.is_enabled;
                    *state = new;
                } else if *key == tally_key {
                    *tally = read(value.as_ref());
                }
            }
        }
        turned
    }

    /// Whether sync is on for any collection.
    pub(super) fn is_any_enabled(&self) -> bool {
        self.collections.values().any(|(state, _)| state.is_enabled)
    }

    /// What sync knows of a collection.
    pub(super) fn state(&self, name: &CollectionName) -> Option<&CollectionState> {
        self.collections.get(name).map(|(state, _)| state)
    }

    /// What is in a collection.
    pub(super) fn tally(&self, name: &CollectionName) -> Tally {
        self.collections.get(name).map(|(_, tally)| *tally).unwrap_or_default()
    }
}

fn read<T: serde::de::DeserializeOwned + Default>(value: Option<&Value>) -> T {
    value.and_then(|value| read_row(value).ok()).unwrap_or_default()
}
