//! The app's edits: put, update, delete, alone or together, coalesced into one change per record. Knows no server.

use std::{borrow::Cow, rc::Rc};

use syncline_protocol::{ChangeId, CollectionName, Millis, RecordId, patch_text};
use syncline_store::{Decision, Plan, Read, View};

use super::{
    Origin,
    dating::{date, known},
    draft::Draft,
};
use crate::{
    model::{
        Base, Edit, Error, ErrorCode, QueueRow, RecordKeys, Remarks, Single, Skew, Text, identified, read_row,
    },
    planted::{self, Bug},
};

/// What the app does to a record.
#[derive(Clone, Debug, PartialEq)]
pub enum EditKind {
    /// Removes it; nothing happens where there is none.
    Delete,
    /// Creates or replaces it with this JSON text.
    Put(Text),
    /// Applies an RFC 7396 merge patch to it, as the user sees it.
    Update(serde_json::Value),
}

/// One edit as the app asked for it.
#[derive(Clone, Debug)]
pub struct EditIntent {
    /// Where the record is.
    pub collection: CollectionName,
    /// Which record.
    pub record: RecordId,
    /// Where its rows are.
    pub keys: RecordKeys,
    /// What is done to it.
    pub kind: EditKind,
    /// The idempotency key, should the edit need a new one.
    pub change: ChangeId,
}

/// Applies edits in order, all of them or none, and says whether there was anything to write. Fails with `not-found` where
/// an update has no record.
#[derive(Clone, Debug)]
pub struct EditPlan {
    /// What is asked for; shared, so that a plan that is made again costs nothing.
    pub intents: Rc<[EditIntent]>,
    /// The device's time.
    pub now: Millis,
}

impl Plan for EditPlan {
    type Outcome = Result<bool, Error>;

    fn reads(&self) -> Vec<Read> {
        let rows = self.intents.iter().flat_map(|intent| intent.keys.reads());
        rows.chain([Read::Key(Skew::key())]).collect()
    }

    fn origin(&self) -> u8 {
        Origin::Local.tag()
    }

    fn decide(&self, view: &dyn View) -> Decision<Self::Outcome> {
        Draft::decide(view, |draft| {
            let skew =
                if planted::is(Bug::ClockUncorrected) { 0 } else { draft.single::<Skew>()?.milliseconds };
            let moment = Moment { now: self.now, skew };
            self.intents.iter().try_fold(false, |is_any, intent| Ok(apply(draft, intent, moment)? || is_any))
        })
    }
}

/// When an edit is made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    /// By the device's own clock.
    pub(super) now: Millis,
    /// What that is behind the server's, in milliseconds.
    pub(super) skew: i64,
}

fn apply(draft: &mut Draft<'_>, intent: &EditIntent, moment: Moment) -> Result<bool, Error> {
    let EditIntent { collection, record, keys, kind, change } = intent;
    let (base, queued) = (draft.row(&keys.base), draft.row(&keys.queue));
    let base: Option<Base<'_>> = base.as_deref().map(read_row).transpose()?;
    let queued: Option<QueueRow<'_>> = queued.as_deref().map(read_row).transpose()?;
    let seen = queued.as_ref().map_or_else(|| base.as_ref().map(|base| &*base.doc), QueueRow::local);
    let doc = match kind {
        EditKind::Delete if seen.is_none() => return Ok(false),
        EditKind::Delete => None,
        EditKind::Put(text) => Some(Cow::Borrowed(&**text)),
        EditKind::Update(patch) => Some(Cow::Owned(patched(seen, patch, collection, record)?)),
    };
    let after = coalesce(base.as_ref(), queued.clone(), change.clone(), doc, moment);
    draft.set_record(collection, keys, (&base, &queued), (&base, &after))?;
    Ok(true)
}

fn patched(
    seen: Option<&str>,
    patch: &serde_json::Value,
    collection: &CollectionName,
    record: &RecordId,
) -> Result<String, Error> {
    let Some(seen) = seen else {
        let message = format!("there is no record `{record}` in `{collection}`");
        return Err(Error::new(ErrorCode::NotFound, message));
    };
    let unreadable = |error: serde_json::Error| Error::new(ErrorCode::StorageCorrupt, error.to_string());
    let none = serde_json::Map::new();
    let patched = patch_text(seen, patch.as_object().unwrap_or(&none)).map_err(unreadable)?;
    // A patch cannot move a record to another id.
    Ok(if patch.get("id").is_some() { identified(&patched, record).into_owned() } else { patched })
}

