//! Everything the engine needs of a browser, in one place, and what it needs of `pkg/`. Implements no port itself.

use std::rc::Rc;

use futures::future::LocalBoxFuture;
use js_sys::Array;
use syncline_core::ports;
use wasm_bindgen::prelude::*;

use crate::{
    backend::Backend, channel::Channel, clock::Clock, documents::Place, events::Events, idb::IndexedDb,
    lock::Lock, network::Network, random::Random, resolver::Resolver,
};

#[wasm_bindgen]
extern "C" {
    /// The object that `pkg/index.js` hands in: see `Session.host` in `pkg/session.js`.
    #[derive(Debug)]
    pub(crate) type JsHost;

    /// Tells a fact. Must not call back into this module before it returned.
    #[wasm_bindgen(method)]
    pub(crate) fn emit(this: &JsHost, kind: &str, fact: &JsValue);

    /// What `pkg/begin.js` did while this module was on its way: an `idb::Begun`, or undefined.
    #[wasm_bindgen(method, getter)]
    pub(crate) fn begun(this: &JsHost) -> JsValue;

    /// Whether anybody listens to what changes.
    #[wasm_bindgen(method, getter, js_name = hearsChanges)]
    pub(crate) fn hears_changes(this: &JsHost) -> Option<bool>;

    /// Tells that records of a collection changed, and which documents are to be dropped, by their numbers. `ids` is a JSON
    /// text of an array; an empty one: all of the collection; none: nobody listens. `origin` is one of `api.d.ts`. As with `emit`.
    #[wasm_bindgen(method)]
    pub(crate) fn changed(
        this: &JsHost,
        collection: Place,
        freed: Vec<u32>,
        ids: Option<String>,
        origin: &JsValue,
    );

    /// Keeps fresh documents under their numbers and gives the wanted ones (none: the fresh ones), in order; 0 is
    /// `undefined`. `texts` is the JSON text of an array of the fresh ones, as UTF-8; `purpose` a query's text, a live query's
    /// number or undefined.
    #[wasm_bindgen(method)]
    pub(crate) fn take(
        this: &JsHost,
        collection: Place,
        wanted: Vec<u32>,
        fresh: Vec<u32>,
        texts: &[u8],
        purpose: JsValue,
    ) -> Array;

    /// Keeps one fresh document, given as JSON text in UTF-8, under its number.
    #[wasm_bindgen(method, js_name = takeOne)]
    pub(crate) fn take_one(this: &JsHost, collection: Place, number: u32, text: &[u8]);

    /// Asks the app for a document of its version; `doc` and what comes back are JSON texts.
    #[wasm_bindgen(method, catch)]
    pub(crate) fn migrate(this: &JsHost, collection: &str, doc: &str, from: u32) -> Result<String, JsValue>;

    /// Asks the app's function how a conflict, given as a JSON text, ends: the JSON text of a document or of null; undefined
    /// where there is no function.
    #[wasm_bindgen(method, catch)]
    pub(crate) async fn resolve(this: &JsHost, collection: &str, conflict: &str) -> Result<JsValue, JsValue>;

    /// Asks the app for a token.
    #[wasm_bindgen(method, catch)]
    pub(crate) async fn token(this: &JsHost) -> Result<JsValue, JsValue>;
}

/// The browser as a host.
pub(crate) struct Browser {
    pub(crate) backend: Option<Backend>,
    pub(crate) channel: Channel,
    pub(crate) events: Events,
    pub(crate) lock: Lock,
    pub(crate) network: Network,
    pub(crate) random: Random,
    pub(crate) resolver: Resolver,
}

impl Browser {
    /// Gathers the ports of one database.
    pub(crate) fn new(database: &str, disk: &IndexedDb, backend: Option<Backend>, events: Events) -> Self {
        let resolver = Resolver(Rc::clone(&events.host));
        Self {
            backend,
            channel: Channel::join(database, disk.appends()),
            events,
            lock: Lock::of(database),
            network: Network::new(),
            random: Random::default(),
            resolver,
        }
    }
}

impl ports::Host for Browser {
    type Disk = IndexedDb;
    type Backend = Backend;
    type Lock = Lock;

    fn backend(&self) -> Option<&Backend> {
        self.backend.as_ref()
    }

    fn channel(&self) -> &impl ports::Channel {
        &self.channel
    }

    fn clock(&self) -> &impl ports::Clock {
        &Clock
    }

    fn events(&self) -> &impl ports::Events {
        &self.events
    }

    fn lock(&self) -> &Lock {
        &self.lock
    }

    fn migrator(&self) -> &impl ports::Migrator {
        &self.events
    }

    fn network(&self) -> &impl ports::Network {
        &self.network
    }

    fn random(&self) -> &impl ports::Random {
        &self.random
    }

    fn resolver(&self) -> &impl ports::Resolver {
        &self.resolver
    }

    fn spawn(&self, future: LocalBoxFuture<'static, ()>) {
        wasm_bindgen_futures::spawn_local(future);
    }
}
