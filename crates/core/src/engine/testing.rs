//! A host in memory with a server that does as it is told, to test whole clients in a few lines. Brings no trouble about; the
//! simulation does.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
    sync::Arc,
};

use futures::{
    FutureExt as _, StreamExt as _,
    channel::mpsc,
    executor::{LocalPool, LocalSpawner},
    future::{LocalBoxFuture, pending},
    lock::{Mutex, OwnedMutexGuard},
    task::LocalSpawnExt as _,
};
use syncline_protocol::{
    Change, CollectionName, Cursor, DeviceId, Millis, PullPage, PushResult, RecordId, RemoteRecord, Version,
};
use syncline_store::MemoryDisk;

use super::client::Client;
use crate::{
    model::{Error, Event, Options},
    ports::{
        Backend, Channel, Clock, Events, Hint, Host, Lock, Network, Pulled, Pushed, Random, Traffic, Wanted,
    },
};

/// Polls of a test that are more than any takes.
const MOST_POLLS: usize = 10_000;

/// One device: a disk, a server, and the contexts that are open.
pub(super) struct Device {
    pub(super) disk: MemoryDisk,
    pub(super) server: Rc<Server>,
    pool: LocalPool,
    lock: Arc<Mutex<()>>,
    ears: Rc<RefCell<Vec<mpsc::UnboundedSender<String>>>>,
    hosts: Cell<u64>,
}

/// A server without limits, for collections of any name.
#[derive(Default)]
pub(super) struct Server {
    pub(super) records: RefCell<BTreeMap<RecordId, RemoteRecord>>,
    pub(super) pushed: RefCell<Vec<Change>>,
    version: Cell<u64>,
}

/// What one context is given.
pub(super) struct TestHost {
    server: Option<Rc<Server>>,
    pub(super) heard: Rc<RefCell<Vec<Event>>>,
    lock: Arc<Mutex<()>>,
    ears: Rc<RefCell<Vec<mpsc::UnboundedSender<String>>>>,
    ear: RefCell<mpsc::UnboundedReceiver<String>>,
    number: u64,
    time: Cell<i64>,
    dice: Cell<u64>,
    spawner: LocalSpawner,
}

impl Device {
    pub(super) fn new() -> Self {
        Self {
            disk: MemoryDisk::new(),
            server: Rc::default(),
            pool: LocalPool::new(),
            lock: Arc::default(),
            ears: Rc::default(),
            hosts: Cell::default(),
        }
    }

    /// Opens a context that lives until it is closed, and gives what its app hears.
    pub(super) fn open(&mut self, is_with_server: bool) -> (Client<TestHost>, Rc<RefCell<Vec<Event>>>) {
        let heard = Rc::<RefCell<Vec<Event>>>::default();
        let (sender, ear) = mpsc::unbounded();
        self.ears.borrow_mut().push(sender);
        self.hosts.set(self.hosts.get() + 1);
        let host = TestHost {
            server: is_with_server.then(|| Rc::clone(&self.server)),
            heard: Rc::clone(&heard),
            lock: Arc::clone(&self.lock),
            ears: Rc::clone(&self.ears),
            ear: RefCell::new(ear),
            number: self.hosts.get(),
            time: Cell::new(1_700_000_000_000),
            dice: Cell::new(self.hosts.get()),
            spawner: self.pool.spawner(),
        };
        let todos = CollectionName::trusted("todos");
        let options = Options {
            name: "test".to_owned(),
            collections: [(todos, crate::model::CollectionOptions::default())].into(),
            account: None,
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
            self.keep(id, Some(syncline_protocol::JsonText::parse(doc).unwrap()));
        }
    }

    fn keep(&self, id: RecordId, data: Option<syncline_protocol::JsonText>) -> Version {
        self.version.set(self.version.get() + 1);
        let version = Version::Number(self.version.get());
        let record = RemoteRecord {
            id: id.clone(),
            version: Some(version.clone()),
            edited_at: Millis(1),
            device: None,
            data,
        };
        self.records.borrow_mut().insert(id, record);
        version
    }
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
            (wanted.collection.clone(), PullPage { records, cursor, more: false, snapshot: false })
        };
        Ok(Pulled { pages: wanted.iter().map(page).collect(), now: None })
    }

    async fn push(&self, _device: &DeviceId, changes: &[Change]) -> Result<Pushed, Error> {
        let apply = |change: &Change| {
            self.pushed.borrow_mut().push(change.clone());
            let version = self.keep(change.record.clone(), change.data.clone());
            PushResult::Applied { id: change.id.clone(), version }
        };
        Ok(Pushed { results: changes.iter().map(apply).collect(), now: None })
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
    type Lock = Self;

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

    fn lock(&self) -> &Self {
        self
    }

    fn network(&self) -> &impl Network {
        self
    }

    fn random(&self) -> &impl Random {
        self
    }

    fn spawn(&self, future: LocalBoxFuture<'static, ()>) {
        self.spawner.spawn_local(future).unwrap();
    }
}

impl Channel for TestHost {
    fn send(&self, text: &str) {
        for (number, ear) in (1..).zip(&*self.ears.borrow()) {
            if number != self.number {
                drop(ear.unbounded_send(text.to_owned()));
            }
        }
    }

    async fn receive(&self) -> String {
        std::future::poll_fn(|context| self.ear.borrow_mut().poll_next_unpin(context)).await.unwrap()
    }
}

impl Clock for TestHost {
    fn now(&self) -> Millis {
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

impl Lock for TestHost {
    type Guard = OwnedMutexGuard<()>;

    async fn acquire(&self) -> Self::Guard {
        Arc::clone(&self.lock).lock_owned().boxed_local().await
    }
}

impl Network for TestHost {
    fn is_online(&self) -> bool {
        true
    }

    async fn changed(&self) {
        pending().await
    }
}

impl Random for TestHost {
    fn next(&self) -> u64 {
        // SplitMix64 (Steele, Lea, Flood 2014): any mixing would do.
        self.dice.set(self.dice.get().wrapping_add(0x9e37_79b9_7f4a_7c15));
        let mixed = (self.dice.get() ^ (self.dice.get() >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed ^ (mixed >> 27)
    }
}
