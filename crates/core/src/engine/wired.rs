//! A client whose server is spoken to over a scripted wire, on a clock that stands still until a test lets time pass. Brings
//! no trouble about by itself.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, VecDeque},
    rc::Rc,
};

use futures::{
    FutureExt as _,
    channel::oneshot,
    executor::{LocalPool, LocalSpawner},
    future::{LocalBoxFuture, pending},
    task::LocalSpawnExt as _,
};
use syncline_protocol::{
    CollectionName, Millis, PullRequest, PullResponse, PushRequest, PushResponse, RecordId,
};
use syncline_store::MemoryDisk;

use super::{
    client::{Client, Intent},
    testing::{Dice, NoFunctions, Server},
};
use crate::{
    backends::{Address, Native},
    model::{Error, ErrorCode, Event, Options, Schedule, Status, SyncReport},
    plan::EditKind,
    ports::{
        Backend as _, Channel, Clock, Events, Host, Http, HttpRequest, HttpResponse, Lock, Migrator, Network,
        Random, Received, Resolver, Socket, Sockets, TokenSource, Wanted, Wire,
    },
};

/// What the wire does with a request.
pub(super) enum Reaction {
    /// Gives that answer; the server hears nothing.
    Answer(HttpResponse),
    /// Breaks; the server hears nothing.
    Break,
    /// Never answers.
    Hang,
}

/// What the app says when it is asked for a token.
pub(super) enum Token {
    Fails,
    Given(&'static str),
    Hangs,
    None,
}

/// What becomes of the next live channels.
#[derive(Clone)]
pub(super) enum Live {
    /// It comes up and is closed when the first message arrived.
    Closes(u16),
    /// It does not come up.
    Refused(Error),
}

type Fault = Box<dyn Fn(&HttpRequest) -> Option<Reaction>>;

/// Everything around the client.
#[derive(Default)]
pub(super) struct World {
    pub(super) server: Rc<Server>,
    pub(super) fault: RefCell<Option<Fault>>,
    /// What the next calls for a token give; then always the same good one.
    pub(super) tokens: RefCell<VecDeque<Token>>,
    pub(super) token_calls: Cell<u32>,
    pub(super) live: RefCell<Option<Live>>,
    /// When a live channel was tried.
    pub(super) live_tries: RefCell<Vec<i64>>,
    /// When each request was sent, with its path and the number of changes in it.
    pub(super) log: RefCell<Vec<(i64, String, usize)>>,
    now: Cell<i64>,
    timers: RefCell<Vec<(i64, oneshot::Sender<()>)>>,
    heard: RefCell<Vec<Event>>,
    sockets: RefCell<Vec<oneshot::Sender<u16>>>,
}

/// A client on its own, over a scripted wire.
pub(super) struct Wired {
    pub(super) world: Rc<World>,
    pub(super) client: Client<WiredHost>,
    pool: LocalPool,
}

impl Wired {
    /// Opens a database of these collections that has synced once.
    pub(super) fn open(collections: &[&str], is_live: bool) -> Self {
        let mut wired = Self::unreached(collections, is_live);
        wired.world.heal();
        wired.sync().unwrap();
        wired
    }

    /// Opens a database of these collections whose server cannot be reached.
    pub(super) fn unreached(collections: &[&str], is_live: bool) -> Self {
        let world = Rc::new(World::default());
        world.now.set(1_700_000_000_000);
        let mut pool = LocalPool::new();
        let names = collections.iter().map(|name| (CollectionName::trusted(*name), Default::default()));
        let options = Options {
            name: "wired".to_owned(),
            collections: names.collect(),
            account: None,
            schedule: Schedule { live: is_live, ..Schedule::default() },
            cache_bytes: None,
        };
        let address = Address::parse("https://server.test").unwrap();
        let host = WiredHost {
            backend: Native::new(address, Script(Rc::clone(&world))),
            world: Rc::clone(&world),
            dice: Dice::new(7),
            spawner: pool.spawner(),
        };
        let client = pool.run_until(Client::open(host, MemoryDisk::new(), options)).unwrap();
        let running = client.clone();
        pool.spawner().spawn_local(async move { running.run().await }).unwrap();
        let mut wired = Self { world, client, pool };
        wired.world.always("", || Reaction::Break);
        let names = collections.iter().map(|name| CollectionName::trusted(*name)).collect();
        let enabling = wired.client.clone();
        wired.wait(async move { enabling.enable(names, true).await }).unwrap();
        wired
    }

