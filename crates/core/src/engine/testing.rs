//! A host in memory with a server that does as it is told, to test whole clients in a few lines. Brings no trouble about; the
//! simulation does.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
};

use futures::{
    channel::oneshot,
    executor::{LocalPool, LocalSpawner},
    future::{LocalBoxFuture, pending},
    task::LocalSpawnExt as _,
};
use syncline_protocol::{
    Change, ChangeId, CollectionName, Cursor, DeviceId, JsonText, Millis, Op, PullPage, PushResult, RecordId,
    RemoteRecord, Version, patch_text,
};
use syncline_store::MemoryDisk;

use super::{
    client::Client,
    side_by_side::{Line, LineEnd, OneLock},
};
use crate::{
    model::{CollectionOptions, Conflict, ConflictStrategy, Error, Event, Options},
    ports::{
        Backend, Channel, Clock, Events, Hint, Host, Migrator, Network, Pulled, Pushed, Random, Resolver,
        Traffic, Verdict, Wanted,
    },
};

/// What the app of one context has heard.
pub(super) type Heard = Rc<RefCell<Vec<Event>>>;

/// What a function of the app's says, where there is one.
pub(super) type Function = Rc<RefCell<Option<fn(&Conflict) -> Result<Verdict, Error>>>>;

/// Polls of a test that are more than any takes.
const MOST_POLLS: usize = 10_000;

/// One device: a disk, a server, and the contexts that are open.
pub(super) struct Device {
    pub(super) disk: MemoryDisk,
    pub(super) server: Rc<Server>,
    pool: LocalPool,
    lock: OneLock,
    line: Line,
    moves: Rc<Moves>,
    /// The account that the next context is opened for.
    pub(super) account: RefCell<Option<String>>,
    /// The version that the app of the next context knows.
    pub(super) schema_version: Cell<u32>,
    time: Rc<Cell<i64>>,
    pub(super) strategy: ConflictStrategy,
    /// The function of the app's that resolves conflicts.
    pub(super) function: Function,
}

/// A server without limits, for collections of any name.
#[derive(Default)]
pub(super) struct Server {
    pub(super) records: RefCell<BTreeMap<RecordId, RemoteRecord>>,
    pub(super) pushed: RefCell<Vec<Change>>,
    answered: RefCell<BTreeMap<ChangeId, Version>>,
    version: Cell<u64>,
}

/// Which context was left, by its number from 1 on; 0: none.
#[derive(Default)]
struct Moves {
    left: Cell<u64>,
    departures: RefCell<BTreeMap<u64, u64>>,
    waiting: RefCell<Vec<oneshot::Sender<()>>>,
}

/// What one context is given.
pub(super) struct TestHost {
    moves: Rc<Moves>,
    server: Option<Rc<Server>>,
    heard: Heard,
    lock: OneLock,
    line: LineEnd,
    time: Rc<Cell<i64>>,
    dice: Dice,
    spawner: LocalSpawner,
    function: Function,
}

impl Device {
    pub(super) fn new() -> Self {
        Self {
            disk: MemoryDisk::new(),
            server: Rc::default(),
            pool: LocalPool::new(),
            lock: OneLock::default(),
            line: Line::default(),
            moves: Rc::default(),
            account: RefCell::default(),
            schema_version: Cell::default(),
            time: Rc::new(Cell::new(1_700_000_000_000)),
            strategy: ConflictStrategy::default(),
            function: Rc::default(),
        }
    }

    /// Opens a context that lives until it is closed, and gives what its app hears.
    pub(super) fn open(&mut self, is_with_server: bool) -> (Client<TestHost>, Heard) {
        let heard = Heard::default();
        let line = self.line.join();
        let host = TestHost {
            moves: Rc::clone(&self.moves),
            server: is_with_server.then(|| Rc::clone(&self.server)),
            heard: Rc::clone(&heard),
            lock: self.lock.clone(),
            time: Rc::clone(&self.time),
            dice: Dice::new(line.number),
            line,
            spawner: self.pool.spawner(),
            function: Rc::clone(&self.function),
        };
        let todos = CollectionName::trusted("todos");
        let collection = CollectionOptions {
            indexes: vec!["m".to_owned()],
            schema_version: self.schema_version.get(),
            ..CollectionOptions::default()
        };
        let options = Options {
            name: "test".to_owned(),
            collections: [(todos, CollectionOptions { conflict: self.strategy, ..collection })].into(),
            account: self.account.borrow().clone(),
            schedule: crate::model::Schedule { live: false, ..crate::model::Schedule::default() },
            cache_bytes: None,
        };
        let store = syncline_store::Options { page_records: 8, ..syncline_store::Options::default() };
        let opening = Client::open_with(host, self.disk.clone(), options, store);
        let client = self.pool.run_until(opening).unwrap();
        let running = client.clone();
        self.pool.spawner().spawn_local(async move { running.run().await }).unwrap();
        (client, heard)
    }

