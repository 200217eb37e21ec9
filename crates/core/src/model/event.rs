//! The facts the engine tells of: each was true and durable when it was sent. Sends nothing itself.

use serde::{Deserialize, Serialize, Serializer};
use syncline_protocol::{Change, ChangeId, CollectionName, JsonText, Millis, RecordId};
use syncline_store::{PageId, Part, Sequence};

use super::{Error, LiveChange, Status};

/// Where a change of the data came from.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeOrigin {
    /// Another context of this device.
    Context,
    /// This context.
    Local,
    /// The server.
    Remote,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// Records of a collection changed as the user sees them. No ids: any may have.
    Change {
        /// Which collection.
        collection: CollectionName,
        /// Which records.
        ids: Vec<RecordId>,
        /// Where it came from.
        origin: ChangeOrigin,
    },
    /// A conflict was met and resolved.
    Conflict(Conflict, ResolvedAs),
    /// Sync met an error.
    Error(Error),
    /// The answers of live queries changed.
    Live {
        /// Of which collection.
        collection: CollectionName,
        /// How.
        change: LiveChange,
    },
    /// A change was refused and rolled back.
    Parked(ParkedChange),
    /// The status changed.
    Status(Status),
    /// A cycle ended well.
    Sync(SyncReport),
}

/// Which sides of a conflict did what, local first.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConflictKind {
    /// Deleted here, edited there.
    DeleteUpdate,
    /// Edited here, deleted there.
    UpdateDelete,
    /// Edited on both sides.
    UpdateUpdate,
}

/// What became of a conflict.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResolvedAs {
    /// The local edit was kept.
    Local,
    /// Both edits are in the result.
    Merged,
    /// Not yet: it is kept until somebody chooses.
    Parked,
    /// The incoming record was taken.
    Remote,
}

/// Two edits of one record that did not know each other.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Conflict {
    /// The id of the local change; of one that is kept, the id under which it will be sent.
    pub id: ChangeId,
    /// Where the record is.
    pub collection: CollectionName,
    /// Which record.
    pub record: RecordId,
    /// Which sides did what.
    pub kind: ConflictKind,
    /// The document both edits were made on.
    pub base: Option<JsonText>,
    /// The document as edited here.
    pub local: Option<JsonText>,
    /// The document as edited there.
    pub remote: Option<JsonText>,
    /// When it was edited here.
    pub local_edited_at: Millis,
    /// When it was edited there.
    pub remote_edited_at: Millis,
    /// When the conflict was met.
    pub detected_at: Millis,
}

/// Whether a queued change is on its way.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PendingState {
    /// Sent and not answered.
    InFlight,
    /// Waiting.
    Queued,
}

/// A queued change as the app sees it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PendingChange {
    /// The change.
    #[serde(flatten)]
    pub change: Change,
    /// How often it was sent.
    pub attempts: u32,
    /// When it was queued.
    pub queued_at: Millis,
    /// Whether it is on its way.
    pub state: PendingState,
    /// The code of the last error.
    pub last_error: Option<String>,
}

/// A parked change as the app sees it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ParkedChange {
    /// The change.
    #[serde(flatten)]
    pub change: Change,
    /// When it was refused.
    pub parked_at: Millis,
    /// The server's code.
    pub code: String,
    /// The server's words.
    pub message: String,
}

/// What one call of `sync` did.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SyncReport {
    /// Changes the server took.
    pub pushed: u64,
    /// Records that came down.
    pub pulled: u64,
    /// Conflicts met.
    pub conflicts: u64,
    /// Conflicts resolved by a strategy.
    pub resolved: u64,
    /// Changes refused.
    pub parked: u64,
    /// Rounds after the first.
    pub retries: u64,
    /// Requests sent.
    pub requests: u64,
    /// Bytes of request bodies.
    pub bytes_sent: u64,
    /// Bytes of answer bodies.
    pub bytes_received: u64,
    /// How long it took.
    pub duration_ms: u64,
}

impl Serialize for Error {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct as _;
        let part = self.part.map(DamagedPart::of);
        let has_details = part.is_some() || self.about.is_some();
        let mut fields = serializer.serialize_struct("Error", 3 + usize::from(has_details))?;
        fields.serialize_field("code", self.code.as_str())?;
        fields.serialize_field("message", &self.message)?;
        fields.serialize_field("retryable", &self.code.is_retryable())?;
        match (&part, &self.about) {
            (Some(part), _) => fields.serialize_field("details", part)?,
            (None, Some(about)) => fields.serialize_field("details", about)?,
            (None, None) => fields.skip_field("details")?,
        }
        fields.end()
    }
}

/// A damaged part as the app sees it.
#[derive(Serialize)]
struct DamagedPart {
    part: &'static str,
    number: Option<u64>,
}

impl DamagedPart {
    fn of(part: Part) -> Self {
        match part {
            Part::Directory => Self { part: "directory", number: None },
            Part::Entry(Sequence(number)) => Self { part: "entry", number: Some(number) },
            Part::Page(PageId(number)) => Self { part: "page", number: Some(number) },
        }
    }
}
