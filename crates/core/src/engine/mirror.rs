//! The meta rows in memory, kept current by every commit, so that no status reads anything. Writes no rows.

use std::collections::BTreeMap;

use syncline_protocol::CollectionName;
use syncline_store::{Commit, Value, View};

use crate::gather::Gather as _;
use crate::model::{
    CollectionState, CollectionTable, Deletions, Identity, Leadership, MassDeletion, Mended, Single as _,
    Table, Tally, collection_key, read_row,
};

/// What is known of each collection of this database.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Mirror {
    pub(super) collections: BTreeMap<CollectionName, (CollectionState, Tally)>,
    /// What pulls delete of each.
    deletions: BTreeMap<CollectionName, Deletions>,
    /// The leadership that lasts.
    pub(super) epoch: u64,
    /// Whose data it is; none: nobody has opened the database yet.
    pub(super) identity: Option<Identity>,
}

/// What a commit means to whoever syncs.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Turned {
    /// Sync of a collection was switched on or off.
    pub(super) is_switched: bool,
    /// A leadership began.
    pub(super) is_led_anew: bool,
    /// Damaged parts were mended.
    pub(super) is_mended: bool,
    /// Somebody agreed to what a pull would delete.
    pub(super) is_let_go: bool,
    /// Pulls that wait from here on, because they would delete too much.
    pub(super) paused: Vec<(CollectionName, MassDeletion)>,
}

impl Mirror {
    /// Reads everything afresh.
    pub(super) fn load<'a>(view: &dyn View, names: impl Iterator<Item = &'a CollectionName>) -> Self {
        let mut deletions = BTreeMap::new();
        let collections = names.map(|name| {
            let state = view.row(&collection_key(CollectionTable::State, name));
            let tally = view.row(&collection_key(CollectionTable::Tally, name));
            let deleted = view.row(&collection_key(CollectionTable::Deletions, name));
            deletions.insert(name.clone(), read(deleted.as_ref()));
            (name.clone(), (read(state.as_ref()), read(tally.as_ref())))
        });
        let epoch = read::<Leadership>(view.row(&Leadership::key()).as_ref()).epoch;
        let identity = view.row(&Identity::key()).and_then(|row| read_row(&row).ok());
        Self { collections: collections.gather(), deletions, epoch, identity }
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
        let identity = Identity::key();
        for (_, value) in meta.iter().filter(|(key, _)| *key == identity) {
            self.identity = value.as_ref().and_then(|row| read_row(row).ok());
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
        for (name, known) in &mut self.deletions {
            let key = collection_key(CollectionTable::Deletions, name);
            for (_, value) in meta.iter().filter(|(of, _)| *of == key) {
                let was_awaited = known.awaited().is_some();
                *known = read(value.as_ref());
                turned.is_let_go |= was_awaited && known.awaited().is_none();
                let news = known.awaited().filter(|_| !was_awaited);
                turned.paused.extend(news.map(|deletion| (name.clone(), *deletion)));
            }
        }
        turned
    }

    /// What has to be agreed to before a collection is pulled again.
    pub(super) fn awaited(&self, name: &CollectionName) -> Option<&MassDeletion> {
        self.deletions.get(name)?.awaited()
    }

    /// The first enabled collection that waits for somebody to agree to what its pull would delete.
    pub(super) fn paused(&self) -> Option<(&CollectionName, &MassDeletion)> {
        let enabled = self.collections.iter().filter(|(_, (state, _))| state.is_enabled);
        enabled.map(|(name, _)| name).find_map(|name| Some((name, self.awaited(name)?)))
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
