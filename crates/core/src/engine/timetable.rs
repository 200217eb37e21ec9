//! A device over a clock that jumps from timer to timer, with a server that writes down when it was asked what. Its log of
//! virtual moments is what tests of the schedule compare; brings about only what a test says.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, VecDeque},
    future::poll_fn,
    rc::Rc,
    task::{Poll, Waker},
};

use futures::{
    FutureExt as _, StreamExt as _,
    channel::{mpsc, oneshot},
    executor::{LocalPool, LocalSpawner},
    future::{AbortHandle, LocalBoxFuture, abortable},
    task::LocalSpawnExt as _,
};
use syncline_protocol::{
    Change, CollectionName, Cursor, DeviceId, JsonText, Millis, PullPage, PushResult, RecordId, RemoteRecord,
    Version,
};
use syncline_store::MemoryDisk;

use super::{
    client::{Client, Intent},
    side_by_side::{Line, LineEnd, OneLock},
    testing::NoFunctions,
};
use crate::{
    model::{CollectionOptions, Error, Event, Options, Schedule},
    plan::EditKind,
    ports::{
        Backend, Channel, Clock, Events, Hint, Host, Network, Pulled, Pushed, Random, Resolver, Traffic,
        Wanted,
    },
};

/// Bytes of the document of each record that the server has.
const RECORD: usize = 1_000;

/// A device, its server and its clock.
pub(super) struct Stage {
    pub(super) server: Rc<Server>,
    pub(super) around: Rc<Around>,
    pub(super) time: Rc<Time>,
    disk: MemoryDisk,
    pool: LocalPool,
    lock: OneLock,
    line: Line,
    lives: RefCell<Vec<AbortHandle>>,
}

/// Virtual time, in milliseconds since the test began.
#[derive(Default)]
pub(super) struct Time {
    now: Cell<u64>,
    timers: RefCell<BTreeMap<(u64, u64), Waker>>,
    next: Cell<u64>,
}

/// What the device says of its connection and its user.
pub(super) struct Around {
    is_online: Cell<bool>,
    is_data_saved: Cell<bool>,
    wakes: Cell<u64>,
    waiting: RefCell<Vec<oneshot::Sender<()>>>,
}

/// A server that does as it is told.
#[derive(Default)]
pub(super) struct Server {
    time: Rc<Time>,
    log: RefCell<Vec<String>>,
    /// What the next requests fail with.
    pub(super) failures: RefCell<VecDeque<Error>>,
    /// Records that it has, beside what is pushed.
    pub(super) records: Cell<usize>,
    /// How long each request takes.
    pub(super) latency: Cell<u64>,
    pub(super) is_live: Cell<bool>,
    live: RefCell<Option<mpsc::UnboundedSender<Hint>>>,
    traffic: Cell<Traffic>,
}

/// What one context is given.
pub(super) struct StageHost {
    server: Option<Rc<Server>>,
    around: Rc<Around>,
    time: Rc<Time>,
    lock: OneLock,
    line: LineEnd,
    spawner: LocalSpawner,
}

pub(super) fn todos() -> CollectionName {
    CollectionName::trusted("todos")
}

impl Stage {
    pub(super) fn new() -> Self {
        let time = Rc::<Time>::default();
        Self {
            server: Rc::new(Server { time: Rc::clone(&time), ..Server::default() }),
            around: Rc::new(Around {
                is_online: Cell::new(true),
                is_data_saved: Cell::default(),
                wakes: Cell::default(),
                waiting: RefCell::default(),
            }),
            time,
            disk: MemoryDisk::new(),
            pool: LocalPool::new(),
            lock: OneLock::default(),
            line: Line::default(),
            lives: RefCell::default(),
        }
    }

    /// Opens a context that lives until it is ended.
    pub(super) fn open(&mut self, schedule: Schedule, has_backend: bool) -> Client<StageHost> {
        let host = StageHost {
            server: has_backend.then(|| Rc::clone(&self.server)),
            around: Rc::clone(&self.around),
            time: Rc::clone(&self.time),
            lock: self.lock.clone(),
            line: self.line.join(),
            spawner: self.pool.spawner(),
        };
        let options = Options {
            name: "test".to_owned(),
            collections: [(todos(), CollectionOptions::default())].into(),
            account: None,
            schedule,
            cache_bytes: None,
        };
        let client = self.pool.run_until(Client::open(host, self.disk.clone(), options)).unwrap();
        let running = client.clone();
        let (living, handle) = abortable(async move { running.run().await });
        self.lives.borrow_mut().push(handle);
        self.pool.spawner().spawn_local(living.map(drop)).unwrap();
        client
    }

