//! What the app says when it opens the database. Shapes and defaults only.

use std::collections::BTreeMap;

use serde::Deserialize;
use syncline_protocol::CollectionName;

use super::CollectionOptions;

/// The options of a database.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Options {
    /// Names the database.
    pub name: String,
    /// What is kept in it.
    pub collections: BTreeMap<CollectionName, CollectionOptions>,
    /// Whose data it is.
    #[serde(default)]
    pub account: Option<String>,
    /// When sync happens.
    #[serde(default)]
    pub schedule: Schedule,
    /// Bytes of decoded pages kept in memory.
    #[serde(default)]
    pub cache_bytes: Option<usize>,
}

/// When sync happens; all times in milliseconds.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Schedule {
    /// Between polls where no live channel is up.
    pub poll_interval: u64,
    /// Of quiet after a local change before it is pushed.
    pub debounce: u64,
    /// Whether hints of the server are listened to.
    pub live: bool,
    /// Bytes per second at most, both ways together.
    pub bandwidth: Option<u64>,
    /// What to do where the user asked for reduced data use.
    pub save_data: SaveData,
    /// Delays of retries.
    pub backoff: Backoff,
}

/// What to do where the user asked for reduced data use.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum SaveData {
    /// The same as everywhere.
    Ignore,
    /// Nothing by itself: only what is asked for.
    Pause,
    /// Polls 10 times as seldom, and no live channel.
    #[default]
    Slow,
}

impl Default for Schedule {
    fn default() -> Self {
        Self {
            poll_interval: 30_000,
            debounce: 100,
            live: true,
            bandwidth: None,
            save_data: SaveData::default(),
            backoff: Backoff::default(),
        }
    }
}

/// Bounds of the delay between retries, in milliseconds.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct Backoff {
    /// The upper bound of the first delay.
    pub base: u64,
    /// The upper bound of every delay.
    pub max: u64,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { base: 1_000, max: 300_000 }
    }
}
