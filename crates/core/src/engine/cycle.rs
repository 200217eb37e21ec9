//! One cycle: push the queue, pull to the end, again while anything was re-queued. Every step is one plan or one request;
//! dropping it at any await leaves what a crash would leave. Decides neither when it runs nor how conflicts end.

use std::collections::{BTreeMap, BTreeSet};

use syncline_protocol::{Change, ChangeId, CollectionName, Cursor, Millis, PullPage, PushResult, RecordId};
use syncline_store::{Plan, Read, View};

use super::client::Client;
use crate::{
    backoff::full_jitter,
    model::{
        Backoff, ConflictStrategy, Direction, Error, ErrorCode, Event, Phase, Progress, Retry, Skew,
        SyncReport, Table, collection_of,
    },
    plan::{
        ApplyAnswers, ApplyPage, Fenced, KeepSkew, MarkSynced, PageApplied, PageEnd, Rebaser,
        ResolvedConflict, TakeBatch,
    },
    ports::{Backend, Clock as _, Events as _, Host, Random as _, Wanted},
};

/// Rounds of one cycle at most.
const MAX_ROUNDS: u32 = 10;
/// Delays between rounds: another device is at the same record, so both must not come back at the same moment.
const ROUND_BACKOFF: Backoff = Backoff { base: 50, max: 2_000 };
/// Changes and bytes of documents in one push, within the limits of `syncline/1`.
const MAX_BATCH: (usize, usize) = (500, 2 * 1024 * 1024);
/// Records in one page.
const PAGE: usize = 1_000;

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

/// What a cycle did.
#[derive(Debug, Default)]
pub(super) struct Cycle {
    pub(super) report: SyncReport,
    /// Changes in doubt wait that many milliseconds for their next attempt.
    pub(super) again_in: Option<u64>,
    /// Changes that wait for the next round.
    next_round: Vec<ChangeId>,
    /// Changes that wait for the next cycle.
    in_doubt: Vec<ChangeId>,
}

impl<H: Host> Client<H> {
    /// Runs a cycle in a leadership.
    pub(super) async fn cycle(&self, epoch: u64) -> Result<Cycle, CycleError> {
        let Some(backend) = self.shared.host.backend() else {
            return Err(Error::argument("backend", "none was given, so there is nothing to sync with").into());
        };
        let began = self.shared.now();
        let before = backend.traffic();
        let mut cycle = Cycle::default();
        let mut round = 0;
        // A pull from nothing names no deletions. Before the first push there is nothing here that could have been deleted, so
        // that it can be taken page by page.
        let new = self.pulled(|cursor| cursor.is_none());
        self.pull_all(backend, epoch, new, &mut cycle).await?;
        loop {
            let mut requeued = self.push_all(backend, epoch, &mut cycle).await?;
            let all = self.pulled(|_| true);
            requeued = requeued.saturating_add(self.pull_all(backend, epoch, all, &mut cycle).await?);
            if requeued == 0 {
                break;
            }
            round = u32::saturating_add(round, 1);
            if round >= MAX_ROUNDS {
                let message = "others kept changing the same records; what is left goes out later";
                return Err(Error::new(ErrorCode::ConflictLimit, message).into());
            }
            cycle.report.retries = u64::from(round);
            cycle.next_round.clear();
            let chance = self.shared.host.random().next();
            self.shared.host.clock().sleep(full_jitter(ROUND_BACKOFF, round, chance)).await;
        }
        let now = self.shared.now();
        let collections = self.enabled(|direction| direction != Direction::None);
        let names = collections.into_iter().map(|(name, _)| name).collect();
        self.run_fenced(epoch, MarkSynced { collections: names, at: now }).await?;
        let after = backend.traffic();
        let report = &mut cycle.report;
        report.requests = after.requests.saturating_sub(before.requests);
        report.bytes_sent = after.sent.saturating_sub(before.sent);
        report.bytes_received = after.received.saturating_sub(before.received);
        report.duration_ms = u64::try_from(now.since(began)).unwrap_or_default();
        Ok(cycle)
    }

