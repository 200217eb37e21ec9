//! What the app can ask of its database: write, read, look, switch. Runs no sync itself.

use std::{pin::pin, rc::Rc};

use futures::{
    channel::oneshot,
    future::{Either, select},
};
use syncline_protocol::{ChangeId, CollectionName, DeviceId, RecordId};
use syncline_store::{Database, Plan, Read};

use super::{
    calls::Call,
    mending,
    messages::Message,
    mirror::Mirror,
    reading::{SeenRow, reads_of_record, row_of},
    shared::{Shared, Signal},
    watcher::Watcher,
};
use crate::{
    metrics::Metrics,
    model::{
        CollectionTable, Conflict, Error, ErrorCode, Identity, Leadership, Options, ParkedChange, ParkedRow,
        PendingChange, PendingState, QueueRow, RecordKeys, RecordState, Single as _, Status, SyncReport,
        Table, collection_key, read_row, record_key, record_of,
    },
    plan::{
        Choice, ConfirmDeletions, Discard, EditIntent, EditKind, EditPlan, Enable, KeptConflict, OpenPlan,
        Origin, Owned, Requeue, Resolve, SignOut, change_of, conflicts_in, reads_of_conflicts,
    },
    planted::{self, Bug},
    ports::{Clock as _, Host, Lock as _},
    query::{HasText as _, Query},
    schedule::SliceSize,
};

/// How long the leader may take to say what it did within a budget, in milliseconds.
const GRACE: u64 = 250;

/// One edit as the app asks for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Intent {
    /// Where the record is.
    pub collection: CollectionName,
    /// Which record.
    pub record: RecordId,
    /// What is done to it.
    pub kind: EditKind,
}

/// An open database. Clones are handles to the same one.
pub struct Client<H: Host> {
    pub(super) shared: Rc<Shared<H>>,
    pub(super) database: Database<H::Disk, Watcher<H>>,
    identity: Rc<Identity>,
}

/// Says that nobody waits for a call of sync any more, also when the call is dropped.
struct Withdrawal<'a, H: Host> {
    shared: &'a Shared<H>,
    id: String,
}

impl<H: Host> Withdrawal<'_, H> {
    fn signal(&self) {
        self.shared.signal(Signal::Withdrawn(self.id.clone()));
    }
}

impl<H: Host> Drop for Withdrawal<'_, H> {
    fn drop(&mut self) {
        self.signal();
    }
}

impl<H: Host> Clone for Client<H> {
    fn clone(&self) -> Self {
        Self {
            shared: Rc::clone(&self.shared),
            database: self.database.clone(),
            identity: Rc::clone(&self.identity),
        }
    }
}

impl<H: Host> std::fmt::Debug for Client<H> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("device", &self.identity.device).finish_non_exhaustive()
    }
}

impl<H: Host> Client<H> {
    /// Opens the database on a disk; `run` must then be polled for anything to happen by itself. Fails with
    /// `account-mismatch`, `newer-database` and the storage codes.
    pub async fn open(host: H, disk: H::Disk, options: Options) -> Result<Self, Error> {
        let mut store = syncline_store::Options::default();
        if let Some(bytes) = options.cache_bytes {
            store.cache_bytes = bytes;
        }
        Self::open_with(host, disk, options, store).await
    }

    /// Opens with the store's own options too: the simulation makes compaction frequent by them.
    pub async fn open_with(
        host: H,
        disk: H::Disk,
        options: Options,
        store: syncline_store::Options,
    ) -> Result<Self, Error> {
        let account = options.account.clone();
        let shared = Shared::new(host, options, SliceSize::new(store.slice_limits()));
        let database = Database::open(disk, store, Watcher(Rc::clone(&shared))).await?;
        if mending::open(&shared, &database).await? {
            shared.signal(Signal::Damaged);
        }
        let device = DeviceId::trusted(shared.uuid());
        let identity = database.run(OpenPlan { device, account }).await??;
        let client = Self { shared, database, identity: Rc::new(identity) };
        client.load_mirror().await?;
        client.shared.say(&Message::Joined);
        Ok(client)
    }

    /// This device's id.
    pub fn device(&self) -> &DeviceId {
        &self.identity.device
    }

    /// A new id for a record: a UUIDv7.
    pub fn record_id(&self) -> RecordId {
        RecordId::trusted(self.shared.uuid())
    }

    /// Writes all of it or none of it, in one durable commit. Fails with
    /// `invalid-argument` for an unknown collection, `not-found`, and the storage codes.
    pub async fn write(&self, intents: Vec<Intent>) -> Result<(), Error> {
        let clock = self.shared.host.clock();
        let began = clock.microseconds();
        let written = self.write_intents(intents).await;
        if written.is_ok() {
            let took = clock.microseconds().saturating_sub(began);
            self.shared.meter.borrow_mut().handle_commit(took);
        }
        written
    }

