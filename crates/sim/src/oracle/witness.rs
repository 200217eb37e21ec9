//! Follows the log of one device entry by entry, as each is appended, and has every commit explained. Holds no opinion itself.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use futures::FutureExt as _;
use syncline_core::{
    model::{ConflictStrategy, Error, version_of},
    plan::Origin,
};
use syncline_protocol::{ChangeId, CollectionName, DeviceId, Millis};
use syncline_store::{Commit, Database, MemoryDisk, Observer, Read, Sequence, View};

use super::{
    answers::Around,
    conflicts::Verdicts,
    dates::check_measured,
    deletions::check_deletions,
    edits::{self, Commons, check_base},
    journal::{Ask, Journal, Meanwhile},
    meta::{check_cursor, check_tallies},
    rows::{Changed, Rows},
    versions::{Versions, count_met, explain_migration},
    views::{Settings, Views},
};
use crate::{
    device::{cards, tasks},
    ground::Ground,
    service::{RecordKey, Service},
    stage::{Skew, moment},
    tasks::Owner,
};

/// How wrong a measure of the clock may be, in milliseconds: a request takes a minute at most, and frozen contexts longer.
const SLOWEST: i64 = 3_600_000;

/// The witness of one device.
pub(crate) struct Witness {
    seen: Rc<Seen>,
    database: Database<MemoryDisk, Ear>,
}

/// What a witness has seen.
pub(crate) struct Seen {
    ground: Rc<Ground>,
    service: Rc<Service>,
    /// Which device, for the trace.
    index: usize,
    clock: Rc<Skew>,
    /// Whether anybody ever set the clock.
    pub(crate) is_clock_set: Cell<bool>,
    strategies: BTreeMap<CollectionName, ConflictStrategy>,
    names: Vec<CollectionName>,
    /// Which version the app of each context knows.
    pub(crate) versions: Versions,
    pub(crate) rows: RefCell<Rows>,
    pub(crate) views: RefCell<Views>,
    settings: RefCell<Settings>,
    /// Which collections wait for somebody to agree to what a pull would delete.
    awaited: RefCell<Settings>,
    pub(crate) journal: RefCell<Journal>,
    commons: RefCell<Commons>,
    /// Every change id that was ever queued: a new change has a new one.
    changes: RefCell<BTreeSet<ChangeId>>,
    leader: Cell<Option<Owner>>,
    author: Cell<Owner>,
    sequence: Cell<Sequence>,
    is_excused: Cell<bool>,
    /// Where each context is told whether it stored last that it failed.
    failures: RefCell<BTreeMap<Owner, Rc<Cell<bool>>>>,
    /// The documents that the app's last edit of each record left, and where in the log.
    edited: RefCell<BTreeMap<RecordKey, (Sequence, Option<String>)>>,
    /// Where in the log each record's change was last kept as a conflict.
    kept: RefCell<BTreeMap<RecordKey, Sequence>>,
    /// Records of one field each whose creation met a record that was there already.
    pub(crate) overwritten: RefCell<BTreeSet<RecordKey>>,
    /// What the app's functions have said of conflicts.
    verdicts: Rc<Verdicts>,
    /// What was edited before the latest of these moments may have left.
    oldest: Cell<Millis>,
    /// How often sync was switched.
    pub(crate) switches: Cell<u64>,
    /// How often an app gave up a change.
    pub(crate) discards: Cell<u64>,
}

