//! The rows of the base, queue and parked tables and their bytes (postcard). Decides nothing about them.
//!
//! Documents are the JSON texts that came in. Rows borrow them from the page they lie in.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize};
use syncline_protocol::{ChangeId, CollectionName, DeviceId, Millis, RecordId, Version};
use thiserror::Error;

/// A row whose bytes cannot be read.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("a stored row cannot be read: {0}")]
pub struct RowError(pub String);

/// A version in a row: postcard needs the tag that the wire leaves out.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum StoredVersion {
    /// See [`Version::Number`].
    Number(u64),
    /// See [`Version::Text`].
    Text(String),
}

impl From<Version> for StoredVersion {
    fn from(version: Version) -> Self {
        match version {
            Version::Number(number) => Self::Number(number),
            Version::Text(text) => Self::Text(text),
        }
    }
}

impl From<StoredVersion> for Version {
    fn from(version: StoredVersion) -> Self {
        match version {
            StoredVersion::Number(number) => Self::Number(number),
            StoredVersion::Text(text) => Self::Text(text),
        }
    }
}

/// A record as the server last confirmed it. A record that the server deleted has no row.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Base<'a> {
    /// Its version there.
    pub version: Option<StoredVersion>,
    /// When it was last edited.
    pub edited_at: Millis,
    /// Who edited it last, where the server said so.
    pub device: Option<DeviceId>,
    /// The document's JSON text.
    #[serde(borrow)]
    pub doc: Cow<'a, str>,
}

/// What an edit does.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum EditOp {
    /// Removes the record.
    Delete,
    /// Sets the whole document.
    Put,
}

/// One edit under its idempotency key.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Edit<'a> {
    /// The idempotency key.
    pub id: ChangeId,
    /// The version it was made on; `None`: the record is new there.
    pub base: Option<StoredVersion>,
    /// When it was made, corrected for clock skew.
    pub edited_at: Millis,
    /// The document's JSON text; `None` deletes.
    #[serde(borrow, deserialize_with = "borrowed")]
    pub doc: Option<Cow<'a, str>>,
}

impl Edit<'_> {
    /// What the edit does.
    pub fn op(&self) -> EditOp {
        if self.doc.is_some() { EditOp::Put } else { EditOp::Delete }
    }

    /// The same edit, owning its text.
    pub fn into_owned(self) -> Edit<'static> {
        Edit { doc: self.doc.map(|doc| Cow::Owned(doc.into_owned())), ..self }
    }
}

impl Base<'_> {
    /// The same row, owning its text.
    pub fn into_owned(self) -> Base<'static> {
        Base { doc: Cow::Owned(self.doc.into_owned()), ..self }
    }
}

/// A deletion at the server, as far as the server told of it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Deletion {
    /// The version that it made.
    pub version: Option<StoredVersion>,
    /// When it was made.
    pub edited_at: Millis,
    /// Who made it.
    pub device: Option<DeviceId>,
}

/// What a pull did to a record whose change is on its way, or waits for somebody's choice: it replaced the base that the change
/// was made on.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Overtaken<'a> {
    /// The base that the change was made on; none: the record was new.
    #[serde(borrow)]
    pub common: Option<Base<'a>>,
    /// The deletion, where the pull brought one: a deleted record has no base that could say it.
    pub deletion: Option<Deletion>,
}

impl Overtaken<'_> {
    /// The same, owning its text.
    pub fn into_owned(self) -> Overtaken<'static> {
        Overtaken { common: self.common.map(Base::into_owned), ..self }
    }
}

/// The one queued change of a record.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct QueueRow<'a> {
    /// The change that is, or will be, sent.
    #[serde(borrow)]
    pub change: Edit<'a>,
    /// The edit made after `change` was sent: it is re-based on the answer.
    #[serde(borrow)]
    pub next: Option<Edit<'a>>,
    /// Whether `change` may have reached the server: from here on it is frozen.
    pub is_sent: bool,
    /// What a pull did to the record while `change` was on its way, or what it is in conflict with.
    #[serde(borrow)]
    pub overtaken: Option<Overtaken<'a>>,
    /// When the oldest edit in this row was made, by the device's own clock.
    pub queued_at: Millis,
    /// How often `change` was sent.
    pub attempts: u32,
    /// The code of the last error, where there was one.
    pub last_error: Option<String>,
    /// What few rows have to say.
    #[serde(default, deserialize_with = "if_any", skip_serializing_if = "Remarks::is_empty")]
    pub remarks: Remarks,
}