    async fn write_intents(&self, intents: Vec<Intent>) -> Result<(), Error> {
        // The moment of the edit, however long it takes to bring the collection up to the app's version.
        let now = self.shared.now();
        // A patch is meant for a document as the app knows it.
        for intent in intents.iter().filter(|intent| matches!(intent.kind, EditKind::Update(_))) {
            self.ensure_migrated(&intent.collection).await?;
        }
        let with_key = |Intent { collection, record, kind }| {
            self.known(&collection)?;
            let keys = RecordKeys::of(&collection, &record);
            Ok(EditIntent { collection, record, keys, kind, change: self.shared.change_id_at(now) })
        };
        // A put always writes, and so is decided on the end of the log. Whatever finds nothing to write may not know the log
        // to its end: another context may have made the record, and its word of that be late or lost.
        let may_write_nothing = intents.iter().any(|intent| !matches!(intent.kind, EditKind::Put(_)));
        let intents = intents.into_iter().map(with_key).collect::<Result<_, Error>>()?;
        self.make_room().await;
        let plan = EditPlan { intents, now };
        let again = may_write_nothing.then(|| plan.clone());
        let known = self.database.sequence();
        let written = self.run_plan(plan).await;
        let has_found_nothing = match &written {
            Ok(is_any) => !is_any,
            Err(error) => error.code == ErrorCode::NotFound,
        };
        let Some(again) = again.filter(|_| has_found_nothing && !planted::is(Bug::TailNotRead)) else {
            return written.map(drop);
        };
        self.database.catch_up().await?;
        let is_news = self.database.sequence() != known;
        if is_news { self.run_plan(again).await.map(drop) } else { written.map(drop) }
    }

    /// Each record's document as the user sees it.
    pub async fn read(
        &self,
        collection: &CollectionName,
        records: &[RecordId],
    ) -> Result<Vec<Option<String>>, Error> {
        let rows = self.rows(collection, records).await?;
        Ok(rows.iter().map(|row| row.as_ref().and_then(|row| row.text()).map(str::to_owned)).collect())
    }

    /// Each record's row as the user sees it, as of one moment: the one at which this resolves.
    pub async fn rows(
        &self,
        collection: &CollectionName,
        records: &[RecordId],
    ) -> Result<Vec<Option<SeenRow>>, Error> {
        self.known(collection)?;
        let reads: Vec<Read> =
            records.iter().flat_map(|record| RecordKeys::of(collection, record).reads()).collect();
        let look = |view: &dyn syncline_store::View| {
            records.iter().map(|record| row_of(view, collection, record)).collect()
        };
        let rows = self.database.read(&reads, look).await?;
        self.read_ahead_if_due();
        Ok(rows)
    }

    /// One record's row, if everything it takes is in memory: outer `None` means that `rows` has to be asked.
    pub fn row_now(&self, collection: &CollectionName, record: &RecordId) -> Option<Option<SeenRow>> {
        if self.ensure_nobody_elses().is_err() {
            return None;
        }
        self.database.read_now(|view| row_of(view, collection, record))
    }

    /// How many records a query finds.
    pub async fn count(&self, collection: &CollectionName, query: &Query) -> Result<u64, Error> {
        self.known(collection)?;
        if *query == Query::default() {
            return Ok(self.shared.mirror.borrow().tally(collection).records);
        }
        Ok(u64::try_from(self.select(collection, query).await?.len()).unwrap_or(u64::MAX))
    }

    /// The queue, oldest first.
    pub async fn pending(&self) -> Result<Vec<PendingChange>, Error> {
        let is_pushing = self.shared.is_pushing.get();
        let mut pending = self
            .table(Table::Queue, |key, bytes| {
                let row: QueueRow<'_> = read_row(bytes)?;
                let Some((_, collection, record)) = record_of(key).filter(|_| !row.is_conflicting()) else {
                    return Ok(None);
                };
                let is_on_its_way = row.is_sent && row.next.is_none() && is_pushing;
                Ok(Some(PendingChange {
                    change: change_of(&collection, &record, row.latest())?,
                    attempts: row.attempts,
                    queued_at: row.queued_at,
                    state: if is_on_its_way { PendingState::InFlight } else { PendingState::Queued },
                    last_error: row.last_error,
                }))
            })
            .await?;
        pending
            .sort_by(|one, other| (one.queued_at, &one.change.id).cmp(&(other.queued_at, &other.change.id)));
        Ok(pending)
    }

