//! Re-bases a local edit on what the server has: the step that answers and pulls share. Chooses no strategy itself.

use std::borrow::Cow;

use serde_json::Value;
use syncline_protocol::{
    ChangeId, CollectionName, DeviceId, JsonText, Millis, RecordId, RemoteRecord, Version,
};

use super::dating::{Dated, date};
use crate::{
    merge::{Resolution, Side, resolve},
    model::{
        Base, Conflict, ConflictKind, ConflictStrategy, Deletion, Edit, Error, ErrorCode, Overtaken,
        QueueRow, Remarks, ResolvedAs,
    },
};

/// A conflict and what became of it.
pub type ResolvedConflict = (Conflict, ResolvedAs);

/// What re-basing needs to know beside the edits: the same for all records of one plan.
#[derive(Clone, Debug)]
pub struct Rebaser {
    /// This device.
    pub device: DeviceId,
    /// The device's time.
    pub now: Millis,
}

/// The record that an edit is re-based on and by which rule.
pub(super) struct Meeting<'a> {
    pub(super) collection: &'a CollectionName,
    pub(super) record: &'a RecordId,
    pub(super) strategy: ConflictStrategy,
    /// What both edits were made on.
    pub(super) common: Option<&'a Base<'a>>,
    /// What the server has.
    pub(super) incoming: &'a Incoming,
    /// The idempotency key of what goes out again: a new one where the edit was sent under its own.
    pub(super) id: &'a ChangeId,
    /// What the device's clock is behind the server's, in milliseconds.
    pub(super) skew: i64,
}

/// What a queue row becomes.
#[derive(Debug)]
pub(super) struct Rebased {
    /// The row that holds what goes out again, or waits for somebody's choice, if anything does.
    pub(super) row: Option<QueueRow<'static>>,
    /// The conflict, if there was one: both sides saying the same is none.
    pub(super) conflict: Option<ResolvedConflict>,
}

impl Rebased {
    /// How many changes have to go out again.
    pub(super) fn requeued(&self) -> u64 {
        u64::from(self.row.as_ref().is_some_and(|row| !row.is_conflicting()))
    }
}

/// A record as the server has it: what its base row says, or what is known of its deletion.
#[derive(Clone, Debug)]
pub(super) struct Incoming {
    /// The base row; `None`: deleted.
    pub(super) base: Option<Base<'static>>,
    pub(super) version: Option<Version>,
    edited_at: Millis,
    device: Option<DeviceId>,
}

impl Incoming {
    /// As it came.
    pub(super) fn of_record(record: &RemoteRecord) -> Self {
        let base = record.data.as_ref().map(|doc| Base {
            version: record.version.clone().map(Into::into),
            edited_at: record.edited_at,
            device: record.device.clone(),
            doc: Cow::Owned(doc.as_str().to_owned()),
        });
        let (edited_at, device) = (record.edited_at, record.device.clone());
        Self { base, version: record.version.clone(), edited_at, device }
    }

    /// As it was kept.
    pub(super) fn of_rows(base: Option<Base<'static>>, deletion: Option<Deletion>) -> Self {
        let (version, edited_at, device) = match (&base, deletion) {
            (Some(base), _) => (base.version.clone(), base.edited_at, base.device.clone()),
            (None, Some(deletion)) => (deletion.version, deletion.edited_at, deletion.device),
            (None, None) => (None, Millis::default(), None),
        };
        Self { base, version: version.map(Into::into), edited_at, device }
    }

    /// The deletion, where it is one.
    pub(super) fn deletion(&self) -> Option<Deletion> {
        let (edited_at, device) = (self.edited_at, self.device.clone());
        let version = self.version.clone().map(Into::into);
        self.base.is_none().then_some(Deletion { version, edited_at, device })
    }

    /// Whether it is known to be this version or an earlier one.
    pub(super) fn is_covered_by(&self, version: &Version) -> bool {
        self.version.as_ref().is_some_and(|mine| mine == version || mine.is_before(version))
    }
}

