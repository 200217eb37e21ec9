//! Records coming down: one page and its cursor in one commit. Asks no server.

use std::collections::BTreeSet;

use syncline_protocol::{CollectionName, Cursor, Millis, RecordId, RemoteRecord, Version};
use syncline_store::{Decision, Plan, Read, View};

use super::{
    Origin,
    deletions::Judged,
    draft::Draft,
    rebase::{Incoming, Meeting, Rebaser, ResolvedConflict},
    retain::is_expired,
};
use crate::{
    model::{
        Base, CollectionTable, ConflictStrategy, Consent, Deletions, Error, Overtaken, QueueRow, RecordKeys,
        Retain, RowError, Single, Skew, Table, collection_key, collection_of, read_row, record_of,
    },
    planted::{self, Bug},
};

/// Where a page leaves the pull.
#[derive(Clone, Debug, PartialEq)]
pub enum PageEnd {
    /// The next pull starts here.
    Cursor(Cursor),
    /// The last page of everything there is: what was not among it is deleted.
    Snapshot {
        /// The next pull starts here.
        cursor: Cursor,
        /// What was among it.
        seen: BTreeSet<RecordId>,
    },
    /// A page of everything there is, with more to come: the cursor stays, so that an interrupted snapshot starts over.
    Within,
}

/// Applies a page. Pending edits are re-based on it; changes on their way keep the base they were made on.
#[derive(Clone, Debug)]
pub struct ApplyPage {
    /// Which collection.
    pub collection: CollectionName,
    /// Its strategy.
    pub strategy: ConflictStrategy,
    /// What came down.
    pub records: Vec<RemoteRecord>,
    /// The cursor that was pulled from: the page is void where it moved meanwhile.
    pub since: Option<Cursor>,
    /// Where this leaves the pull.
    pub end: PageEnd,
    /// Whether more pages are behind this one.
    pub has_more: bool,
    /// The share of the collection that a pull may delete.
    pub mass_deletion_limit: f64,
    /// How long records are kept: older ones are passed over.
    pub retain: Option<Retain>,
    /// How edits are re-based.
    pub rebaser: Rebaser,
}

/// What a page changed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PageApplied {
    /// Whether the page was void: it is to be pulled again.
    pub is_void: bool,
    /// Whether the pull waits until somebody agrees to what it would delete: nothing of the page is applied.
    pub is_paused: bool,
    /// Records that were news.
    pub pulled: u64,
    /// Conflicts met.
    pub conflicts: Vec<ResolvedConflict>,
    /// Changes that have to go out again in this cycle.
    pub requeued: u64,
}

impl Plan for ApplyPage {
    type Outcome = Result<PageApplied, Error>;

    fn reads(&self) -> Vec<Read> {
        let meta = [CollectionTable::State, CollectionTable::Deletions];
        let mut reads = meta.map(|table| Read::Key(collection_key(table, &self.collection))).to_vec();
        reads.push(Read::Key(Skew::key()));
        for record in &self.records {
            reads.extend(RecordKeys::of(&self.collection, &record.id).reads());
        }
        if matches!(self.end, PageEnd::Snapshot { .. }) {
            reads.push(collection_of(Table::Base, &self.collection));
        }
        if self.names_everything() {
            reads.push(collection_of(Table::Queue, &self.collection));
        }
        reads
    }

    fn origin(&self) -> u8 {
        Origin::Remote.tag()
    }

