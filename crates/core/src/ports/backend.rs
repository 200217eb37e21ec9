//! What a server is to the engine. Knows no wire.

use syncline_protocol::{Change, CollectionName, Cursor, DeviceId, Millis, PullPage, PushResult};

use crate::model::Error;

/// A collection and where to pull it from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Wanted {
    /// Which collection.
    pub collection: CollectionName,
    /// Where from; `None`: from nothing.
    pub cursor: Option<Cursor>,
}

/// What a pull gave.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Pulled {
    /// A page for each collection wanted; none for a collection means that nothing is new.
    pub pages: Vec<(CollectionName, PullPage)>,
    /// The server's time, where it says so.
    pub now: Option<Millis>,
}

/// What a push gave.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Pushed {
    /// Results by change id; a change without one is in doubt.
    pub results: Vec<PushResult>,
    /// The server's time, where it says so.
    pub now: Option<Millis>,
}

/// Word from the live channel.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Hint {
    /// The channel lives.
    Alive,
    /// Something may have changed.
    Changed,
    /// The channel is up: hints arrive from here on.
    Connected,
}

/// What went over the network since the client was opened.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Traffic {
    /// Requests sent.
    pub requests: u64,
    /// Bytes of their bodies.
    pub sent: u64,
    /// Bytes of the answers' bodies.
    pub received: u64,
}

/// A server, or whatever stands for one.
///
/// # Contract
/// - Conflicts, refusals and doubts about single changes come back inside `Ok`; `Err` is what stopped us from getting an
///   answer, and then each change may or may not have taken effect.
/// - A push of nothing is answered wherever pushes are taken at all.
/// - The same change, sent again under the same id, has no second effect.
/// - Pulls are at least once: records may come again; a cursor never passes over a record that was not given.
/// - After a pull with `snapshot`, all its pages together are everything there is.
/// - Dropping any of the futures stops the request; what it asked for may still happen.
#[allow(async_fn_in_trait, reason = "everything is on one thread")]
pub trait Backend {
    /// Asks what changed.
    async fn pull(&self, wanted: &[Wanted], limit: usize) -> Result<Pulled, Error>;

    /// Sends changes.
    async fn push(&self, device: &DeviceId, changes: &[Change]) -> Result<Pushed, Error>;

    /// Whether changes may come as patches of the version they were made on; else they are whole documents.
    fn takes_patches(&self) -> bool {
        false
    }

    /// Listens for hints until the channel ends; `Ok(false)`: this backend has none.
    async fn watch(&self, wanted: &[Wanted], hint: &dyn Fn(Hint)) -> Result<bool, Error>;

    /// What went over the network so far.
    fn traffic(&self) -> Traffic;
}
