//! One cycle: push the queue, pull to the end, again while anything was re-queued. Every step is one plan or one request;
//! dropping it at any await leaves what a crash would leave. Decides neither when it runs nor how conflicts end.

use std::collections::{BTreeMap, BTreeSet};

use syncline_protocol::{ChangeId, CollectionName, Millis};
use syncline_store::Plan;

use super::{
    asking::{Asking, Heard},
    client::Client,
};
use crate::{
    backoff::full_jitter,
    gather::Gather as _,
    model::{
        Backoff, ConflictStrategy, Direction, Error, ErrorCode, Event, Phase, Progress, ResolvedAs, Retry,
        Skew, SyncReport,
    },
    plan::{Fenced, KeepSkew, MarkSynced, Rebaser, ResolvedConflict},
    planted::{self, Bug},
    ports::{Backend, Clock as _, Events as _, Host, Random as _, Traffic},
};

/// Rounds of one cycle at most.
const MAX_ROUNDS: u32 = 10;
/// Delays between rounds: other devices are at the same record, and must not come back at the same moment. The bound grows
/// fourfold: how many there are is not known, and each attempt that comes too early costs two requests.
const ROUND_BACKOFF: Backoff = Backoff { base: 50, max: 4_000 };

/// Why a cycle did not end well.
#[derive(Debug)]
pub(super) enum CycleError {
    /// Something went wrong.
    Failed(Error),
    /// This context no longer leads.
    Fenced,
}

impl<E: Into<Error>> From<E> for CycleError {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// What a cycle has done so far, kept beside it: a cycle that is given up has done that much.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Doing {
    report: SyncReport,
    began: Millis,
    /// What had gone over the network before.
    before: Traffic,
}

/// What a cycle did.
#[derive(Debug, Default)]
pub(super) struct Cycle {
    pub(super) report: SyncReport,
    /// Changes in doubt wait that many milliseconds for their next attempt.
    pub(super) again_in: Option<u64>,
    /// Changes that wait for the next round.
    pub(super) next_round: Vec<ChangeId>,
    /// Changes that wait for the next cycle.
    pub(super) in_doubt: Vec<ChangeId>,
    /// Why a collection was left out: its pull waits for somebody, or did until a moment ago.
    pub(super) paused: Option<Error>,
    /// Collections that could not be pulled, although the server is there.
    pub(super) set_aside: BTreeSet<CollectionName>,
    /// What could not be done, although the rest was.
    pub(super) failure: Option<Error>,
}

