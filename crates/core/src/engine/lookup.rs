//! The indexes and live queries of an open database, kept current by every commit. Reads no rows itself.

use std::collections::BTreeMap;

use serde_json::Value;
use syncline_protocol::{CollectionName, RecordId};

use crate::{
    model::{LiveChange, LiveNumber},
    query::{FieldPath, Index, LiveQuery, Test},
};

/// More changed records than this in one commit make live queries ask again rather than follow each.
const MAX_FOLLOWED: usize = 64;

/// What is kept for one collection.
#[derive(Debug, Default)]
struct Kept {
    indexes: Vec<(FieldPath, Index)>,
    live: BTreeMap<LiveNumber, LiveQuery>,
}

/// The indexes and live queries of all collections.
#[derive(Debug, Default)]
pub(super) struct Lookup {
    kept: BTreeMap<CollectionName, Kept>,
}

impl Lookup {
    /// Whether anything has to follow the records of a collection.
    pub(super) fn is_following(&self, collection: &CollectionName) -> bool {
        self.kept.get(collection).is_some_and(|kept| !kept.indexes.is_empty() || !kept.live.is_empty())
    }

    /// The index on a field, if it was built.
    pub(super) fn has_index(&self, collection: &CollectionName, path: &FieldPath) -> bool {
        self.index(collection, path).is_some()
    }

    /// The records of which a test on an indexed field holds.
    pub(super) fn find(
        &self,
        collection: &CollectionName,
        path: &FieldPath,
        test: &Test,
    ) -> Option<Vec<RecordId>> {
        self.index(collection, path)?.find(test)
    }

    /// Keeps an index that was built of everything there is.
    pub(super) fn keep_index(&mut self, collection: &CollectionName, path: FieldPath, index: Index) {
        let kept = self.kept.entry(collection.clone()).or_default();
        kept.indexes.retain(|(known, _)| *known != path);
        kept.indexes.push((path, index));
    }

    /// Keeps a live query.
    pub(super) fn keep_live(&mut self, collection: &CollectionName, number: LiveNumber, live: LiveQuery) {
        self.kept.entry(collection.clone()).or_default().live.insert(number, live);
    }

    /// Lets a live query go.
    pub(super) fn drop_live(&mut self, number: LiveNumber) {
        for kept in self.kept.values_mut() {
            kept.live.remove(&number);
        }
    }

    /// The records of a live answer.
    pub(super) fn answer(&self, collection: &CollectionName, number: LiveNumber) -> Option<Vec<RecordId>> {
        let live = self.kept.get(collection)?.live.get(&number)?;
        Some(live.answer().cloned().collect())
    }

    /// Takes in what changed records look like.
    pub(super) fn handle(
        &mut self,
        collection: &CollectionName,
        changed: Vec<(RecordId, Option<String>)>,
    ) -> Vec<LiveChange> {
        let Some(kept) = self.kept.get_mut(collection) else { return Vec::new() };
        let is_followed = changed.len() <= MAX_FOLLOWED;
        let mut changes = Vec::new();
        for (record, text) in changed {
            // A text that is no JSON is in no index and no answer.
            let doc: Option<Value> = text.as_deref().and_then(|text| serde_json::from_str(text).ok());
            for (path, index) in &mut kept.indexes {
                index.handle(&record, doc.as_ref().and_then(|doc| path.of(doc)).cloned());
            }
            if !is_followed {
                continue;
            }
            let live = kept.live.iter_mut();
            let patches: Vec<_> = live
                .filter_map(|(number, live)| Some((*number, live.handle(&record, doc.as_ref())?)))
                .collect();
            if !patches.is_empty() {
                changes.push(LiveChange::Record { record, text, patches });
            }
        }
        if !is_followed && !kept.live.is_empty() {
            changes.push(LiveChange::Stale(std::mem::take(&mut kept.live).into_keys().collect()));
        }
        changes
    }

    /// Forgets everything: commits went by unseen. Gives the live queries that have to ask again.
    pub(super) fn reset(&mut self) -> Vec<(CollectionName, Vec<LiveNumber>)> {
        let kept = std::mem::take(&mut self.kept).into_iter();
        kept.map(|(collection, kept)| (collection, kept.live.into_keys().collect())).collect()
    }

    fn index(&self, collection: &CollectionName, path: &FieldPath) -> Option<&Index> {
        let indexes = &self.kept.get(collection)?.indexes;
        indexes.iter().find(|(known, _)| known == path).map(|(_, index)| index)
    }
}