impl Witness {
    pub(crate) fn new(
        ground: &Rc<Ground>,
        service: &Rc<Service>,
        disk: MemoryDisk,
        (index, clock, verdicts): (usize, &Rc<Skew>, &Rc<Verdicts>),
        strategies: BTreeMap<CollectionName, ConflictStrategy>,
    ) -> Option<Rc<Self>> {
        let seen = Rc::new(Seen {
            ground: Rc::clone(ground),
            service: Rc::clone(service),
            index,
            clock: Rc::clone(clock),
            is_clock_set: Cell::new(false),
            names: strategies.keys().cloned().collect(),
            strategies,
            versions: Versions::default(),
            rows: RefCell::default(),
            views: RefCell::default(),
            settings: RefCell::default(),
            awaited: RefCell::default(),
            journal: RefCell::default(),
            commons: RefCell::default(),
            changes: RefCell::default(),
            leader: Cell::new(None),
            author: Cell::new(Owner(0)),
            sequence: Cell::default(),
            is_excused: Cell::new(false),
            failures: RefCell::default(),
            edited: RefCell::default(),
            kept: RefCell::default(),
            overwritten: RefCell::default(),
            verdicts: Rc::clone(verdicts),
            oldest: Cell::new(Millis(i64::MIN)),
            switches: Cell::new(0),
            discards: Cell::new(0),
        });
        let options = syncline_store::Options::default();
        let opened = Database::open(disk, options, Ear(Rc::clone(&seen))).now_or_never()?;
        Some(Rc::new(Self { seen, database: opened.ok()? }))
    }

    /// What it has seen.
    pub(crate) fn seen(&self) -> &Rc<Seen> {
        &self.seen
    }

    /// Looks at the entry that a context has just appended.
    pub(crate) fn see(&self, author: Owner, sequence: Sequence) {
        if self.seen.is_excused() {
            return;
        }
        self.seen.author.set(author);
        if sequence != self.seen.sequence.get().next() {
            self.seen
                .ground
                .find(|| format!("{sequence:?} was appended after {:?}", self.seen.sequence.get()));
        }
        self.seen.sequence.set(sequence);
        if self.database.catch_up().now_or_never() != Some(Ok(())) {
            self.seen.ground.find(|| "the log of a healthy disk cannot be read".to_owned());
        }
    }
}

impl Seen {
    /// Says where a context is told whether it stored last that it failed.
    pub(crate) fn tell_failures(&self, owner: Owner, place: &Rc<Cell<bool>>) {
        self.failures.borrow_mut().insert(owner, Rc::clone(place));
    }

    /// From here on nothing has to be explained: the disk is not what it was.
    pub(crate) fn excuse(&self) {
        self.is_excused.set(true);
    }

    /// Whether nothing has to be explained any more.
    pub(crate) fn is_excused(&self) -> bool {
        self.is_excused.get()
    }

    /// The last entry of the log.
    pub(crate) fn sequence(&self) -> Sequence {
        self.sequence.get()
    }

    /// The time by the device's clock.
    pub(crate) fn device_time(&self) -> Millis {
        moment(&self.ground.time).plus(self.clock.get())
    }

    /// This device's id, once it has one.
    pub(crate) fn device(&self) -> Option<DeviceId> {
        self.rows.borrow().identity.as_ref().map(|identity| identity.device.clone())
    }

    /// Whether a record that was last edited then may have left this device, because nobody has edited it for long.
    pub(crate) fn may_lack(&self, key: &RecordKey, edited_at: Millis) -> bool {
        key.0 == tasks() && self.ground.weather.retain.is_some() && edited_at < self.oldest.get()
    }

    /// Notes from when on records are kept, by what this device knows of the time.
    fn note_oldest(&self, rows: &Rows) {
        if let Some(retain) = self.ground.weather.retain {
            let oldest = self.device_time().plus(rows.skew).plus(-i64::from(retain));
            self.oldest.set(self.oldest.get().max(oldest));
        }
    }

    /// The document that the app's last durable edit of a record left, and where in the log.
    pub(crate) fn last_edit(&self, key: &RecordKey) -> Option<(Sequence, Option<String>)> {
        self.edited.borrow().get(key).cloned()
    }

    /// Whether a record's change was kept as a conflict at some moment behind an entry: what comes of that is a change of its
    /// own, however it ends.
    pub(crate) fn was_kept_since(&self, key: &RecordKey, since: Sequence) -> bool {
        self.kept.borrow().get(key).is_some_and(|kept| *kept > since)
    }