impl<H: Host> Client<H> {
    /// Runs a cycle in a leadership.
    pub(super) async fn cycle(&self, epoch: u64) -> Result<Cycle, CycleError> {
        let Some(backend) = self.shared.host.backend() else {
            return Err(Error::argument("backend", "none was given, so there is nothing to sync with").into());
        };
        self.mend().await?;
        // Edits meet what comes in one version only.
        for (name, _) in self.flowing(&|direction| direction != Direction::None) {
            self.ensure_migrated(&name).await?;
        }
        self.shared.doing.set(Doing {
            began: self.shared.now(),
            before: backend.traffic(),
            ..Doing::default()
        });
        let mut cycle = Cycle::default();
        let mut asking = Asking::default();
        let mut round = 0;
        // A pull from nothing names no deletions. Before the first push there is nothing here that could have been deleted, so
        // that it can be taken page by page.
        self.note_paused(&mut cycle);
        let new = self.pulled(|cursor| cursor.is_none());
        match self.pull_all(backend, epoch, new.clone(), &mut cycle).await {
            // A server that cannot give may still take.
            Err(CycleError::Failed(error))
                if error.code == ErrorCode::Server && error.retry == Retry::Later =>
            {
                cycle.set_aside.extend(new);
                cycle.failure.get_or_insert(error);
            }
            pulled => drop(pulled?),
        }
        loop {
            self.note_paused(&mut cycle);
            self.shared.is_stirred.set(false);
            let mut requeued = self.push_all(backend, epoch, &mut cycle).await?;
            if round == 0 && requeued == 0 {
                requeued = self.pull_rest(backend, epoch, &mut cycle).await?;
            }
            if planted::is(Bug::CycleEndsEarly) {
                break;
            }
            self.ask_functions(&mut asking, &mut cycle).await?;
            if requeued == 0 {
                match self.hear_answers(epoch, &mut asking, &mut cycle).await? {
                    Heard::Nothing => break,
                    Heard::Resolved => {}
                    Heard::Stirred => {
                        cycle.next_round.clear();
                        self.pull_rest(backend, epoch, &mut cycle).await?;
                        continue;
                    }
                }
            }
            round = u32::saturating_add(round, 1);
            if round >= MAX_ROUNDS {
                let message = "others kept changing the same records; what is left goes out later";
                return Err(Error::new(ErrorCode::ConflictLimit, message).into());
            }
            cycle.report.retries = u64::from(round);
            cycle.next_round.clear();
            let chance = self.shared.host.random().next();
            let wait = full_jitter(ROUND_BACKOFF, round.saturating_mul(2), chance);
            self.shared.host.clock().sleep(wait).await;
            // Right before the push: what others did while this device waited is not run into again.
            self.pull_rest(backend, epoch, &mut cycle).await?;
        }
        let now = self.shared.now();
        let collections = self.flowing(&|direction| direction != Direction::None);
        let names = collections.into_iter().map(|(name, _)| name);
        let names = names.filter(|name| !cycle.set_aside.contains(name)).collect();
        let is_any_in_doubt = !cycle.in_doubt.is_empty();
        if self.run_fenced(epoch, MarkSynced { collections: names, is_any_in_doubt, at: now }).await? {
            // What the server never took is shown here until that pull.
            cycle.come_back_in(0);
        }
        if let Some(error) = cycle.failure {
            return Err(error.into());
        }
        self.expire_all(epoch).await?;
        self.keep_report(&cycle);
        cycle.report = self.report_so_far();
        Ok(cycle)
    }

    /// Pulls everything that is not set aside.
    async fn pull_rest(
        &self,
        backend: &H::Backend,
        epoch: u64,
        cycle: &mut Cycle,
    ) -> Result<u64, CycleError> {
        let mut names = self.pulled(|_| true);
        names.retain(|name| !cycle.set_aside.contains(name));
        self.pull_all(backend, epoch, names, cycle).await
    }

    /// Remembers what a cycle did, whatever becomes of it.
    pub(super) fn keep_report(&self, cycle: &Cycle) {
        self.shared.doing.set(Doing { report: cycle.report, ..self.shared.doing.get() });
    }

    /// What the cycle under way, or the last one, has done, with what went over the network for it, failed attempts included.
    pub(super) fn report_so_far(&self) -> SyncReport {
        let Doing { report, began, before } = self.shared.doing.get();
        let after = self.shared.host.backend().map(Backend::traffic).unwrap_or_default();
        SyncReport {
            requests: after.requests.saturating_sub(before.requests),
            bytes_sent: after.sent.saturating_sub(before.sent),
            bytes_received: after.received.saturating_sub(before.received),
            duration_ms: u64::try_from(self.shared.now().since(began)).unwrap_or_default(),
            ..report
        }
    }

    /// The enabled collections of some direction with their priorities, highest first.
    pub(super) fn enabled(&self, is_wanted: &dyn Fn(Direction) -> bool) -> Vec<(CollectionName, i32)> {
        let mirror = self.shared.mirror.borrow();
        let is_enabled = |name: &CollectionName| mirror.state(name).is_some_and(|state| state.is_enabled);
        let options = self.shared.options.collections.iter();
        let mut enabled: Vec<_> = options
            .filter(|(name, options)| is_wanted(options.direction) && is_enabled(name))
            .map(|(name, options)| (name.clone(), options.priority))
            .collect();
        enabled.sort_by_key(|(_, priority)| std::cmp::Reverse(*priority));
        enabled
    }

