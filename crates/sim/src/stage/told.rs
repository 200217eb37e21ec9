//! An app that believes what it is told: it reads again only what a change event names. Judges nothing.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use syncline_core::{
    model::{Conflict, ErrorCode, Event, ResolvedAs, Status},
    ports::Events,
};
use syncline_protocol::{CollectionName, RecordId};

use crate::{app::LiveAnswer, device::sheets, ground::Ground};

/// What one context was told since it was opened.
pub(crate) struct Told {
    pub(crate) ground: Rc<Ground>,
    /// What has to be read again; `None`: everything in that collection.
    pub(crate) stale: RefCell<BTreeMap<CollectionName, Option<BTreeSet<RecordId>>>>,
    /// Documents as last read.
    pub(crate) known: RefCell<BTreeMap<(CollectionName, RecordId), String>>,
    pub(crate) status: RefCell<Option<Status>>,
    pub(crate) live: RefCell<Option<LiveAnswer>>,
    next_live: Cell<u32>,
    /// Whether the token in use was just given, and whether the last one refused was not.
    pub(crate) is_token_new: Cell<bool>,
    pub(crate) is_old_token_refused: Cell<bool>,
    /// Whether the engine of this context, the last time it said so, stored that it failed.
    pub(crate) has_stored_failure: Rc<Cell<bool>>,
    /// Whether a conflict was just left to the user because a function failed: the error that follows says why.
    has_function_failed: Cell<bool>,
    /// Conflicts that were told, until somebody takes them.
    pub(crate) conflicts: RefCell<Vec<(Conflict, ResolvedAs)>>,
}

impl Told {
    pub(crate) fn new(ground: &Rc<Ground>, collections: impl Iterator<Item = CollectionName>) -> Rc<Self> {
        Rc::new(Self {
            ground: Rc::clone(ground),
            stale: RefCell::new(collections.map(|name| (name, None)).collect()),
            known: RefCell::default(),
            status: RefCell::default(),
            live: RefCell::default(),
            next_live: Cell::new(0),
            is_token_new: Cell::new(false),
            is_old_token_refused: Cell::new(false),
            has_stored_failure: Rc::default(),
            has_function_failed: Cell::new(false),
            conflicts: RefCell::default(),
        })
    }

    /// The number of another live query.
    pub(crate) fn next_live(&self) -> u32 {
        self.next_live.set(self.next_live.get().saturating_add(1));
        self.next_live.get()
    }

    /// A token was given, or was not.
    pub(crate) fn handle_token(&self, is_given: bool) {
        self.is_token_new.set(is_given);
        self.is_old_token_refused.set(false);
    }

    /// A request was answered.
    pub(crate) fn handle_answer(&self, status: u16) {
        self.is_old_token_refused.set(status == 401 && !self.is_token_new.get());
        self.is_token_new.set(self.is_token_new.get() && status == 401);
    }

    /// An error is told only after what it asks for was tried, and what it leaves to be done is stored.
    fn check_error(&self, code: ErrorCode) {
        if self.has_function_failed.take() {
            return;
        }
        if code == ErrorCode::Unauthorized && self.is_old_token_refused.get() {
            self.ground.find(|| "told of an expired token, and no new one was asked for".to_owned());
        }
        let is_tried_again = matches!(code, ErrorCode::Network | ErrorCode::Timeout | ErrorCode::RateLimited);
        if is_tried_again && !self.has_stored_failure.get() {
            self.ground.find(|| format!("told of {code:?}, and the time of the next attempt is not stored"));
        }
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
                told.ground
                    .say(|| format!("told of a conflict at {} resolved as {resolved_as:?}", conflict.record));
                let is_left = resolved_as == ResolvedAs::Parked && conflict.collection == sheets();
                told.has_function_failed.set(is_left);
                told.conflicts.borrow_mut().push((conflict, resolved_as));
            }
            Event::Error(error) => {
                told.check_error(error.code);
                told.ground.say(|| format!("told of {:?}: {error}", error.code));
            }
            Event::Status(status) => drop(told.status.replace(Some(status))),
            Event::Live { change, .. } => {
                told.ground.say(|| format!("told of {change:?}"));
                let mut live = told.live.borrow_mut();
                if live.as_mut().is_some_and(|live| live.handle(&change)) {
                    *live = None;
                }
            }
            Event::Parked(_) | Event::Sync(_) => {}
        }
    }
}
