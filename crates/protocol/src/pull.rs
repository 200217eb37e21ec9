//! `POST /v1/pull`: what changed since a cursor. Decides nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{CollectionName, Cursor, DeviceId, JsonText, Millis, RecordId, Version};

/// Where one collection is pulled from.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct CollectionCursor {
    /// The last cursor given; `None` starts from nothing.
    pub cursor: Option<Cursor>,
}

/// The body of a pull.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct PullRequest {
    /// What to pull, by collection.
    pub collections: BTreeMap<CollectionName, CollectionCursor>,
    /// Records per page at most.
    pub limit: usize,
}

/// The answer to a pull.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct PullResponse {
    /// A page for each collection asked for.
    pub collections: BTreeMap<CollectionName, PullPage>,
    /// The server's time.
    pub now: Millis,
}

/// Records in commit order, each once in its latest state. At least once: a known version is passed over.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct PullPage {
    /// What changed.
    pub records: Vec<RemoteRecord>,
    /// Where the next page starts.
    pub cursor: Cursor,
    /// Whether another page is there already.
    pub more: bool,
    /// Whether the pages are everything there is, so that what is absent is deleted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub snapshot: bool,
    /// Whether everything there is begins with this page: what pages before it named does not count.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub start: bool,
}

/// A record as the server has it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RemoteRecord {
    /// Which record.
    pub id: RecordId,
    /// Its version; may be absent for a deletion.
    pub version: Option<Version>,
    /// When it was last edited.
    pub edited_at: Millis,
    /// Who edited it last, where the server says so: it breaks ties of time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceId>,
    /// The document; `None`: deleted.
    pub data: Option<JsonText>,
}
