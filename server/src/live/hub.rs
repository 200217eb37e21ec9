//! Who listens for whose commits, and the word that the server ends. Talks to no socket.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use syncline_protocol::CollectionName;
use tokio::{
    sync::{broadcast, watch},
    time::timeout,
};

use crate::auth::UserId;

/// Live sockets of one user at once; several devices with several contexts each.
const SOCKETS_PER_USER: usize = 64;

/// Hints a slow socket may be behind before it is told that everything changed.
const BACKLOG: usize = 16;

/// The collections that a commit changed.
pub(super) type Hint = Arc<BTreeSet<CollectionName>>;

/// Passes hints from commits to sockets.
#[derive(Debug)]
pub(crate) struct Hub {
    listeners: Mutex<HashMap<UserId, broadcast::Sender<Hint>>>,
    closing: watch::Sender<bool>,
}

/// One who takes part, until it is dropped.
#[derive(Debug)]
pub(crate) struct Presence(watch::Receiver<bool>);

impl Presence {
    /// Resolves when the server ends.
    pub(crate) async fn closed(&mut self) {
        // The sender is gone only with the hub itself, which ends everything as well.
        let _ = self.0.wait_for(|is_closing| *is_closing).await;
    }
}

impl Default for Hub {
    fn default() -> Self {
        Self { listeners: Mutex::default(), closing: watch::Sender::new(false) }
    }
}

impl Hub {
    /// Listens for a user's commits; `None` where too many do.
    pub(super) fn listen(&self, user: UserId) -> Option<broadcast::Receiver<Hint>> {
        let mut listeners = self.listeners();
        let sender = listeners.entry(user).or_insert_with(|| broadcast::channel(BACKLOG).0);
        (sender.receiver_count() < SOCKETS_PER_USER).then(|| sender.subscribe())
    }

    /// Tells a user's sockets that those collections changed.
    pub(crate) fn tell(&self, user: UserId, changed: BTreeSet<CollectionName>) {
        let mut listeners = self.listeners();
        // Sending fails where nobody listens any more.
        if listeners.get(&user).is_some_and(|sender| sender.send(Arc::new(changed)).is_err()) {
            listeners.remove(&user);
        }
    }

    /// Tells every socket that the server ends.
    pub(crate) fn close(&self) {
        self.closing.send_replace(true);
    }

    /// Takes part: learns of the server's end, which waits until all who take part are gone.
    pub(crate) fn join(&self) -> Presence {
        Presence(self.closing.subscribe())
    }

    /// Waits until all who took part are gone, or for that long.
    pub(crate) async fn drained(&self, at_most: Duration) {
        // What is not gone by then is cut off.
        let _ = timeout(at_most, self.closing.closed()).await;
    }

    /// How many sockets listen for a user's commits.
    #[cfg(test)]
    pub(super) fn listeners_of(&self, user: UserId) -> usize {
        self.listeners().get(&user).map_or(0, broadcast::Sender::receiver_count)
    }

    fn listeners(&self) -> MutexGuard<'_, HashMap<UserId, broadcast::Sender<Hint>>> {
        // No holder of the lock can leave the map half changed, so a panic elsewhere does not spoil it.
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
