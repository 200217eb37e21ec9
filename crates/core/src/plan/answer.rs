//! What the server answered to a push, applied in one commit: accepted, refused, in doubt, or in conflict with what others did.
//! Asks nothing.

use std::collections::BTreeMap;

use syncline_protocol::{Change, ChangeId, CollectionName, PushResult, RemoteRecord, Version};
use syncline_store::{Decision, Plan, Read, View};

use super::{
    Origin,
    draft::Draft,
    push::change_of,
    rebase::{Incoming, Meeting, Rebaser, ResolvedConflict},
};
use crate::{
    model::{
        Base, ConflictStrategy, Edit, Error, ParkedChange, ParkedRow, QueueRow, RecordKeys, Single, Skew,
        parked_key,
    },
    planted::{self, Bug},
};

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
    /// Changes that may or may not have happened, with how often each was sent and the milliseconds to wait.
    pub in_doubt: Vec<(ChangeId, u32, Option<u64>)>,
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
        rows.chain([Read::Key(Skew::key())]).collect()
    }

    fn origin(&self) -> u8 {
        Origin::Remote.tag()
    }

    fn decide(&self, view: &dyn View) -> Decision<Self::Outcome> {
        Draft::decide(view, |draft| {
            let mut outcome = AnswersApplied::default();
            let skew = draft.single::<Skew>()?.milliseconds;
            for (change, result, fresh) in &self.answers {
                self.apply(draft, change, result, Again { id: fresh, skew }, &mut outcome)?;
            }
            Ok(outcome)
        })
    }
}

/// What goes out again goes under this key, dated by this clock: see [`Meeting`].
#[derive(Clone, Copy)]
struct Again<'a> {
    id: &'a ChangeId,
    skew: i64,
}

/// The two rows of a record.
type Rows = (Option<Base<'static>>, Option<QueueRow<'static>>);

