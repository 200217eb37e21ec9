//! Follows every commit, whichever context made it: keeps the mirror, tells the app what changed, signals the loop. Writes
//! nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use syncline_protocol::{CollectionName, RecordId};
use syncline_store::{Commit, Key, Observer, Part, Read, Value, View};

use super::{
    messages::Message,
    shared::{Shared, Signal},
};
use crate::{
    model::{
        Base, ChangeOrigin, Error, Event, LiveChange, QueueRow, RecordKeys, Table, read_row, record_of,
        record_within,
    },
    plan::Origin,
    planted::{self, Bug},
    ports::{Events as _, Host},
};

/// The observer of a client's database.
pub(super) struct Watcher<H>(pub(super) Rc<Shared<H>>);

impl<H: Host> Observer for Watcher<H> {
    fn reads(&self, commit: &Commit) -> Vec<Read> {
        // What the app wrote is in the commit; only where it gave a change up is the base seen again.
        if Origin::of_tag(commit.origin) == Origin::Whole {
            return Vec::new();
        }
        let is_local = Origin::of_tag(commit.origin) == Origin::Local;
        let keys = |(key, value): &(Key, Option<Value>)| {
            let (_, collection, record) = record_of(key).filter(|_| !is_local || value.is_none())?;
            Some(RecordKeys::of(&collection, &record).reads())
        };
        commit.writes.iter().filter_map(keys).flatten().collect()
    }

    fn handle_commit(&self, before: &dyn View, commit: &Commit, is_own: bool) {
        let shared = &self.0;
        shared.note_older(commit);
        let was_own = shared.is_own();
        let turned = shared.mirror.borrow_mut().handle_commit(commit);
        shared.tell_given_up(was_own && !is_own);
        let origin = Origin::of_tag(commit.origin);
        let told = match (origin, is_own) {
            (Origin::Remote, _) => ChangeOrigin::Remote,
            (Origin::Local | Origin::Whole, true) => ChangeOrigin::Local,
            (Origin::Local | Origin::Whole, false) => ChangeOrigin::Context,
        };
        let changed = match origin {
            Origin::Local => edited_records(commit),
            Origin::Remote => changed_records(before, commit),
            Origin::Whole => {
                self.tell_all(told);
                BTreeMap::new()
            }
        };
        let is_edit = origin == Origin::Local && !changed.is_empty();
        let is_told = (is_own || !planted::is(Bug::OthersUntold)) && shared.is_to_be_seen();
        for (collection, ids) in changed.into_iter().filter(|_| is_told) {
            let live = self.follow(before, commit, &collection, &ids);
            shared.host.events().emit(Event::Change { collection: collection.clone(), ids, origin: told });
            for change in live {
                shared.host.events().emit(Event::Live { collection: collection.clone(), change });
            }
        }
        for (collection, deletion) in &turned.paused {
            shared.host.events().emit(Event::Error(Error::mass_deletion(collection, deletion)));
        }
        if turned.is_switched {
            shared.signal(Signal::Settings);
        }
        if turned.is_mended {
            shared.signal(Signal::Mended(is_own));
        }
        if turned.is_led_anew {
            shared.signal(Signal::LedAnew);
        }
        if is_edit || turned.is_let_go || origin == Origin::Whole {
            shared.signal(Signal::LocalChange);
        }
    }

    fn handle_end(&self, is_own: bool) {
        if is_own {
            self.0.say(&Message::Committed);
        }
        self.0.refresh_status();
    }

    fn handle_reset(&self) {
        self.tell_all(ChangeOrigin::Context);
        self.0.is_mirror_stale.set(!planted::is(Bug::MirrorStaysStale));
        self.0.signal(Signal::Reset);
    }

    fn handle_damage(&self, _part: Part) {
        // Rows are gone that the app may have seen.
        self.handle_reset();
        self.0.signal(Signal::Damaged);
    }
}