    /// Opens one, and sync is on.
    pub(super) fn open_enabled(&mut self, schedule: Schedule) -> Client<StageHost> {
        let client = self.open(schedule, true);
        self.pool.run_until(client.enable(vec![todos()], true)).unwrap();
        client
    }

    /// Ends all contexts where they are, as a service worker ends.
    pub(super) fn end_contexts(&mut self) {
        self.lives.take().iter().for_each(AbortHandle::abort);
        self.pool.run_until_stalled();
    }

    /// Lets a context write a record.
    pub(super) fn put(&mut self, client: &Client<StageHost>, id: &str) {
        let pad = "x".repeat(RECORD);
        let kind = EditKind::Put(format!(r#"{{"id":"{id}","pad":"{pad}"}}"#).as_str().into());
        let intent = Intent { collection: todos(), record: RecordId::trusted(id), kind };
        self.pool.run_until(client.write(vec![intent])).unwrap();
    }

    /// Begins a call and gives the place where its end is put, with the moment.
    pub(super) fn begin<T: 'static>(
        &self,
        call: impl Future<Output = T> + 'static,
    ) -> Rc<RefCell<Option<(u64, T)>>> {
        let place = Rc::new(RefCell::new(None));
        let (put, time) = (Rc::clone(&place), Rc::clone(&self.time));
        let called = async move {
            let value = call.await;
            put.replace(Some((time.now.get(), value)));
        };
        self.pool.spawner().spawn_local(called).unwrap();
        place
    }

    /// Lets time pass up to that moment.
    pub(super) fn run_until(&mut self, until: u64) {
        loop {
            self.pool.run_until_stalled();
            let first = self.time.timers.borrow().first_key_value().map(|(place, _)| *place);
            let Some(place) = first.filter(|(at, _)| *at <= until) else { break };
            self.time.now.set(place.0.max(self.time.now.get()));
            let waker = self.time.timers.borrow_mut().remove(&place);
            waker.into_iter().for_each(Waker::wake);
        }
        self.time.now.set(until.max(self.time.now.get()));
    }

    /// What the server was asked since the last time, as `moment what`.
    pub(super) fn log(&self) -> String {
        self.server.log.take().join(" / ")
    }
}

impl Time {
    /// Timers that are set.
    pub(super) fn sleeping(&self) -> usize {
        self.timers.borrow().len()
    }

