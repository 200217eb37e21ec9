//! The queue on its way up: taking a batch, and applying what the server answered. Sends nothing.

use std::{cmp::Reverse, collections::BTreeMap};

use syncline_protocol::{
    Change, ChangeId, CollectionName, JsonText, Op, PushResult, RecordId, RemoteRecord, Version,
};
use syncline_store::{Decision, Plan, Read, View};

use super::{
    Origin,
    draft::Draft,
    rebase::{Meeting, Rebaser, ResolvedConflict, base_of, is_newer},
};
use crate::model::{
    Base, ConflictStrategy, Edit, Error, ErrorCode, ParkedChange, ParkedRow, QueueRow, RecordKeys, Table,
    collection_of, parked_key, read_row, record_of,
};

/// Chooses what is sent next and freezes it: first what was sent before and not answered, then by priority, then oldest
/// first.
#[derive(Clone, Debug)]
pub struct TakeBatch {
    /// Which collections are pushed, with their priorities.
    pub collections: BTreeMap<CollectionName, i32>,
    /// Changes at most.
    pub max_changes: usize,
    /// Bytes of documents at most; one change goes however large it is.
    pub max_bytes: usize,
    /// Changes that wait for their own moment: in doubt, to be sent again later.
    pub held_back: Vec<ChangeId>,
}

/// What is sent, and whether the queue has more.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// In the order in which they go.
    pub changes: Vec<Change>,
    /// How many more wait behind them.
    pub remaining: usize,
}

impl Plan for TakeBatch {
    type Outcome = Result<Batch, Error>;

    fn reads(&self) -> Vec<Read> {
        self.collections.keys().map(|name| collection_of(Table::Queue, name)).collect()
    }

    fn origin(&self) -> u8 {
        Origin::Remote.tag()
    }

    fn decide(&self, view: &dyn View) -> Decision<Self::Outcome> {
        Draft::decide(view, |draft| {
            let waiting = self.waiting(draft.view())?;
            let mut batch = Batch::default();
            let mut bytes = 0_usize;
            for (_, collection, record, size) in &waiting {
                bytes = bytes.saturating_add(*size);
                let is_full = batch.changes.len() >= self.max_changes || bytes > self.max_bytes;
                if is_full && !batch.changes.is_empty() {
                    break;
                }
                batch.changes.extend(freeze(draft, collection, record)?);
            }
            batch.remaining = waiting.len().saturating_sub(batch.changes.len());
            Ok(batch)
        })
    }
}

type Waiting =
    ((Reverse<bool>, Reverse<i32>, syncline_protocol::Millis, ChangeId), CollectionName, RecordId, usize);

impl TakeBatch {
    fn waiting(&self, view: &dyn View) -> Result<Vec<Waiting>, Error> {
        let mut waiting = Vec::new();
        for (name, priority) in &self.collections {
            let Read::Range { start, end } = collection_of(Table::Queue, name) else { continue };
            for (key, value) in view.range(&start, end.as_ref()) {
                let Some((_, collection, record)) = record_of(&key) else { continue };
                let row: QueueRow<'_> = read_row(&value)?;
                if self.held_back.contains(&row.change.id) {
                    continue;
                }
                let order = (Reverse(row.is_sent), Reverse(*priority), row.queued_at, row.change.id.clone());
                waiting.push((order, collection, record, value.len()));
            }
        }
        waiting.sort_by(|one, other| one.0.cmp(&other.0));
        Ok(waiting)
    }
}

fn freeze(
    draft: &mut Draft<'_>,
    collection: &CollectionName,
    record: &RecordId,
) -> Result<Option<Change>, Error> {
    let keys = RecordKeys::of(collection, record);
    let (base, before) = (draft.base(&keys)?, draft.queued(&keys)?);
    let Some(row) = before.clone() else { return Ok(None) };
    let change = change_of(collection, record, &row.change)?;
    let after = Some(QueueRow { is_sent: true, attempts: row.attempts.saturating_add(1), ..row });
    draft.set_record(collection, &keys, (&base, &before), (&base, &after))?;
    Ok(Some(change))
}

