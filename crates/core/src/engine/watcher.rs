//! Follows every commit, whichever context made it: keeps the mirror, tells the app what changed, signals the loop. Writes
//! nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use syncline_protocol::{CollectionName, RecordId};
use syncline_store::{Commit, Key, Observer, Read, Value, View};

use super::{
    messages::Message,
    shared::{Shared, Signal},
};
use crate::{
    model::{Base, ChangeOrigin, Event, QueueRow, Table, read_row, record_key, record_of},
    plan::Origin,
    ports::{Events as _, Host},
};

/// The observer of a client's database.
pub(super) struct Watcher<H>(pub(super) Rc<Shared<H>>);

impl<H: Host> Observer for Watcher<H> {
    fn reads(&self, commit: &Commit) -> Vec<Read> {
        if Origin::of_tag(commit.origin) == Origin::Local {
            return Vec::new();
        }
        let both = |(_, collection, record): (Table, CollectionName, RecordId)| {
            [Table::Base, Table::Queue].map(|table| Read::Key(record_key(table, &collection, &record)))
        };
        commit.writes.iter().filter_map(|(key, _)| record_of(key)).flat_map(both).collect()
    }

    fn handle_commit(&self, before: &dyn View, commit: &Commit, is_own: bool) {
        let shared = &self.0;
        let is_switched = shared.mirror.borrow_mut().handle_commit(commit);
        let origin = Origin::of_tag(commit.origin);
        let told = match (origin, is_own) {
            (Origin::Remote, _) => ChangeOrigin::Remote,
            (Origin::Local, true) => ChangeOrigin::Local,
            (Origin::Local, false) => ChangeOrigin::Context,
        };
        let changed = match origin {
            Origin::Local => edited_records(commit),
            Origin::Remote => changed_records(before, commit),
        };
        for (collection, ids) in changed {
            shared.host.events().emit(Event::Change { collection, ids, origin: told });
        }
        if is_own {
            shared.say(&Message::Committed);
        }
        if is_switched {
            shared.signal(Signal::Settings);
        }
        if origin == Origin::Local {
            shared.signal(Signal::LocalChange);
        }
        shared.refresh_status();
    }

    fn handle_reset(&self) {
        for collection in self.0.options.collections.keys() {
            let event = Event::Change {
                collection: collection.clone(),
                ids: Vec::new(),
                origin: ChangeOrigin::Context,
            };
            self.0.host.events().emit(event);
        }
        self.0.signal(Signal::Reset);
    }
}

/// The records that the app edited: each edit changes what the user sees, and writes the record's queue row.
fn edited_records(commit: &Commit) -> BTreeMap<CollectionName, Vec<RecordId>> {
    let mut edited = BTreeMap::<CollectionName, Vec<RecordId>>::new();
    for (table, collection, record) in commit.writes.iter().filter_map(|(key, _)| record_of(key)) {
        if table == Table::Queue {
            edited.entry(collection).or_default().push(record);
        }
    }
    edited
}

/// The records that look different to the user after what the server said.
fn changed_records(before: &dyn View, commit: &Commit) -> BTreeMap<CollectionName, Vec<RecordId>> {
    let written: BTreeMap<&Key, Option<&Value>> =
        commit.writes.iter().map(|(key, value)| (key, value.as_ref())).collect();
    let after = |key: &Key| written.get(key).map_or_else(|| before.row(key), |value| value.cloned());
    let records: BTreeSet<(CollectionName, RecordId)> = commit
        .writes
        .iter()
        .filter_map(|(key, _)| record_of(key))
        .map(|(_, collection, record)| (collection, record))
        .collect();
    let mut changed = BTreeMap::<CollectionName, Vec<RecordId>>::new();
    for (collection, record) in records {
        let base = record_key(Table::Base, &collection, &record);
        let queue = record_key(Table::Queue, &collection, &record);
        let was = local_text(before.row(&queue), || before.row(&base));
        let is = local_text(after(&queue), || after(&base));
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
