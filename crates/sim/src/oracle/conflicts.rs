//! Checks conflicts that are kept: what they hold, and what a choice makes of them. Makes no choice.

use std::cell::RefCell;

use serde_json::Value;
use syncline_core::{
    model::{Base, Conflict, ConflictKind, Edit, Overtaken, QueueRow},
    plan::Choice,
};
use syncline_protocol::Millis;

use super::{dates::remembers, journal::parse, rows::Pair};

/// What a function of the app's said of a conflict.
#[derive(Clone, Debug)]
pub(crate) struct Verdict {
    pub(crate) conflict: Conflict,
    pub(crate) choice: Choice,
}

/// Everything that the functions on one device have said.
pub(crate) type Verdicts = RefCell<Vec<Verdict>>;

impl Verdict {
    /// Whether it was said of these rows.
    pub(crate) fn is_of(&self, pair: &Pair) -> bool {
        check_told(pair, &self.conflict).is_ok()
    }
}

/// The document that a choice leaves.
pub(crate) fn chosen(before: &Pair, choice: &Choice) -> Option<Value> {
    match choice {
        Choice::Local => before.queue.as_ref().and_then(|row| parse(row.change.doc.as_deref())),
        Choice::Merged(doc) => parse(doc.as_deref()),
        Choice::Remote => parse(before.base.as_ref().map(|base| &*base.doc)),
    }
}

/// A choice ends the conflict: what was chosen waits to be sent on what the server has, and is later than both sides.
pub(crate) fn check_chosen(before: &Pair, after: &Pair, choice: &Choice, skew: i64) -> Result<(), String> {
    let wrong = |what: &str| Err(format!("{what}: {choice:?} made {after:?} of {before:?}"));
    let Some(was) = before.queue.as_ref().filter(|row| row.is_conflicting()) else {
        return wrong("a choice where there is no conflict");
    };
    let doc = chosen(before, choice);
    let remote = parse(before.base.as_ref().map(|base| &*base.doc));
    let deletion = was.overtaken.as_ref().and_then(|by| by.deletion.as_ref());
    let dates = [
        Some(was.change.edited_at),
        before.base.as_ref().map(|base| base.edited_at),
        deletion.map(|deletion| deletion.edited_at),
    ];
    match &after.queue {
        None if doc == remote => Ok(()),
        Some(row) if doc != remote => {
            let version = before.base.as_ref().and_then(|base| base.version.clone());
            let made_at =
                row.remarks.made_at.unwrap_or_else(|| row.change.edited_at.plus(skew.saturating_neg()));
            let is_so = parse(row.change.doc.as_deref()) == doc
                && row.change.id == was.change.id
                && row.change.base == version
                && dates.iter().flatten().all(|date| row.change.edited_at > *date)
                && remembers(row, made_at, skew)
                && !row.is_conflicting()
                && !row.is_sent
                && row.next.is_none()
                && row.overtaken.is_none();
            if is_so { Ok(()) } else { wrong("what was chosen is not what is queued") }
        }
        _ => wrong("what was chosen is not what is there"),
    }
}

/// Whether a row keeps a conflict: the local edit as it was made on what it was made on.
pub(crate) fn is_kept(
    row: &QueueRow<'static>,
    local: (&Edit<'static>, Millis),
    common: Option<&Base<'static>>,
    since: Option<Millis>,
) -> bool {
    let version = common.and_then(|base| base.version.clone());
    let overtaken = row.overtaken.as_ref().map(|Overtaken { common, .. }| common.as_ref());
    row.is_conflicting()
        && !row.is_sent
        && row.next.is_none()
        && row.change.doc == local.0.doc
        && row.change.edited_at == local.1
        && row.change.base == version
        && overtaken == Some(common)
        && (since.is_none() || row.remarks.conflict_since == since)
}

/// What a conflict tells is what its rows say.
pub(crate) fn check_told(pair: &Pair, told: &Conflict) -> Result<(), String> {
    let Some(row) = pair.queue.as_ref().filter(|row| row.is_conflicting()) else {
        return Err(format!("{told:?} is told of and is no conflict: {pair:?}"));
    };
    let common = row.overtaken.as_ref().and_then(|by| by.common.as_ref());
    let docs = [&told.base, &told.local, &told.remote].map(|doc| doc.as_ref().map(|doc| doc.as_str()));
    let are =
        [common.map(|base| &*base.doc), row.change.doc.as_deref(), pair.base.as_ref().map(|base| &*base.doc)];
    let kind = match (are.get(1).copied().flatten(), are.last().copied().flatten()) {
        (None, _) => ConflictKind::DeleteUpdate,
        (_, None) => ConflictKind::UpdateDelete,
        _ => ConflictKind::UpdateUpdate,
    };
    let is_so = docs == are && told.kind == kind && told.id == row.change.id;
    if is_so { Ok(()) } else { Err(format!("{told:?} is told of {pair:?}")) }
}
