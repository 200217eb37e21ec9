//! Explains a commit of the engine's: what the server really did to a record, and what must become of the edit queued over it.
//! Knows the server's history; explains nothing that an app did.

use syncline_core::model::{Base, ConflictStrategy, Deletion, Edit, ParkedRow, QueueRow, StoredVersion};
use syncline_protocol::{DeviceId, Millis};

use super::{
    conflicts::{Verdict, check_chosen, is_kept},
    dates::{dated, made_at, remembers},
    journal::parse,
    reference::{Outcome, Side, meet},
    rows::Pair,
    versions::is_of,
};
use crate::{
    app::Schema,
    counts::Which,
    service::{Deed, History, RecordKey},
};

/// One record around a commit, and what is known of it.
pub(crate) struct Around<'a> {
    pub(crate) key: &'a RecordKey,
    pub(crate) strategy: ConflictStrategy,
    pub(crate) device: &'a DeviceId,
    /// What the device adds to its clock, in milliseconds.
    pub(crate) skew: i64,
    /// What the app knows whose engine wrote the commit.
    pub(crate) schema: Schema,
    /// What the app's functions have said of conflicts.
    pub(crate) verdicts: &'a [Verdict],
    pub(crate) history: &'a History,
    /// Whether deletions may be known without their time: they were purged, or come of a pull from nothing.
    pub(crate) is_time_lost: bool,
    /// Whether nobody has edited the record for as long as its collection keeps records.
    pub(crate) may_leave: bool,
    /// What the queued change was made on.
    pub(crate) common: Option<&'a Base<'static>>,
    pub(crate) before: &'a Pair,
    pub(crate) after: &'a Pair,
    /// The row that this commit parked, if it is of this record's change.
    pub(crate) parked: Option<&'a ParkedRow<'static>>,
}

/// What explains a commit: what is counted, and what the queued change is made on after it, where that changed.
#[derive(Debug, Default)]
pub(crate) struct Explained {
    pub(crate) counted: Vec<Which>,
    pub(crate) common: Option<Option<Base<'static>>>,
}