    async fn sleep(&self, milliseconds: u64) {
        self.next.set(self.next.get() + 1);
        let place = (self.now.get() + milliseconds, self.next.get());
        let _place = Place { time: self, place };
        poll_fn(|context| {
            if self.now.get() >= place.0 {
                return Poll::Ready(());
            }
            self.timers.borrow_mut().insert(place, context.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

struct Place<'a> {
    time: &'a Time,
    place: (u64, u64),
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.time.timers.borrow_mut().remove(&self.place);
    }
}

impl Around {
    pub(super) fn set_online(&self, is_online: bool) {
        self.is_online.set(is_online);
        self.tell();
    }

    pub(super) fn save_data(&self, is_saved: bool) {
        self.is_data_saved.set(is_saved);
        self.tell();
    }

    pub(super) fn wake(&self) {
        self.wakes.set(self.wakes.get() + 1);
        self.tell();
    }

    fn tell(&self) {
        for waiting in self.waiting.take() {
            waiting.send(()).unwrap_or_default();
        }
    }
}

impl Server {
    /// Says something over the live channel; `None` ends it.
    pub(super) fn say(&self, hint: Option<Hint>) {
        match hint {
            Some(hint) => self.live.borrow().as_ref().unwrap().unbounded_send(hint).unwrap(),
            None => drop(self.live.take()),
        }
    }

    fn note(&self, what: &str) {
        self.log.borrow_mut().push(format!("{} {what}", self.time.now.get()));
    }

    /// Takes as long as it takes, and fails if it is to.
    async fn answer(&self, what: &str, sent: usize, received: usize) -> Result<(), Error> {
        let failure = self.failures.borrow_mut().pop_front();
        self.note(&if failure.is_some() { format!("{what} fails") } else { what.to_owned() });
        let mut traffic = self.traffic.get();
        traffic.requests += 1;
        traffic.sent += u64::try_from(sent).unwrap();
        traffic.received += u64::try_from(received).unwrap();
        self.traffic.set(traffic);
        self.time.sleep(self.latency.get()).await;
        failure.map_or(Ok(()), Err)
    }
}

impl Backend for Rc<Server> {
    async fn pull(&self, wanted: &[Wanted], limit: usize) -> Result<Pulled, Error> {
        let [wanted] = wanted else { panic!("one collection") };
        let since: usize = wanted.cursor.as_ref().map_or(0, |cursor| cursor.0.parse().unwrap());
        let until = (since + limit).min(self.records.get()).max(since);
        let more = until < self.records.get();
        let what = if until > since { format!("pull {}", until - since) } else { "pull".to_owned() };
        self.answer(&what, 0, (until - since) * RECORD).await?;
        let record = |number: usize| RemoteRecord {
            id: RecordId::trusted(format!("s{number}")),
            version: Some(Version::Number(1)),
            edited_at: Millis(1),
            device: None,
            data: Some(JsonText::parse(format!(r#"{{"id":"s{number}"}}"#)).unwrap()),
        };
        let page = PullPage {
            records: (since..until).map(record).collect(),
            cursor: Cursor(until.to_string()),
            more,
            snapshot: false,
            start: false,
        };
        Ok(Pulled { pages: vec![(wanted.collection.clone(), page)], now: None })
    }

    async fn push(&self, _device: &DeviceId, changes: &[Change]) -> Result<Pushed, Error> {
        self.answer(&format!("push {}", changes.len()), changes.len() * RECORD, 0).await?;
        let applied =
            |change: &Change| PushResult::Applied { id: change.id.clone(), version: Version::Number(1) };
        Ok(Pushed { results: changes.iter().map(applied).collect(), now: None })
    }

    async fn watch(&self, _wanted: &[Wanted], hint: &dyn Fn(Hint)) -> Result<bool, Error> {
        if !self.is_live.get() {
            return Ok(false);
        }
        self.note("live");
        let (sender, mut hints) = mpsc::unbounded();
        self.live.replace(Some(sender));
        hint(Hint::Connected);
        while let Some(said) = hints.next().await {
            hint(said);
        }
        Ok(true)
    }

    fn traffic(&self) -> Traffic {
        self.traffic.get()
    }
}

impl Host for StageHost {
    type Backend = Rc<Server>;
    type Disk = MemoryDisk;
    type Lock = OneLock;

    fn backend(&self) -> Option<&Rc<Server>> {
        self.server.as_ref()
    }

    fn channel(&self) -> &impl Channel {
        &self.line
    }

    fn clock(&self) -> &impl Clock {
        self
    }

    fn events(&self) -> &impl Events {
        self
    }

    fn lock(&self) -> &OneLock {
        &self.lock
    }

    fn migrator(&self) -> &impl crate::ports::Migrator {
        &()
    }

    fn network(&self) -> &impl Network {
        &*self.around
    }

    fn random(&self) -> &impl Random {
        self
    }

    fn resolver(&self) -> &impl Resolver {
        &NoFunctions
    }

    fn spawn(&self, future: LocalBoxFuture<'static, ()>) {
        self.spawner.spawn_local(future).unwrap();
    }
}

impl Clock for StageHost {
    fn now(&self) -> Millis {
        Millis(1_700_000_000_000 + i64::try_from(self.time.now.get()).unwrap())
    }

    async fn sleep(&self, milliseconds: u64) {
        self.time.sleep(milliseconds).await;
    }
}

impl Events for StageHost {
    fn emit(&self, _event: Event) {}
}

impl Network for Around {
    fn is_online(&self) -> bool {
        self.is_online.get()
    }

    fn is_data_saved(&self) -> bool {
        self.is_data_saved.get()
    }

    fn wakes(&self) -> u64 {
        self.wakes.get()
    }

    async fn changed(&self) {
        let (woken, waiting) = oneshot::channel();
        self.waiting.borrow_mut().push(woken);
        waiting.await.unwrap_or_default();
    }
}

impl Random for StageHost {
    /// Always the same, so that every jitter can be reckoned by hand.
    fn next(&self) -> u64 {
        700
    }
}