    /// Lets everything happen that needs no time.
    pub(super) fn settle(&mut self) {
        self.pool.run_until_stalled();
    }

    /// Lets time pass, timer by timer.
    pub(super) fn pass(&mut self, milliseconds: i64) {
        let end = self.world.now.get() + milliseconds;
        self.settle();
        while let Some(at) = self.world.next_timer().filter(|at| *at <= end) {
            self.world.ring(at);
            self.settle();
        }
        self.world.now.set(end);
        self.settle();
    }

    /// Lets as much time pass as a call takes, a quarter of an hour at most.
    pub(super) fn wait<T: 'static>(&mut self, call: impl Future<Output = T> + 'static) -> T {
        let (reply, mut answer) = oneshot::channel();
        self.pool.spawner().spawn_local(call.map(|given| drop(reply.send(given)))).unwrap();
        for _ in 0..900 {
            self.settle();
            if let Some(given) = answer.try_recv().unwrap() {
                return given;
            }
            let next = self.world.next_timer().map_or(1_000, |at| at - self.world.now.get());
            self.pass(next.clamp(0, 1_000));
        }
        panic!("the call hangs");
    }

    /// Puts a document of one field.
    pub(super) fn put(&mut self, collection: &str, record: &str, text: &str) {
        let kind = EditKind::Put(format!(r#"{{"id":"{record}","text":"{text}"}}"#).into());
        self.write(vec![(collection, record, kind)]);
    }

    /// Writes edits at once.
    pub(super) fn write(&mut self, edits: Vec<(&str, &str, EditKind)>) {
        let intent = |(collection, record, kind)| Intent {
            collection: CollectionName::trusted(collection),
            record: RecordId::trusted(record),
            kind,
        };
        let intents = edits.into_iter().map(intent).collect();
        let client = self.client.clone();
        self.wait(async move { client.write(intents).await }).unwrap();
    }

    /// Syncs, however long it takes.
    pub(super) fn sync(&mut self) -> Result<SyncReport, Error> {
        let client = self.client.clone();
        self.wait(async move { client.sync().await })
    }

    /// What waits: each change's key and document.
    pub(super) fn queue(&mut self) -> BTreeMap<String, Option<String>> {
        let client = self.client.clone();
        let pending = self.wait(async move { client.pending().await }).unwrap();
        let text =
            |change: &syncline_protocol::Change| change.data.as_ref().map(|doc| doc.as_str().to_owned());
        pending.iter().map(|one| (one.change.id.to_string(), text(&one.change))).collect()
    }

    /// What is parked: each record with its code.
    pub(super) fn parked(&mut self) -> Vec<(String, String)> {
        let client = self.client.clone();
        let parked = self.wait(async move { client.parked().await }).unwrap();
        parked.into_iter().map(|one| (one.change.record.to_string(), one.code)).collect()
    }

    pub(super) fn status(&self) -> Rc<Status> {
        self.client.status()
    }

    /// The milliseconds to the next cycle.
    pub(super) fn next_in(&self) -> Option<i64> {
        Some(self.status().next_sync_at?.0 - self.world.now.get())
    }
}

impl World {
    /// Lets every request whose path ends so meet with the same.
    pub(super) fn always(&self, path: &'static str, reaction: impl Fn() -> Reaction + 'static) {
        self.when(move |request| request.url.ends_with(path).then(&reaction));
    }

    /// Lets requests meet with what is said of them.
    pub(super) fn when(&self, fault: impl Fn(&HttpRequest) -> Option<Reaction> + 'static) {
        self.fault.replace(Some(Box::new(fault)));
    }

    /// Lets everything pass again.
    pub(super) fn heal(&self) {
        self.fault.replace(None);
        self.live.replace(None);
    }

    /// How many requests of that path were sent.
    pub(super) fn count(&self, path: &str) -> usize {
        self.log.borrow().iter().filter(|(_, known, _)| known == path).count()
    }

    /// Closes the live channels that are up.
    pub(super) fn close_live(&self, code: u16) {
        self.sockets.borrow_mut().drain(..).for_each(|socket| {
            let _ = socket.send(code);
        });
    }

    fn next_timer(&self) -> Option<i64> {
        let mut timers = self.timers.borrow_mut();
        timers.retain(|(_, timer)| !timer.is_canceled());
        timers.iter().map(|(at, _)| *at).min()
    }

    fn ring(&self, at: i64) {
        self.now.set(at.max(self.now.get()));
        let timers = self.timers.take();
        let (due, later): (Vec<_>, Vec<_>) = timers.into_iter().partition(|(when, _)| *when <= at);
        self.timers.replace(later);
        due.into_iter().for_each(|(_, timer)| {
            let _ = timer.send(());
        });
    }

    async fn serve(&self, request: &HttpRequest) -> HttpResponse {
        let body = request.body.as_deref().unwrap();
        let now = Millis(self.now.get());
        let answer = if request.url.ends_with("/v1/push") {
            let PushRequest { device, changes } = serde_json::from_slice(body).unwrap();
            let results = self.server.push(&device, &changes).await.unwrap().results;
            serde_json::to_vec(&PushResponse { results, now })
        } else {
            let asked: PullRequest = serde_json::from_slice(body).unwrap();
            let wanted = asked.collections.into_iter();
            let wanted: Vec<Wanted> =
                wanted.map(|(collection, at)| Wanted { collection, cursor: at.cursor }).collect();
            let pages = self.server.pull(&wanted, asked.limit).await.unwrap().pages;
            serde_json::to_vec(&PullResponse { collections: pages.into_iter().collect(), now })
        };
        HttpResponse { status: 200, headers: Vec::new(), body: answer.unwrap() }
    }
}

/// The number of changes in a push.
pub(super) fn changes_in(request: &HttpRequest) -> Vec<String> {
    let push: Option<PushRequest> = serde_json::from_slice(request.body.as_deref().unwrap()).ok();
    push.map_or_else(Vec::new, |push| push.changes.iter().map(|change| change.record.to_string()).collect())
}

/// An answer of that status, without a problem code.
pub(super) fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> HttpResponse {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    HttpResponse { status, headers, body: body.as_bytes().to_vec() }
}

/// What adapters are given.
pub(super) struct Script(Rc<World>);

impl Wire for Script {
    type Sockets = Self;

    fn clock(&self) -> &impl Clock {
        &*self.0
    }

    fn http(&self) -> &impl Http {
        self
    }

    fn sockets(&self) -> &Self {
        self
    }

    fn tokens(&self) -> &impl TokenSource {
        self
    }
}

impl Http for Script {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, Error> {
        let path = request.url.trim_start_matches("https://server.test").to_owned();
        self.0.log.borrow_mut().push((self.0.now.get(), path, changes_in(&request).len()));
        let reaction = self.0.fault.borrow().as_ref().and_then(|fault| fault(&request));
        match reaction {
            None => Ok(self.0.serve(&request).await),
            Some(Reaction::Answer(response)) => Ok(response),
            Some(Reaction::Break) => Err(Error::new(ErrorCode::Network, "the wire broke")),
            Some(Reaction::Hang) => pending().await,
        }
    }
}

impl TokenSource for Script {
    async fn token(&self) -> Result<Option<String>, Error> {
        self.0.token_calls.set(self.0.token_calls.get() + 1);
        let token = self.0.tokens.borrow_mut().pop_front();
        match token {
            None => Ok(Some("good".to_owned())),
            Some(Token::Given(token)) => Ok(Some(token.to_owned())),
            Some(Token::None) => Ok(None),
            Some(Token::Fails) => Err(Error::new(ErrorCode::Network, "the app's function failed")),
            Some(Token::Hangs) => pending().await,
        }
    }
}

impl Sockets for Script {
    type Socket = ScriptSocket;

    async fn connect(&self, _url: &str) -> Result<ScriptSocket, Error> {
        self.0.live_tries.borrow_mut().push(self.0.now.get());
        let (closer, closed) = oneshot::channel();
        let code = match self.0.live.borrow().clone() {
            Some(Live::Refused(error)) => return Err(error),
            Some(Live::Closes(code)) => Some(code),
            None => None,
        };
        self.0.sockets.borrow_mut().push(closer);
        Ok(ScriptSocket { code, closed })
    }
}

/// A live channel on which the server says nothing.
pub(super) struct ScriptSocket {
    code: Option<u16>,
    closed: oneshot::Receiver<u16>,
}

impl Socket for ScriptSocket {
    async fn send(&mut self, _text: String) -> Result<(), Error> {
        Ok(())
    }

    async fn receive(&mut self) -> Result<Received, Error> {
        match self.code {
            Some(code) => Ok(Received::Closed(code)),
            None => Ok(Received::Closed((&mut self.closed).await.unwrap_or(1006))),
        }
    }
}

/// What the client is given.
pub(super) struct WiredHost {
    backend: Native<Script>,
    world: Rc<World>,
    dice: Dice,
    spawner: LocalSpawner,
}

impl Host for WiredHost {
    type Backend = Native<Script>;
    type Disk = MemoryDisk;
    type Lock = World;

    fn backend(&self) -> Option<&Self::Backend> {
        Some(&self.backend)
    }

    fn channel(&self) -> &impl Channel {
        &*self.world
    }

    fn clock(&self) -> &impl Clock {
        &*self.world
    }

    fn events(&self) -> &impl Events {
        &*self.world
    }

    fn lock(&self) -> &World {
        &self.world
    }

    fn migrator(&self) -> &impl Migrator {
        &()
    }

    fn network(&self) -> &impl Network {
        &*self.world
    }

    fn random(&self) -> &impl Random {
        &self.dice
    }

    fn resolver(&self) -> &impl Resolver {
        &NoFunctions
    }

    fn spawn(&self, future: LocalBoxFuture<'static, ()>) {
        self.spawner.spawn_local(future).unwrap();
    }
}

impl Clock for World {
    fn now(&self) -> Millis {
        Millis(self.now.get())
    }

    async fn sleep(&self, milliseconds: u64) {
        let (bell, rung) = oneshot::channel();
        let at = self.now.get().saturating_add(i64::try_from(milliseconds).unwrap());
        self.timers.borrow_mut().push((at, bell));
        let _ = rung.await;
    }
}

impl Channel for World {
    fn send(&self, _text: &str) {}

    async fn receive(&self) -> String {
        pending().await
    }
}

impl Events for World {
    fn emit(&self, event: Event) {
        self.heard.borrow_mut().push(event);
    }
}

impl Lock for World {
    type Guard = ();

    async fn acquire(&self) {}

    async fn steal(&self) {}

    async fn lost(&self, (): &()) {
        pending().await
    }

    async fn is_held(&self) -> bool {
        true
    }
}

impl Network for World {
    fn is_online(&self) -> bool {
        true
    }

    fn is_data_saved(&self) -> bool {
        false
    }

    fn wakes(&self) -> u64 {
        0
    }

    async fn changed(&self) {
        pending().await
    }
}
