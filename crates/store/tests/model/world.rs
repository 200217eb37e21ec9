//! Several contexts on one disk: what happens to them by chance, and whether it could have happened to one map.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use futures::executor::block_on;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use syncline_store::{Commit, Database, Key, MemoryDisk, Observer, Options, Plan, Read, Value, View};

use super::damage::damage_and_go_on;
use super::met::Met;
use super::op::{Op, Seen, look, number, place_key};
use super::reader::Found;
use crate::support::{Faults, Faulty, Tasks};

type Context = Database<Faulty<MemoryDisk>, Mirror>;

const CONTEXTS: usize = 3;

/// Follows the commits, as the engine does; knows the rows from the first read after opening or a reset.
#[derive(Default)]
pub struct Mirror {
    rows: RefCell<Option<BTreeMap<Key, Value>>>,
    told: RefCell<BTreeMap<Key, bool>>,
    resets: RefCell<u32>,
}

impl Observer for Mirror {
    fn handle_commit(&self, before: &dyn View, commit: &Commit, is_own: bool) {
        let place = commit.writes.iter().map(|(key, _)| key).find(|key| key.as_bytes().starts_with(b"op/"));
        let is_told_twice = self.told.borrow_mut().insert(place.unwrap().clone(), is_own).is_some();
        assert!(!is_told_twice, "{place:?} was told twice");
        if let Some(rows) = self.rows.borrow_mut().as_mut() {
            for (key, _) in &commit.writes {
                assert_eq!(before.row(key), rows.get(key).cloned(), "{key:?} before {place:?}");
            }
            write_all(rows, commit.writes.iter().cloned());
        }
    }

    fn handle_reset(&self) {
        *self.rows.borrow_mut() = None;
        *self.resets.borrow_mut() += 1;
    }
}

pub fn write_all(rows: &mut BTreeMap<Key, Value>, writes: impl Iterator<Item = (Key, Option<Value>)>) {
    for (key, value) in writes {
        match value {
            Some(value) => rows.insert(key, value),
            None => rows.remove(&key),
        };
    }
}

/// What was asked, and how it was answered.
#[derive(Default)]
struct Record {
    asked: BTreeMap<u64, Op>,
    acknowledged: BTreeMap<u64, Seen>,
    refused: BTreeSet<u64>,
    looked: Vec<Seen>,
    looked_now: usize,
    /// Contexts that committed, and would tell the others.
    committed: Vec<usize>,
}

pub struct World {
    random: SmallRng,
    disk: MemoryDisk,
    faults: Rc<Faults>,
    tasks: Tasks,
    contexts: Vec<Rc<RefCell<Option<Context>>>>,
    record: Rc<RefCell<Record>>,
    met: Met,
}

impl World {
    pub fn new(seed: u64) -> Self {
        Self {
            random: SmallRng::seed_from_u64(seed),
            disk: MemoryDisk::new(),
            faults: Faults::new(seed),
            tasks: Tasks::default(),
            contexts: (0..CONTEXTS).map(|_| Rc::default()).collect(),
            record: Rc::default(),
            met: Met::default(),
        }
    }

    pub fn run(mut self) -> Met {
        self.faults.failing.set([0.0, 0.02, 0.1][self.random.random_range(0..3)]);
        for _ in 0..self.random.random_range(20..160) {
            self.act();
            for _ in 0..self.random.random_range(0..12) {
                self.tasks.poll_one(&mut self.random);
            }
        }
        self.faults.failing.set(0.0);
        self.tasks.settle(&mut self.random);
        self.check();
        self.met
    }

    fn act(&mut self) {
        self.broadcast();
        let at = self.random.random_range(0..CONTEXTS);
        let Some(context) = self.contexts[at].borrow().clone() else { return self.open(at) };
        match self.random.random_range(0..42) {
            0..14 => self.start_op(at, &context),
            14..17 => (0..4).for_each(|_| self.start_op(at, &context)),
            17..21 => self.start_look(at, context),
            21..23 => {
                if let Some(seen) = context.read_now(look) {
                    let mut record = self.record.borrow_mut();
                    record.looked.push(seen);
                    record.looked_now += 1;
                }
            }
            23..27 => self.tasks.spawn(at, async move { drop(context.catch_up().await) }),
            27..33 => self.tasks.spawn(at, async move { drop(context.compact().await) }),
            33..35 => self.tasks.spawn(at, async move { drop(follow(&context).await) }),
            35..37 => {
                self.met.add("reads ahead that were due", usize::from(context.is_read_ahead_due()));
                self.tasks.spawn(at, async move { drop(context.read_ahead().await) });
            }
            37..40 => self.tasks.drop_one(&mut self.random),
            _ => {
                self.met.add("crashes", 1);
                drop(context);
                self.tasks.drop_all_of(at);
                *self.contexts[at].borrow_mut() = None;
            }
        }
    }

    /// Tells the others of commits, as far as the message is not lost.
    fn broadcast(&mut self) {
        let committed = std::mem::take(&mut self.record.borrow_mut().committed);
        for (from, at) in committed.into_iter().flat_map(|from| (0..CONTEXTS).map(move |at| (from, at))) {
            let Some(other) = self.contexts[at].borrow().clone().filter(|_| at != from) else { continue };
            if self.random.random_bool(0.3) {
                self.met.add("broadcasts heard", 1);
                self.tasks.spawn(at, async move { drop(other.catch_up().await) });
            } else {
                self.met.add("broadcasts lost", 1);
            }
        }
    }

