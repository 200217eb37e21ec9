//! `GET /v1/config`: what a server speaks and takes, and the user's settings that follow to every device. Applies none.

use serde::{Deserialize, Serialize};

use crate::{CollectionName, Limits};

/// What a server says about itself, and about the user who asks.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ServerConfig {
    /// The protocol it speaks, as [`crate::PROTOCOL`] names it.
    pub protocol: String,
    /// The identity of its database.
    pub server: String,
    /// What requests and records may carry.
    pub limits: Limits,
    /// Whether `/v1/live` is there.
    pub live: bool,
    /// The collections it takes; `None`: any.
    pub collections: Option<Vec<CollectionName>>,
    /// Whether the user has paid for it.
    pub entitled: bool,
    /// The user's settings.
    pub sync: SyncSettings,
}

/// How a user wants to sync; what is `None` is up to the app.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct SyncSettings {
    /// Milliseconds between two polls.
    pub interval: Option<u64>,
    /// The name of a conflict strategy.
    pub conflict: Option<String>,
    /// Whether requests are compressed.
    pub compress: Option<bool>,
}