/// What few queue rows have to say. It lies behind all else, and only where there is something: rows of databases that were
/// written without it are read as rows that have none.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Remarks {
    /// When the latest edit was made by the device's own clock, where its date says another time: it was made on an edit whose
    /// date is later.
    pub made_at: Option<Millis>,
    /// Since when, by the device's own clock, the change is not sent because somebody has to choose: `overtaken` then says what
    /// the change was made on, and the base is the other side.
    pub conflict_since: Option<Millis>,
}

impl Remarks {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl<'a> QueueRow<'a> {
    /// A row that holds one edit, not sent.
    pub fn of_edit(change: Edit<'a>, queued_at: Millis) -> Self {
        QueueRow {
            change,
            next: None,
            is_sent: false,
            overtaken: None,
            queued_at,
            attempts: 0,
            last_error: None,
            remarks: Remarks::default(),
        }
    }

    /// Whether the change waits for somebody's choice.
    pub fn is_conflicting(&self) -> bool {
        self.remarks.conflict_since.is_some()
    }

    /// When the latest edit was made by the device's own clock, where that was so far behind the server's.
    pub fn made_at(&self, skew: i64) -> Millis {
        self.remarks.made_at.unwrap_or_else(|| self.latest().edited_at.plus(skew.saturating_neg()))
    }

    /// The document as the user sees it; `None`: deleted.
    pub fn local(&self) -> Option<&str> {
        self.latest().doc.as_deref()
    }

    /// The latest edit.
    pub fn latest(&self) -> &Edit<'a> {
        self.next.as_ref().unwrap_or(&self.change)
    }

    /// The same row, owning its texts.
    pub fn into_owned(self) -> QueueRow<'static> {
        QueueRow {
            change: self.change.into_owned(),
            next: self.next.map(Edit::into_owned),
            overtaken: self.overtaken.map(Overtaken::into_owned),
            is_sent: self.is_sent,
            queued_at: self.queued_at,
            attempts: self.attempts,
            last_error: self.last_error,
            remarks: self.remarks,
        }
    }
}

/// A [`StoredVersion`], passed over.
#[derive(Deserialize)]
#[allow(dead_code, reason = "only its length in the row matters")]
enum PassedVersion<'a> {
    Number(u64),
    #[serde(borrow)]
    Text(&'a [u8]),
}

/// How a [`Base`] lies in its row: version, time, device, document. A text and bytes are the same in postcard.
type BaseParts<'a> = (Option<PassedVersion<'a>>, Millis, Option<&'a [u8]>, &'a [u8]);

/// How an [`Edit`] lies in a row: id, base, time, document.
type EditParts<'a> = (&'a [u8], Option<PassedVersion<'a>>, Millis, Option<&'a [u8]>);

/// How a [`QueueRow`] begins: the change, and the edit behind it.
type QueueParts<'a> = (EditParts<'a>, Option<EditParts<'a>>);

/// The bytes of the document in a base row, without reading the rest; `None`: the row cannot be read.
pub(crate) fn doc_of_base(row: &[u8]) -> Option<&[u8]> {
    let ((_, _, _, doc), _rest) = postcard::take_from_bytes::<BaseParts<'_>>(row).ok()?;
    Some(doc)
}

/// The bytes of the document that the user sees in a queue row; `None`: deleted, or the row cannot be read.
pub(crate) fn doc_of_queue(row: &[u8]) -> Option<&[u8]> {
    let ((change, next), _rest) = postcard::take_from_bytes::<QueueParts<'_>>(row).ok()?;
    next.unwrap_or(change).3
}