    fn open(&mut self, at: usize) {
        let (slot, disk, faults) = (self.contexts[at].clone(), self.disk.clone(), self.faults.clone());
        self.tasks.spawn(at, async move {
            let opened = Context::open(Faulty { disk, faults }, tiny(), Mirror::default()).await;
            if slot.borrow().is_none() {
                *slot.borrow_mut() = opened.ok();
            }
        });
    }

    fn start_op(&mut self, at: usize, context: &Context) {
        let mut record = self.record.borrow_mut();
        let id = record.asked.len() as u64;
        let op = Op::random(id, &mut self.random);
        record.asked.insert(id, op.clone());
        let (context, record) = (context.clone(), self.record.clone());
        self.tasks.spawn(at, async move {
            let resets = *context.observer().resets.borrow();
            let answer = context.run(op).await;
            let mut record = record.borrow_mut();
            match answer {
                Ok(seen) => {
                    let is_own = context.observer().told.borrow().get(&place_key(id)).copied();
                    let is_reset = resets != *context.observer().resets.borrow();
                    assert!(is_own == Some(true) || is_reset, "op {id} was told as {is_own:?}");
                    record.acknowledged.insert(id, seen);
                    record.committed.push(at);
                }
                Err(error) if error.is_in_doubt() => {}
                Err(_) => {
                    record.refused.insert(id);
                }
            }
        });
    }

    fn start_look(&mut self, at: usize, context: Context) {
        let reads = if self.random.random_bool(0.5) { vec![Read::prefix(b"k/")] } else { Vec::new() };
        let record = self.record.clone();
        self.tasks.spawn(at, async move {
            if let Ok(seen) = context.read(&reads, look).await {
                record.borrow_mut().looked.push(seen);
            }
        });
    }

    /// Replays what is on the disk in its order, and compares it with everything that anyone was told.
    fn check(&mut self) {
        let fresh = block_on(Database::open(self.disk.clone(), tiny(), ())).unwrap();
        let rows = block_on(fresh.read(&[], all_rows)).unwrap();
        assert_eq!(fresh.corruptions(), []);

        let record = self.record.borrow();
        let place = |id: &u64| rows.get(&place_key(*id)).map(|value| (number(value), *id));
        let order: BTreeMap<u64, u64> = record.asked.keys().filter_map(place).collect();
        let mut model = BTreeMap::new();
        let mut moments = vec![look(&model)];
        for (place, id) in &order {
            let decision = record.asked[id].decide(&model);
            assert_eq!(decision.outcome.order, *place, "places have gaps");
            if let Some(seen) = record.acknowledged.get(id) {
                assert_eq!(decision.outcome, *seen, "op {id} was told something else");
            }
            let writes = decision.writes.into_iter().map(|write| (write.key, write.value.map(Value::from)));
            write_all(&mut model, writes);
            moments.push(look(&model));
        }
        assert_eq!(rows, model);
        assert_eq!(Found::on(&self.disk).rows(&BTreeSet::new()), model, "the format is not what it says");
        for id in record.acknowledged.keys() {
            assert!(order.values().any(|done| done == id), "op {id} was acknowledged and lost");
        }
        for id in &record.refused {
            assert!(!order.values().any(|done| done == id), "op {id} was refused and done");
        }
        for seen in &record.looked {
            assert_eq!(moments[seen.order as usize], *seen, "a read saw what never was");
        }

        for context in self.contexts.iter().filter_map(|slot| slot.borrow_mut().take()) {
            block_on(context.catch_up()).unwrap();
            assert_eq!(block_on(context.read(&[], all_rows)).unwrap(), model);
            assert_eq!(context.corruptions(), []);
            self.met.add("resets", *context.observer().resets.borrow() as usize);
            if let Some(rows) = context.observer().rows.borrow().as_ref() {
                assert_eq!(*rows, model);
                self.met.add("mirrors compared", 1);
            }
        }
        let counts = self.faults.counts();
        self.met.add_counts(&counts);
        for (what, count) in [
            ("plans acknowledged", record.acknowledged.len()),
            ("plans refused", record.refused.len()),
            ("plans done and never answered", order.len() - record.acknowledged.len()),
            ("looks", record.looked.len() - record.looked_now),
            ("looks without waiting", record.looked_now),
            ("plans that shared an entry", order.len().saturating_sub(counts.appended as usize)),
        ] {
            self.met.add(what, count);
        }
        let (damaged, plans) = damage_and_go_on(&self.disk, &mut self.random, record.asked.len() as u64);
        self.met.add("damaged parts", damaged);
        self.met.add("plans after damage", plans);
    }
}

/// Lets the mirror of a context know the rows.
async fn follow(context: &Context) -> Result<(), syncline_store::StoreError> {
    let rows = context.read(&[], all_rows).await?;
    // No await lies between the last look and this line, so no commit does either.
    *context.observer().rows.borrow_mut() = Some(rows);
    Ok(())
}

pub fn all_rows(view: &dyn View) -> BTreeMap<Key, Value> {
    view.range(&Key::new(""), None).collect()
}

pub fn tiny() -> Options {
    Options { cache_bytes: 600, page_records: 5, page_bytes: 200, compact_at: 40 }
}