impl ApplyAnswers {
    fn apply(
        &self,
        draft: &mut Draft<'_>,
        change: &Change,
        result: &PushResult,
        again: Again<'_>,
        outcome: &mut AnswersApplied,
    ) -> Result<(), Error> {
        let (collection, record) = (&change.collection, &change.record);
        let keys = RecordKeys::of(collection, record);
        let (base, queued) = (draft.base(&keys)?, draft.queued(&keys)?);
        // Discarded meanwhile, or answered already in another life of this leader.
        let Some(row) =
            queued.clone().filter(|row| row.change.id == change.id || planted::is(Bug::AckedByRecord))
        else {
            return Ok(());
        };
        let after: Rows = match result {
            PushResult::Applied { version, .. } => {
                outcome.applied = outcome.applied.saturating_add(1);
                self.applied(change, version, base.clone(), row, again, outcome)?
            }
            PushResult::Conflict { record, .. } => {
                self.conflicting(change, record, base.clone(), row, again, outcome)?
            }
            PushResult::InDoubt { .. } if planted::is(Bug::DoubtTakenAsAccepted) => (base.clone(), None),
            PushResult::InDoubt { id, retry_after } => {
                outcome.in_doubt.push((id.clone(), row.attempts, *retry_after));
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
                if !planted::is(Bug::RefusedDropped) {
                    draft.set_parked(collection, &change.id, Some(&parked))?;
                }
                outcome.parked.push(ParkedChange {
                    change: change_of(collection, record, &row.change)?,
                    parked_at: self.rebaser.now,
                    code: code.clone(),
                    message: message.clone(),
                });
                let next = self.behind_refused(change, base.clone(), &row, again, outcome)?;
                (base.clone(), next)
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
        again: Again<'_>,
        outcome: &mut AnswersApplied,
    ) -> Result<Rows, Error> {
        let taken = row.change.doc.clone().map(|doc| Base {
            version: Some(version.clone().into()),
            edited_at: row.change.edited_at,
            device: Some(self.rebaser.device.clone()),
            doc,
        });
        if let Some(newer) = overtaking(base, &row).filter(|pulled| !pulled.is_covered_by(version)) {
            let next = if row.next.is_some() {
                self.rebase(change, &row, taken.as_ref(), &newer, again, outcome)?
            } else {
                None
            };
            return Ok((newer.base, next));
        }
        let next = following(&row, taken.as_ref(), outcome).filter(|_| !planted::is(Bug::EditBehindDropped));
        Ok((taken, next))
    }

    /// The change was made on a version that is not current: it, and what was edited since, is re-based on that one.
    fn conflicting(
        &self,
        change: &Change,
        current: &RemoteRecord,
        base: Option<Base<'static>>,
        row: QueueRow<'static>,
        again: Again<'_>,
        outcome: &mut AnswersApplied,
    ) -> Result<Rows, Error> {
        let answered = Incoming::of_record(current);
        let is_newer = |pulled: &Incoming| match (&answered.version, &pulled.version) {
            (Some(answered), Some(pulled)) => answered.is_before(pulled),
            _ => false,
        };
        let common = common_of(base.clone(), &row);
        let incoming = overtaking(base, &row).filter(is_newer).unwrap_or(answered);
        let next = self.rebase(change, &row, common.as_ref(), &incoming, again, outcome)?;
        Ok((incoming.base, next))
    }

    /// The change was refused: what was edited behind it stands alone, on what the server has.
    fn behind_refused(
        &self,
        change: &Change,
        base: Option<Base<'static>>,
        row: &QueueRow<'static>,
        again: Again<'_>,
        outcome: &mut AnswersApplied,
    ) -> Result<Option<QueueRow<'static>>, Error> {
        match overtaking(base.clone(), row).filter(|_| row.next.is_some()) {
            Some(pulled) => {
                let common = common_of(base, row);
                self.rebase(change, row, common.as_ref(), &pulled, again, outcome)
            }
            None => Ok(following(row, base.as_ref(), outcome)),
        }
    }

    fn rebase(
        &self,
        change: &Change,
        row: &QueueRow<'static>,
        common: Option<&Base<'_>>,
        incoming: &Incoming,
        again: Again<'_>,
        outcome: &mut AnswersApplied,
    ) -> Result<Option<QueueRow<'static>>, Error> {
        let strategy = self.strategies.get(&change.collection).copied().unwrap_or_default();
        let (collection, record) = (&change.collection, &change.record);
        let meeting =
            Meeting { collection, record, strategy, common, incoming, id: again.id, skew: again.skew };
        let rebased = self.rebaser.rebase(row, &meeting)?;
        outcome.requeued = outcome.requeued.saturating_add(rebased.requeued());
        outcome.conflicts.extend(rebased.conflict);
        Ok(rebased.row)
    }
}

/// What the change was made on.
fn common_of(base: Option<Base<'static>>, row: &QueueRow<'static>) -> Option<Base<'static>> {
    row.overtaken.as_ref().map_or(base, |overtaken| overtaken.common.clone())
}

/// What a pull brought while the change was on its way, if any did.
fn overtaking(base: Option<Base<'static>>, row: &QueueRow<'static>) -> Option<Incoming> {
    let overtaken = row.overtaken.as_ref().filter(|_| !planted::is(Bug::OvertakenIgnored));
    overtaken.map(|overtaken| Incoming::of_rows(base, overtaken.deletion.clone()))
}

/// The queue once a change is answered: the edit behind it, on the base that the change left. A deletion of nothing has nothing
/// to delete.
fn following(
    row: &QueueRow<'static>,
    base: Option<&Base<'static>>,
    outcome: &mut AnswersApplied,
) -> Option<QueueRow<'static>> {
    let next = row.next.clone().filter(|next| next.doc.is_some() || base.is_some())?;
    let change = Edit { base: base.and_then(|base| base.version.clone()), ..next };
    outcome.requeued = outcome.requeued.saturating_add(1);
    Some(QueueRow { remarks: row.remarks.clone(), ..QueueRow::of_edit(change, row.queued_at) })
}
