//! Rows in a map, to test plans in three lines. Holds one collection, `todos`.

use std::collections::BTreeMap;

use syncline_protocol::{
    ChangeId, CollectionName, Cursor, DeviceId, JsonText, Millis, PushResult, RecordId, RemoteRecord, Version,
};
use syncline_store::{Key, Plan, Value};

use super::*;
use crate::model::{
    Base, CollectionTable, ConflictStrategy, QueueRow, RecordKeys, Retain, Table, Tally, collection_key,
    collection_of, read_row, record_key, record_of,
};

/// The rows, the strategy, and a counter that stands for chance and time.
#[derive(Default)]
pub(crate) struct Rows {
    pub(crate) rows: BTreeMap<Key, Value>,
    pub(crate) strategy: ConflictStrategy,
    pub(crate) now: i64,
    /// How long records are kept.
    pub(crate) retain: Option<Retain>,
    /// Whether pages that are pulled have more behind them.
    pub(crate) has_more: bool,
}

pub(crate) fn todos() -> CollectionName {
    CollectionName::trusted("todos")
}

/// A record of `todos` as the server has it, edited at its version times a hundred.
pub(crate) fn remote(id: &str, version: u64, doc: Option<&str>) -> RemoteRecord {
    RemoteRecord {
        id: RecordId::trusted(id),
        version: Some(Version::Number(version)),
        edited_at: Millis(version as i64 * 100),
        device: None,
        data: doc.map(|doc| JsonText::parse(doc).unwrap()),
    }
}

impl Rows {
    pub(crate) fn run<P: Plan>(&mut self, plan: &P) -> P::Outcome {
        let decision = plan.decide(&self.rows);
        for write in decision.writes {
            match write.value {
                Some(value) => self.rows.insert(write.key, Value::from(value)),
                None => self.rows.remove(&write.key),
            };
        }
        decision.outcome
    }

    fn fresh(&mut self) -> ChangeId {
        self.now += 1;
        ChangeId::trusted(format!("change-{}", self.now))
    }

    fn rebaser(&self) -> Rebaser {
        Rebaser { device: DeviceId::trusted("me"), now: Millis(self.now) }
    }

    pub(crate) fn edit(&mut self, record: &str, kind: EditKind) -> Result<bool, Error> {
        let change = self.fresh();
        let record = RecordId::trusted(record);
        let keys = RecordKeys::of(&todos(), &record);
        let intents = vec![EditIntent { collection: todos(), record, keys, kind, change }];
        self.run(&EditPlan { intents: intents.into(), now: Millis(self.now) })
    }

    pub(crate) fn take_batch(&mut self) -> Vec<syncline_protocol::Change> {
        let collections = [(todos(), 0)].into();
        let plan = TakeBatch {
            collections,
            max_changes: 100,
            max_bytes: 1 << 20,
            with_patches: true,
            held_back: Vec::new(),
        };
        self.run(&plan).unwrap().changes
    }

    pub(crate) fn answer(
        &mut self,
        change: &syncline_protocol::Change,
        result: PushResult,
    ) -> AnswersApplied {
        let fresh = self.fresh();
        let plan = ApplyAnswers {
            answers: vec![(change.clone(), result, fresh)],
            strategies: [(todos(), self.strategy)].into(),
            rebaser: self.rebaser(),
        };
        self.run(&plan).unwrap()
    }

    pub(crate) fn pull(
        &mut self,
        records: Vec<RemoteRecord>,
        since: Option<&str>,
        end: PageEnd,
    ) -> PageApplied {
        let plan = ApplyPage {
            collection: todos(),
            strategy: self.strategy,
            records,
            since: since.map(|text| Cursor(text.to_owned())),
            end,
            has_more: self.has_more,
            mass_deletion_limit: 0.5,
            retain: self.retain,
            rebaser: self.rebaser(),
        };
        self.run(&plan).unwrap()
    }

    /// The record's document as the user sees it.
    pub(crate) fn local(&self, id: &str) -> Option<String> {
        let id = RecordId::trusted(id);
        if let Some(value) = self.rows.get(&record_key(Table::Queue, &todos(), &id)) {
            return read_row::<QueueRow<'_>>(value).unwrap().local().map(str::to_owned);
        }
        let value = self.rows.get(&record_key(Table::Base, &todos(), &id))?;
        Some(read_row::<Base<'_>>(value).unwrap().doc.into_owned())
    }

    /// What a request shows of the device's clock.
    pub(crate) fn measure(&mut self, skew: i64) {
        let skew = crate::model::Skew { milliseconds: skew };
        let plan = KeepSkew { skew, took: 100, now: Millis(self.now), put_back_from: None };
        let put_back_from = self.run(&plan).unwrap();
        if put_back_from.is_some() {
            self.run(&KeepSkew { put_back_from, ..plan }).unwrap();
        }
    }

    /// The record's queued change.
    pub(crate) fn queued(&self, id: &str) -> Option<QueueRow<'static>> {
        let value = self.rows.get(&record_key(Table::Queue, &todos(), &RecordId::trusted(id)))?;
        Some(read_row::<QueueRow<'_>>(value).unwrap().into_owned())
    }

    /// The date of the record's queued edit.
    pub(crate) fn edited_at(&self, id: &str) -> i64 {
        self.queued(id).unwrap().latest().edited_at.0
    }

    pub(crate) fn queue_ids(&self) -> Vec<String> {
        let syncline_store::Read::Range { start, .. } = collection_of(Table::Queue, &todos()) else {
            unreachable!()
        };
        let keys = self.rows.range(start..).filter_map(|(key, _)| record_of(key));
        keys.filter(|key| key.0 == Table::Queue).map(|key| key.2.to_string()).collect()
    }

    pub(crate) fn tally(&self) -> Tally {
        let row = self.rows.get(&collection_key(CollectionTable::Tally, &todos()));
        row.map(|value| read_row(value).unwrap()).unwrap_or_default()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }
}
