//! What goes over the wire: ids, versions, messages and problem codes of `syncline/1`.
//! Knows no transport, no storage and no decision; only shapes, their limits and their JSON.

mod config;
mod ids;
mod json;
mod limits;
mod live;
mod patch;
mod problem;
mod pull;
mod push;
mod session;
mod time;
mod version;

pub use config::{ServerConfig, SyncSettings};
pub use ids::{ChangeId, CollectionName, Cursor, DeviceId, InvalidId, RecordId};
pub use json::JsonText;
pub use limits::{Limits, MAX_ID_CHARACTERS};
pub use live::{LiveHello, LiveMessage};
pub use patch::{merge_patch, patch_text};
pub use problem::{Problem, ProblemCode};
pub use pull::{CollectionCursor, PullPage, PullRequest, PullResponse, RemoteRecord};
pub use push::{Change, Op, PushRequest, PushResponse, PushResult, UnknownPushStatus};
pub use session::{Credentials, RefreshRequest, Tokens};
pub use time::Millis;
pub use version::Version;

/// Names the protocol that this crate speaks, as `/v1/config` says it.
pub const PROTOCOL: &str = "syncline/1";
