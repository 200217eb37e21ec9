//! `Disk` over IndexedDB: each call is one transaction, made again once where the connection turns out to be dead.
//! Does not say how a transaction is made.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use gloo_timers::future::TimeoutFuture;
use syncline_store::{
    Append, Blobs, Compacted, Compaction, Disk, DiskError, Entries, Generation, Head, Loaded, PageId, Pages,
    Sequence, Tail,
};

use super::ahead::{Ahead, Begun};
use super::appends::Appends;
use super::commit::{self, Added, Others};
use super::compact::{self, Replaced};
use super::connection::{Connection, Life};
use super::error::Failure;
use super::reading;

/// How long opening may take, in milliseconds.
const PATIENCE: u32 = 10_000;
/// How long pages that were read ahead are kept for whoever asks for them, in milliseconds.
const AHEAD: u32 = 2_000;

/// A context's handle on a database in IndexedDB.
pub struct IndexedDb {
    name: String,
    patience: u32,
    /// `None` once it was closed for good.
    connection: RefCell<Option<Rc<Connection>>>,
    /// What was read before this was opened, for as long as it is of use.
    ahead: Rc<RefCell<Option<Ahead>>>,
    appends: Rc<Appends>,
}

impl IndexedDb {
    /// Opens the database of this name, and makes it where there is none.
    ///
    /// # Errors
    /// `Unavailable` where the browser has no storage for us, `NewerFormat` where a newer program upgraded it, `Blocked` where
    /// another context holds up its deletion for ten seconds.
    pub async fn open(name: &str) -> Result<Self, DiskError> {
        Self::open_within(name, PATIENCE).await
    }

    /// The same, with another patience, in milliseconds.
    ///
    /// # Errors
    /// As `open`.
    pub async fn open_within(name: &str, patience: u32) -> Result<Self, DiskError> {
        let connection = RefCell::new(Some(Rc::new(Connection::open(name, patience).await?)));
        Ok(Self { name: name.to_owned(), patience, connection, ahead: Rc::default(), appends: Rc::default() })
    }

    /// Takes over what `pkg/begin.js` has opened and read.
    pub fn of_begun(name: &str, begun: &Begun) -> Self {
        let connection = Connection::of_open(begun.database());
        // What cannot be made sense of is read again, and said then.
        let ahead = Rc::new(RefCell::new(Ahead::of(begun).ok()));
        let kept = Rc::clone(&ahead);
        Timeout::new(AHEAD, move || drop(kept.take())).forget();
        Self {
            name: name.to_owned(),
            patience: PATIENCE,
            connection: RefCell::new(Some(Rc::new(connection))),
            ahead,
            appends: Rc::default(),
        }
    }

    /// What this appends, for whoever has to know how long that takes.
    pub fn appends(&self) -> &Rc<Appends> {
        &self.appends
    }

    /// Closes the database; every later call fails with `Closed`. Transactions under way end as they would have.
    pub fn close(&self) {
        drop(self.connection.take());
    }

    /// Calls the database, and once more on a new connection where the old one was dead.
    async fn call<T>(
        &self,
        mut act: impl AsyncFnMut(&Connection) -> Result<T, Failure>,
    ) -> Result<T, DiskError> {
        let connection = self.connection()?;
        let failure = match act(&connection).await {
            Ok(done) => return Ok(done),
            Err(failure) => failure,
        };
        if failure.error == DiskError::Aborted && connection.life() == Life::Alive {
            // A browser that ends a connection undoes its transactions first, and says a turn later that it is closed
            // (https://w3c.github.io/IndexedDB/#closing-connection).
            TimeoutFuture::new(0).await;
        }
        if !is_dead(&failure, connection.life()) {
            return Err(failure.error);
        }
        let connection = self.reopen(&connection).await?;
        act(&connection).await.map_err(|failure| failure.error)
    }

    async fn tail_after(&self, after: Sequence) -> Result<(Head, Entries), DiskError> {
        self.call(async |connection| reading::tail(&connection.database, after).await).await
    }

    fn connection(&self) -> Result<Rc<Connection>, DiskError> {
        self.connection.borrow().clone().ok_or(DiskError::Closed)
    }

    async fn reopen(&self, dead: &Rc<Connection>) -> Result<Rc<Connection>, DiskError> {
        if dead.life() == Life::Deleted {
            return Err(DiskError::Closed);
        }
        let other = self.connection()?;
        if !Rc::ptr_eq(&other, dead) {
            // Another call has opened one meanwhile.
            return Ok(other);
        }
        let opened = Rc::new(Connection::open_again(&self.name, self.patience).await?);
        let mut connection = self.connection.borrow_mut();
        if connection.is_none() {
            return Err(DiskError::Closed);
        }
        *connection = Some(Rc::clone(&opened));
        Ok(opened)
    }
}

