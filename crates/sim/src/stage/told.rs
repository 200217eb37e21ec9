//! An app that believes what it is told: it reads again only what a change event names. Judges nothing.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use syncline_core::{
    model::{Event, Status},
    ports::Events,
};
use syncline_protocol::{CollectionName, RecordId};

use crate::ground::Ground;

/// What one context was told since it was opened.
pub(crate) struct Told {
    pub(crate) ground: Rc<Ground>,
    /// What has to be read again; `None`: everything in that collection.
    pub(crate) stale: RefCell<BTreeMap<CollectionName, Option<BTreeSet<RecordId>>>>,
    /// Documents as last read.
    pub(crate) known: RefCell<BTreeMap<(CollectionName, RecordId), String>>,
    pub(crate) status: RefCell<Option<Status>>,
    /// Conflicts that were told.
    pub(crate) conflicts: Cell<u64>,
}

impl Told {
    pub(crate) fn new(ground: &Rc<Ground>, collections: impl Iterator<Item = CollectionName>) -> Rc<Self> {
        Rc::new(Self {
            ground: Rc::clone(ground),
            stale: RefCell::new(collections.map(|name| (name, None)).collect()),
            known: RefCell::default(),
            status: RefCell::default(),
            conflicts: Cell::new(0),
        })
    }

    /// Takes what has to be read again in a collection.
    pub(crate) fn take_stale(&self, collection: &CollectionName) -> Option<Option<BTreeSet<RecordId>>> {
        self.stale.borrow_mut().remove(collection)
    }
}

/// The port.
pub(crate) struct TellTo(pub(crate) Rc<Told>);

impl Events for TellTo {
    fn emit(&self, event: Event) {
        let told = &self.0;
        match event {
            Event::Change { collection, ids, .. } => {
                let mut stale = told.stale.borrow_mut();
                let entry = stale.entry(collection).or_insert_with(|| Some(BTreeSet::new()));
                if ids.is_empty() {
                    told.ground.count(|counts| &mut counts.resets);
                    *entry = None;
                } else if let Some(known) = entry {
                    known.extend(ids);
                }
            }
            Event::Conflict(conflict, resolved_as) => {
                told.conflicts.set(told.conflicts.get().saturating_add(1));
                told.ground
                    .say(|| format!("told of a conflict at {} resolved as {resolved_as:?}", conflict.record));
            }
            Event::Error(error) => told.ground.say(|| format!("told of {:?}: {error}", error.code)),
            Event::Status(status) => drop(told.status.replace(Some(status))),
            Event::Live { .. } | Event::Parked(_) | Event::Sync(_) => {}
        }
    }
}
