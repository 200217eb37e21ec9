//! The status as the app sees it: one value. Computed elsewhere.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use syncline_protocol::{CollectionName, Millis};

/// The one word an indicator shows, worst first.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// No collection is enabled.
    Disabled,
    /// The server wants a token and there is none.
    SignedOut,
    /// The last attempt failed in a way that a connection does not explain.
    Error,
    /// There is no connection.
    Offline,
    /// A cycle is under way.
    Syncing,
    /// Changes wait for the next cycle.
    Pending,
    /// Nothing waits.
    Synced,
}

/// How news of the server arrive.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// By hints over the live channel.
    Live,
    /// By asking.
    #[default]
    Poll,
}

/// Which half of a cycle is under way.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Records come down.
    Pull,
    /// Changes go up.
    Push,
}

/// How far a cycle is.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Progress {
    /// Which half.
    pub phase: Phase,
    /// Which collection came last.
    pub collection: CollectionName,
    /// Records or changes done.
    pub done: u64,
    /// Of how many, where that is known.
    pub total: Option<u64>,
}

/// The last error that sync met, until it succeeds again.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct StatusError {
    /// An `ErrorCode` as the public API spells it.
    pub code: String,
    /// For a developer to read.
    pub message: String,
    /// When.
    pub at: Millis,
    /// In which collection, where it is of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collection: Option<CollectionName>,
}

/// Where one collection stands.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CollectionStatus {
    /// Whether the user opted in.
    pub enabled: bool,
    /// Queued changes.
    pub pending: u64,
    /// When a cycle last ended well.
    pub last_synced_at: Option<Millis>,
}

/// Where everything stands.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// The one word.
    pub state: State,
    /// Queued changes of all collections.
    pub pending: u64,
    /// Parked changes of all collections.
    pub parked: u64,
    /// Conflicts that wait for somebody's choice.
    pub conflicts: u64,
    /// When every enabled collection was last synced.
    pub last_synced_at: Option<Millis>,
    /// When the next cycle is due by itself.
    pub next_sync_at: Option<Millis>,
    /// How far the cycle under way is.
    pub progress: Option<Progress>,
    /// The last error, until sync succeeds again.
    pub error: Option<StatusError>,
    /// Whether this context is the one that syncs.
    pub leader: bool,
    /// How news arrive.
    pub channel: Channel,
    /// Each collection by itself.
    pub collections: BTreeMap<CollectionName, CollectionStatus>,
}

/// Where one record stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecordState {
    /// There is no such record.
    Absent,
    /// Its change waits for somebody's choice.
    Conflict,
    /// Its change is on its way.
    InFlight,
    /// Its change was refused.
    Parked,
    /// Its change waits.
    Pending,
    /// The server has it as it is here.
    Synced,
}
