//! Every error the engine can give: a code, a retry answer and an owner. Formats nothing for a screen.

use serde::Serialize;
use syncline_protocol::{CollectionName, ProblemCode, RecordId};
use syncline_store::{DiskError, PageId, Part, Sequence, StoreError};
use thiserror::Error;

use super::MassDeletion;

macro_rules! error_codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal, $retryable:literal;)*) => {
        /// What went wrong, as the public API spells it.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
        pub enum ErrorCode { $($(#[$doc])* #[serde(rename = $text)] $variant,)* }

        impl ErrorCode {
            /// Every code there is.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The code as the public API spells it.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// Whether trying again later can help.
            pub fn is_retryable(self) -> bool {
                match self { $(Self::$variant => $retryable,)* }
            }
        }
    };
}

error_codes! {
    /// The caller stopped it.
    Aborted = "aborted", false;
    /// The database belongs to another account; the app's to solve.
    AccountMismatch = "account-mismatch", false;
    /// The client was closed.
    Closed = "closed", false;
    /// Ten rounds did not settle every conflict.
    ConflictLimit = "conflict-limit", true;
    /// The server knows the user and says no.
    Forbidden = "forbidden", false;
    /// The caller's argument is wrong; the message names it.
    InvalidArgument = "invalid-argument", false;
    /// The caller's document cannot be stored; the message names the field.
    InvalidDocument = "invalid-document", false;
    /// A pull would delete too much.
    MassDeletion = "mass-deletion", false;
    /// The connection failed.
    Network = "network", true;
    /// The database was written by a newer version.
    NewerDatabase = "newer-database", false;
    /// No record of that id.
    NotFound = "not-found", false;
    /// The account has not paid for it.
    NotEntitled = "not-entitled", false;
    /// There is no connection, or nobody who syncs.
    Offline = "offline", true;
    /// Signing out would drop changes.
    PendingChanges = "pending-changes", false;
    /// The server said what the protocol does not know.
    Protocol = "protocol", true;
    /// The device's storage is full; the user's to solve.
    QuotaExceeded = "quota-exceeded", true;
    /// The server asks for patience.
    RateLimited = "rate-limited", true;
    /// The server failed.
    Server = "server", true;
    /// A stored row or page cannot be read.
    StorageCorrupt = "storage-corrupt", false;
    /// The browser gives no storage.
    StorageUnavailable = "storage-unavailable", true;
    /// No answer in time.
    Timeout = "timeout", true;
    /// No valid token, also after asking for a new one.
    Unauthorized = "unauthorized", false;
    /// The server no longer speaks this protocol version.
    UpgradeRequired = "upgrade-required", false;
    /// The encryption key does not fit the data.
    WrongKey = "wrong-key", false;
}

/// When trying again makes sense.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Retry {
    /// After that many milliseconds, as the server asked.
    After(u64),
    /// In parts: the server refuses the request, for that reason, and something in it may be what it refuses.
    Apart(ProblemCode),
    /// With full jitter.
    Later,
    /// Not by itself: somebody has to act first.
    Never,
    /// At once, with less in one request.
    Smaller,
}

/// What an error is about, as the app is told in `details`.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", untagged)]
pub enum About {
    /// A pull that would delete too much.
    Deletions {
        /// Of which collection.
        collection: CollectionName,
        /// How many records it would delete.
        deletions: u64,
        /// Of how many.
        records: u64,
    },
    /// A document that the app could not bring up to its version.
    Document {
        /// Where it is.
        collection: CollectionName,
        /// Which.
        id: RecordId,
        /// The version it has.
        version: u32,
    },
}

/// An error of the engine, the store or the backend.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("{message}")]
pub struct Error {
    /// What went wrong.
    pub code: ErrorCode,
    /// For a developer to read.
    pub message: String,
    /// When trying again makes sense.
    pub retry: Retry,
    /// The collection that it was about, where it was one.
    pub collection: Option<CollectionName>,
    /// The part of the database that is damaged, where that is what went wrong.
    pub part: Option<Part>,
    /// What else it is about.
    pub about: Option<About>,
}

impl Error {
    /// Makes an error whose retry answer follows from its code.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        let retry = if code.is_retryable() { Retry::Later } else { Retry::Never };
        Self { code, message: message.into(), retry, collection: None, part: None, about: None }
    }

    /// A part of the database that cannot be read; everything else is served.
    pub fn damaged(part: Part) -> Self {
        let name = match part {
            Part::Directory => "the directory of the database".to_owned(),
            Part::Entry(Sequence(number)) => format!("entry {number} of the database"),
            Part::Page(PageId(number)) => format!("page {number} of the database"),
        };
        let message = format!("{name} was damaged: what could be read was saved, the rest is pulled again");
        Self { part: Some(part), ..Self::new(ErrorCode::StorageCorrupt, message) }
    }

    /// A pull would delete too much of a collection.
    pub fn mass_deletion(collection: &CollectionName, deletion: &MassDeletion) -> Self {
        let MassDeletion { deletions, records, .. } = *deletion;
        let message = format!(
            "a pull would delete {deletions} of the {records} records of `{collection}`: confirmDeletions() lets it go on"
        );
        let about = About::Deletions { collection: collection.clone(), deletions, records };
        let error = Self { about: Some(about), ..Self::new(ErrorCode::MassDeletion, message) };
        error.with_collection(collection)
    }

    /// The app could not bring a document up to its version.
    pub fn unmigrated(collection: &CollectionName, id: &RecordId, version: u32, thrown: &str) -> Self {
        let message = format!(
            "the document `{id}` of `{collection}` could not be migrated from version {version}: {thrown}"
        );
        let about = About::Document { collection: collection.clone(), id: id.clone(), version };
        Self { about: Some(about), ..Self::new(ErrorCode::InvalidDocument, message) }
    }

    /// An argument that is wrong, by its name.
    pub fn argument(field: &str, wrong: impl AsRef<str>) -> Self {
        Self::new(ErrorCode::InvalidArgument, format!("{field}: {}", wrong.as_ref()))
    }

    /// Says which collection it is about.
    #[must_use]
    pub fn with_collection(mut self, collection: &CollectionName) -> Self {
        self.collection = Some(collection.clone());
        self
    }

    /// Says which collection it is about, where all of these are the same.
    #[must_use]
    pub fn about_one_of<'a>(self, collections: impl IntoIterator<Item = &'a CollectionName>) -> Self {
        let mut collections = collections.into_iter();
        match collections.next() {
            Some(first) if collections.all(|other| other == first) => self.with_collection(first),
            _ => self,
        }
    }

    /// Sets when trying again makes sense.
    #[must_use]
    pub fn with_retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// Reads an HTTP status and the problem code beside it, where there was one. The source of the rule is the table
    /// "What a status code does" in `design.md`.
    pub fn of_status(status: u16, code: Option<ProblemCode>, retry_after: Option<u64>, title: &str) -> Self {
        let message = if title.is_empty() {
            format!("the server answered {status}")
        } else {
            format!("the server answered {status}: {title}")
        };
        let later = retry_after.map_or(Retry::Later, Retry::After);
        match (status, code) {
            (401, _) => Self::new(ErrorCode::Unauthorized, message),
            (402, _) | (403, Some(ProblemCode::NotEntitled)) => Self::new(ErrorCode::NotEntitled, message),
            (403, _) => Self::new(ErrorCode::Forbidden, message),
            (408, _) => Self::new(ErrorCode::Timeout, message),
            (413, _) => Self::new(ErrorCode::Server, message).with_retry(Retry::Smaller),
            (425, _) => Self::new(ErrorCode::Server, message).with_retry(later),
            (426, _) => Self::new(ErrorCode::UpgradeRequired, message),
            (429, _) => Self::new(ErrorCode::RateLimited, message).with_retry(later),
            (400..=499, code) => {
                let reason = code.unwrap_or_else(|| reason_of(status));
                Self::new(ErrorCode::Protocol, message).with_retry(Retry::Apart(reason))
            }
            (500..=599, _) => Self::new(ErrorCode::Server, message).with_retry(later),
            _ => Self::new(ErrorCode::Protocol, message),
        }
    }
}

/// What a status says where no problem code says more.
fn reason_of(status: u16) -> ProblemCode {
    match status {
        404 | 410 => ProblemCode::NotFound,
        409 | 412 => ProblemCode::Conflict,
        422 => ProblemCode::InvalidDocument,
        _ => ProblemCode::InvalidRequest,
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        let message = error.to_string();
        let code = match error {
            StoreError::Disk(disk) => match disk {
                DiskError::Closed => ErrorCode::Closed,
                DiskError::QuotaExceeded => ErrorCode::QuotaExceeded,
                DiskError::Corrupt => ErrorCode::StorageCorrupt,
                DiskError::NewerFormat => ErrorCode::NewerDatabase,
                _ => ErrorCode::StorageUnavailable,
            },
            _ => ErrorCode::StorageCorrupt,
        };
        Self::new(code, message)
    }
}
