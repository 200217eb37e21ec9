//! One user's records in memory, for tests and the simulation. Decides nothing: it applies what [`crate::decide`] says.

use std::collections::{BTreeMap, HashMap};

use syncline_protocol::{
    Change, ChangeId, CollectionName, Cursor, DeviceId, Limits, Millis, PullPage, PullRequest, PullResponse,
    PushRequest, PushResponse, PushResult, RecordId,
};

use crate::decide::{self, Arrival, CollectionState, Known, PageBuilder, StoredRecord, Verdict};

/// The records, commit order and answered changes of one user.
#[derive(Clone, Debug)]
pub struct Ledger {
    identity: String,
    limits: Limits,
    position: u64,
    collections: BTreeMap<CollectionName, Collection>,
    answered: HashMap<ChangeId, (PushResult, Millis)>,
}

#[derive(Clone, Debug, Default)]
struct Collection {
    records: BTreeMap<RecordId, StoredRecord>,
    order: BTreeMap<u64, RecordId>,
    state: CollectionState,
    floor: u64,
}

impl Ledger {
    /// Starts empty. Cursors of a ledger with another identity start over here.
    pub fn new(server_identity: &str) -> Self {
        Self {
            identity: server_identity.to_owned(),
            limits: Limits::default(),
            position: 0,
            collections: BTreeMap::new(),
            answered: HashMap::new(),
        }
    }

    /// Replaces the limits.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Answers a push that has passed [`decide::checks::push`].
    pub fn push(&mut self, request: &PushRequest, now: Millis) -> PushResponse {
        let results = request.changes.iter().map(|change| self.take(change, &request.device, now)).collect();
        PushResponse { results, now }
    }

    fn take(&mut self, change: &Change, device: &DeviceId, now: Millis) -> PushResult {
        let collection = self.collections.get(&change.collection);
        let known = Known {
            current: collection.and_then(|collection| collection.records.get(&change.record)),
            answered: self.answered.get(&change.id).map(|(result, _)| result),
            floor: collection.map_or(0, |collection| collection.floor),
        };
        let arrival = Arrival { device, now, position: self.position.saturating_add(1) };
        let verdict = decide::decide(change, &known, &arrival, &self.limits);
        match &verdict {
            Verdict::Applied { record, result } => {
                self.position = record.position;
                self.collections.entry(change.collection.clone()).or_default().store(record.clone());
                self.answered.insert(change.id.clone(), (result.clone(), now));
            }
            Verdict::Rejected { result } => {
                self.answered.insert(change.id.clone(), (result.clone(), now));
            }
            Verdict::Conflict { .. } | Verdict::AlreadyAnswered { .. } => {}
        }
        verdict.into_result()
    }

    /// Answers a pull that has passed [`decide::checks::pull`].
    pub fn pull(&self, request: &PullRequest, now: Millis) -> PullResponse {
        let mut budget = decide::MAX_PAGE_BYTES;
        let page = |(name, from): (&CollectionName, &syncline_protocol::CollectionCursor)| {
            (name.clone(), self.page(name, from.cursor.as_ref(), request.limit, &mut budget))
        };
        PullResponse { collections: request.collections.iter().map(page).collect(), now }
    }

    fn page(
        &self,
        name: &CollectionName,
        cursor: Option<&Cursor>,
        limit: usize,
        budget: &mut usize,
    ) -> PullPage {
        let collection = self.collections.get(name);
        let state = collection.map_or_else(CollectionState::default, |collection| collection.state);
        let reading = decide::plan(cursor, &self.identity, state);
        let mut builder = PageBuilder::new(reading, limit, budget);
        for row in collection.into_iter().flat_map(|collection| collection.after(reading.after())) {
            if builder.offer(row).is_break() {
                break;
            }
        }
        builder.finish(&self.identity)
    }

    /// Forgets deletions and answers of before those times.
    pub fn purge(&mut self, deletions_before: Millis, answers_before: Millis) {
        self.answered.retain(|_, (_, at)| *at >= answers_before);
        for collection in self.collections.values_mut() {
            collection.purge(deletions_before);
        }
    }

    /// Every record, deleted ones too, by collection and id.
    pub fn records(&self) -> impl Iterator<Item = (&CollectionName, &StoredRecord)> {
        self.collections
            .iter()
            .flat_map(|(name, collection)| collection.records.values().map(move |record| (name, record)))
    }

    /// One record, deleted or not.
    pub fn record(&self, collection: &CollectionName, id: &RecordId) -> Option<&StoredRecord> {
        self.collections.get(collection)?.records.get(id)
    }
}

impl Collection {
    fn store(&mut self, record: StoredRecord) {
        self.state.head = record.position;
        self.order.insert(record.position, record.id.clone());
        if let Some(before) = self.records.insert(record.id.clone(), record) {
            self.order.remove(&before.position);
        }
    }

