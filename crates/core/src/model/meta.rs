//! The small rows about the database itself. One row type per fact that changes by itself.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use syncline_protocol::{Cursor, DeviceId, Millis};
use syncline_store::{Key, Part};

use super::keys::meta_key;

/// A meta row of which there is one.
pub trait Single: DeserializeOwned + Serialize {
    /// Its key.
    fn key() -> Key;
}

macro_rules! single {
    ($type:ty, $name:literal) => {
        impl Single for $type {
            fn key() -> Key {
                meta_key($name)
            }
        }
    };
}

/// Who this database belongs to.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Identity {
    /// This browser profile.
    pub device: DeviceId,
    /// Whose data it is, once somebody said so.
    pub account: Option<String>,
}
single!(Identity, "identity");

/// Who syncs: each leadership has its epoch, which fences off a leader that was frozen and thawed.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Leadership {
    /// Grows by one at every change of leader.
    pub epoch: u64,
}
single!(Leadership, "leadership");

/// How the last attempts to sync ended, so that a restarted service worker neither hammers nor forgets.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct RetryState {
    /// Failures in a row.
    pub failures: u32,
    /// Not before this moment.
    pub next_at: Option<Millis>,
}
single!(RetryState, "retry");

/// How the wait for the next attempt came about. With the moment at which it ends that says when it began, so that a clock
/// that is put back makes no wait longer.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct RetryWait {
    /// How long it is.
    pub milliseconds: u64,
    /// Whether the server asked for it: then only somebody who asks for a sync cuts it short.
    pub is_asked: bool,
}
single!(RetryWait, "retry-wait");

/// How far this device's clock is from the server's.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Skew {
    /// Server time minus device time, in milliseconds.
    pub milliseconds: i64,
}
single!(Skew, "skew");

/// What turned out damaged and was mended as far as that goes, so that it happens once per part and device.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Mended {
    /// The parts.
    pub parts: BTreeSet<Part>,
}
single!(Mended, "mended");

/// What sync knows of one collection.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct CollectionState {
    /// Whether the user opted in.
    pub is_enabled: bool,
    /// Where the next pull starts.
    pub cursor: Option<Cursor>,
    /// When a cycle last ended well.
    pub last_synced_at: Option<Millis>,
}

/// What is in one collection, kept current by every plan, so that no status scans anything.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Tally {
    /// Records as the user sees them.
    pub records: u64,
    /// Queued changes.
    pub pending: u64,
    /// Parked changes.
    pub parked: u64,
}