/// A change that the server refused for good.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ParkedRow<'a> {
    /// Where the record is.
    pub collection: CollectionName,
    /// Which record.
    pub record: RecordId,
    /// The change with its data.
    #[serde(borrow)]
    pub change: Edit<'a>,
    /// When it was refused.
    pub parked_at: Millis,
    /// The server's code.
    pub code: String,
    /// The server's words, for a person to read.
    pub message: String,
}

/// Borrows an optional text from the row's bytes: serde by itself borrows only texts that are not optional.
fn borrowed<'de: 'a, 'a, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Cow<'a, str>>, D::Error> {
    #[derive(Deserialize)]
    struct Text<'t>(#[serde(borrow)] Cow<'t, str>);
    Ok(Option::<Text<'_>>::deserialize(deserializer)?.map(|text| text.0))
}

/// Reads what may lie at the end of a row: nothing where the row ends before it.
pub(super) fn if_any<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(T::deserialize(deserializer).unwrap_or_default())
}

/// Reads a row's bytes.
pub(crate) fn read_row<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, RowError> {
    postcard::from_bytes(bytes).map_err(|error| RowError(error.to_string()))
}

/// Writes a row's bytes.
pub(crate) fn write_row<T: Serialize>(row: &T) -> Result<Vec<u8>, RowError> {
    let wrong = |error: postcard::Error| RowError(error.to_string());
    // Growing step by step would copy a long document over and over.
    let length = postcard::experimental::serialized_size(row).map_err(wrong)?;
    postcard::to_io(row, Vec::with_capacity(length)).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(doc: Option<&'static str>) -> Edit<'static> {
        let base = Some(StoredVersion::Text("v".repeat(200)));
        Edit { id: ChangeId::trusted("c"), base, edited_at: Millis(-7), doc: doc.map(Cow::Borrowed) }
    }

    fn queue(change: Option<&'static str>, next: Option<Edit<'static>>) -> Vec<u8> {
        let overtaken = Some(Overtaken { common: None, deletion: None });
        let row = QueueRow {
            change: edit(change),
            next,
            is_sent: true,
            overtaken,
            queued_at: Millis(1 << 40),
            attempts: 3,
            last_error: Some("network".to_owned()),
            remarks: Remarks::default(),
        };
        write_row(&row).unwrap()
    }

    #[test]
    fn a_row_that_was_written_before_there_were_remarks_is_read_and_written_the_same() {
        // A put of "{}" under the key "c" at 7, and not sent: as version 0.1.0 of the package wrote it.
        let old = [1, b'c', 0, 14, 1, 2, b'{', b'}', 0, 0, 0, 16, 0, 0];
        let row: QueueRow<'_> = read_row(&old).unwrap();
        assert_eq!((&*row.change.doc.clone().unwrap(), row.queued_at), ("{}", Millis(8)));
        assert_eq!(row.remarks, Remarks::default());
        assert_eq!(write_row(&row).unwrap(), old);
        let noted =
            QueueRow { remarks: Remarks { made_at: None, conflict_since: Some(Millis(9)) }, ..row.clone() };
        assert_eq!(read_row::<QueueRow<'_>>(&write_row(&noted).unwrap()).unwrap(), noted);
    }

    #[test]
    fn document_is_found_without_reading_the_row() {
        assert_eq!(doc_of_queue(&queue(Some("{}"), None)), Some(&b"{}"[..]));
        assert_eq!(doc_of_queue(&queue(Some("{}"), Some(edit(Some("[1]"))))), Some(&b"[1]"[..]));
        assert_eq!(doc_of_queue(&queue(Some("{}"), Some(edit(None)))), None);
        assert_eq!(doc_of_queue(&queue(None, None)), None);
        assert_eq!(doc_of_queue(b"x"), None);
        for version in [None, Some(StoredVersion::Number(300)), Some(StoredVersion::Text("é".to_owned()))] {
            let device = Some(DeviceId::trusted("d"));
            let base = Base { version, edited_at: Millis(1), device, doc: Cow::Borrowed(r#"{"id":"é"}"#) };
            let row = write_row(&base).unwrap();
            assert_eq!(doc_of_base(&row), Some(base.doc.as_bytes()));
            assert_eq!(read_row::<Base<'_>>(&row).unwrap(), base);
        }
    }
}
