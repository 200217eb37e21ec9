//! Conflicts that are kept until somebody chooses: finding them, and the choice. Meets none itself, and asks nobody.
//!
//! A kept conflict is a queue row that is not sent: its change is the local side, what it has overtaken is what both sides were
//! made on, and the base, or the deletion noted beside it, is the remote side.

use std::borrow::Cow;

use syncline_protocol::{ChangeId, CollectionName, JsonText, Millis, RecordId};
use syncline_store::{Decision, Plan, Read, View};

use super::{
    Origin,
    dating::date,
    draft::Draft,
    edit::is_same,
    rebase::{kind_of, unreadable},
};
use crate::model::{
    Base, Conflict, Edit, Error, ErrorCode, QueueRow, RecordKeys, Remarks, Single, Skew, Table, identified,
    read_row, record_key, record_of,
};

/// A conflict as its rows say it.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptConflict {
    /// Where the record is.
    pub collection: CollectionName,
    /// Which record.
    pub record: RecordId,
    /// The remote side; `None`: deleted there.
    pub base: Option<Base<'static>>,
    /// The local side, and what both were made on.
    pub row: QueueRow<'static>,
}

impl KeptConflict {
    /// As the app sees it.
    pub fn to_conflict(&self) -> Result<Conflict, Error> {
        let text = |doc: Option<&str>| doc.map(JsonText::parse).transpose().map_err(unreadable);
        let overtaken = self.row.overtaken.as_ref();
        let common = overtaken.and_then(|overtaken| overtaken.common.as_ref());
        let change = &self.row.change;
        Ok(Conflict {
            id: change.id.clone(),
            collection: self.collection.clone(),
            record: self.record.clone(),
            kind: kind_of(change.doc.as_deref(), self.base.as_ref()),
            base: text(common.map(|common| &*common.doc))?,
            local: text(change.doc.as_deref())?,
            remote: text(self.base.as_ref().map(|base| &*base.doc))?,
            local_edited_at: change.edited_at,
            remote_edited_at: self.remote_edited_at(),
            detected_at: self.row.remarks.conflict_since.unwrap_or_default(),
        })
    }

    fn remote_edited_at(&self) -> Millis {
        let deletion = || Some(self.row.overtaken.as_ref()?.deletion.as_ref()?.edited_at);
        self.base.as_ref().map(|base| base.edited_at).or_else(deletion).unwrap_or_default()
    }
}

/// What has to be read to find the conflicts that are kept.
pub(crate) fn reads_of_conflicts() -> Read {
    Table::Queue.all()
}

/// The conflicts that are kept, longest first.
pub(crate) fn conflicts_in(view: &dyn View) -> Result<Vec<KeptConflict>, Error> {
    let Read::Range { start, end } = reads_of_conflicts() else { return Ok(Vec::new()) };
    let mut kept = Vec::new();
    for (key, value) in view.range(&start, end.as_ref()) {
        let row: QueueRow<'_> = read_row(&value)?;
        let Some((_, collection, record)) = record_of(&key).filter(|_| row.is_conflicting()) else {
            continue;
        };
        let base = view.row(&record_key(Table::Base, &collection, &record));
        let base = base.map(|value| read_row::<Base<'_>>(&value).map(Base::into_owned)).transpose()?;
        kept.push(KeptConflict { collection, record, base, row: row.into_owned() });
    }
    kept.sort_by(|one, other| order(one).cmp(&order(other)));
    Ok(kept)
}

fn order(kept: &KeptConflict) -> (Option<Millis>, &ChangeId) {
    (kept.row.remarks.conflict_since, &kept.row.change.id)
}

/// What somebody chose.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Choice {
    /// The local edit.
    Local,
    /// This document's JSON text; `None` deletes.
    Merged(Option<String>),
    /// What the server has.
    Remote,
}

/// Ends a conflict: what was chosen goes out on the server's version, unless it is what the server has. Fails with
/// `not-found`. Says whether it took place: a choice made of what was `seen` is void where that is not so any more.
#[derive(Clone, Debug)]
pub struct Resolve {
    /// Which conflict.
    pub conflict: ChangeId,
    /// What was chosen.
    pub choice: Choice,
    /// What it was chosen of, where that matters.
    pub seen: Option<KeptConflict>,
    /// Who chose.
    pub origin: Origin,
    /// The device's time.
    pub now: Millis,
}

impl Plan for Resolve {
    type Outcome = Result<bool, Error>;

    fn reads(&self) -> Vec<Read> {
        vec![reads_of_conflicts(), Read::Key(Skew::key())]
    }

    fn origin(&self) -> u8 {
        self.origin.tag()
    }

    fn decide(&self, view: &dyn View) -> Decision<Self::Outcome> {
        Draft::decide(view, |draft| {
            let found =
                conflicts_in(draft.view())?.into_iter().find(|kept| kept.row.change.id == self.conflict);
            let Some(kept) = found else {
                let message = format!("conflict: there is no conflict `{}`", self.conflict);
                return Err(Error::new(ErrorCode::NotFound, message));
            };
            if self.seen.as_ref().is_some_and(|seen| *seen != kept) {
                return Ok(false);
            }
            let after = self.chosen(&kept, draft.single::<Skew>()?.milliseconds);
            let keys = RecordKeys::of(&kept.collection, &kept.record);
            let (base, before) = (kept.base, Some(kept.row));
            draft.set_record(&kept.collection, &keys, (&base, &before), (&base, &after))?;
            Ok(true)
        })
    }
}

impl Resolve {
    /// What goes out, if anything does. It was made on both sides, just now.
    fn chosen(&self, kept: &KeptConflict, skew: i64) -> Option<QueueRow<'static>> {
        let doc = match &self.choice {
            Choice::Remote => return None,
            Choice::Local => kept.row.change.doc.clone(),
            Choice::Merged(doc) => {
                doc.as_deref().map(|doc| Cow::Owned(identified(doc, &kept.record).into_owned()))
            }
        };
        if is_same(doc.as_deref(), kept.base.as_ref().map(|base| &*base.doc)) {
            return None;
        }
        let made_on = kept.row.change.edited_at.max(kept.remote_edited_at());
        let dated = date(self.now, skew, Some(made_on));
        let version = kept.base.as_ref().and_then(|base| base.version.clone());
        let id = kept.row.change.id.clone();
        let change = Edit { id, base: version, edited_at: dated.edited_at, doc };
        let remarks = Remarks { made_at: dated.made_at, conflict_since: None };
        Some(QueueRow { remarks, ..QueueRow::of_edit(change, kept.row.queued_at) })
    }
}
