//! Puts migrated texts in the place of older ones: the same record, version and edit in another text. Migrates nothing itself.

use std::{borrow::Cow, collections::BTreeMap};

use syncline_protocol::{ChangeId, CollectionName, RecordId};
use syncline_store::{Decision, Plan, Read, View};

use super::{Origin, draft::Draft};
use crate::model::{Base, Edit, Error, QueueRow, RecordKeys};

/// The texts of one record.
#[derive(Clone, Debug)]
pub struct MigratedRecord {
    /// Which record.
    pub record: RecordId,
    /// What becomes of each text that it has.
    pub texts: BTreeMap<String, String>,
    /// The idempotency key of the edit that follows a change on its way.
    pub fresh: ChangeId,
}

/// Writes migrated texts back. What the server has confirmed stays confirmed, and what is queued stays the same change. A change
/// on its way stays as it was sent; what the user sees of it from here on waits behind it, as an edit of the same moment.
#[derive(Clone, Debug)]
pub struct WriteMigrated {
    /// Where the records are.
    pub collection: CollectionName,
    /// What becomes of them.
    pub records: Vec<MigratedRecord>,
}

impl Plan for WriteMigrated {
    type Outcome = Result<(), Error>;

    fn reads(&self) -> Vec<Read> {
        self.records.iter().flat_map(|one| RecordKeys::of(&self.collection, &one.record).reads()).collect()
    }

    fn origin(&self) -> u8 {
        Origin::Remote.tag()
    }

    fn decide(&self, view: &dyn View) -> Decision<Self::Outcome> {
        Draft::decide(view, |draft| {
            for one in &self.records {
                let keys = RecordKeys::of(&self.collection, &one.record);
                let (base, queued) = (draft.base(&keys)?, draft.queued(&keys)?);
                let after = (
                    base.clone().map(|base| one.base(base)),
                    queued.clone().map(|row| one.queued(&base, row)),
                );
                draft.set_record(&self.collection, &keys, (&base, &queued), (&after.0, &after.1))?;
            }
            Ok(())
        })
    }
}

impl MigratedRecord {
    fn base(&self, base: Base<'static>) -> Base<'static> {
        match self.texts.get(&*base.doc) {
            Some(text) => Base { doc: Cow::Owned(text.clone()), ..base },
            None => base,
        }
    }

    fn edit(&self, edit: Edit<'static>) -> Edit<'static> {
        match edit.doc.as_deref().and_then(|doc| self.texts.get(doc)) {
            Some(text) => Edit { doc: Some(Cow::Owned(text.clone())), ..edit },
            None => edit,
        }
    }

    fn queued(&self, base: &Option<Base<'static>>, row: QueueRow<'static>) -> QueueRow<'static> {
        let overtaken = row.overtaken.map(|mut overtaken| {
            overtaken.common = overtaken.common.map(|common| self.base(common));
            overtaken
        });
        if !row.is_sent {
            return QueueRow {
                change: self.edit(row.change),
                next: row.next.map(|next| self.edit(next)),
                overtaken,
                ..row
            };
        }
        let next = match row.next {
            Some(next) => Some(self.edit(next)),
            None => {
                let followed = self.edit(row.change.clone());
                let version = base.as_ref().and_then(|base| base.version.clone());
                let is_other = followed.doc != row.change.doc;
                is_other.then(|| Edit { id: self.fresh.clone(), base: version, ..followed })
            }
        };
        QueueRow { next, overtaken, ..row }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{
        EditKind, PageEnd,
        testing::{Rows, remote, todos},
    };

    fn old(number: u64) -> String {
        format!(r#"{{"id":"a","n":{number}}}"#)
    }

    fn new(number: u64) -> String {
        format!(r#"{{"id":"a","m":{number},"$v":1}}"#)
    }

    fn migrate(rows: &mut Rows) {
        let texts = (0..3).map(|number| (old(number), new(number))).collect();
        let record = RecordId::trusted("a");
        let one = MigratedRecord { record, texts, fresh: ChangeId::trusted("fresh") };
        rows.run(&WriteMigrated { collection: todos(), records: vec![one] }).unwrap();
    }

    fn synced() -> Rows {
        let mut rows = Rows::default();
        let end = PageEnd::Cursor(syncline_protocol::Cursor("1".to_owned()));
        rows.pull(vec![remote("a", 1, Some(&old(0)))], None, end);
        rows
    }

    #[test]
    fn a_synced_record_is_another_text_of_the_same_version_and_nothing_is_queued() {
        let mut rows = synced();
        migrate(&mut rows);
        assert_eq!((rows.local("a").unwrap(), rows.tally().pending), (new(0), 0));
        assert!(rows.take_batch().is_empty());
    }

    #[test]
    fn a_queued_change_is_migrated_and_stays_the_same_change() {
        let mut rows = synced();
        rows.edit("a", EditKind::Put((&*old(1)).into())).unwrap();
        let mut other = Rows { rows: rows.rows.clone(), ..Rows::default() };
        let before = other.take_batch().remove(0);
        migrate(&mut rows);
        let after = rows.take_batch().remove(0);
        assert_eq!(after.data.as_ref().unwrap().as_str(), new(1));
        assert_eq!((after.id, after.base, after.edited_at), (before.id, before.base, before.edited_at));
    }

    #[test]
    fn a_change_on_its_way_stays_as_it_was_sent_and_its_migrated_text_follows_it() {
        let mut rows = synced();
        rows.edit("a", EditKind::Put((&*old(1)).into())).unwrap();
        let sent = rows.take_batch();
        migrate(&mut rows);
        assert_eq!(rows.take_batch(), sent);
        assert_eq!(rows.local("a").unwrap(), new(1));
        let version = syncline_protocol::Version::Number(2);
        rows.answer(&sent[0], syncline_protocol::PushResult::Applied { id: sent[0].id.clone(), version });
        assert_eq!(rows.take_batch()[0].data.as_ref().unwrap().as_str(), new(1));
    }

    #[test]
    fn a_record_that_was_edited_meanwhile_keeps_the_edit() {
        let mut rows = synced();
        rows.edit("a", EditKind::Put(r#"{"id":"a","m":9,"$v":1}"#.into())).unwrap();
        migrate(&mut rows);
        assert_eq!(rows.local("a").unwrap(), r#"{"id":"a","m":9,"$v":1}"#);
    }
}
