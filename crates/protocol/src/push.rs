//! `POST /v1/push`: changes going up and what became of each. Decides nothing.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{ChangeId, CollectionName, DeviceId, JsonText, Millis, RecordId, RemoteRecord, Version};

/// What a change does to its record.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Op {
    /// Removes the record.
    Delete,
    /// Applies an RFC 7396 merge patch to the base version.
    Patch,
    /// Sets the whole document.
    Put,
}

/// One queued edit as it goes over the wire.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// Stable over retries: the idempotency key.
    pub id: ChangeId,
    /// Where the record is.
    pub collection: CollectionName,
    /// Which record it is.
    pub record: RecordId,
    /// What is done to it.
    pub op: Op,
    /// The version this edit was made on; `None`: the record is new.
    pub base: Option<Version>,
    /// The document or the patch; none for a delete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<JsonText>,
    /// When it was edited, corrected for the device's clock skew.
    pub edited_at: Millis,
}

/// The body of a push.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct PushRequest {
    /// Who sends.
    pub device: DeviceId,
    /// In the order in which they are applied.
    pub changes: Vec<Change>,
}

/// The answer to a push.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct PushResponse {
    /// One result per change, in the same order.
    pub results: Vec<PushResult>,
    /// The server's time.
    pub now: Millis,
}

/// What became of one change.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(into = "wire::FlatResult", try_from = "wire::FlatResult")]
pub enum PushResult {
    /// Taken; the record is at this version.
    Applied {
        /// Which change.
        id: ChangeId,
        /// The version it made.
        version: Version,
    },
    /// Made on a version that is not the current one.
    Conflict {
        /// Which change.
        id: ChangeId,
        /// The current record; `data` none where it is deleted.
        record: RemoteRecord,
    },
    /// May or may not have happened: to be sent again under the same id.
    InDoubt {
        /// Which change.
        id: ChangeId,
        /// Milliseconds to wait first.
        retry_after: Option<u64>,
    },
    /// Refused for good.
    Rejected {
        /// Which change.
        id: ChangeId,
        /// A problem code.
        code: String,
        /// For a person to read.
        message: String,
    },
}

impl PushResult {
    /// Which change this is about.
    pub fn id(&self) -> &ChangeId {
        match self {
            Self::Applied { id, .. }
            | Self::Conflict { id, .. }
            | Self::InDoubt { id, .. }
            | Self::Rejected { id, .. } => id,
        }
    }
}

/// A push result with a status, or a set of fields, that this protocol does not have.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("push result with status `{0}` lacks its fields or is unknown")]
pub struct UnknownPushStatus(pub String);

/// The JSON shape of a result. One flat struct, because serde buffers internally tagged enums and raw JSON texts do
/// not survive that (<https://github.com/serde-rs/json/issues/545>).
mod wire {
    use super::{ChangeId, Deserialize, PushResult, RemoteRecord, Serialize, UnknownPushStatus, Version};

    #[derive(Deserialize, Serialize)]
    #[serde(rename_all = "camelCase")]
    pub(super) struct FlatResult {
        id: ChangeId,
        status: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        version: Option<Version>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        record: Option<RemoteRecord>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<u64>,
    }

    impl From<PushResult> for FlatResult {
        fn from(result: PushResult) -> Self {
            let flat = |id, status: &str| Self {
                id,
                status: status.to_owned(),
                version: None,
                record: None,
                code: None,
                message: None,
                retry_after: None,
            };
            match result {
                PushResult::Applied { id, version } => Self { version: Some(version), ..flat(id, "applied") },
                PushResult::Conflict { id, record } => Self { record: Some(record), ..flat(id, "conflict") },
                PushResult::InDoubt { id, retry_after } => Self { retry_after, ..flat(id, "in-doubt") },
                PushResult::Rejected { id, code, message } => {
                    Self { code: Some(code), message: Some(message), ..flat(id, "rejected") }
                }
            }
        }
    }

    impl TryFrom<FlatResult> for PushResult {
        type Error = UnknownPushStatus;

        fn try_from(flat: FlatResult) -> Result<Self, UnknownPushStatus> {
            let FlatResult { id, status, version, record, code, message, retry_after } = flat;
            match (status.as_str(), version, record, code) {
                ("applied", Some(version), _, _) => Ok(Self::Applied { id, version }),
                ("conflict", _, Some(record), _) => Ok(Self::Conflict { id, record }),
                ("in-doubt", _, _, _) => Ok(Self::InDoubt { id, retry_after }),
                ("rejected", _, _, Some(code)) => {
                    Ok(Self::Rejected { id, code, message: message.unwrap_or_default() })
                }
                _ => Err(UnknownPushStatus(status)),
            }
        }
    }
}