impl Around<'_> {
    /// Explains what happened to the record.
    pub(crate) fn explain(&self) -> Result<Explained, String> {
        if self.has_left() {
            return Ok(Explained { counted: vec![|counts| &mut counts.expired], common: None });
        }
        self.check_truth()?;
        let is_moved = self.before.base != self.after.base;
        match &self.before.queue {
            None if self.after.queue.is_none() => Ok(Explained::default()),
            None => Err(self.wrong("the engine queued a change of its own")),
            Some(row) if !row.is_sent && is_moved => self.rebased_by_pull(row),
            Some(row) if row.is_conflicting() => self.chosen(row),
            Some(row) if !row.is_sent => self.frozen(row),
            Some(row) if self.is_still_there(row) => self.waiting(row),
            Some(row) => self.answered(row),
        }
    }

    /// Whether the record left this device, as the server has it, because nobody has edited it for long.
    fn has_left(&self) -> bool {
        let is_gone = self.before.base.is_some() && self.after.base.is_none();
        self.may_leave && is_gone && self.before.queue.is_none() && self.after.queue.is_none()
    }

    /// A base is what the server has, or had, and never older than it was.
    fn check_truth(&self) -> Result<(), String> {
        let deeds = self.history.deeds(self.key);
        match &self.after.base {
            Some(_) if self.before.base == self.after.base => Ok(()),
            Some(base) => {
                let is_true = |deed: &&Deed| {
                    Some(deed.version) == number(base)
                        && deed.doc.as_deref().is_some_and(|doc| is_of(&base.doc, self.key, doc, self.schema))
                        && deed.edited_at == base.edited_at
                        && base.device.as_ref() == Some(&deed.device)
                };
                if !deeds.iter().any(|deed| is_true(&deed)) {
                    return Err(self.wrong("a base that the server never had"));
                }
                if self.before.base.as_ref().is_some_and(|before| number(before) > number(base)) {
                    return Err(self.wrong("a base went back"));
                }
                Ok(())
            }
            None => match &self.before.base {
                Some(before)
                    if !deeds
                        .iter()
                        .any(|deed| deed.doc.is_none() && Some(deed.version) > number(before)) =>
                {
                    Err(self.wrong("a base went that the server did not delete"))
                }
                _ => Ok(()),
            },
        }
    }

    /// Left alone, or ended by a function of the app's.
    fn chosen(&self, row: &QueueRow<'static>) -> Result<Explained, String> {
        if self.after.queue.as_ref() == Some(row) {
            return Ok(Explained::default());
        }
        let mut reasons = Vec::new();
        for verdict in self.verdicts.iter().filter(|verdict| verdict.is_of(self.before)) {
            match check_chosen(self.before, self.after, &verdict.choice, self.skew) {
                Ok(()) => {
                    let counted: Vec<Which> = vec![|counts| &mut counts.chosen_by_function];
                    return Ok(Explained { counted, common: Some(self.after.base.clone()) });
                }
                Err(reason) => reasons.push(reason),
            }
        }
        Err(self.wrong(&format!("a conflict ended without a choice {reasons:?}")))
    }

    /// Taken into a batch, or left alone.
    fn frozen(&self, row: &QueueRow<'static>) -> Result<Explained, String> {
        let sent = QueueRow { is_sent: true, attempts: row.attempts.saturating_add(1), ..row.clone() };
        let is_so = self.after.queue.as_ref().is_some_and(|after| *after == sent || after == row);
        if is_so { Ok(Explained::default()) } else { Err(self.wrong("a queued change was touched")) }
    }

    fn is_still_there(&self, row: &QueueRow<'static>) -> bool {
        self.after.queue.as_ref().is_some_and(|after| after.change.id == row.change.id)
    }

    /// In flight: not to be touched, whatever a pull brings.
    fn waiting(&self, row: &QueueRow<'static>) -> Result<Explained, String> {
        let Some(after) = &self.after.queue else { return Err(self.wrong("a change in flight is gone")) };
        let is_moved = self.before.base != self.after.base;
        // What the change was made on is kept from the first time on; what came last is the base, or a true deletion.
        let common = |row: &QueueRow<'static>| row.overtaken.as_ref().map(|by| by.common.clone());
        let wanted = match common(row) {
            None if is_moved || after.overtaken.is_some() => Some(self.before.base.clone()),
            wanted => wanted,
        };
        let deletion = after.overtaken.as_ref().and_then(|by| by.deletion.as_ref());
        let is_told = deletion.is_none_or(|deletion| {
            after.overtaken == row.overtaken || (self.after.base.is_none() && self.is_true(deletion))
        });
        if after.change != row.change
            || after.next != row.next
            || !after.is_sent
            || common(after) != wanted
            || !is_told
        {
            return Err(self.wrong("a change in flight was touched"));
        }
        let counted: Vec<Which> = if is_moved { vec![|counts| &mut counts.overtaken] } else { Vec::new() };
        Ok(Explained { counted, common: None })
    }

    /// Whether the server deleted the record so; of a purged deletion nothing is told.
    fn is_true(&self, deletion: &Deletion) -> bool {
        let told = (number_of(deletion.version.as_ref()), deletion.edited_at, deletion.device.as_ref());
        let deeds = self.history.deeds(self.key).iter();
        let mut made = deeds.filter(|deed| deed.doc.is_none());
        made.any(|deed| told == (Some(deed.version), deed.edited_at, Some(&deed.device)))
            || (self.is_time_lost && told == (None, Millis::default(), None))
    }

    /// A pull brought news of a record whose change was not sent yet.
    fn rebased_by_pull(&self, row: &QueueRow<'static>) -> Result<Explained, String> {
        if self.is_same_version() && row.overtaken.is_none() && self.after.queue.as_ref() == Some(row) {
            return Ok(Explained { counted: Vec::new(), common: Some(self.after.base.clone()) });
        }
        let mut explained = self.met(row, self.common)?;
        explained.counted.push(|counts| &mut counts.rebased_by_pull);
        Ok(explained)
    }

    /// Whether what came is another text of the version that was here: brought up by an app, or as the server has it.
    fn is_same_version(&self) -> bool {
        let version = |base: Option<&Base<'static>>| base.and_then(number);
        let is = version(self.after.base.as_ref());
        is.is_some() && is == version(self.before.base.as_ref()) && is == version(self.common)
    }

    /// The change is gone from the queue: the server took it, refused it or found a conflict.
    fn answered(&self, row: &QueueRow<'static>) -> Result<Explained, String> {
        let id = &row.change.id;
        let mut reasons = Vec::new();
        if let Some(version) = self.history.applied(id) {
            match self.taken(row, version) {
                Ok(explained) => return Ok(explained),
                Err(reason) => reasons.push(reason),
            }
        }
        if self.history.is_conflicting(id) {
            match self.met(row, self.common) {
                Ok(explained) => return Ok(explained),
                Err(reason) => reasons.push(reason),
            }
        }
        if self.history.is_refused(id) && self.parked.is_some_and(|parked| parked.change == row.change) {
            match self.behind_refused(row) {
                Ok(explained) => return Ok(explained),
                Err(reason) => reasons.push(reason),
            }
        }
        Err(self.wrong(&format!("a change left the queue without a reason {reasons:?}")))
    }

    /// The change was refused: the base stays, and the edit behind it stands on it, or meets what a pull brought.
    fn behind_refused(&self, row: &QueueRow<'static>) -> Result<Explained, String> {
        if self.before.base != self.after.base {
            return Err(self.wrong("a refusal moved the base"));
        }
        match (&row.next, &row.overtaken) {
            (Some(_), Some(_)) => self.met(row, self.common),
            (next, _) => {
                let base = self.after.base.as_ref();
                let next = next.as_ref().filter(|next| next.doc.is_some() || base.is_some());
                if self.is_following(next, base) {
                    return Ok(Explained { counted: Vec::new(), common: Some(self.after.base.clone()) });
                }
                Err(self.wrong("the edit behind a refused change is not what it was"))
            }
        }
    }

    /// The server took the change as a version: that is the base now, unless a pull brought a newer one.
    fn taken(&self, row: &QueueRow<'static>, version: u64) -> Result<Explained, String> {
        let taken = row.change.doc.clone().map(|doc| Base {
            version: Some(StoredVersion::Number(version)),
            edited_at: row.change.edited_at,
            device: Some(self.device.clone()),
            doc,
        });
        let is_newer = self.before.base.as_ref().is_some_and(|base| number(base) > Some(version));
        // A pull may have brought the deletion of the very version that the change made, or a later one.
        let deletion = row.overtaken.as_ref().and_then(|by| by.deletion.as_ref());
        let is_open = deletion.is_some_and(|deletion| {
            deletion.version.is_none() || number_of(deletion.version.as_ref()) > Some(version)
        });
        if !is_newer && !is_open && self.after.base == taken {
            let next = row.next.as_ref().filter(|next| next.doc.is_some() || taken.is_some());
            return if self.is_following(next, taken.as_ref()) {
                Ok(Explained { counted: Vec::new(), common: Some(taken) })
            } else {
                Err(self.wrong("the edit behind an accepted change is not what it was"))
            };
        }
        if (is_newer || is_open) && self.after.base == self.before.base {
            return match &row.next {
                Some(_) => self.met(row, taken.as_ref()),
                None if self.after.queue.is_none() => {
                    Ok(Explained { counted: Vec::new(), common: Some(None) })
                }
                None => Err(self.wrong("an accepted change came back")),
            };
        }
        Err(self.wrong("an accepted change is not the base"))
    }

    /// The queue holds the next edit, not sent, on that base; or nothing, where there is none.
    fn is_following(&self, next: Option<&Edit<'static>>, base: Option<&Base<'static>>) -> bool {
        match (next, &self.after.queue) {
            (None, None) => true,
            (Some(next), Some(row)) => {
                let version = base.and_then(|base| base.version.clone());
                let made_at = self.before.queue.as_ref().map(|before| &before.remarks.made_at);
                row.change == Edit { base: version, ..next.clone() }
                    && Some(&row.remarks.made_at) == made_at
                    && row.next.is_none()
                    && !row.is_sent
                    && row.overtaken.is_none()
            }
            (None, Some(_)) | (Some(_), None) => false,
        }
    }

    /// The latest edit of a row met what is now the base: the strategy says what becomes of it.
    fn met(&self, row: &QueueRow<'static>, common: Option<&Base<'static>>) -> Result<Explained, String> {
        let local = row.latest();
        let made_at = made_at(row, self.skew);
        let local_side = Side {
            doc: parse(local.doc.as_deref()),
            edited_at: dated(made_at, self.skew, common.map(|common| common.edited_at)),
            device: Some(self.device.clone()),
        };
        let common_doc = parse(common.map(|base| &*base.doc));
        let mut wanted = Vec::new();
        for incoming in self.incoming() {
            let outcome = meet(self.strategy, common_doc.as_ref(), &local_side, &incoming);
            // Deleting what is gone needs no request.
            let outcome = match outcome {
                Outcome::Sent(None, _) if incoming.doc.is_none() => Outcome::Nothing,
                outcome => outcome,
            };
            if self.holds(&outcome, row, (&local_side, common), made_at) {
                let counted: Vec<Which> = vec![match &outcome {
                    _ if local_side.doc == incoming.doc && row.is_conflicting() => {
                        |counts| &mut counts.ended_by_itself
                    }
                    Outcome::Asked if row.is_conflicting() => |counts| &mut counts.kept_on,
                    Outcome::Asked => |counts| &mut counts.kept,
                    _ if local_side.doc == incoming.doc => |counts| &mut counts.polls,
                    Outcome::Nothing => |counts| &mut counts.resolved_remote,
                    Outcome::Sent(doc, _) if *doc == local_side.doc => |counts| &mut counts.resolved_local,
                    Outcome::Sent(..) => |counts| &mut counts.merges,
                }];
                let is_kept = outcome == Outcome::Asked;
                let common = if is_kept { common.cloned() } else { self.after.base.clone() };
                return Ok(Explained { counted, common: Some(common) });
            }
            wanted.push(outcome);
        }
        Err(self.wrong(&format!("an edit made on {common:?} met another and should be one of {wanted:?}")))
    }

    /// What the server had to say: the base as it is, or the deletion it may have been.
    fn incoming(&self) -> Vec<Side> {
        if let Some(base) = &self.after.base {
            let (edited_at, device) = (base.edited_at, base.device.clone());
            return vec![Side { doc: parse(Some(&base.doc)), edited_at, device }];
        }
        let least = self.before.base.as_ref().and_then(number);
        let deletions = self.history.deeds(self.key).iter();
        let deletions = deletions.filter(|deed| deed.doc.is_none() && Some(deed.version) > least);
        let mut sides: Vec<Side> = deletions
            .map(|deed| Side { doc: None, edited_at: deed.edited_at, device: Some(deed.device.clone()) })
            .collect();
        if self.is_time_lost {
            // Nobody can say when it was deleted: an edit counts as later.
            sides.push(Side { doc: None, edited_at: Millis(0), device: None });
        }
        sides
    }

    fn holds(
        &self,
        outcome: &Outcome,
        was: &QueueRow<'static>,
        (local_side, common): (&Side, Option<&Base<'static>>),
        made_at: Millis,
    ) -> bool {
        let local = was.latest();
        match (outcome, &self.after.queue) {
            (Outcome::Asked, Some(row)) => {
                let deletion = row.overtaken.as_ref().and_then(|by| by.deletion.as_ref());
                let is_told = match &self.after.base {
                    Some(_) => deletion.is_none(),
                    None => deletion.is_some_and(|deletion| self.is_true(deletion)),
                };
                is_kept(row, (local, local_side.edited_at), common, was.remarks.conflict_since)
                    && is_told
                    && self.is_fresh(&row.change, local)
                    && remembers(row, made_at, self.skew)
            }
            (Outcome::Nothing, None) => true,
            (Outcome::Sent(doc, edited_at), Some(row)) => {
                let version = self.after.base.as_ref().and_then(|base| base.version.clone());
                parse(row.change.doc.as_deref()) == *doc
                    && row.change.edited_at == *edited_at
                    && remembers(row, made_at, self.skew)
                    && row.change.base == version
                    && self.is_fresh(&row.change, local)
                    && row.next.is_none()
                    && !row.is_sent
                    && row.overtaken.is_none()
                    && !row.is_conflicting()
            }
            (Outcome::Nothing, Some(_)) | (Outcome::Asked | Outcome::Sent(..), None) => false,
        }
    }

    /// What goes out again has a new id where its own has been sent.
    fn is_fresh(&self, sent_again: &Edit<'static>, local: &Edit<'static>) -> bool {
        let was_sent = self.before.queue.as_ref().is_some_and(|row| row.is_sent);
        !was_sent || sent_again.id != local.id
    }

    fn wrong(&self, what: &str) -> String {
        let deeds = self.history.deeds(self.key);
        format!(
            "{what}: {:?}\n  before: {:?}\n  after: {:?}\n  made on: {:?}\n  the server had: {deeds:?}",
            self.key, self.before, self.after, self.common
        )
    }
}

/// The version of a base, as this server counts.
pub(crate) fn number(base: &Base<'_>) -> Option<u64> {
    number_of(base.version.as_ref())
}

fn number_of(version: Option<&StoredVersion>) -> Option<u64> {
    match version {
        Some(StoredVersion::Number(number)) => Some(*number),
        Some(StoredVersion::Text(_)) | None => None,
    }
}