impl<H: Host> Watcher<H> {
    /// Tells the app that anything may have changed.
    fn tell_all(&self, origin: ChangeOrigin) {
        let stale = self.0.lookup.borrow_mut().reset();
        self.0.note_any_older();
        for collection in self.0.options.collections.keys() {
            let event = Event::Change { collection: collection.clone(), ids: Vec::new(), origin };
            self.0.host.events().emit(event);
        }
        for (collection, numbers) in stale {
            let change = LiveChange::Stale(numbers);
            self.0.host.events().emit(Event::Live { collection, change });
        }
    }

    /// Lets indexes and live queries take in what changed.
    fn follow(
        &self,
        before: &dyn View,
        commit: &Commit,
        collection: &CollectionName,
        ids: &[RecordId],
    ) -> Vec<LiveChange> {
        if !self.0.lookup.borrow().is_following(collection) || planted::is(Bug::LivePatchLost) {
            return Vec::new();
        }
        let written = written(commit);
        let text = |record: &RecordId| {
            let keys = RecordKeys::of(collection, record);
            local_text(after(before, &written, &keys.queue), || after(before, &written, &keys.base))
        };
        let changed = ids.iter().map(|record| (record.clone(), text(record))).collect();
        self.0.lookup.borrow_mut().handle(collection, changed)
    }
}

/// The rows that a commit wrote, the last of each key.
fn written(commit: &Commit) -> BTreeMap<&Key, Option<&Value>> {
    commit.writes.iter().map(|(key, value)| (key, value.as_ref())).collect()
}

/// The row at a key once a commit is applied.
fn after(before: &dyn View, written: &BTreeMap<&Key, Option<&Value>>, key: &Key) -> Option<Value> {
    written.get(key).map_or_else(|| before.row(key), |value| value.cloned())
}

/// The records that the app edited: each edit changes what the user sees, and writes the record's queue row.
fn edited_records(commit: &Commit) -> BTreeMap<CollectionName, Vec<RecordId>> {
    let mut edited = BTreeMap::<CollectionName, Vec<RecordId>>::new();
    let mut rows = commit.writes.iter().map(|(key, _)| key).filter(|key| Table::Queue.has(key)).peekable();
    while let Some(key) = rows.next() {
        let Some((_, collection, record)) = record_of(key) else { continue };
        let before = key.as_bytes().len().saturating_sub(record.as_str().len());
        let prefix = key.as_bytes().get(..before).unwrap_or_default();
        let records = edited.entry(collection.clone()).or_default();
        records.push(record);
        // Rows of one collection mostly lie together: its name is read once for all of them.
        while let Some(other) = rows.next_if(|other| other.as_bytes().starts_with(prefix)) {
            records.extend(record_within(&collection, other));
        }
    }
    edited
}

/// The records that look different to the user after what the server said.
fn changed_records(before: &dyn View, commit: &Commit) -> BTreeMap<CollectionName, Vec<RecordId>> {
    let written = written(commit);
    let records: BTreeSet<(CollectionName, RecordId)> = commit
        .writes
        .iter()
        .filter_map(|(key, _)| record_of(key))
        .map(|(_, collection, record)| (collection, record))
        .collect();
    let mut changed = BTreeMap::<CollectionName, Vec<RecordId>>::new();
    for (collection, record) in records {
        let keys = RecordKeys::of(&collection, &record);
        let was = local_text(before.row(&keys.queue), || before.row(&keys.base));
        let is = local_text(after(before, &written, &keys.queue), || after(before, &written, &keys.base));
        if was != is {
            changed.entry(collection).or_default().push(record);
        }
    }
    changed
}

/// The document that the user sees, by the rows of a record. A row that cannot be read counts as none.
fn local_text(queued: Option<Value>, base: impl FnOnce() -> Option<Value>) -> Option<String> {
    match queued {
        Some(row) => read_row::<QueueRow<'_>>(&row).ok()?.local().map(str::to_owned),
        None => base().and_then(|row| Some(read_row::<Base<'_>>(&row).ok()?.doc.into_owned())),
    }
}