/// Puts an edit over what is queued. A change that was sent is frozen: the edit waits behind it. One that was not is
/// replaced, also where it waits for somebody's choice; a creation that is deleted before it was ever sent leaves nothing.
pub(super) fn coalesce<'a>(
    base: Option<&Base<'_>>,
    queued: Option<QueueRow<'a>>,
    id: ChangeId,
    doc: Option<Cow<'a, str>>,
    moment: Moment,
) -> Option<QueueRow<'a>> {
    let dated = date(moment.now, moment.skew, known(base, queued.as_ref()));
    let version = base.and_then(|base| base.version.clone());
    let edit = Edit { id, base: version, edited_at: dated.edited_at, doc };
    let row = match queued {
        Some(row) if row.is_sent && !planted::is(Bug::EditInFlightReplaces) => {
            QueueRow { next: Some(edit), ..row }
        }
        Some(_) if edit.doc.is_none() && planted::is(Bug::DeletionOfKnownDropped) => return None,
        Some(row) if edit.doc.is_none() && row.change.base.is_none() && base.is_none() => return None,
        Some(row) => {
            let change = Edit { id: row.change.id, base: row.change.base, ..edit };
            QueueRow { change, last_error: None, ..row }
        }
        None => QueueRow::of_edit(edit, moment.now),
    };
    // Where both sides have come to say the same, there is nothing to choose.
    if row.is_conflicting() && is_same(row.local(), base.map(|base| &*base.doc)) {
        return None;
    }
    Some(QueueRow { remarks: Remarks { made_at: dated.made_at, ..row.remarks }, ..row })
}

/// Whether two documents say the same.
pub(crate) fn is_same(one: Option<&str>, other: Option<&str>) -> bool {
    let value = |text| serde_json::from_str::<serde_json::Value>(text).ok();
    one == other || one.zip(other).is_some_and(|(one, other)| value(one) == value(other))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plan::testing::Rows;

    #[test]
    fn edits_of_one_record_are_one_change_with_the_latest_document() {
        let mut rows = Rows::default();
        rows.edit("a", EditKind::Put(r#"{"id":"a","v":1}"#.into())).unwrap();
        rows.edit("a", EditKind::Update(json!({"v": 2}))).unwrap();
        assert_eq!(rows.queue_ids(), ["a"]);
        assert_eq!(rows.local("a").unwrap(), r#"{"id":"a","v":2}"#);
        assert_eq!((rows.tally().records, rows.tally().pending), (1, 1));
    }

    #[test]
    fn a_creation_deleted_before_it_was_sent_leaves_nothing() {
        let mut rows = Rows::default();
        rows.edit("a", EditKind::Put(r#"{"id":"a"}"#.into())).unwrap();
        rows.edit("a", EditKind::Delete).unwrap();
        assert_eq!(rows.queue_ids(), Vec::<String>::new());
        assert_eq!((rows.tally().records, rows.tally().pending), (0, 0));
    }

    #[test]
    fn an_edit_of_a_sent_change_waits_behind_it() {
        let mut rows = Rows::default();
        rows.edit("a", EditKind::Put(r#"{"id":"a","v":1}"#.into())).unwrap();
        let batch = rows.take_batch();
        rows.edit("a", EditKind::Put(r#"{"id":"a","v":2}"#.into())).unwrap();
        assert_eq!(rows.take_batch(), batch, "what was sent is sent again as it was");
        assert_eq!(rows.local("a").unwrap(), r#"{"id":"a","v":2}"#);
    }

    #[test]
    fn an_update_of_nothing_is_not_found_and_writes_nothing() {
        let mut rows = Rows::default();
        let error = rows.edit("a", EditKind::Update(json!({"v": 2}))).unwrap_err();
        assert_eq!(error.code, ErrorCode::NotFound);
        assert!(rows.is_empty());
    }

    #[test]
    fn an_update_cannot_move_a_record_to_another_id() {
        let mut rows = Rows::default();
        rows.edit("a", EditKind::Put(r#"{"id":"a"}"#.into())).unwrap();
        rows.edit("a", EditKind::Update(json!({"id": "b"}))).unwrap();
        assert_eq!(rows.local("a").unwrap(), r#"{"id":"a"}"#);
    }
}