    /// Those of them that wait for nobody. A collection whose pull would delete too much is not pushed either: the server would
    /// answer an edit of what it has deleted with the deletion, and so bring in one by one what is not to come in.
    pub(super) fn flowing(&self, is_wanted: &dyn Fn(Direction) -> bool) -> Vec<(CollectionName, i32)> {
        let mut flowing = self.enabled(is_wanted);
        flowing.retain(|(name, _)| self.shared.mirror.borrow().awaited(name).is_none());
        flowing
    }

    /// Keeps that a pull waits for somebody to agree to what it would delete.
    pub(super) fn note_paused(&self, cycle: &mut Cycle) {
        let mirror = self.shared.mirror.borrow();
        if let Some((name, deletion)) = mirror.paused() {
            cycle.paused = Some(Error::mass_deletion(name, deletion));
        }
    }

    pub(super) async fn keep_skew(
        &self,
        epoch: u64,
        began: Millis,
        ended: Millis,
        server: Option<Millis>,
    ) -> Result<(), CycleError> {
        let Some(server) = server else { return Ok(()) };
        let took = ended.since(began);
        let skew = Skew { milliseconds: server.since(began.plus(took / 2)) };
        let mut plan = KeepSkew { skew, took: took.unsigned_abs(), now: ended, put_back_from: None };
        while let Some(made) = self.run_fenced(epoch, plan).await? {
            plan.now = self.shared.now();
            if made > plan.now {
                plan.put_back_from = Some(made);
            }
        }
        Ok(())
    }

    pub(super) fn rebaser(&self) -> Rebaser {
        Rebaser { device: self.device().clone(), now: self.shared.now() }
    }

    pub(super) fn strategies(&self) -> BTreeMap<CollectionName, ConflictStrategy> {
        let options = self.shared.options.collections.iter();
        options.map(|(name, options)| (name.clone(), options.conflict)).gather()
    }

    pub(super) fn tell_conflicts(&self, conflicts: Vec<ResolvedConflict>, cycle: &mut Cycle) {
        cycle.report.conflicts = cycle.report.conflicts.saturating_add(count(conflicts.len()));
        let is_resolved = |(_, resolved_as): &&ResolvedConflict| *resolved_as != ResolvedAs::Parked;
        let resolved = count(conflicts.iter().filter(is_resolved).count());
        cycle.report.resolved = cycle.report.resolved.saturating_add(resolved);
        for (conflict, resolved_as) in conflicts {
            // A function of the app's is asked first.
            if resolved_as == ResolvedAs::Parked && self.is_of_function(&conflict.collection) {
                continue;
            }
            self.shared.host.events().emit(Event::Conflict(conflict, resolved_as));
        }
    }

    pub(super) fn show_progress(
        &self,
        phase: Phase,
        collection: &CollectionName,
        done: u64,
        total: Option<u64>,
    ) {
        let collection = collection.clone();
        self.shared.activity.borrow_mut().progress = Some(Progress { phase, collection, done, total });
        self.shared.refresh_status();
    }

    /// Runs a plan only while this leadership lasts.
    pub(super) async fn run_fenced<T, P>(&self, epoch: u64, plan: P) -> Result<T, CycleError>
    where
        P: Plan<Outcome = Result<T, Error>> + 'static,
        T: 'static,
    {
        self.run_plan(Fenced { epoch, plan }).await?.map_err(|_| CycleError::Fenced)
    }
}

impl Cycle {
    /// Another cycle has to follow that soon.
    pub(super) fn come_back_in(&mut self, wait: u64) {
        self.again_in = Some(self.again_in.map_or(wait, |known| known.min(wait)));
    }
}

/// A length as reports count.
pub(super) fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
