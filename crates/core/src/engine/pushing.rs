//! The half of a cycle in which changes go up: batch by batch, each answer in one commit. Decides nothing about changes.

use std::collections::BTreeMap;

use syncline_protocol::{Change, ChangeId, PushResult};

use super::{
    client::Client,
    cycle::{Cycle, CycleError, count},
};
use crate::{
    model::{Direction, Error, Event, Phase, Retry, identify},
    plan::{ApplyAnswers, TakeBatch},
    ports::{Backend, Events as _, Host},
};

/// Changes and bytes of documents in one push, within the limits of `syncline/1`.
const MAX_BATCH: (usize, usize) = (500, 2 * 1024 * 1024);

impl<H: Host> Client<H> {
    /// Pushes what is queued. Gives how many changes have to go out again in another round.
    pub(super) async fn push_all(
        &self,
        backend: &H::Backend,
        epoch: u64,
        cycle: &mut Cycle,
    ) -> Result<u64, CycleError> {
        let collections: BTreeMap<_, _> = self.flowing(Direction::is_pushed).into_iter().collect();
        let (mut max_changes, max_bytes) = MAX_BATCH;
        let mut max_bytes = self.push_bytes(max_bytes);
        let (mut done, mut requeued) = (0_u64, 0_u64);
        loop {
            // Before anything counts as sent.
            self.take_turn(backend).await;
            let plan = TakeBatch {
                collections: collections.clone(),
                max_changes,
                max_bytes,
                held_back: cycle.next_round.iter().chain(&cycle.in_doubt).cloned().collect(),
            };
            let batch = self.run_fenced(epoch, plan).await?;
            let Some(collection) = batch.changes.first().map(|change| change.collection.clone()) else {
                return Ok(requeued);
            };
            let sending = count(batch.changes.len());
            let total = done.saturating_add(sending).saturating_add(count(batch.remaining));
            self.show_progress(Phase::Push, &collection, done, Some(total));
            let sent = Push { backend, epoch, changes: batch.changes };
            match self.push_batch(sent, cycle).await {
                Ok(again) => requeued = requeued.saturating_add(again),
                Err(CycleError::Failed(error)) if error.retry == Retry::Smaller && max_changes > 1 => {
                    max_changes = max_changes.div_ceil(8);
                    max_bytes = max_bytes.div_ceil(8);
                    continue;
                }
                Err(error) => return Err(error),
            }
            done = done.saturating_add(sending);
            self.show_progress(Phase::Push, &collection, done, Some(total));
        }
    }

    async fn push_batch(&self, push: Push<'_, H::Backend>, cycle: &mut Cycle) -> Result<u64, CycleError> {
        let Push { backend, epoch, changes } = push;
        let began = self.shared.now();
        let in_flight = Flag::raise(&self.shared.is_pushing);
        let pushed = match backend.push(self.device(), &changes).await {
            Err(error) if error.retry == Retry::Smaller && changes.len() == 1 => {
                crate::ports::Pushed { results: too_large(&changes, &error), now: None }
            }
            answer => answer?,
        };
        drop(in_flight);
        self.keep_skew(epoch, began, pushed.now).await?;
        let mut results: BTreeMap<ChangeId, PushResult> =
            pushed.results.into_iter().map(|result| (result.id().clone(), result)).collect();
        let answers = changes.into_iter().map(|change| {
            let missing = || PushResult::InDoubt { id: change.id.clone(), retry_after: None };
            let mut result = results.remove(&change.id).unwrap_or_else(missing);
            if let PushResult::Conflict { record, .. } = &mut result {
                identify(record);
            }
            (change, result, self.shared.change_id())
        });
        let answers: Vec<_> = answers.collect();
        let following: Vec<ChangeId> = answers.iter().map(|(_, _, fresh)| fresh.clone()).collect();
        let plan = ApplyAnswers { answers, strategies: self.strategies(), rebaser: self.rebaser() };
        let applied = self.run_fenced(epoch, plan).await?;
        cycle.report.pushed = cycle.report.pushed.saturating_add(applied.applied);
        cycle.report.parked = cycle.report.parked.saturating_add(count(applied.parked.len()));
        self.tell_conflicts(applied.conflicts, cycle);
        self.keep_report(cycle);
        for parked in applied.parked {
            self.shared.host.events().emit(Event::Parked(parked));
        }
        for (id, wait) in applied.in_doubt {
            cycle.come_back_in(wait.unwrap_or(self.shared.options.schedule.backoff.base));
            cycle.in_doubt.push(id);
        }
        if applied.requeued > 0 {
            cycle.next_round.extend(following);
        }
        Ok(applied.requeued)
    }
}

/// A batch on its way up.
struct Push<'a, B> {
    backend: &'a B,
    epoch: u64,
    changes: Vec<Change>,
}

/// Lowers itself when dropped, also when the future that raised it is.
struct Flag<'a>(&'a std::cell::Cell<bool>);

impl<'a> Flag<'a> {
    fn raise(flag: &'a std::cell::Cell<bool>) -> Self {
        flag.set(true);
        Self(flag)
    }
}

impl Drop for Flag<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

/// One change alone is too large for the server: it is refused, so that the changes behind it flow on.
fn too_large(changes: &[Change], error: &Error) -> Vec<PushResult> {
    let refused = |change: &Change| PushResult::Rejected {
        id: change.id.clone(),
        code: syncline_protocol::ProblemCode::TooLarge.as_str().to_owned(),
        message: error.message.clone(),
    };
    changes.iter().map(refused).collect()
}
