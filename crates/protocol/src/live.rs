//! `GET /v1/live`: the messages of the live channel. Opens no socket.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{CollectionName, Cursor, PullPage};

/// The client's first message.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct LiveHello {
    /// The bearer token.
    pub token: String,
    /// What is followed, and from where.
    pub collections: BTreeMap<CollectionName, Option<Cursor>>,
}

/// What goes over the channel after the first message, in either direction.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LiveMessage {
    /// Something changed: a hint to pull (`None`), or the page itself.
    Changed(BTreeMap<CollectionName, Option<PullPage>>),
    /// Sent by the server every 20 s.
    Ping(u64),
    /// The client's answer.
    Pong(u64),
}