    fn decide(&self, view: &dyn View) -> Decision<Self::Outcome> {
        Draft::decide(view, |draft| {
            let mut state = draft.state(&self.collection)?;
            let mut outcome = PageApplied::default();
            if state.cursor != self.since || self.is_too_early(draft.view())? {
                outcome.is_void = true;
                return Ok(outcome);
            }
            let absent = match &self.end {
                PageEnd::Snapshot { seen, .. } => self.absent(draft.view(), seen),
                PageEnd::Cursor(_) | PageEnd::Within => Vec::new(),
            };
            let before = draft.deletions(&self.collection)?;
            let Some(mut counted) = self.judge(draft, &before, &absent)? else {
                outcome.is_paused = true;
                return Ok(outcome);
            };
            for record in self.records.iter().skip(usize::from(planted::is(Bug::PageLosesRecord))) {
                counted.added = counted.added.saturating_add(self.apply(draft, record, &mut outcome)?);
            }
            self.remove_absent(draft, absent, &mut outcome)?;
            let after = if self.has_more { counted } else { Deletions::default() };
            if after != before {
                draft.set_deletions(&self.collection, &after)?;
            }
            if let PageEnd::Cursor(cursor) | PageEnd::Snapshot { cursor, .. } = &self.end
                && state.cursor.as_ref() != Some(cursor)
            {
                state.cursor = Some(cursor.clone());
                draft.set_state(&self.collection, &state)?;
            }
            Ok(outcome)
        })
    }
}

impl ApplyPage {
    /// What the pull has deleted once this page is applied; `None`: it waits until somebody agrees, which is written.
    fn judge(
        &self,
        draft: &mut Draft<'_>,
        before: &Deletions,
        absent: &[RecordId],
    ) -> Result<Option<Deletions>, Error> {
        if before.awaited().is_some() {
            return Ok(None);
        }
        let judged = Judged {
            collection: &self.collection,
            records: &self.records,
            absent,
            limit: self.mass_deletion_limit,
            now: self.rebaser.now,
        };
        let count = judged.count(draft)?;
        if before.consent == Consent::Limited
            && !planted::is(Bug::MassDeletionUnasked)
            && let Some(deletion) = judged.verdict(draft.view(), before, count)
        {
            let awaited = Deletions { consent: Consent::Awaited(deletion), ..before.clone() };
            draft.set_deletions(&self.collection, &awaited)?;
            return Ok(None);
        }
        Ok(Some(Deletions { deleted: before.deleted.saturating_add(count), ..before.clone() }))
    }

    /// Gives how many records it adds to those that the server has confirmed here: one or none.
    fn apply(
        &self,
        draft: &mut Draft<'_>,
        incoming: &RemoteRecord,
        outcome: &mut PageApplied,
    ) -> Result<u64, Error> {
        let keys = RecordKeys::of(&self.collection, &incoming.id);
        let (base, queued) = (draft.base(&keys)?, draft.queued(&keys)?);
        let is_in_flight = queued.as_ref().is_some_and(|row| row.is_sent);
        // The deletion of a record that is not here is no news, except to a creation on its way: it may be what is deleted.
        let is_of_creation = is_in_flight && base.is_none();
        // Whoever pulls from nothing may have lost something, and what is here under that version may be wrong.
        let is_doubted = self.since.is_none() && is_other_text(base.as_ref(), incoming);
        if is_known(base.as_ref(), incoming) && !is_of_creation && !is_doubted {
            return Ok(0);
        }
        if base.is_none()
            && queued.is_none()
            && is_expired(draft, self.retain, self.rebaser.now, incoming.edited_at)?
        {
            return Ok(0);
        }
        outcome.pulled = outcome.pulled.saturating_add(1);
        let new = Incoming::of_record(incoming);
        let after = match queued.clone() {
            None => None,
            Some(row) if !row.is_sent && planted::is(Bug::PullReplacesQueued) => None,
            // The base was lost, and comes back as it was when the change was made.
            Some(row) if is_made_on(&row, incoming) => Some(row),
            Some(row) if row.is_sent => {
                let common = row.overtaken.map_or_else(|| base.clone(), |overtaken| overtaken.common);
                let overtaken = Some(Overtaken { common, deletion: new.deletion() });
                Some(QueueRow { overtaken, ..row })
            }
            Some(row) => {
                // What waits for somebody's choice keeps what both sides were made on.
                let common = match &row.overtaken {
                    Some(overtaken) => overtaken.common.as_ref(),
                    None => base.as_ref(),
                };
                let meeting = Meeting {
                    collection: &self.collection,
                    record: &incoming.id,
                    strategy: self.strategy,
                    common,
                    incoming: &new,
                    // It was never sent, so its own key is as good as a new one.
                    id: &row.change.id,
                    skew: draft.single::<Skew>()?.milliseconds,
                };
                let rebased = self.rebaser.rebase(&row, &meeting)?;
                outcome.requeued = outcome.requeued.saturating_add(rebased.requeued());
                outcome.conflicts.extend(rebased.conflict);
                rebased.row
            }
        };
        draft.set_record(&self.collection, &keys, (&base, &queued), (&new.base, &after))?;
        Ok(u64::from(base.is_none() && new.base.is_some()))
    }