    /// Lets everything go on until a call of a client is answered.
    pub(super) fn wait<T>(&mut self, call: impl Future<Output = T>) -> T {
        self.pool.run_until(call)
    }

    /// Leaves a context, as a page that goes to the back/forward cache: it hears nothing. 0: the one that was left is back.
    pub(super) fn leave(&mut self, number: u64) {
        self.moves.left.set(number);
        *self.moves.departures.borrow_mut().entry(number).or_default() += 1;
        for waiting in self.moves.waiting.take() {
            waiting.send(()).ok();
        }
        self.settle();
    }

    /// Lets everything happen that happens soon.
    pub(super) fn settle(&mut self) {
        for _ in 0..MOST_POLLS {
            if !self.pool.try_run_one() && !self.pool.try_run_one() {
                return;
            }
        }
    }
}

impl Server {
    /// Gives the server records of one field.
    pub(super) fn fill(&self, count: usize) {
        for number in 0..count {
            let id = RecordId::trusted(format!("r{number:03}"));
            let doc = format!(r#"{{"id":"{id}","n":{number}}}"#);
            let data = Some(JsonText::parse(doc).unwrap());
            self.keep(RemoteRecord { id, version: None, edited_at: Millis(1), device: None, data });
        }
    }

    /// Deletes the first records.
    pub(super) fn empty(&self, count: usize) {
        let first: Vec<RemoteRecord> = self.records.borrow().values().take(count).cloned().collect();
        for record in first {
            self.keep(RemoteRecord { data: None, ..record });
        }
    }

    /// What another device puts.
    pub(super) fn put(&self, id: &RecordId, doc: &str, edited_at: Millis) {
        let data = Some(JsonText::parse(doc).unwrap());
        self.keep(RemoteRecord { id: id.clone(), version: None, edited_at, device: None, data });
    }

    /// Takes a change once, and only on the version that there is.
    fn take(&self, change: &Change, device: &DeviceId) -> PushResult {
        let id = change.id.clone();
        if let Some(version) = self.answered.borrow().get(&id).cloned() {
            return PushResult::Applied { id, version };
        }
        let known = self.records.borrow().get(&change.record).cloned();
        let version =
            known.as_ref().filter(|known| known.data.is_some()).and_then(|known| known.version.clone());
        if let Some(record) = known.filter(|_| version != change.base) {
            return PushResult::Conflict { id, record };
        }
        self.pushed.borrow_mut().push(change.clone());
        let version = self.keep(RemoteRecord {
            id: change.record.clone(),
            version: None,
            edited_at: change.edited_at,
            device: Some(device.clone()),
            data: self.data_of(change),
        });
        self.answered.borrow_mut().insert(id.clone(), version.clone());
        PushResult::Applied { id, version }
    }

    /// What a change makes of its record.
    fn data_of(&self, change: &Change) -> Option<JsonText> {
        match (&change.data, change.op) {
            (Some(patch), Op::Patch) => Some(patched(&self.doc(&change.record).unwrap_or_default(), patch)),
            (data, _) => data.clone(),
        }
    }

    /// The document of a record; none: deleted, or never there.
    pub(super) fn doc(&self, id: &RecordId) -> Option<String> {
        let records = self.records.borrow();
        Some(records.get(id)?.data.as_ref()?.as_str().to_owned())
    }

    /// All documents.
    pub(super) fn docs(&self) -> BTreeMap<RecordId, String> {
        let ids: Vec<RecordId> = self.records.borrow().keys().cloned().collect();
        ids.into_iter().filter_map(|id| Some((id.clone(), self.doc(&id)?))).collect()
    }

    /// Keeps a record under the next version.
    fn keep(&self, record: RemoteRecord) -> Version {
        self.version.set(self.version.get() + 1);
        let version = Version::Number(self.version.get());
        let record = RemoteRecord { version: Some(version.clone()), ..record };
        self.records.borrow_mut().insert(record.id.clone(), record);
        version
    }
}

/// A document with a patch applied.
fn patched(doc: &str, patch: &JsonText) -> JsonText {
    let serde_json::Value::Object(patch) = patch.to_value().unwrap() else {
        panic!("{patch:?} is no object")
    };
    JsonText::parse(patch_text(doc, &patch).unwrap()).unwrap()
}

impl Backend for Rc<Server> {
    async fn pull(&self, wanted: &[Wanted], _limit: usize) -> Result<Pulled, Error> {
        let page = |wanted: &Wanted| {
            let since: u64 = wanted.cursor.as_ref().map_or(0, |cursor| cursor.0.parse().unwrap());
            let is_new = |record: &RemoteRecord| match record.version {
                Some(Version::Number(version)) => version > since,
                _ => false,
            };
            let records = self.records.borrow().values().filter(|record| is_new(record)).cloned().collect();
            let cursor = Cursor(self.version.get().to_string());
            (
                wanted.collection.clone(),
                PullPage { records, cursor, more: false, snapshot: false, start: false },
            )
        };
        Ok(Pulled { pages: wanted.iter().map(page).collect(), now: None })
    }

