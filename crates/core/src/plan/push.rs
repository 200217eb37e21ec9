//! The queue on its way up: choosing what is sent next. Sends nothing, and applies no answer.

use std::{cmp::Reverse, collections::BTreeMap};

use syncline_protocol::{Change, ChangeId, CollectionName, JsonText, Op, RecordId};
use syncline_store::{Decision, Plan, Read, View};

use super::{Origin, draft::Draft};
use crate::{
    merge::merge_patch_between,
    model::{Base, Edit, Error, ErrorCode, QueueRow, RecordKeys, Table, collection_of, read_row, record_of},
    planted::{self, Bug},
};

/// Chooses what is sent next and freezes it: first what was sent before and not answered, then by priority, then oldest
/// first. What waits for somebody's choice is passed over.
#[derive(Clone, Debug)]
pub struct TakeBatch {
    /// Which collections are pushed, with their priorities.
    pub collections: BTreeMap<CollectionName, i32>,
    /// Changes at most.
    pub max_changes: usize,
    /// Bytes of documents at most; one change goes however large it is.
    pub max_bytes: usize,
    /// Whether the server takes patches.
    pub with_patches: bool,
    /// Changes that wait for their own moment: in doubt, to be sent again later.
    pub held_back: Vec<ChangeId>,
}

/// What is sent, and whether the queue has more.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// In the order in which they go.
    pub changes: Vec<Change>,
    /// How many more wait behind them.
    pub remaining: usize,
    /// How often the one of them that was sent most often was sent, this time included.
    pub attempts: u32,
}

impl Plan for TakeBatch {
    type Outcome = Result<Batch, Error>;

    fn reads(&self) -> Vec<Read> {
        self.collections.keys().map(|name| collection_of(Table::Queue, name)).collect()
    }

    fn origin(&self) -> u8 {
        Origin::Remote.tag()
    }

    fn decide(&self, view: &dyn View) -> Decision<Self::Outcome> {
        Draft::decide(view, |draft| {
            let waiting = self.waiting(draft.view())?;
            let mut batch = Batch::default();
            let mut bytes = 0_usize;
            for (_, collection, record, size) in &waiting {
                bytes = bytes.saturating_add(*size);
                let is_full = batch.changes.len() >= self.max_changes || bytes > self.max_bytes;
                if is_full && !batch.changes.is_empty() {
                    break;
                }
                if let Some((change, attempts)) = freeze(draft, collection, record, self.with_patches)? {
                    batch.attempts = batch.attempts.max(attempts);
                    batch.changes.push(change);
                }
            }
            batch.remaining = waiting.len().saturating_sub(batch.changes.len());
            Ok(batch)
        })
    }
}

type Waiting =
    ((Reverse<bool>, Reverse<i32>, syncline_protocol::Millis, ChangeId), CollectionName, RecordId, usize);

impl TakeBatch {
    fn waiting(&self, view: &dyn View) -> Result<Vec<Waiting>, Error> {
        let mut waiting = Vec::new();
        for (name, priority) in &self.collections {
            let Read::Range { start, end } = collection_of(Table::Queue, name) else { continue };
            for (key, value) in view.range(&start, end.as_ref()) {
                let Some((_, collection, record)) = record_of(&key) else { continue };
                let row: QueueRow<'_> = read_row(&value)?;
                let is_kept = row.is_conflicting() && !planted::is(Bug::KeptConflictSent);
                if is_kept || self.held_back.contains(&row.change.id) {
                    continue;
                }
                let order = (Reverse(row.is_sent), Reverse(*priority), row.queued_at, row.change.id.clone());
                waiting.push((order, collection, record, value.len()));
            }
        }
        waiting.sort_by(|one, other| one.0.cmp(&other.0));
        Ok(waiting)
    }
}

fn freeze(
    draft: &mut Draft<'_>,
    collection: &CollectionName,
    record: &RecordId,
    with_patches: bool,
) -> Result<Option<(Change, u32)>, Error> {
    let keys = RecordKeys::of(collection, record);
    let (base, before) = (draft.base(&keys)?, draft.queued(&keys)?);
    let Some(row) = before.clone() else { return Ok(None) };
    let row = if row.is_sent && planted::is(Bug::ResentUnderNewId) { under_new_id(row) } else { row };
    let mut change = change_of(collection, record, &row.change)?;
    // Sent again it has to be the same change, whatever a pull did meanwhile.
    let made_on = row.overtaken.as_ref().map_or(base.as_ref(), |overtaken| overtaken.common.as_ref());
    if let Some(patch) = made_on.filter(|_| with_patches).and_then(|made_on| patch_of(made_on, &row.change)) {
        (change.op, change.data) = (Op::Patch, Some(patch));
    }
    let attempts = row.attempts.saturating_add(1);
    let after = Some(QueueRow { is_sent: true, attempts, ..row });
    draft.set_record(collection, &keys, (&base, &before), (&base, &after))?;
    Ok(Some((change, attempts)))
}

/// A planted bug.
fn under_new_id(row: QueueRow<'static>) -> QueueRow<'static> {
    let id = ChangeId::trusted(format!("{}-{}", row.change.id, row.attempts));
    QueueRow { change: Edit { id, ..row.change }, ..row }
}

/// A document of fewer bytes goes out whole: a patch of it would save nothing worth the reading.
const LEAST_PATCHED: usize = 1_024;

/// An edit as a patch of what it was made on, where that is exact and less than half as long.
fn patch_of(made_on: &Base<'_>, edit: &Edit<'_>) -> Option<JsonText> {
    let doc = edit.doc.as_deref().filter(|doc| doc.len() >= LEAST_PATCHED)?;
    if edit.base.is_none() || made_on.version != edit.base {
        return None;
    }
    let (before, after) = (serde_json::from_str(&made_on.doc).ok()?, serde_json::from_str(doc).ok()?);
    let patch = JsonText::of(&merge_patch_between(&before, &after)?).ok()?;
    (patch.as_str().len() < doc.len() / 2).then_some(patch)
}

/// A change as the app sees it: with the whole document.
pub(crate) fn change_of(
    collection: &CollectionName,
    record: &RecordId,
    edit: &Edit<'_>,
) -> Result<Change, Error> {
    let unreadable = |error: serde_json::Error| Error::new(ErrorCode::StorageCorrupt, error.to_string());
    Ok(Change {
        id: edit.id.clone(),
        collection: collection.clone(),
        record: record.clone(),
        op: if edit.doc.is_some() { Op::Put } else { Op::Delete },
        base: edit.base.clone().map(Into::into),
        data: edit.doc.as_deref().map(JsonText::parse).transpose().map_err(unreadable)?,
        edited_at: edit.edited_at,
    })
}