    /// What names everything there is names no deletions. So it cannot say whether a change that is on its way was taken and
    /// its record deleted since, and has to wait until that is answered.
    fn is_too_early(&self, view: &dyn View) -> Result<bool, RowError> {
        if !self.names_everything() || planted::is(Bug::SnapshotTooEarly) {
            return Ok(false);
        }
        let Read::Range { start, end } = collection_of(Table::Queue, &self.collection) else {
            return Ok(false);
        };
        let mut rows = view.range(&start, end.as_ref());
        rows.try_fold(false, |is_any, (_, row)| Ok(is_any || read_row::<QueueRow<'_>>(&row)?.is_sent))
    }

    fn names_everything(&self) -> bool {
        self.since.is_none() || !matches!(self.end, PageEnd::Cursor(_))
    }

    /// What is here and was not among everything there is.
    fn absent(&self, view: &dyn View, seen: &BTreeSet<RecordId>) -> Vec<RecordId> {
        let Read::Range { start, end } = collection_of(Table::Base, &self.collection) else {
            return Vec::new();
        };
        let bases = view.range(&start, end.as_ref());
        let records = bases.filter_map(|(key, _)| record_of(&key).map(|(_, _, record)| record));
        let said: BTreeSet<&RecordId> = self.records.iter().map(|record| &record.id).collect();
        records.filter(|record| !seen.contains(record) && !said.contains(record)).collect()
    }

    fn remove_absent(
        &self,
        draft: &mut Draft<'_>,
        absent: Vec<RecordId>,
        outcome: &mut PageApplied,
    ) -> Result<(), Error> {
        for record in absent.into_iter().filter(|_| !planted::is(Bug::SnapshotKeepsAbsent)) {
            if planted::is(Bug::SnapshotDropsPending) {
                self.drop_pending(draft, &record)?;
            }
            // Nobody knows any more when it was deleted: an edit that waits here counts as later.
            let edited_at = Millis::default();
            let deleted = RemoteRecord { id: record, version: None, edited_at, device: None, data: None };
            self.apply(draft, &deleted, outcome)?;
        }
        Ok(())
    }

    /// A planted bug.
    fn drop_pending(&self, draft: &mut Draft<'_>, record: &RecordId) -> Result<(), Error> {
        let keys = RecordKeys::of(&self.collection, record);
        let (base, queued) = (draft.base(&keys)?, draft.queued(&keys)?);
        Ok(draft.set_record(&self.collection, &keys, (&base, &queued), (&base, &None))?)
    }
}

/// Whether an incoming record says another thing of the version that is here.
fn is_other_text(base: Option<&Base<'_>>, incoming: &RemoteRecord) -> bool {
    let (Some(base), Some(data)) = (base, &incoming.data) else { return false };
    base.version.clone().map(Version::from) == incoming.version && base.doc != data.as_str()
}

/// Whether a change was made on just what comes in.
fn is_made_on(row: &QueueRow<'_>, incoming: &RemoteRecord) -> bool {
    let base = row.change.base.clone().map(Version::from);
    incoming.data.is_some() && row.overtaken.is_none() && base.is_some() && base == incoming.version
}

/// Whether an incoming record says nothing new: pulls are at least once.
fn is_known(base: Option<&Base<'_>>, incoming: &RemoteRecord) -> bool {
    let Some(known) = base else { return incoming.data.is_none() };
    if planted::is(Bug::KnownByRecord) {
        return incoming.data.is_some();
    }
    let version = known.version.clone().map(Version::from);
    let is_same = incoming.data.is_some() && version.is_some() && version == incoming.version;
    let is_older = matches!((&incoming.version, &version), (Some(new), Some(known)) if new.is_before(known));
    is_same || is_older
}