    fn after(&self, position: u64) -> impl Iterator<Item = &StoredRecord> {
        let later = self.order.range(position.saturating_add(1)..);
        later.filter_map(|(_, id)| self.records.get(id))
    }

    fn purge(&mut self, before: Millis) {
        let is_old = |record: &StoredRecord| record.is_deleted() && record.committed_at < before;
        for record in self.records.values().filter(|record| is_old(record)) {
            self.order.remove(&record.position);
            self.state.purged = self.state.purged.max(record.position);
            self.floor = self.floor.max(record.version);
        }
        self.records.retain(|_, record| !is_old(record));
    }
}

#[cfg(test)]
mod tests {
    use syncline_protocol::Version;

    use super::*;

    fn push(
        ledger: &mut Ledger,
        id: &str,
        record: &str,
        op: &str,
        base: Option<u64>,
        now: i64,
    ) -> PushResult {
        let base = base.map_or_else(|| "null".to_owned(), |base| base.to_string());
        let request = serde_json::from_str(&format!(
            r#"{{"device":"d","changes":[{{"id":"{id}","collection":"todos","record":"{record}","op":"{op}",
            "base":{base},"data":{{}},"editedAt":1}}]}}"#
        ))
        .unwrap();
        ledger.push(&request, Millis(now)).results.remove(0)
    }

    fn pull(ledger: &Ledger, cursor: Option<&Cursor>) -> PullPage {
        let from = syncline_protocol::CollectionCursor { cursor: cursor.cloned() };
        let collections = [(CollectionName::trusted("todos"), from)].into();
        ledger
            .pull(&PullRequest { collections, limit: 2 }, Millis(1))
            .collections
            .into_values()
            .next()
            .unwrap()
    }

    fn ids(page: &PullPage) -> Vec<&str> {
        page.records.iter().map(|record| record.id.as_str()).collect()
    }

    #[test]
    fn a_record_changed_twice_is_pulled_once_in_its_latest_state() {
        let mut ledger = Ledger::new("me");
        push(&mut ledger, "1", "a", "put", None, 1);
        push(&mut ledger, "2", "b", "put", None, 1);
        push(&mut ledger, "3", "a", "put", Some(1), 1);
        let page = pull(&ledger, None);
        assert_eq!(ids(&page), ["b", "a"]);
        assert_eq!(page.records[1].version, Some(Version::Number(2)));
    }

    #[test]
    fn the_same_change_sent_again_has_one_effect_and_one_answer() {
        let mut ledger = Ledger::new("me");
        let first = push(&mut ledger, "1", "a", "put", None, 1);
        push(&mut ledger, "2", "a", "put", Some(1), 1);
        assert_eq!(push(&mut ledger, "1", "a", "put", None, 1), first);
        assert_eq!(
            ledger.record(&CollectionName::trusted("todos"), &RecordId::trusted("a")).unwrap().version,
            2
        );
    }

    #[test]
    fn a_conflict_is_not_remembered() {
        let mut ledger = Ledger::new("me");
        push(&mut ledger, "1", "a", "put", None, 1);
        assert!(matches!(push(&mut ledger, "2", "a", "put", None, 1), PushResult::Conflict { .. }));
        push(&mut ledger, "3", "a", "delete", Some(1), 1);
        assert!(matches!(push(&mut ledger, "2", "a", "put", None, 1), PushResult::Applied { .. }));
    }

    #[test]
    fn a_purged_deletion_starts_old_cursors_over_and_its_versions_are_not_given_again() {
        let mut ledger = Ledger::new("me");
        push(&mut ledger, "1", "a", "put", None, 1);
        let before = pull(&ledger, None).cursor;
        push(&mut ledger, "2", "a", "delete", Some(1), 2);
        let after = pull(&ledger, Some(&before)).cursor;
        ledger.purge(Millis(3), Millis(0));
        assert_eq!(ledger.records().count(), 0);
        assert!(pull(&ledger, Some(&before)).snapshot);
        assert!(!pull(&ledger, Some(&after)).snapshot);
        let again = push(&mut ledger, "3", "a", "put", None, 4);
        assert_eq!(again, PushResult::Applied { id: ChangeId::trusted("3"), version: Version::Number(3) });
    }

    #[test]
    fn a_cursor_of_another_ledger_starts_over() {
        let mut ledger = Ledger::new("me");
        push(&mut ledger, "1", "a", "put", None, 1);
        let theirs = pull(&Ledger::new("other"), None).cursor;
        let page = pull(&ledger, Some(&theirs));
        assert!(page.snapshot);
        assert_eq!(ids(&page), ["a"]);
    }
}