    /// What the server refused for good.
    pub async fn parked(&self) -> Result<Vec<ParkedChange>, Error> {
        self.table(Table::Parked, |_, bytes| {
            let row: ParkedRow<'_> = read_row(bytes)?;
            Ok(Some(ParkedChange {
                change: change_of(&row.collection, &row.record, &row.change)?,
                parked_at: row.parked_at,
                code: row.code,
                message: row.message,
            }))
        })
        .await
    }

    /// Puts a parked change back into the queue, with another document where given. Fails with `not-found`.
    pub async fn requeue(&self, change: ChangeId, doc: Option<String>) -> Result<(), Error> {
        self.database.catch_up().await?;
        let fresh = self.shared.change_id();
        self.run_plan(Requeue { change, doc, fresh, now: self.shared.now() }).await
    }

    /// Gives up a queued or parked change. Fails with `not-found`.
    pub async fn discard(&self, change: ChangeId) -> Result<(), Error> {
        self.database.catch_up().await?;
        self.run_plan(Discard { change }).await
    }

    /// The conflicts that wait for somebody's choice, longest first.
    pub async fn conflicts(&self) -> Result<Vec<Conflict>, Error> {
        self.kept_conflicts().await?.iter().map(KeptConflict::to_conflict).collect()
    }

    /// The rows of those conflicts.
    pub(super) async fn kept_conflicts(&self) -> Result<Vec<KeptConflict>, Error> {
        self.ensure_nobody_elses()?;
        self.database.read(&[reads_of_conflicts()], conflicts_in).await?
    }

    /// Ends a conflict by a choice. Fails with `not-found`.
    pub async fn resolve(&self, conflict: ChangeId, choice: Choice) -> Result<(), Error> {
        self.database.catch_up().await?;
        let now = self.shared.now();
        let plan = Resolve { conflict, choice, seen: None, origin: Origin::Local, now };
        self.run_plan(plan).await.map(drop)
    }