    /// Pushes what is queued. Gives how many changes have to go out again in another round.
    async fn push_all(&self, backend: &H::Backend, epoch: u64, cycle: &mut Cycle) -> Result<u64, CycleError> {
        let collections: BTreeMap<_, _> = self.enabled(Direction::is_pushed).into_iter().collect();
        let (mut max_changes, mut max_bytes) = MAX_BATCH;
        let (mut done, mut requeued) = (0_u64, 0_u64);
        loop {
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
            let result = results.remove(&change.id).unwrap_or_else(missing);
            (change, result, self.shared.change_id())
        });
        let answers: Vec<_> = answers.collect();
        let following: Vec<ChangeId> = answers.iter().map(|(_, _, fresh)| fresh.clone()).collect();
        let plan = ApplyAnswers { answers, strategies: self.strategies(), rebaser: self.rebaser() };
        let applied = self.run_fenced(epoch, plan).await?;
        cycle.report.pushed = cycle.report.pushed.saturating_add(applied.applied);
        cycle.report.parked = cycle.report.parked.saturating_add(count(applied.parked.len()));
        self.tell_conflicts(applied.conflicts, cycle);
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

    /// The collections that are pulled and whose cursor is as wanted.
    fn pulled(&self, is_wanted: impl Fn(Option<&Cursor>) -> bool) -> Vec<CollectionName> {
        let enabled = self.enabled(Direction::is_pulled).into_iter().map(|(name, _)| name);
        let mirror = self.shared.mirror.borrow();
        let cursor = |name: &CollectionName| mirror.state(name).and_then(|state| state.cursor.as_ref());
        enabled.filter(|name| is_wanted(cursor(name))).collect()
    }

    /// Pulls collections to their end. Gives how many changes have to go out again in another round.
    async fn pull_all(
        &self,
        backend: &H::Backend,
        epoch: u64,
        mut wanted: Vec<CollectionName>,
        cycle: &mut Cycle,
    ) -> Result<u64, CycleError> {
        let mut snapshots = BTreeMap::<CollectionName, Snapshot>::new();
        for name in &wanted {
            let is_whole = self.is_begun_with_bases(name).await?;
            snapshots.insert(name.clone(), Snapshot { is_whole, ..Snapshot::default() });
        }
        let (mut done, mut requeued) = (0_u64, 0_u64);
        while !wanted.is_empty() {
            let questions: Vec<Wanted> =
                wanted.iter().map(|name| self.wanted(name, snapshots.get(name))).collect();
            let began = self.shared.now();
            let pulled = backend.pull(&questions, PAGE).await?;
            self.keep_skew(epoch, began, pulled.now).await?;
            wanted.clear();
            for (name, page) in pulled.pages {
                let Some(question) = questions.iter().find(|question| question.collection == name) else {
                    continue;
                };
                let has_more = page.more;
                done = done.saturating_add(count(page.records.len()));
                let snapshot = snapshots.entry(name.clone()).or_default();
                let applied = self.apply_page(epoch, question, page, snapshot, cycle).await?;
                requeued = requeued.saturating_add(applied.requeued);
                if applied.is_void {
                    cycle.come_back_in(self.shared.options.schedule.backoff.base);
                } else if has_more {
                    wanted.push(name);
                }
                if !wanted.is_empty() || cycle.report.pulled > 0 {
                    self.show_progress(Phase::Pull, &question.collection, done, None);
                }
            }
        }
        Ok(requeued)
    }

    async fn apply_page(
        &self,
        epoch: u64,
        question: &Wanted,
        page: PullPage,
        snapshot: &mut Snapshot,
        cycle: &mut Cycle,
    ) -> Result<PageApplied, CycleError> {
        let end = snapshot.end_of(&page);
        let plan = ApplyPage {
            strategy: self.strategies().get(&question.collection).copied().unwrap_or_default(),
            collection: question.collection.clone(),
            records: page.records,
            since: snapshot.stored.take().unwrap_or_else(|| question.cursor.clone()),
            end,
            rebaser: self.rebaser(),
        };
        if matches!(plan.end, PageEnd::Within) {
            snapshot.stored = Some(plan.since.clone());
        }
        let mut applied = self.run_fenced(epoch, plan).await?;
        cycle.report.pulled = cycle.report.pulled.saturating_add(applied.pulled);
        self.tell_conflicts(std::mem::take(&mut applied.conflicts), cycle);
        Ok(applied)
    }