impl Rebaser {
    /// Re-bases the latest edit of a row, which is not on its way.
    pub(super) fn rebase(&self, row: &QueueRow<'static>, meeting: &Meeting<'_>) -> Result<Rebased, Error> {
        let common = meeting.common.map(|base| base.edited_at);
        // What is known of the clock may have changed since it was sent.
        let Dated { edited_at, .. } = date(row.made_at(meeting.skew), meeting.skew, common);
        let local = Edit { edited_at, ..row.latest().clone() };
        let base_doc = parse(meeting.common.map(|base| &*base.doc))?;
        let local_doc = parse(local.doc.as_deref())?;
        let incoming = meeting.incoming;
        let incoming_doc = parse(incoming.base.as_ref().map(|base| &*base.doc))?;
        let local_side =
            Side { doc: local_doc.as_ref(), edited_at: local.edited_at, device: Some(&self.device) };
        let incoming_side = Side {
            doc: incoming_doc.as_ref(),
            edited_at: incoming.edited_at,
            device: incoming.device.as_ref(),
        };
        let resolution = resolve(meeting.strategy, base_doc.as_ref(), &local_side, &incoming_side);
        let is_same = local_doc == incoming_doc;
        let conflict = if is_same { None } else { Some(self.conflict(&local, meeting)?) };
        let (doc, resolved_as) = match resolution {
            Resolution::Ask => {
                let kept = self.kept(row, meeting);
                // It was told of when it was met.
                let told = conflict.filter(|_| !row.is_conflicting()).zip(Some(ResolvedAs::Parked));
                return Ok(Rebased { row: Some(kept), conflict: told });
            }
            Resolution::TakeIncoming => (None, ResolvedAs::Remote),
            Resolution::KeepLocal => (Some(local.doc.clone()), ResolvedAs::Local),
            Resolution::Merge(doc) => (Some(doc.map(|doc| Cow::Owned(doc.to_string()))), ResolvedAs::Merged),
        };
        // Deleting what is already gone needs no request.
        let doc = doc.filter(|doc| doc.is_some() || incoming.base.is_some());
        let row = doc.map(|doc| sent_again(row, doc, meeting));
        Ok(Rebased { row, conflict: conflict.map(|conflict| (conflict, resolved_as)) })
    }

    /// The row of a change that waits for somebody's choice. It keeps the version that it was made on: should it ever go out
    /// as it is, it meets the conflict again.
    fn kept(&self, row: &QueueRow<'static>, meeting: &Meeting<'_>) -> QueueRow<'static> {
        let common = meeting.common.cloned().map(Base::into_owned);
        let made_on = common.as_ref().map(|common| common.edited_at);
        let Dated { edited_at, made_at } = date(row.made_at(meeting.skew), meeting.skew, made_on);
        let version = common.as_ref().and_then(|common| common.version.clone());
        let change = Edit { id: meeting.id.clone(), base: version, edited_at, doc: row.latest().doc.clone() };
        let conflict_since = row.remarks.conflict_since.or(Some(self.now));
        QueueRow {
            overtaken: Some(Overtaken { common, deletion: meeting.incoming.deletion() }),
            remarks: Remarks { made_at, conflict_since },
            ..QueueRow::of_edit(change, row.queued_at)
        }
    }

    fn conflict(&self, local: &Edit<'_>, meeting: &Meeting<'_>) -> Result<Conflict, Error> {
        let text = |doc: Option<&str>| doc.map(JsonText::parse).transpose().map_err(unreadable);
        let is_kept = matches!(meeting.strategy, ConflictStrategy::Function | ConflictStrategy::Manual);
        Ok(Conflict {
            id: if is_kept { meeting.id.clone() } else { local.id.clone() },
            collection: meeting.collection.clone(),
            record: meeting.record.clone(),
            kind: kind_of(local.doc.as_deref(), meeting.incoming.base.as_ref()),
            base: text(meeting.common.map(|base| &*base.doc))?,
            local: text(local.doc.as_deref())?,
            remote: text(meeting.incoming.base.as_ref().map(|base| &*base.doc))?,
            local_edited_at: local.edited_at,
            remote_edited_at: meeting.incoming.edited_at,
            detected_at: self.now,
        })
    }
}

/// The row that holds a document that goes out on the incoming version. It was made on that and on the local edit, and so
/// counts as later than both.
fn sent_again(
    row: &QueueRow<'static>,
    doc: Option<Cow<'static, str>>,
    meeting: &Meeting<'_>,
) -> QueueRow<'static> {
    let incoming = meeting.incoming;
    let made_on = meeting.common.map(|common| common.edited_at).max(Some(incoming.edited_at));
    let Dated { edited_at, made_at } = date(row.made_at(meeting.skew), meeting.skew, made_on);
    let version = incoming.base.as_ref().and_then(|base| base.version.clone());
    let change = Edit { id: meeting.id.clone(), base: version, edited_at, doc };
    let remarks = Remarks { made_at, ..Remarks::default() };
    QueueRow { remarks, ..QueueRow::of_edit(change, row.queued_at) }
}

/// Which sides did what.
pub(super) fn kind_of(local: Option<&str>, incoming: Option<&Base<'_>>) -> ConflictKind {
    match (local, incoming) {
        (None, _) => ConflictKind::DeleteUpdate,
        (Some(_), None) => ConflictKind::UpdateDelete,
        (Some(_), Some(_)) => ConflictKind::UpdateUpdate,
    }
}

fn parse(text: Option<&str>) -> Result<Option<Value>, Error> {
    text.map(serde_json::from_str).transpose().map_err(unreadable)
}

pub(super) fn unreadable(error: serde_json::Error) -> Error {
    Error::new(ErrorCode::StorageCorrupt, format!("a stored document is not JSON: {error}"))
}
