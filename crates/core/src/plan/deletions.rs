//! Keeps a pull from emptying a collection: what it deletes is counted, and judged before each page. Deletes nothing itself.
//!
//! A pull lasts from the first page behind a stored end to the page that has no more behind it, also where it is broken off
//! and begun again meanwhile: the counts are rows. A page is judged by everything that the pull has deleted with what the page
//! would delete, against the records that were confirmed here before the pull.

use std::collections::BTreeSet;

use syncline_protocol::{CollectionName, Millis, RecordId, RemoteRecord};
use syncline_store::{Decision, Plan, Read, View};

use super::{Origin, draft::Draft};
use crate::model::{
    CollectionTable, Consent, Deletions, Error, MassDeletion, QueueRow, RecordKeys, RowError, Table,
    collection_key, collection_of,
};

/// Collections of fewer records are deleted without asking.
const SMALL: u64 = 20;

/// What a page would delete.
pub(super) struct Judged<'a> {
    /// Of which collection.
    pub(super) collection: &'a CollectionName,
    /// What it says.
    pub(super) records: &'a [RemoteRecord],
    /// What is here and not among everything that it says there is.
    pub(super) absent: &'a [RecordId],
    /// The share of the collection that may go.
    pub(super) limit: f64,
    /// When.
    pub(super) now: Millis,
}

impl Judged<'_> {
    /// How many records that the server had confirmed here the page would delete; those that the user has deleted are none.
    pub(super) fn count(&self, draft: &Draft<'_>) -> Result<u64, RowError> {
        let named = self.records.iter().filter(|record| record.data.is_none()).map(|record| &record.id);
        let ids: BTreeSet<&RecordId> = named.chain(self.absent).collect();
        let mut count = 0_u64;
        for id in ids {
            let keys = RecordKeys::of(self.collection, id);
            let queued = draft.queued(&keys)?;
            let is_deleted_here = queued.as_ref().is_some_and(|row| QueueRow::local(row).is_none());
            count = count.saturating_add(u64::from(!is_deleted_here && draft.base(&keys)?.is_some()));
        }
        Ok(count)
    }

    /// What is too much, if it is: with what the pull has deleted so far.
    pub(super) fn verdict(&self, view: &dyn View, so_far: &Deletions, count: u64) -> Option<MassDeletion> {
        let deletions = so_far.deleted.saturating_add(count);
        // Most pages delete next to nothing: then nobody has to count what is here.
        if count == 0 || !is_more(deletions, self.limit, SMALL) {
            return None;
        }
        let Read::Range { start, end } = collection_of(Table::Base, self.collection) else { return None };
        let here = u64::try_from(view.range(&start, end.as_ref()).count()).unwrap_or(u64::MAX);
        let records = here.saturating_add(so_far.deleted).saturating_sub(so_far.added);
        let is_too_much = records >= SMALL && is_more(deletions, self.limit, records);
        is_too_much.then_some(MassDeletion { deletions, records, at: self.now })
    }
}

/// Whether that many are more than a share of so many.
#[allow(clippy::cast_precision_loss, reason = "a share of a count of records")]
fn is_more(count: u64, share: f64, of: u64) -> bool {
    count as f64 > share * of as f64
}

/// Lets a pull go on that would delete too much. Nothing happens where none waits.
#[derive(Clone, Debug)]
pub struct ConfirmDeletions {
    /// Of which collection.
    pub collection: CollectionName,
}

impl Plan for ConfirmDeletions {
    type Outcome = Result<(), Error>;

    fn reads(&self) -> Vec<Read> {
        vec![Read::Key(collection_key(CollectionTable::Deletions, &self.collection))]
    }

    fn origin(&self) -> u8 {
        Origin::Local.tag()
    }

    fn decide(&self, view: &dyn View) -> Decision<Self::Outcome> {
        Draft::decide(view, |draft| {
            let deletions = draft.deletions(&self.collection)?;
            if deletions.awaited().is_some() {
                let confirmed = Deletions { consent: Consent::Given, ..deletions };
                draft.set_deletions(&self.collection, &confirmed)?;
            }
            Ok(())
        })
    }
}