/// A change as it goes over the wire.
pub(crate) fn change_of(
    collection: &CollectionName,
    record: &RecordId,
    edit: &Edit<'_>,
) -> Result<Change, Error> {
    let unreadable = |error: serde_json::Error| Error::new(ErrorCode::StorageCorrupt, error.to_string());
    Ok(Change {
        id: edit.id.clone(),
        collection: collection.clone(),
        record: record.clone(),
        op: if edit.doc.is_some() { Op::Put } else { Op::Delete },
        base: edit.base.clone().map(Into::into),
        data: edit.doc.as_deref().map(JsonText::parse).transpose().map_err(unreadable)?,
        edited_at: edit.edited_at,
    })
}

/// Applies what the server answered to a batch, all answers in one commit.
#[derive(Clone, Debug)]
pub struct ApplyAnswers {
    /// What was sent, each with its answer and the key of a change that may have to follow it.
    pub answers: Vec<(Change, PushResult, ChangeId)>,
    /// How conflicts are resolved, by collection.
    pub strategies: BTreeMap<CollectionName, ConflictStrategy>,
    /// How edits are re-based.
    pub rebaser: Rebaser,
}

/// What the answers changed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AnswersApplied {
    /// Changes the server took.
    pub applied: u64,
    /// Changes that may or may not have happened, with the milliseconds to wait.
    pub in_doubt: Vec<(ChangeId, Option<u64>)>,
    /// Conflicts met.
    pub conflicts: Vec<ResolvedConflict>,
    /// Changes refused.
    pub parked: Vec<ParkedChange>,
    /// Changes that have to go out again in this cycle.
    pub requeued: u64,
}

impl Plan for ApplyAnswers {
    type Outcome = Result<AnswersApplied, Error>;

    fn reads(&self) -> Vec<Read> {
        let rows = self.answers.iter().flat_map(|(change, _, _)| {
            let [base, queue] = RecordKeys::of(&change.collection, &change.record).reads();
            [base, queue, Read::Key(parked_key(&change.id))]
        });
        rows.collect()
    }

    fn origin(&self) -> u8 {
        Origin::Remote.tag()
    }

    fn decide(&self, view: &dyn View) -> Decision<Self::Outcome> {
        Draft::decide(view, |draft| {
            let mut outcome = AnswersApplied::default();
            for (change, result, fresh) in &self.answers {
                self.apply(draft, change, result, fresh, &mut outcome)?;
            }
            Ok(outcome)
        })
    }
}

/// The two rows of a record.
type Rows = (Option<Base<'static>>, Option<QueueRow<'static>>);

impl ApplyAnswers {
    fn apply(
        &self,
        draft: &mut Draft<'_>,
        change: &Change,
        result: &PushResult,
        fresh: &ChangeId,
        outcome: &mut AnswersApplied,
    ) -> Result<(), Error> {
        let (collection, record) = (&change.collection, &change.record);
        let keys = RecordKeys::of(collection, record);
        let (base, queued) = (draft.base(&keys)?, draft.queued(&keys)?);
        // Discarded meanwhile, or answered already in another life of this leader.
        let Some(row) = queued.clone().filter(|row| row.change.id == change.id) else { return Ok(()) };
        let after: Rows = match result {
            PushResult::Applied { version, .. } => {
                outcome.applied = outcome.applied.saturating_add(1);
                self.applied(change, version, base.clone(), row, fresh, outcome)?
            }
            PushResult::Conflict { record, .. } => {
                self.conflicting(change, record, base.clone(), row, fresh, outcome)?
            }
            PushResult::InDoubt { id, retry_after } => {
                outcome.in_doubt.push((id.clone(), *retry_after));
                (base.clone(), Some(row))
            }
            PushResult::Rejected { code, message, .. } => {
                let parked = ParkedRow {
                    collection: collection.clone(),
                    record: record.clone(),
                    change: row.change.clone(),
                    parked_at: self.rebaser.now,
                    code: code.clone(),
                    message: message.clone(),
                };
                draft.set_parked(collection, &change.id, Some(&parked))?;
                outcome.parked.push(ParkedChange {
                    change: change.clone(),
                    parked_at: self.rebaser.now,
                    code: code.clone(),
                    message: message.clone(),
                });
                let base_version = base.as_ref().and_then(|base| base.version.clone());
                let next = row.next.clone().map(|next| Edit { base: base_version, ..next });
                (base.clone(), requeued(row, next, outcome))
            }
        };
        draft.set_record(collection, &keys, (&base, &queued), (&after.0, &after.1))?;
        Ok(())
    }

