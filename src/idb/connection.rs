//! A connection to the database that can die. Does not read or write.

use std::cell::Cell;
use std::pin::pin;
use std::rc::Rc;

use futures::channel::oneshot;
use futures::future::{Either, join, select};
use gloo_timers::future::TimeoutFuture;
use idb::Factory;
use syncline_store::DiskError;
use wasm_bindgen::prelude::{Closure, JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Event, IdbDatabase, IdbFactory, IdbVersionChangeEvent};

use super::error::{classify, classify_idb, classify_opening};
use super::schema::{self, VERSION};
use super::signal::Signal;

/// How long a deletion waits for other contexts to let go, in milliseconds.
const PATIENCE: u32 = 3_000;

/// Whether a connection can be used, and whether making another one makes sense.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Life {
    /// It was not closed, as far as anyone said.
    Alive,
    /// The browser or an upgrade closed it.
    Closed,
    /// The database was deleted: one made anew under its name would not be the one that was opened.
    Deleted,
}

/// An open connection; closed when it is dropped.
pub(super) struct Connection {
    pub(super) database: IdbDatabase,
    life: Rc<Cell<Life>>,
    _handlers: [Closure<dyn FnMut(Event)>; 2],
}

impl Connection {
    /// Opens the database, and makes it where there is none.
    pub(super) async fn open(name: &str, patience: u32) -> Result<Self, DiskError> {
        let name = name.to_owned();
        let opening = async move {
            // Both are asked for at once. Requests for one database are served in order, so rexie makes what is missing.
            let (rexie, database) = join(schema::open(&name), open_existing(&name)).await;
            // Whatever becomes of rexie's, ours is closed where it is not given away.
            let opened = database.map(Self::of_open);
            rexie?.close();
            opened
        };
        in_time(opening, patience).await
    }

    /// Opens a database that was open before, and makes none where there is none any more.
    pub(super) async fn open_again(name: &str, patience: u32) -> Result<Self, DiskError> {
        let name = name.to_owned();
        in_time(async move { open_existing(&name).await.map(Self::of_open) }, patience).await
    }

    /// Takes over a connection that is open.
    pub(super) fn of_open(database: IdbDatabase) -> Self {
        let life = Rc::new(Cell::new(Life::Alive));
        let (changed, closed, connection) = (Rc::clone(&life), Rc::clone(&life), database.clone());
        let versionchange: Closure<dyn FnMut(Event)> = Closure::new(move |event: Event| {
            // Without a new version somebody deletes the database; either way they wait until everybody lets go.
            let version =
                event.dyn_ref::<IdbVersionChangeEvent>().and_then(IdbVersionChangeEvent::new_version);
            changed.set(if version.is_some() { Life::Closed } else { Life::Deleted });
            connection.close();
        });
        let close: Closure<dyn FnMut(Event)> = Closure::new(move |_event| closed.set(Life::Closed));
        database.set_onversionchange(Some(versionchange.as_ref().unchecked_ref()));
        database.set_onclose(Some(close.as_ref().unchecked_ref()));
        Self { database, life, _handlers: [versionchange, close] }
    }

    pub(super) fn life(&self) -> Life {
        self.life.get()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.database.set_onversionchange(None);
        self.database.set_onclose(None);
        self.database.close();
    }
}

/// Deletes a database and everything in it. Contexts that have it open let go of it.
///
/// # Errors
/// `Blocked` where a context does not let go for three seconds; the database is deleted as soon as it does.
pub async fn delete(name: &str) -> Result<(), DiskError> {
    let request = factory()?.delete_database(name).map_err(|error| classify_opening(&error))?;
    // Others are told by `versionchange` and let go, but their transactions end first: `blocked` alone says little.
    let patience = pin!(TimeoutFuture::new(PATIENCE));
    match select(Signal::of_request(&request), patience).await {
        Either::Left((deleted, _)) => deleted.map(drop).map_err(|error| classify(&error)),
        Either::Right(_) => Err(DiskError::Blocked),
    }
}

/// Waits for a connection that many milliseconds. Whoever stands behind a deletion that another context holds up is told
/// nothing (<https://w3c.github.io/IndexedDB/#connection-queues>). A connection that comes too late is closed.
async fn in_time<T: 'static>(
    opening: impl Future<Output = Result<T, DiskError>> + 'static,
    patience: u32,
) -> Result<T, DiskError> {
    let (sender, opened) = oneshot::channel();
    spawn_local(async move { drop(sender.send(opening.await)) });
    match select(opened, pin!(TimeoutFuture::new(patience))).await {
        Either::Left((Ok(opened), _)) => opened,
        _ => Err(DiskError::Blocked),
    }
}

/// Opens a database that is there, and makes none. It is a connection of our own: rexie gives no access to its.
async fn open_existing(name: &str) -> Result<IdbDatabase, DiskError> {
    let request = factory()?.open_with_u32(name, VERSION).map_err(|error| classify_opening(&error))?;
    let upgrade = request.clone();
    let is_missing = Rc::new(Cell::new(false));
    let missing = Rc::clone(&is_missing);
    let on_upgrade: Closure<dyn FnMut(Event)> = Closure::new(move |_event| {
        // There is no database. Undoing the upgrade leaves none behind, rather than one without object stores.
        missing.set(true);
        if let Some(transaction) = upgrade.transaction() {
            let _is_undone = transaction.abort();
        }
    });
    request.set_onupgradeneeded(Some(on_upgrade.as_ref().unchecked_ref()));
    let opened = Signal::of_request(&request).await;
    request.set_onupgradeneeded(None);
    let opened = opened
        .map_err(|error| if is_missing.get() { DiskError::Closed } else { classify_opening(&error) })?;
    opened.dyn_into().map_err(|_value: JsValue| DiskError::Unavailable)
}

fn factory() -> Result<IdbFactory, DiskError> {
    Ok(Factory::new().map_err(|error| classify_idb(&error))?.into())
}