    async fn push(&self, device: &DeviceId, changes: &[Change]) -> Result<Pushed, Error> {
        Ok(Pushed { results: changes.iter().map(|change| self.take(change, device)).collect(), now: None })
    }

    async fn watch(&self, _wanted: &[Wanted], _hint: &dyn Fn(Hint)) -> Result<bool, Error> {
        Ok(false)
    }

    fn traffic(&self) -> Traffic {
        Traffic::default()
    }
}

impl Host for TestHost {
    type Disk = MemoryDisk;
    type Backend = Rc<Server>;
    type Lock = OneLock;

    fn backend(&self) -> Option<&Rc<Server>> {
        self.server.as_ref()
    }

    fn channel(&self) -> &impl Channel {
        self
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

    fn migrator(&self) -> &impl Migrator {
        self
    }

    fn network(&self) -> &impl Network {
        self
    }

    fn random(&self) -> &impl Random {
        &self.dice
    }

    fn resolver(&self) -> &impl Resolver {
        self
    }

    fn spawn(&self, future: LocalBoxFuture<'static, ()>) {
        self.spawner.spawn_local(future).unwrap();
    }
}

/// An app without functions for conflicts.
pub(super) struct NoFunctions;

impl Resolver for NoFunctions {
    async fn resolve(&self, _conflict: &Conflict) -> Result<Verdict, Error> {
        Ok(Verdict::NoFunction)
    }
}

impl Resolver for TestHost {
    async fn resolve(&self, conflict: &Conflict) -> Result<Verdict, Error> {
        let function = *self.function.borrow();
        function.map_or(Ok(Verdict::NoFunction), |function| function(conflict))
    }
}

impl Channel for TestHost {
    fn send(&self, text: &str) {
        self.line.send_but_to(self.moves.left.get(), text);
    }

    async fn receive(&self) -> String {
        self.line.receive().await
    }
}

impl Clock for TestHost {
    /// No two moments are the same.
    fn now(&self) -> Millis {
        self.time.set(self.time.get() + 1);
        Millis(self.time.get())
    }

    /// What is to happen soon happens at once; what is far off never does.
    async fn sleep(&self, milliseconds: u64) {
        if milliseconds > 2_000 {
            return pending().await;
        }
        self.time.set(self.time.get() + i64::try_from(milliseconds).unwrap());
    }
}

impl Events for TestHost {
    fn emit(&self, event: Event) {
        self.heard.borrow_mut().push(event);
    }
}

impl Migrator for TestHost {
    /// The field `n` is called `m` from version 1 on, and a document that is `bad` cannot be migrated.
    fn migrate(&self, _collection: &CollectionName, doc: &str, from: u32) -> Result<String, String> {
        let mut doc: serde_json::Value = serde_json::from_str(doc).map_err(|error| error.to_string())?;
        let fields = doc.as_object_mut().ok_or("no object")?;
        if from != 0 || fields.contains_key("bad") {
            return Err("this one is bad".to_owned());
        }
        if let Some(value) = fields.remove("n") {
            fields.insert("m".to_owned(), value);
        }
        fields.insert("$v".to_owned(), 1.into());
        Ok(doc.to_string())
    }
}

impl Network for TestHost {
    fn is_online(&self) -> bool {
        true
    }

    fn is_data_saved(&self) -> bool {
        false
    }

    fn wakes(&self) -> u64 {
        0
    }

    fn is_left(&self) -> bool {
        self.moves.left.get() == self.line.number
    }

    fn departures(&self) -> u64 {
        self.moves.departures.borrow().get(&self.line.number).copied().unwrap_or_default()
    }

    async fn changed(&self) {
        let (sender, moved) = oneshot::channel();
        self.moves.waiting.borrow_mut().push(sender);
        moved.await.unwrap();
    }
}

/// Numbers that only look like chance: SplitMix64 (Steele, Lea, Flood 2014).
pub(super) struct Dice(Cell<u64>);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(Cell::new(seed))
    }
}

impl Random for Dice {
    fn next(&self) -> u64 {
        self.0.set(self.0.get().wrapping_add(0x9e37_79b9_7f4a_7c15));
        let mixed = (self.0.get() ^ (self.0.get() >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
