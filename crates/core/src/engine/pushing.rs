//! The half of a cycle in which changes go up: batch by batch, each answer in one commit. Decides nothing about changes.

use std::collections::BTreeMap;

use syncline_protocol::{Change, ChangeId, Millis, ProblemCode, PushResult};

use super::{
    client::Client,
    cycle::{Cycle, CycleError, count},
};
use crate::{
    backoff::full_jitter,
    gather::Gather as _,
    model::{Direction, Error, Event, Phase, identify},
    narrowing::{Narrowing, Verdict},
    plan::{ApplyAnswers, TakeBatch},
    planted::{self, Bug},
    ports::{Backend, Events as _, Host, Pushed, Random as _},
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
        let collections: BTreeMap<_, _> = self.flowing(&Direction::is_pushed).into_iter().gather();
        let mut narrowing = Narrowing::new(MAX_BATCH.0, self.push_bytes(MAX_BATCH.1));
        let (mut done, mut requeued) = (0_u64, 0_u64);
        loop {
            // Before anything counts as sent.
            self.take_turn(backend).await;
            let plan = TakeBatch {
                collections: collections.clone(),
                max_changes: narrowing.max_changes(),
                max_bytes: narrowing.max_bytes(),
                with_patches: backend.takes_patches(),
                held_back: cycle.next_round.iter().chain(&cycle.in_doubt).cloned().collect(),
            };
            let batch = self.run_fenced(epoch, plan).await?;
            let Some(collection) = batch.changes.first().map(|change| change.collection.clone()) else {
                return Ok(requeued);
            };
            let sending = count(batch.changes.len());
            let total = done.saturating_add(sending).saturating_add(count(batch.remaining));
            self.show_progress(Phase::Push, &collection, done, Some(total));
            let sent = Sent { epoch, began: self.shared.now(), changes: batch.changes };
            let in_flight = Flag::raise(&self.shared.is_pushing);
            let answer = backend.push(self.device(), &sent.changes).await;
            drop(in_flight);
            let pushed = match answer {
                Ok(pushed) => {
                    narrowing.handle_answer(sent.changes.len());
                    pushed
                }
                Err(error) => {
                    let failed = Failed { error, attempts: batch.attempts, sent: &sent };
                    match self.narrow(backend, &mut narrowing, failed, cycle).await? {
                        Some(pushed) => pushed,
                        None => continue,
                    }
                }
            };
            requeued = requeued.saturating_add(self.take_answers(sent, pushed, cycle).await?);
            done = done.saturating_add(sending);
            self.show_progress(Phase::Push, &collection, done, Some(total));
        }
    }

    /// Does about a push that failed what `narrowing` says. Gives an answer where one is clear by that.
    async fn narrow(
        &self,
        backend: &H::Backend,
        narrowing: &mut Narrowing,
        failed: Failed<'_>,
        cycle: &mut Cycle,
    ) -> Result<Option<Pushed>, CycleError> {
        let Failed { error, attempts, sent } = failed;
        let error = error.about_one_of(sent.changes.iter().map(|change| &change.collection));
        let mut verdict = narrowing.handle_failure(&error, sent.changes.len(), attempts);
        if verdict == Verdict::AskFirst {
            backend.push(self.device(), &[]).await?;
            narrowing.handle_answer(0);
            verdict = narrowing.handle_failure(&error, sent.changes.len(), attempts);
        }
        match verdict {
            Verdict::Again => Ok(None),
            Verdict::HoldBack => {
                cycle.in_doubt.extend(sent.changes.iter().map(|change| change.id.clone()));
                cycle.failure.get_or_insert(error);
                Ok(None)
            }
            Verdict::Refuse(reason) => {
                Ok(Some(Pushed { results: refused(&sent.changes, reason, &error), now: None }))
            }
            Verdict::AskFirst | Verdict::Fail => Err(error.into()),
        }
    }

    async fn take_answers(&self, sent: Sent, pushed: Pushed, cycle: &mut Cycle) -> Result<u64, CycleError> {
        let Sent { epoch, began, changes } = sent;
        let ended = self.shared.now();
        self.keep_skew(epoch, began, ended, pushed.now).await?;
        let mut results: BTreeMap<ChangeId, PushResult> =
            pushed.results.into_iter().map(|result| (result.id().clone(), result)).gather();
        let answers = changes.into_iter().map(|change| {
            let missing = || PushResult::InDoubt { id: change.id.clone(), retry_after: None };
            let mut result = results.remove(&change.id).unwrap_or_else(missing);
            if let PushResult::Conflict { record, .. } = &mut result {
                identify(record);
                self.shared.migrate_incoming(&change.collection, record);
                if let Some(version) =
                    record.version.clone().filter(|_| planted::is(Bug::ConflictTakenAsAccepted))
                {
                    result = PushResult::Applied { id: change.id.clone(), version };
                }
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
        let backoff = self.shared.options.schedule.backoff;
        for (id, attempts, wait) in applied.in_doubt {
            let jitter =
                || full_jitter(backoff, attempts.saturating_sub(1), self.shared.host.random().next());
            cycle.come_back_in(wait.unwrap_or_else(jitter));
            cycle.in_doubt.push(id);
        }
        if applied.requeued > 0 {
            cycle.next_round.extend(following);
        }
        Ok(applied.requeued)
    }
}

/// A batch on its way up.
struct Sent {
    epoch: u64,
    began: Millis,
    changes: Vec<Change>,
}

/// A batch that failed as a whole.
struct Failed<'a> {
    error: Error,
    attempts: u32,
    sent: &'a Sent,
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

/// A change that is refused although it stands alone is refused for good, so that the changes behind it flow on.
fn refused(changes: &[Change], reason: ProblemCode, error: &Error) -> Vec<PushResult> {
    let refused = |change: &Change| PushResult::Rejected {
        id: change.id.clone(),
        code: reason.as_str().to_owned(),
        message: error.message.clone(),
    };
    changes.iter().map(refused).collect()
}
