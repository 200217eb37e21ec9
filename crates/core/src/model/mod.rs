//! The data that everything else speaks of: rows, keys, errors, status, options. Decides and stores nothing.

mod array_text;
mod collection;
mod document;
mod error;
mod event;
mod keys;
mod live;
mod marked;
mod meta;
mod options;
mod portable;
mod rows;
mod status;
mod text;

pub use array_text::ArrayText;
pub use collection::{CollectionOptions, ConflictStrategy, Direction, Retain};
pub(crate) use document::{identified, identify};
pub use error::{About, Error, ErrorCode, Retry};
pub use event::{
    ChangeOrigin, Conflict, ConflictKind, Event, ParkedChange, PendingChange, PendingState, ResolvedAs,
    SyncReport,
};
pub use keys::{
    CollectionTable, RecordKeys, Table, collection_key, collection_of, collection_row_of, parked_key,
    record_key, record_of, record_place, record_within,
};
pub use live::{LiveChange, LiveNumber, Patch};
pub use marked::{VERSION_MARK, version_of};
pub use meta::{
    CollectionState, Consent, Deletions, Identity, Leadership, MassDeletion, Mended, PutBack, RetryState,
    RetryWait, Single, Skew, Tally,
};
pub use options::{Backoff, Options, SaveData, Schedule};
pub use portable::{EXPORT_FORMAT, EXPORT_NAME, Header, Line};
pub use rows::{
    Base, Deletion, Edit, EditOp, Overtaken, ParkedRow, QueueRow, Remarks, RowError, StoredVersion,
};
pub(crate) use rows::{doc_of_base, doc_of_queue, read_row, write_row};
pub use status::{Channel, CollectionStatus, Phase, Progress, RecordState, State, Status, StatusError};
pub use text::Text;