    /// A context answered an app: see [`Journal::end`]. `since` is the last entry of the log when it was asked.
    pub(crate) fn end(&self, attempt: u64, since: Sequence, told: &Result<(), Error>) {
        let views = self.views.borrow();
        let settings = self.settings.borrow();
        let awaited = self.awaited.borrow();
        let meanwhile = Meanwhile {
            first: since,
            last: self.sequence(),
            views: &views,
            settings: &settings,
            awaited: &awaited,
        };
        self.ground.check(self.journal.borrow_mut().end(attempt, told, &meanwhile));
    }

    fn handle(&self, commit: &Commit) -> Result<(), String> {
        self.ground.count(|counts| &mut counts.commits);
        let mut rows = self.rows.borrow_mut();
        let changed = rows.apply(commit, &self.names)?;
        self.ground.say(|| {
            let (sequence, author) = (self.sequence.get().0, self.author.get());
            format!("device {} log {sequence} by {author:?}: {}", self.index, shown(&changed, &rows))
        });
        self.count_coalesced(&changed, &rows);
        if let (Some(failures), Some(place)) =
            (changed.failures, self.failures.borrow().get(&self.author.get()))
        {
            place.set(failures > 0);
        }
        if Origin::of_tag(commit.origin) == Origin::Local {
            self.handle_local(&changed, &rows)?;
        } else {
            self.handle_remote(&changed, &rows)?;
        }
        self.check_new_changes(&changed, &rows)?;
        check_tallies(&rows, &self.names)?;
        let is_enabled = |name| rows.states.get(name).is_some_and(|state| state.is_enabled);
        let switched = changed.states.keys().map(|name| (name, is_enabled(name)));
        self.settings.borrow_mut().note(self.sequence.get(), switched);
        let asked = rows.deletions.iter().filter(|(name, _)| changed.deletions.contains_key(*name));
        let asked = asked.map(|(name, deletions)| (name, deletions.awaited().is_some()));
        self.awaited.borrow_mut().note(self.sequence.get(), asked);
        let mut views = self.views.borrow_mut();
        for key in changed.records.keys() {
            let pair = rows.pair(key);
            views.note(self.sequence.get(), key, pair.seen());
            if pair.is_conflicting() {
                self.kept.borrow_mut().insert(key.clone(), self.sequence.get());
            }
        }
        Ok(())
    }

    fn handle_local(&self, changed: &Changed, rows: &Rows) -> Result<(), String> {
        let mut journal = self.journal.borrow_mut();
        let mut commons = self.commons.borrow_mut();
        let (author, sequence) = (self.author.get(), self.sequence.get());
        let attempt = edits::explain(&mut journal, author, sequence, changed, rows, &mut commons)?;
        match &attempt.ask {
            Ask::Enable(..) => self.switches.set(self.switches.get().saturating_add(1)),
            Ask::Confirm(_) => self.ground.count(|counts| &mut counts.confirmed),
            Ask::Discard(_) => self.discards.set(self.discards.get().saturating_add(1)),
            Ask::Requeue(..) | Ask::Resolve(..) | Ask::Write(_) => {
                for (key, before) in &changed.records {
                    let doc = rows.pair(key).seen().map(str::to_owned);
                    if key.0 == cards() && doc.as_deref().map_or(0, version_of) > self.versions.of(author).0 {
                        self.ground.count(|counts| &mut counts.newer_patched);
                    }
                    let is_put = attempt.ask.puts(key);
                    if is_put && before.seen().is_some() {
                        self.overwritten.borrow_mut().insert(key.clone());
                    }
                    self.edited.borrow_mut().insert(key.clone(), (sequence, doc));
                }
            }
        }
        Ok(())
    }

    /// Once something was pulled, the device knows how far its clock is off, unless that was set meanwhile: as well as the
    /// slowest request can show.
    pub(crate) fn check_clock_known(&self) -> Result<(), String> {
        let (known, really) = (self.rows.borrow().skew, self.clock.get());
        let has_heard = self.rows.borrow().states.values().any(|state| state.cursor.is_some());
        if !has_heard || self.is_clock_set.get() || known.saturating_add(really).abs() <= SLOWEST {
            return Ok(());
        }
        Err(format!("synced, and the clock is {really} ms off and known as {known}"))
    }

