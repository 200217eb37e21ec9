//! A connection to the database that can die: rexie's for reads, and one of our own for writes.
//! Does not read or write.

use std::cell::{Cell, RefCell};
use std::pin::pin;
use std::rc::Rc;

use futures::FutureExt as _;
use futures::channel::oneshot;
use futures::future::{Either, LocalBoxFuture, Shared, join, ready, select};
use gloo_timers::future::TimeoutFuture;
use idb::Factory;
use rexie::Rexie;
use syncline_store::DiskError;
use wasm_bindgen::prelude::{Closure, JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Event, IdbDatabase, IdbFactory, IdbVersionChangeEvent};

use super::error::{classify, classify_idb, classify_opening};
use super::schema::{self, VERSION};
use super::signal::Signal;

/// How long one try to open the end that reads beside the one that writes may take, in milliseconds.
const READER_PATIENCE: u32 = 2_000;
/// How often that is tried: what a page asked for while it was left may never be answered.
const READER_TRIES: usize = 3;
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
    name: String,
    /// `None` before it is needed.
    reader: RefCell<Option<OpeningReader>>,
    pub(super) database: IdbDatabase,
    life: Rc<Cell<Life>>,
    _handlers: [Closure<dyn FnMut(Event)>; 2],
}

type OpeningReader = Shared<LocalBoxFuture<'static, Result<Rc<Reader>, DiskError>>>;

/// The end that reads; closed when it is dropped.
pub(super) struct Reader(Option<Rexie>);

impl Reader {
    pub(super) fn rexie(&self) -> Result<&Rexie, DiskError> {
        self.0.as_ref().ok_or(DiskError::Closed)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(rexie) = self.0.take() {
            rexie.close();
        }
    }
}

impl Connection {
    /// Opens the database, and makes it where there is none.
    pub(super) async fn open(name: &str, patience: u32) -> Result<Self, DiskError> {
        let name = name.to_owned();
        let opening = async move {
            // Both are asked for at once. Requests for one database are served in order, so rexie makes what is missing.
            let (rexie, database) = join(schema::open(&name), open_existing(&name)).await;
            Ok(Self::new(&name, Some(Reader(Some(rexie?))), database?))
        };
        in_time(opening, patience).await
    }

    /// Opens a database that was open before, and makes none where there is none any more.
    pub(super) async fn open_again(name: &str, patience: u32) -> Result<Self, DiskError> {
        let name = name.to_owned();
        let opening = async move {
            let (database, reader) = open_both(&name).await?;
            Ok(Self::new(&name, Some(reader), database))
        };
        in_time(opening, patience).await
    }

    /// Takes over a connection that was opened elsewhere. The end that reads is opened when it is needed.
    pub(super) fn of_open(name: &str, database: IdbDatabase) -> Self {
        Self::new(name, None, database)
    }

    /// The end that reads.
    pub(super) async fn reader(&self) -> Result<Rc<Reader>, DiskError> {
        let mut reader = Err(DiskError::Closed);
        for _try in 0..READER_TRIES {
            if self.life() != Life::Alive {
                return Err(DiskError::Closed);
            }
            let opening = {
                let mut known = self.reader.borrow_mut();
                known.get_or_insert_with(|| open_reader(self.name.clone())).clone()
            };
            reader = opening.clone().await;
            if reader.is_ok() {
                break;
            }
            // One failure is not to be everybody's for good.
            self.reader.borrow_mut().take_if(|known| known.ptr_eq(&opening));
        }
        // What was opened behind a deletion is another database.
        if self.life() == Life::Alive { reader } else { Err(DiskError::Closed) }
    }

    fn new(name: &str, reader: Option<Reader>, database: IdbDatabase) -> Self {
        let reader = reader.map(|reader| ready(Ok(Rc::new(reader))).boxed_local().shared());
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
        let (name, reader) = (name.to_owned(), RefCell::new(reader));
        Self { name, reader, database, life, _handlers: [versionchange, close] }
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

/// Opens the end that reads, to a database that is there.
fn open_reader(name: String) -> OpeningReader {
    let opening = async move {
        let (database, reader) = open_both(&name).await?;
        database.close();
        Ok(Rc::new(reader))
    };
    in_time(opening, READER_PATIENCE).boxed_local().shared()
}

/// Opens a database that is there, and makes none: rexie alone would make one where it waits behind a deletion.
async fn open_both(name: &str) -> Result<(IdbDatabase, Reader), DiskError> {
    let database = open_existing(name).await?;
    let reader = schema::open(name).await.map(|rexie| Reader(Some(rexie)));
    if reader.is_err() {
        database.close();
    }
    Ok((database, reader?))
}

/// Opens a connection of our own to a database that rexie made.
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