    /// Where one record stands.
    pub async fn record_state(
        &self,
        collection: &CollectionName,
        record: &RecordId,
    ) -> Result<RecordState, Error> {
        let is_parked = self
            .parked()
            .await?
            .iter()
            .any(|parked| parked.change.collection == *collection && parked.change.record == *record);
        self.known(collection)?;
        let is_pushing = self.shared.is_pushing.get();
        let look = |view: &dyn syncline_store::View| {
            let queued = view.row(&record_key(Table::Queue, collection, record));
            let of_row = |row: QueueRow<'_>| match row.is_sent {
                true if is_pushing => RecordState::InFlight,
                false if row.is_conflicting() => RecordState::Conflict,
                _ => RecordState::Pending,
            };
            match queued.map(|row| read_row::<QueueRow<'_>>(&row).map(of_row)) {
                Some(state) => Ok(state?),
                None if is_parked => Ok(RecordState::Parked),
                None if view.row(&record_key(Table::Base, collection, record)).is_some() => {
                    Ok(RecordState::Synced)
                }
                None => Ok(RecordState::Absent),
            }
        };
        self.database.read(&reads_of_record(collection, record), look).await?
    }

    /// Switches sync of collections on or off; the choice is remembered. Fails with `invalid-argument`.
    pub async fn enable(&self, collections: Vec<CollectionName>, is_enabled: bool) -> Result<(), Error> {
        collections.iter().try_for_each(|name| self.known(name))?;
        // Where it is so already nothing is written: that it is so has to be known from the end of the log.
        self.database.catch_up().await?;
        self.run_plan(Enable { collections, is_enabled }).await
    }

    /// Lets a pull of a collection go on that waits because it would delete too much. Nothing happens where none does.
    pub async fn confirm_deletions(&self, collection: CollectionName) -> Result<(), Error> {
        self.known(&collection)?;
        // Another context may have met it a moment ago.
        self.database.catch_up().await?;
        self.run_plan(ConfirmDeletions { collection }).await
    }

    /// Forgets the account and everything that is its, on this device. Fails with `pending-changes` while any are queued, unless
    /// they may go.
    pub async fn sign_out(&self, drop_pending: bool) -> Result<(), Error> {
        // What another context wrote last is not to be dropped unseen.
        self.database.catch_up().await?;
        if self.shared.is_signed_out() {
            return Ok(());
        }
        self.run_plan(SignOut { drop_pending }).await
    }

    /// Where everything stands.
    pub fn status(&self) -> Rc<Status> {
        self.shared.status()
    }

    /// Syncs now, here or by the context that leads. Resolves when nothing is left to do. Dropping it stops a cycle that nobody
    /// else waits for. Fails with `invalid-argument` where no context has a backend, and with why the cycle failed.
    pub async fn sync(&self) -> Result<SyncReport, Error> {
        self.sync_within(None).await
    }

    /// The same, for `budget` milliseconds at most: then the cycle is stopped unless somebody else waits for it, and this
    /// resolves with what was done by then, and how long that took from the call on.
    pub async fn sync_within(&self, budget: Option<u64>) -> Result<SyncReport, Error> {
        let host = &self.shared.host;
        if host.backend().is_none() && !host.lock().is_held().await {
            let message = "none was given, here or in another context, so there is nothing to sync with";
            return Err(Error::argument("backend", message));
        }
        let began = self.shared.now();
        // What another context wrote last may not be known here yet, and is to be synced too.
        self.database.catch_up().await?;
        self.ensure_own()?;
        let id = self.shared.uuid();
        let (reply, mut answer) = oneshot::channel();
        self.shared.signal(Signal::Requested(Call { id: id.clone(), reply: Some(reply) }));
        let withdrawal = Withdrawal { shared: &self.shared, id };
        let closed = |_| Err(Error::new(ErrorCode::Closed, "the client was closed"));
        let Some(budget) = budget else { return answer.await.unwrap_or_else(closed) };
        if let Either::Left((answered, _)) = select(&mut answer, pin!(host.clock().sleep(budget))).await {
            return answered.unwrap_or_else(closed);
        }
        withdrawal.signal();
        let report = match select(answer, pin!(host.clock().sleep(GRACE))).await {
            Either::Left((answered, _)) => answered.unwrap_or_else(closed)?,
            Either::Right(_) => SyncReport::default(),
        };
        // Also where its own cycle never began, because another was under way.
        let duration_ms = u64::try_from(self.shared.now().since(began)).unwrap_or_default();
        Ok(SyncReport { duration_ms, ..report })
    }

    /// What this context has done since it was opened, as numbers.
    pub fn metrics(&self) -> Metrics {
        self.shared.meter.borrow().metrics()
    }

    /// Resolves when every commit so far is on disk.
    pub async fn flush(&self) -> Result<(), Error> {
        Ok(self.database.flush().await?)
    }

    /// Ends the loop; pending changes stay queued.
    pub fn close(&self) {
        self.shared.is_closed.set(true);
        self.shared.signal(Signal::Closed);
    }

    /// Whether it was closed.
    pub fn is_closed(&self) -> bool {
        self.shared.is_closed.get()
    }

    /// The database beneath, for measurements and checks.
    pub fn database(&self) -> &Database<H::Disk, impl syncline_store::Observer + use<H>> {
        &self.database
    }

    pub(super) async fn run_plan<T, P>(&self, plan: P) -> Result<T, Error>
    where
        P: Plan<Outcome = Result<T, Error>> + 'static,
        T: 'static,
    {
        let account = self.shared.options.account.clone();
        let outcome = self.database.run(Owned { account, plan }).await?;
        self.compact_if_due();
        self.read_ahead_if_due();
        outcome
    }

    /// Reads what the status is made of.
    pub(super) async fn load_mirror(&self) -> Result<(), Error> {
        let names = || self.shared.options.collections.keys();
        let reads: Vec<Read> = names()
            .flat_map(|name| {
                [CollectionTable::State, CollectionTable::Tally, CollectionTable::Deletions]
                    .map(|table| Read::Key(collection_key(table, name)))
            })
            .chain([Read::Key(Leadership::key()), Read::Key(Identity::key())])
            .collect();
        let mirror = self.database.read(&reads, |view| Mirror::load(view, names())).await?;
        let was_own = self.shared.is_own();
        self.shared.mirror.replace(mirror);
        self.shared.tell_given_up(was_own);
        self.shared.is_mirror_stale.set(false);
        self.shared.refresh_status();
        Ok(())
    }

    /// Reads it again where commits went by unseen. Where that fails, or is dropped half-way, the next call does it.
    pub(super) async fn freshen_mirror(&self) -> Result<(), Error> {
        if self.shared.is_mirror_stale.get() { self.load_mirror().await } else { Ok(()) }
    }

    pub(super) fn known(&self, collection: &CollectionName) -> Result<(), Error> {
        if self.shared.options.collections.contains_key(collection) {
            return self.ensure_nobody_elses();
        }
        Err(Error::argument(
            "collection",
            format!("`{collection}` was not named when the database was opened"),
        ))
    }

    async fn table<T>(
        &self,
        table: Table,
        row: impl Fn(&syncline_store::Key, &[u8]) -> Result<Option<T>, Error>,
    ) -> Result<Vec<T>, Error> {
        self.ensure_nobody_elses()?;
        let range = table.all();
        let look = |view: &dyn syncline_store::View| {
            let Read::Range { start, end } = &range else { return Ok(Vec::new()) };
            let rows = view.range(start, end.as_ref());
            rows.filter_map(|(key, value)| row(&key, &value).transpose()).collect()
        };
        self.database.read(std::slice::from_ref(&range), look).await?
    }
}