/// Answers whether a call failed because its connection was dead, and left no trace.
///
/// Browsers end connections of pages that were in the background, and say so only to those who try: `InvalidStateError`,
/// in Safari also `UnknownError` (<https://bugs.webkit.org/show_bug.cgi?id=197050>).
fn is_dead(failure: &Failure, life: Life) -> bool {
    failure.is_undone
        && match &failure.error {
            DiskError::Closed => true,
            DiskError::Other { name, .. } => name == "UnknownError",
            DiskError::Aborted => life != Life::Alive,
            _ => false,
        }
}

impl Disk for IndexedDb {
    async fn load(&self) -> Result<Loaded, DiskError> {
        let ahead = self.ahead.borrow_mut().as_mut().and_then(Ahead::take_loaded);
        if let Some(loaded) = ahead {
            return Ok(loaded);
        }
        self.call(async |connection| reading::load(&connection.database, Sequence(0)).await).await
    }

    async fn refresh(&self, after: Sequence) -> Result<Loaded, DiskError> {
        self.call(async |connection| reading::load(&connection.database, after).await).await
    }

    async fn tail(&self, generation: Generation, after: Sequence) -> Result<Tail, DiskError> {
        let (head, entries) = self.tail_after(after).await?;
        Ok(if head.generation == generation { Tail::Entries(entries) } else { Tail::Compacted })
    }

    async fn append(
        &self,
        _generation: Generation,
        after: Sequence,
        entry: &[u8],
    ) -> Result<Append, DiskError> {
        let _under_way = self.appends.begin();
        let number = after.next();
        match self.call(async |connection| commit::add(&connection.database, number, entry).await).await? {
            Added::Beside(head) if head.through < number => Ok(Append::Appended(number)),
            // The entry never counts, and the next compaction takes it away.
            Added::Beside(_) => Ok(Append::Compacted),
            Added::Taken => {
                let (head, entries) = self.tail_after(after).await?;
                Ok(if head.through > after { Append::Compacted } else { Append::Behind(entries) })
            }
        }
    }

    async fn append_after_tail(
        &self,
        generation: Generation,
        after: Sequence,
        decide: &mut dyn FnMut(&Entries) -> Option<Vec<u8>>,
    ) -> Result<Append, DiskError> {
        self.append_after_reading(generation, after, &[], &mut |entries, _pages| decide(entries)).await
    }

    async fn append_after_reading(
        &self,
        generation: Generation,
        after: Sequence,
        pages: &[PageId],
        decide: &mut dyn FnMut(&Entries, Blobs) -> Option<Vec<u8>>,
    ) -> Result<Append, DiskError> {
        let _under_way = self.appends.begin();
        // Who only lacks pages mostly finds nobody before it; whoever does reads what they wrote too.
        let believed = [Others::Doubted, Others::Read];
        let ways = if pages.is_empty() { believed.get(1..).unwrap_or_default() } else { &believed };
        for others in ways {
            let append = async |connection: &Connection| {
                let place = (generation, after);
                commit::append_after_reading(&connection.database, place, pages, *others, decide).await
            };
            if let Some(appended) = self.call(append).await? {
                return Ok(appended);
            }
        }
        // The entries were read in the same transaction, so the number behind them was free.
        Err(DiskError::Aborted)
    }

    async fn pages(&self, generation: Generation, ids: &[PageId]) -> Result<Pages, DiskError> {
        let ahead = self.ahead.borrow_mut().as_mut().and_then(|ahead| ahead.take_pages(generation, ids));
        if let Some(pages) = ahead {
            return Ok(Pages::Found(pages));
        }
        let read = async |connection: &Connection| reading::pages(&connection.database, ids).await;
        let (head, pages) = self.call(read).await?;
        Ok(Pages::found(pages, head.generation == generation))
    }

    async fn damaged_entry(&self, entry: Sequence) -> Result<Option<Rc<[u8]>>, DiskError> {
        self.call(async |connection| reading::set_aside(&connection.database, entry).await).await
    }

    async fn compact(&self, compaction: &Compaction) -> Result<Compacted, DiskError> {
        let replaced =
            self.call(async |connection| compact::replace(&connection.database, compaction).await).await?;
        let Replaced::Done(mut rest) = replaced else { return Ok(Compacted::Stale) };
        while let Some(last) = rest {
            let clear = async |connection: &Connection| {
                compact::clear(&connection.database, last, compaction.through).await
            };
            // What stays does not count, and goes with the next compaction.
            rest = self.call(clear).await.unwrap_or_default();
        }
        Ok(Compacted::Done)
    }

    async fn flush(&self) -> Result<(), DiskError> {
        self.call(async |connection| commit::flush(&connection.database).await).await
    }
}

impl fmt::Debug for IndexedDb {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("IndexedDb").field("name", &self.name).finish_non_exhaustive()
    }
}
