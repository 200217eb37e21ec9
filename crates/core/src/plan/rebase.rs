//! Re-bases a local edit on what the server has: the step that answers and pulls share. Chooses no strategy itself.

use std::borrow::Cow;

use serde_json::Value;
use syncline_protocol::{
    ChangeId, CollectionName, DeviceId, JsonText, Millis, RecordId, RemoteRecord, Version,
};

use crate::{
    merge::{Resolution, Side, resolve},
    model::{Base, Conflict, ConflictKind, ConflictStrategy, Deletion, Edit, Error, ErrorCode, ResolvedAs},
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
    /// Gives the edit that goes out again, if any, and the conflict, if there was one: both sides saying the same is none.
    pub(super) fn rebase(
        &self,
        local: Edit<'static>,
        meeting: &Meeting<'_>,
    ) -> Result<(Option<Edit<'static>>, Option<ResolvedConflict>), Error> {
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
        let version = incoming.base.as_ref().and_then(|base| base.version.clone());
        let sent_again = |doc: Option<Cow<'static, str>>, edited_at| Edit {
            id: meeting.id.clone(),
            base: version.clone(),
            edited_at,
            doc,
        };
        let conflict = if is_same { None } else { Some(self.conflict(&local, meeting)?) };
        let (edit, resolved_as) = match resolution {
            Resolution::TakeIncoming => (None, ResolvedAs::Remote),
            Resolution::KeepLocal => (Some(sent_again(local.doc, local.edited_at)), ResolvedAs::Local),
            Resolution::Merge(doc) => {
                let text = doc.map(|doc| Cow::Owned(doc.to_string()));
                let edited_at = local.edited_at.max(incoming.edited_at);
                (Some(sent_again(text, edited_at)), ResolvedAs::Merged)
            }
        };
        // Deleting what is already gone needs no request.
        let edit = edit.filter(|edit| edit.doc.is_some() || incoming.base.is_some());
        Ok((edit, conflict.map(|conflict| (conflict, resolved_as))))
    }

    fn conflict(&self, local: &Edit<'_>, meeting: &Meeting<'_>) -> Result<Conflict, Error> {
        let text = |doc: Option<&str>| doc.map(JsonText::parse).transpose().map_err(unreadable);
        Ok(Conflict {
            id: local.id.clone(),
            collection: meeting.collection.clone(),
            record: meeting.record.clone(),
            kind: match (&local.doc, &meeting.incoming.base) {
                (None, _) => ConflictKind::DeleteUpdate,
                (Some(_), None) => ConflictKind::UpdateDelete,
                (Some(_), Some(_)) => ConflictKind::UpdateUpdate,
            },
            base: text(meeting.common.map(|base| &*base.doc))?,
            local: text(local.doc.as_deref())?,
            remote: text(meeting.incoming.base.as_ref().map(|base| &*base.doc))?,
            local_edited_at: local.edited_at,
            remote_edited_at: meeting.incoming.edited_at,
            detected_at: self.now,
        })
    }
}

fn parse(text: Option<&str>) -> Result<Option<Value>, Error> {
    text.map(serde_json::from_str).transpose().map_err(unreadable)
}

fn unreadable(error: serde_json::Error) -> Error {
    Error::new(ErrorCode::StorageCorrupt, format!("a stored document is not JSON: {error}"))
}
