//! Records coming down: one page and its cursor in one commit. Asks no server.

use std::collections::BTreeSet;

use syncline_protocol::{ChangeId, CollectionName, Cursor, RecordId, RemoteRecord, Version};
use syncline_store::{Decision, Plan, Read, View};

use super::{
    Origin,
    draft::Draft,
    rebase::{Meeting, Rebaser, ResolvedConflict, base_of, is_newer},
};
use crate::model::{
    Base, CollectionTable, ConflictStrategy, Error, QueueRow, RecordKeys, Table, collection_key,
    collection_of, record_of,
};

/// Where a page leaves the pull.
#[derive(Clone, Debug, PartialEq)]
pub enum PageEnd {
    /// The next pull starts here.
    Cursor(Cursor),
    /// The last page of everything there is: what was not among it is deleted.
    Snapshot {
        /// The next pull starts here.
        cursor: Cursor,
        /// What was among it.
        seen: BTreeSet<RecordId>,
    },
    /// A page of everything there is, with more to come: the cursor stays, so that an interrupted snapshot starts over.
    Within,
}

/// Applies a page. Pending edits are re-based on it; changes on their way keep the base they were made on.
#[derive(Clone, Debug)]
pub struct ApplyPage {
    /// Which collection.
    pub collection: CollectionName,
    /// Its strategy.
    pub strategy: ConflictStrategy,
    /// What came down, each with the key of a change that may have to follow it.
    pub records: Vec<(RemoteRecord, ChangeId)>,
    /// The cursor that was pulled from: the page is void where it moved meanwhile.
    pub since: Option<Cursor>,
    /// Where this leaves the pull.
    pub end: PageEnd,
    /// How edits are re-based.
    pub rebaser: Rebaser,
}

/// What a page changed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PageApplied {
    /// Whether the page was void.
    pub is_void: bool,
    /// Records that were news.
    pub pulled: u64,
    /// Conflicts met.
    pub conflicts: Vec<ResolvedConflict>,
    /// Changes that have to go out again in this cycle.
    pub requeued: u64,
}

impl Plan for ApplyPage {
    type Outcome = Result<PageApplied, Error>;

    fn reads(&self) -> Vec<Read> {
        let mut reads = vec![Read::Key(collection_key(CollectionTable::State, &self.collection))];
        for (record, _) in &self.records {
            reads.extend(RecordKeys::of(&self.collection, &record.id).reads());
        }
        if matches!(self.end, PageEnd::Snapshot { .. }) {
            reads.push(collection_of(Table::Base, &self.collection));
        }
        reads
    }

    fn origin(&self) -> u8 {
        Origin::Remote.tag()
    }

    fn decide(&self, view: &dyn View) -> Decision<Self::Outcome> {
        Draft::decide(view, |draft| {
            let mut state = draft.state(&self.collection)?;
            let mut outcome = PageApplied::default();
            if state.cursor != self.since {
                outcome.is_void = true;
                return Ok(outcome);
            }
            for (record, fresh) in &self.records {
                self.apply(draft, record, fresh, &mut outcome)?;
            }
            if let PageEnd::Snapshot { seen, .. } = &self.end {
                self.remove_absent(draft, seen, &mut outcome)?;
            }
            if let PageEnd::Cursor(cursor) | PageEnd::Snapshot { cursor, .. } = &self.end
                && state.cursor.as_ref() != Some(cursor)
            {
                state.cursor = Some(cursor.clone());
                draft.set_state(&self.collection, &state)?;
            }
            Ok(outcome)
        })
    }
}

impl ApplyPage {
    fn apply(
        &self,
        draft: &mut Draft<'_>,
        incoming: &RemoteRecord,
        fresh: &ChangeId,
        outcome: &mut PageApplied,
    ) -> Result<(), Error> {
        let keys = RecordKeys::of(&self.collection, &incoming.id);
        let (base, queued) = (draft.base(&keys)?, draft.queued(&keys)?);
        if is_known(base.as_ref(), incoming) {
            return Ok(());
        }
        outcome.pulled = outcome.pulled.saturating_add(1);
        let new_base = base_of(incoming);
        let after = match queued.clone() {
            None => None,
            Some(row) if row.is_sent => {
                let overtaken = row.overtaken.clone().or_else(|| Some(base.clone()));
                Some(QueueRow { overtaken, ..row })
            }
            Some(row) => {
                let (edit, conflict) = self.rebaser.rebase(
                    row.change.clone(),
                    &Meeting {
                        collection: &self.collection,
                        record: &incoming.id,
                        strategy: self.strategy,
                        common: base.as_ref(),
                        incoming: new_base.as_ref(),
                        incoming_at: incoming.edited_at,
                        incoming_by: incoming.device.as_ref(),
                        fresh,
                    },
                )?;
                outcome.conflicts.extend(conflict);
                outcome.requeued = outcome.requeued.saturating_add(u64::from(edit.is_some()));
                edit.map(|change| QueueRow { change, attempts: 0, last_error: None, ..row })
            }
        };
        draft.set_record(&self.collection, &keys, (&base, &queued), (&new_base, &after))?;
        Ok(())
    }

    fn remove_absent(
        &self,
        draft: &mut Draft<'_>,
        seen: &BTreeSet<RecordId>,
        outcome: &mut PageApplied,
    ) -> Result<(), Error> {
        let Read::Range { start, end } = collection_of(Table::Base, &self.collection) else { return Ok(()) };
        let absent: Vec<RecordId> = draft
            .view()
            .range(&start, end.as_ref())
            .filter_map(|(key, _)| record_of(&key).map(|(_, _, record)| record))
            .filter(|record| !seen.contains(record))
            .collect();
        for record in absent {
            let id = ChangeId::trusted(format!("absent-{record}"));
            let deleted = RemoteRecord {
                id: record,
                version: None,
                edited_at: self.rebaser.now,
                device: None,
                data: None,
            };
            self.apply(draft, &deleted, &id, outcome)?;
        }
        Ok(())
    }
}

/// Whether an incoming record says nothing new: pulls are at least once.
fn is_known(base: Option<&Base<'_>>, incoming: &RemoteRecord) -> bool {
    let Some(known) = base else { return incoming.data.is_none() };
    let version = known.version.clone().map(Version::from);
    let is_same = incoming.data.is_some() && version.is_some() && version == incoming.version;
    is_same || is_newer(Some(known), incoming.version.as_ref())
}