    /// The server took the change: it is the base, unless a pull has brought a newer one already.
    fn applied(
        &self,
        change: &Change,
        version: &Version,
        base: Option<Base<'static>>,
        row: QueueRow<'static>,
        fresh: &ChangeId,
        outcome: &mut AnswersApplied,
    ) -> Result<Rows, Error> {
        let taken = row.change.doc.clone().map(|doc| Base {
            version: Some(version.clone().into()),
            edited_at: row.change.edited_at,
            device: Some(self.rebaser.device.clone()),
            doc,
        });
        let is_overtaken = row.overtaken.is_some() && !is_same_version(base.as_ref(), version);
        if !is_overtaken {
            let base_version = taken.as_ref().and_then(|base| base.version.clone());
            let next = row.next.clone().map(|next| Edit { base: base_version, ..next });
            // A deletion behind a deletion has nothing left to delete.
            let next = next.filter(|next| next.doc.is_some() || taken.is_some());
            return Ok((taken, requeued(row, next, outcome)));
        }
        let next = match row.next.clone() {
            Some(next) => self.rebase(change, next, taken.as_ref(), base.as_ref(), None, fresh, outcome)?,
            None => None,
        };
        Ok((base, requeued(row, next, outcome)))
    }

    /// The change was made on a version that is not current: it, and what was edited since, is re-based on that one.
    fn conflicting(
        &self,
        change: &Change,
        current: &RemoteRecord,
        base: Option<Base<'static>>,
        row: QueueRow<'static>,
        fresh: &ChangeId,
        outcome: &mut AnswersApplied,
    ) -> Result<Rows, Error> {
        let common = row.overtaken.clone().unwrap_or_else(|| base.clone());
        let has_newer = row.overtaken.is_some() && is_newer(base.as_ref(), current.version.as_ref());
        let (incoming, of_deletion) =
            if has_newer { (base, None) } else { (base_of(current), Some(current)) };
        let local = row.latest().clone();
        let next =
            self.rebase(change, local, common.as_ref(), incoming.as_ref(), of_deletion, fresh, outcome)?;
        Ok((incoming, requeued(row, next, outcome)))
    }

    #[allow(clippy::too_many_arguments, reason = "the sides of a three-way merge and where its outcome goes")]
    fn rebase(
        &self,
        change: &Change,
        local: Edit<'static>,
        common: Option<&Base<'_>>,
        incoming: Option<&Base<'_>>,
        answer: Option<&RemoteRecord>,
        fresh: &ChangeId,
        outcome: &mut AnswersApplied,
    ) -> Result<Option<Edit<'static>>, Error> {
        let strategy = self.strategies.get(&change.collection).copied().unwrap_or_default();
        let incoming_at =
            incoming.map(|base| base.edited_at).or_else(|| answer.map(|record| record.edited_at));
        let (edit, conflict) = self.rebaser.rebase(
            local,
            &Meeting {
                collection: &change.collection,
                record: &change.record,
                strategy,
                common,
                incoming,
                incoming_at: incoming_at.unwrap_or_default(),
                incoming_by: incoming
                    .and_then(|base| base.device.as_ref())
                    .or_else(|| answer.and_then(|record| record.device.as_ref())),
                fresh,
            },
        )?;
        outcome.conflicts.extend(conflict);
        Ok(edit)
    }
}

fn is_same_version(base: Option<&Base<'_>>, version: &Version) -> bool {
    base.and_then(|base| base.version.clone()).map(Version::from).as_ref() == Some(version)
}

/// What the queue holds once `change` is answered: the edit that follows it, not sent, or nothing.
fn requeued(
    row: QueueRow<'static>,
    next: Option<Edit<'static>>,
    outcome: &mut AnswersApplied,
) -> Option<QueueRow<'static>> {
    let change = next?;
    outcome.requeued = outcome.requeued.saturating_add(1);
    Some(QueueRow {
        change,
        next: None,
        is_sent: false,
        overtaken: None,
        queued_at: row.queued_at,
        attempts: 0,
        last_error: None,
    })
}
