//! Explains a commit that brings cards up to the version of the app that wrote it: other texts of the same documents, and nothing
//! else. Says also which version the app of each context knows. Explains no answer of the server's.

use std::{cell::RefCell, collections::BTreeMap};

use syncline_core::model::{Base, Edit, QueueRow, version_of};

use super::{
    edits::Commons,
    rows::{Changed, Pair, Rows},
};
use crate::{
    app::Schema,
    counts::Which,
    device::cards,
    service::{History, RecordKey},
    tasks::Owner,
};

/// Which version the app of each context of a device knows.
#[derive(Debug, Default)]
pub(crate) struct Versions(RefCell<BTreeMap<Owner, u32>>);

impl Versions {
    /// Notes what the app of a context knows.
    pub(crate) fn note(&self, owner: Owner, version: u32) {
        self.0.borrow_mut().insert(owner, version);
    }

    /// What the app of a context knows.
    pub(crate) fn of(&self, owner: Owner) -> Schema {
        Schema(self.0.borrow().get(&owner).copied().unwrap_or_default())
    }

    /// Every version that an app of this device ever knew.
    pub(crate) fn all(&self) -> Vec<Schema> {
        self.0.borrow().values().copied().map(Schema).collect()
    }
}

/// Whether a text is what the server has, as it is or brought up by an app.
pub(crate) fn is_of(text: &str, key: &RecordKey, server: &str, schema: Schema) -> bool {
    text == server || text == schema.shown(&key.0, server)
}

/// What is to be counted of a record that came from the server.
pub(crate) fn count_met(
    key: &RecordKey,
    before: &Pair,
    after: &Pair,
    schema: Schema,
    history: &History,
) -> Option<Which> {
    let base = after.base.as_ref().filter(|_| key.0 == cards() && before.base != after.base)?;
    if version_of(&base.doc) > schema.0 {
        return Some(|counts| &mut counts.newer);
    }
    let is_as_sent = history.deeds(key).iter().any(|deed| deed.doc.as_deref() == Some(&*base.doc));
    (!is_as_sent).then_some(|counts| &mut counts.migrated_in)
}

/// Explains a commit as a migration, and moves what queued changes were made on with it; `None`: it is something else.
pub(crate) fn explain_migration(
    changed: &Changed,
    rows: &Rows,
    schema: Schema,
    commons: &mut Commons,
) -> Option<Vec<Which>> {
    let is_of_records = changed.parked.is_empty()
        && changed.states.is_empty()
        && changed.deletions.is_empty()
        && changed.leadership.is_none()
        && changed.identity.is_none()
        && changed.skew.is_none()
        && !changed.has_retry;
    if schema.0 == 0 || !is_of_records || changed.records.is_empty() {
        return None;
    }
    let mut counted: Vec<Which> = Vec::new();
    for (key, before) in &changed.records {
        let after = rows.pair(key);
        if key.0 != cards() || *before == after || !is_migrated(before, &after, schema) {
            return None;
        }
        if before.base != after.base {
            counted.push(|counts| &mut counts.migrated);
        }
        if before.queue != after.queue {
            counted.push(|counts| &mut counts.migrated_queued);
        }
    }
    for (key, before) in &changed.records {
        if let (Some(Some(common)), Some(made_on)) = (commons.get_mut(key), made_on(&rows.pair(key)))
            && made_on.version == common.version
            && self::made_on(before).is_some_and(|was| was.doc == common.doc)
        {
            common.doc = made_on.doc.clone();
        }
    }
    Some(counted)
}

/// What a queued change was made on, by its rows.
fn made_on(pair: &Pair) -> Option<Base<'static>> {
    match pair.queue.as_ref().and_then(|row| row.overtaken.as_ref()) {
        Some(overtaken) => overtaken.common.clone(),
        None => pair.base.clone(),
    }
}

/// Whether every text is what it was, or that one brought up, and all else is as it was; a change in flight is not touched, and
/// is followed by an edit of the same moment.
fn is_migrated(before: &Pair, after: &Pair, schema: Schema) -> bool {
    is_base(before.base.as_ref(), after.base.as_ref(), schema)
        && match (&before.queue, &after.queue) {
            (None, None) => true,
            (Some(was), Some(is)) => is_row(was, is, before, schema),
            _ => false,
        }
}

fn is_row(was: &QueueRow<'static>, is: &QueueRow<'static>, before: &Pair, schema: Schema) -> bool {
    let common = |row: &QueueRow<'static>| row.overtaken.as_ref().and_then(|by| by.common.clone());
    let mut rest = is.clone();
    rest.change = was.change.clone();
    rest.next = was.next.clone();
    if let (Some(by), Some(was)) = (&mut rest.overtaken, &was.overtaken) {
        by.common = was.common.clone();
    }
    let is_change = match was.is_sent {
        true => is.change == was.change,
        false => is_edit(&was.change, &is.change, schema),
    };
    let is_next = match (&was.next, &is.next) {
        (None, None) => true,
        (Some(was), Some(is)) => is_edit(was, is, schema),
        (None, Some(next)) => {
            let version = before.base.as_ref().and_then(|base| base.version.clone());
            let followed = Edit { id: next.id.clone(), base: version, ..was.change.clone() };
            was.is_sent && next.doc != was.change.doc && is_edit(&followed, next, schema)
        }
        (Some(_), None) => false,
    };
    rest == *was && is_change && is_next && is_base(common(was).as_ref(), common(is).as_ref(), schema)
}

fn is_base(was: Option<&Base<'static>>, is: Option<&Base<'static>>, schema: Schema) -> bool {
    match (was, is) {
        (None, None) => true,
        (Some(was), Some(is)) => {
            let same = Base { doc: was.doc.clone(), ..is.clone() };
            same == *was && is_text(&was.doc, &is.doc, schema)
        }
        _ => false,
    }
}

fn is_edit(was: &Edit<'static>, is: &Edit<'static>, schema: Schema) -> bool {
    let same = Edit { doc: was.doc.clone(), ..is.clone() };
    let is_doc = match (&was.doc, &is.doc) {
        (Some(was), Some(is)) => is_text(was, is, schema),
        (was, is) => was == is,
    };
    same == *was && is_doc
}

fn is_text(was: &str, is: &str, schema: Schema) -> bool {
    was == is || (version_of(was) < schema.0 && is == schema.shown(&cards(), was))
}