    /// A measure of the clock makes what is known of it no worse, unless the clock is set meanwhile.
    fn check_measure(&self, before: i64, rows: &Rows) -> Result<(), String> {
        let off = |skew: i64| skew.saturating_add(self.clock.get()).abs();
        if !self.is_clock_set.get() && off(rows.skew) > off(before) {
            return Err(format!(
                "the clock is {} ms off, was known as {before} and is known as {}",
                self.clock.get(),
                rows.skew
            ));
        }
        Ok(())
    }

    fn handle_remote(&self, changed: &Changed, rows: &Rows) -> Result<(), String> {
        let schema = self.versions.of(self.author.get());
        // Whoever asks migrates, whether it leads or not.
        if let Some(counted) = explain_migration(changed, rows, schema, &mut self.commons.borrow_mut()) {
            counted.into_iter().for_each(|which| self.ground.count(which));
            return Ok(());
        }
        self.check_author(changed, rows)?;
        self.note_oldest(rows);
        if let Some(before) = changed.skew {
            self.check_measure(before, rows)?;
            let (now, is_clock_set) = (self.device_time(), self.is_clock_set.get());
            check_measured(changed, rows, before, now, is_clock_set)?;
            if changed.records.values().any(|before| before.queue.is_some()) {
                self.ground.count(|counts| &mut counts.dated_anew);
            }
            return Ok(());
        }
        check_deletions(changed, rows)?.into_iter().for_each(|which| self.ground.count(which));
        let history = self.service.history.borrow();
        let mut commons = self.commons.borrow_mut();
        let verdicts = self.verdicts.borrow();
        for (key, before) in &changed.records {
            let Some(device) = rows.identity.as_ref().map(|identity| &identity.device) else {
                return Err("a record before there is a device".to_owned());
            };
            let after = rows.pair(key);
            let parked = changed.parked.keys().filter_map(|id| rows.parked.get(id));
            let common = commons.get(key).cloned().flatten();
            let state = changed.states.get(&key.0).or_else(|| rows.states.get(&key.0));
            let is_from_nothing = state.is_none_or(|state| state.cursor.is_none());
            let around = Around {
                key,
                may_leave: before.base.as_ref().is_some_and(|base| self.may_lack(key, base.edited_at)),
                is_time_lost: history.purges > 0 || is_from_nothing,
                strategy: self.strategies.get(&key.0).copied().unwrap_or_default(),
                device,
                skew: rows.skew,
                schema,
                verdicts: &verdicts,
                history: &history,
                common: common.as_ref(),
                before,
                after: &after,
                parked: parked.into_iter().find(|row| (&row.collection, &row.record) == (&key.0, &key.1)),
            };
            let explained = around.explain()?;
            explained.counted.into_iter().for_each(|which| self.ground.count(which));
            match explained.common {
                Some(common) if after.queue.is_some() => drop(commons.insert(key.clone(), common)),
                _ if after.queue.is_none() => drop(commons.remove(key)),
                _ => {}
            }
            check_base(key, &after, &commons)?;
            count_met(key, before, &after, schema, &history)
                .into_iter()
                .for_each(|which| self.ground.count(which));
        }
        for (name, before) in &changed.states {
            check_cursor(name, before, rows, &history, &|key, deed| self.may_lack(key, deed.edited_at))?;
            if rows.states.get(name).is_some_and(|state| state.is_enabled != before.is_enabled) {
                return Err(format!("the engine switched {name}"));
            }
        }
        let lost = changed.parked.iter().find(|(id, _)| !rows.parked.contains_key(*id));
        lost.map_or(Ok(()), |(id, _)| Err(format!("the engine dropped the parked change {id}")))
    }

