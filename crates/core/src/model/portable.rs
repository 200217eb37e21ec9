//! The lines of an exported file, as `docs/export.md` describes them. Reads no file and no row.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use syncline_protocol::{CollectionName, DeviceId, Millis, RecordId};

use super::{Base, CollectionState, ParkedRow, QueueRow};

/// The version of the format that this writes, and the newest that it reads.
pub const EXPORT_FORMAT: u32 = 1;

/// One line: a JSON object whose member `kind` says which.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "lowercase", tag = "kind")]
#[allow(clippy::large_enum_variant, reason = "one line at a time")]
pub enum Line<'a> {
    /// The first one.
    Header(Header),
    /// What sync knows of a collection.
    Collection {
        /// Which.
        collection: CollectionName,
        /// Whether it is on, and how far it is.
        state: CollectionState,
    },
    /// A queued change, or one in conflict.
    Queued {
        /// Where the record is.
        collection: CollectionName,
        /// Which record.
        record: RecordId,
        /// The change.
        #[serde(borrow)]
        row: QueueRow<'a>,
    },
    /// A change that the server refused.
    Parked {
        /// The change.
        #[serde(borrow)]
        row: ParkedRow<'a>,
    },
    /// A record as the server confirmed it.
    Record {
        /// Where it is.
        collection: CollectionName,
        /// Which.
        record: RecordId,
        /// The record.
        #[serde(borrow)]
        row: Base<'a>,
    },
    /// The last one: a file without it was cut.
    End {
        /// How many lines are before it.
        lines: u64,
    },
}

/// What a file is, and where it comes from.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Header {
    /// Always `syncline-export`.
    pub format: Cow<'static, str>,
    /// The version of the format.
    pub version: u32,
    /// The database.
    pub name: String,
    /// Whose data it is.
    pub account: Option<String>,
    /// The device it was made on.
    pub device: DeviceId,
    /// When, by that device's clock.
    pub exported_at: Millis,
}

/// What a header of ours says of itself.
pub const EXPORT_NAME: &str = "syncline-export";
