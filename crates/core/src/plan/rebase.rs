//! Re-bases a local edit on what the server has: the step that answers and pulls share. Chooses no strategy itself.

use std::borrow::Cow;

use serde_json::Value;
use syncline_protocol::{ChangeId, CollectionName, DeviceId, JsonText, Millis, RecordId, RemoteRecord};

use crate::{
    merge::{Resolution, Side, resolve},
    model::{Base, Conflict, ConflictKind, ConflictStrategy, Edit, Error, ErrorCode, ResolvedAs},
};

/// A conflict and what became of it.
pub type ResolvedConflict = (Conflict, ResolvedAs);

/// What re-basing needs to know beside the edits: the same for all records of one plan.
#[derive(Clone, Debug)]
pub struct Rebaser {
    /// This device.
    pub device: DeviceId,
    /// The device's time, corrected for clock skew.
    pub now: Millis,
}

/// The record that an edit is re-based on and by which rule.
pub(super) struct Meeting<'a> {
    pub(super) collection: &'a CollectionName,
    pub(super) record: &'a RecordId,
    pub(super) strategy: ConflictStrategy,
    /// What both edits were made on.
    pub(super) common: Option<&'a Base<'a>>,
    /// What the server has; `None`: deleted.
    pub(super) incoming: Option<&'a Base<'a>>,
    /// When the server's deletion was made, for want of a row that says it.
    pub(super) incoming_at: Millis,
    /// Who made the incoming edit.
    pub(super) incoming_by: Option<&'a DeviceId>,
    /// The idempotency key of what goes out again.
    pub(super) fresh: &'a ChangeId,
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
        let incoming_doc = parse(meeting.incoming.map(|base| &*base.doc))?;
        let local_side =
            Side { doc: local_doc.as_ref(), edited_at: local.edited_at, device: Some(&self.device) };
        let incoming_side =
            Side { doc: incoming_doc.as_ref(), edited_at: meeting.incoming_at, device: meeting.incoming_by };
        let resolution = resolve(meeting.strategy, base_doc.as_ref(), &local_side, &incoming_side);
        let is_same = local_doc == incoming_doc;
        let version = meeting.incoming.and_then(|base| base.version.clone());
        let sent_again = |doc: Option<Cow<'static, str>>, edited_at| Edit {
            id: meeting.fresh.clone(),
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
                let edited_at = local.edited_at.max(meeting.incoming_at);
                (Some(sent_again(text, edited_at)), ResolvedAs::Merged)
            }
        };
        // Deleting what is already gone needs no request.
        let edit = edit.filter(|edit| edit.doc.is_some() || meeting.incoming.is_some());
        Ok((edit, conflict.map(|conflict| (conflict, resolved_as))))
    }

    fn conflict(&self, local: &Edit<'_>, meeting: &Meeting<'_>) -> Result<Conflict, Error> {
        let text = |doc: Option<&str>| doc.map(JsonText::parse).transpose().map_err(unreadable);
        Ok(Conflict {
            id: local.id.clone(),
            collection: meeting.collection.clone(),
            record: meeting.record.clone(),
            kind: match (&local.doc, meeting.incoming) {
                (None, _) => ConflictKind::DeleteUpdate,
                (Some(_), None) => ConflictKind::UpdateDelete,
                (Some(_), Some(_)) => ConflictKind::UpdateUpdate,
            },
            base: text(meeting.common.map(|base| &*base.doc))?,
            local: text(local.doc.as_deref())?,
            remote: text(meeting.incoming.map(|base| &*base.doc))?,
            local_edited_at: local.edited_at,
            remote_edited_at: meeting.incoming_at,
            detected_at: self.now,
        })
    }
}

/// The base row that an incoming record makes; `None`: it is deleted there.
pub(super) fn base_of(incoming: &RemoteRecord) -> Option<Base<'static>> {
    incoming.data.as_ref().map(|doc| Base {
        version: incoming.version.clone().map(Into::into),
        edited_at: incoming.edited_at,
        device: incoming.device.clone(),
        doc: Cow::Owned(doc.as_str().to_owned()),
    })
}

/// Whether a base is known to be newer than a version: versions never go back.
pub(super) fn is_newer(base: Option<&Base<'_>>, version: Option<&syncline_protocol::Version>) -> bool {
    let known = base.and_then(|base| base.version.clone()).map(syncline_protocol::Version::from);
    matches!((version, known), (Some(version), Some(known)) if version.is_before(&known))
}

fn parse(text: Option<&str>) -> Result<Option<Value>, Error> {
    text.map(serde_json::from_str).transpose().map_err(unreadable)
}

fn unreadable(error: serde_json::Error) -> Error {
    Error::new(ErrorCode::StorageCorrupt, format!("a stored document is not JSON: {error}"))
}