    /// Whether a pull from nothing finds records that the server confirmed already: pushed before the first pull. What it
    /// does not name is deleted then.
    async fn is_begun_with_bases(&self, name: &CollectionName) -> Result<bool, CycleError> {
        let has_cursor = self.shared.mirror.borrow().state(name).is_some_and(|state| state.cursor.is_some());
        if has_cursor {
            return Ok(false);
        }
        let bases = collection_of(Table::Base, name);
        let look = |view: &dyn View| match &bases {
            Read::Range { start, end } => view.range(start, end.as_ref()).next().is_some(),
            Read::Key(_) => false,
        };
        Ok(self.database.read(std::slice::from_ref(&bases), look).await?)
    }

    fn wanted(&self, name: &CollectionName, snapshot: Option<&Snapshot>) -> Wanted {
        let within = snapshot.and_then(|snapshot| snapshot.within.clone());
        let mirror = self.shared.mirror.borrow();
        let stored = mirror.state(name).and_then(|state| state.cursor.clone());
        Wanted { collection: name.clone(), cursor: within.or(stored) }
    }

    /// The enabled collections of some direction with their priorities, highest first.
    pub(super) fn enabled(&self, is_wanted: impl Fn(Direction) -> bool) -> Vec<(CollectionName, i32)> {
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

    async fn keep_skew(&self, epoch: u64, began: Millis, server: Option<Millis>) -> Result<(), CycleError> {
        let Some(server) = server else { return Ok(()) };
        let ended = self.shared.now();
        let took = ended.since(began);
        let skew = Skew { milliseconds: server.since(began.plus(took / 2)) };
        self.run_fenced(epoch, KeepSkew { skew, took: took.unsigned_abs() }).await
    }

    fn rebaser(&self) -> Rebaser {
        Rebaser { device: self.device().clone(), now: self.shared.now() }
    }

    fn strategies(&self) -> BTreeMap<CollectionName, ConflictStrategy> {
        let options = self.shared.options.collections.iter();
        options.map(|(name, options)| (name.clone(), options.conflict)).collect()
    }

    fn tell_conflicts(&self, conflicts: Vec<ResolvedConflict>, cycle: &mut Cycle) {
        cycle.report.conflicts = cycle.report.conflicts.saturating_add(count(conflicts.len()));
        cycle.report.resolved = cycle.report.resolved.saturating_add(count(conflicts.len()));
        for (conflict, resolved_as) in conflicts {
            self.shared.host.events().emit(Event::Conflict(conflict, resolved_as));
        }
    }

    fn show_progress(&self, phase: Phase, collection: &CollectionName, done: u64, total: Option<u64>) {
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

/// A batch on its way up.
struct Push<'a, B> {
    backend: &'a B,
    epoch: u64,
    changes: Vec<Change>,
}

impl Cycle {
    /// Another cycle has to follow that soon.
    fn come_back_in(&mut self, wait: u64) {
        self.again_in = Some(self.again_in.map_or(wait, |known| known.min(wait)));
    }
}

/// What is kept between the pages of one snapshot: its cursor is only stored with its last page.
#[derive(Default)]
struct Snapshot {
    /// Whether the pages are everything there is, although they do not say so.
    is_whole: bool,
    within: Option<Cursor>,
    seen: BTreeSet<RecordId>,
    /// The cursor that is stored while the snapshot is under way.
    stored: Option<Option<Cursor>>,
}

impl Snapshot {
    fn end_of(&mut self, page: &PullPage) -> PageEnd {
        if !page.snapshot && !self.is_whole {
            return PageEnd::Cursor(page.cursor.clone());
        }
        self.seen.extend(page.records.iter().map(|record| record.id.clone()));
        if page.more {
            self.within = Some(page.cursor.clone());
            return PageEnd::Within;
        }
        self.within = None;
        PageEnd::Snapshot { cursor: page.cursor.clone(), seen: std::mem::take(&mut self.seen) }
    }
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

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