    /// Only the leader of the last leadership writes what the engine writes, except for the identity at the first opening.
    fn check_author(&self, changed: &Changed, rows: &Rows) -> Result<(), String> {
        let author = self.author.get();
        if let Some(before) = changed.leadership {
            if rows.leadership.epoch != before.epoch.saturating_add(1) {
                return Err(format!("epoch {} after {}", rows.leadership.epoch, before.epoch));
            }
            if self.leader.replace(Some(author)).is_some_and(|before| before != author) {
                self.ground.count(|counts| &mut counts.led_anew);
            }
            return Ok(());
        }
        if let Some(before) = &changed.identity {
            let is_kept = before
                .as_ref()
                .is_none_or(|before| rows.identity.as_ref().map(|now| &now.device) == Some(&before.device));
            return if is_kept { Ok(()) } else { Err("the device's id changed".to_owned()) };
        }
        if self.leader.get() == Some(author) {
            return Ok(());
        }
        Err(format!("{author:?} wrote what only the leader {:?} may: {changed:?}", self.leader.get()))
    }

    /// An id that comes into the queue was never there before.
    fn check_new_changes(&self, changed: &Changed, rows: &Rows) -> Result<(), String> {
        for (key, before) in &changed.records {
            let had: BTreeSet<&ChangeId> = ids_of(before.queue.as_ref()).collect();
            let after = rows.pair(key);
            for id in ids_of(after.queue.as_ref()).filter(|id| !had.contains(id)) {
                if !self.changes.borrow_mut().insert(id.clone()) {
                    return Err(format!("the change id {id} is used again at {key:?}"));
                }
            }
        }
        Ok(())
    }

    fn count_coalesced(&self, changed: &Changed, rows: &Rows) {
        for (key, before) in &changed.records {
            let after = rows.pair(key);
            let (Some(was), Some(is)) = (&before.queue, &after.queue) else { continue };
            if was.next != is.next && is.next.is_some() {
                self.ground.count(|counts| &mut counts.queued_behind);
            } else if was.change.id == is.change.id && was.change.doc != is.change.doc {
                self.ground.count(|counts| &mut counts.coalesced);
            }
        }
    }
}

fn ids_of<'a>(
    row: Option<&'a syncline_core::model::QueueRow<'static>>,
) -> impl Iterator<Item = &'a ChangeId> {
    row.into_iter()
        .flat_map(|row| std::iter::once(&row.change.id).chain(row.next.as_ref().map(|next| &next.id)))
}

/// A commit in a line of the trace.
fn shown(changed: &Changed, rows: &Rows) -> String {
    let mut parts: Vec<String> = Vec::new();
    for (name, record) in changed.records.keys() {
        let pair = rows.pair(&(name.clone(), record.clone()));
        let base = pair.base.as_ref().map(|base| (base.version.clone(), base.doc.to_string()));
        let queue = pair.queue.as_ref().map(|row| {
            let sent = if row.is_sent { "sent" } else { "queued" };
            format!(
                "{sent} {} on {:?}: {:?}, next {:?}",
                row.change.id,
                row.change.base,
                row.change.doc,
                row.next.as_ref().map(|next| &next.doc)
            )
        });
        parts.push(format!("{name}/{record} base {base:?} queue {queue:?}"));
    }
    parts.extend(changed.parked.keys().map(|id| format!("parked {id}")));
    parts.extend(changed.states.keys().map(|name| format!("{name} {:?}", rows.states.get(name))));
    parts.extend(changed.leadership.map(|_| format!("epoch {}", rows.leadership.epoch)));
    parts.join("; ")
}

/// What hears the log.
struct Ear(Rc<Seen>);

impl Observer for Ear {
    fn reads(&self, _commit: &Commit) -> Vec<Read> {
        Vec::new()
    }

    fn handle_commit(&self, _before: &dyn View, commit: &Commit, _is_own: bool) {
        self.0.ground.check(self.0.handle(commit));
    }

    fn handle_reset(&self) {
        self.0.ground.find(|| "entries were folded away before the witness saw them".to_owned());
    }
}
