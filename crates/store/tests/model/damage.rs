//! What becomes of a database whose bytes go bad: the rest is served, and everything goes on from there.

use std::collections::{BTreeMap, BTreeSet};

use futures::executor::block_on;
use rand::Rng;
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use syncline_store::{Database, Key, MemoryDisk, Part, Plan, Value};

use super::op::{Op, look};
use super::reader::Found;
use super::world::{all_rows, tiny, write_all};

/// Damages some parts of a disk; returns which.
fn damage(disk: &MemoryDisk, random: &mut SmallRng) -> BTreeSet<Part> {
    let parts = Found::on(disk).parts();
    let count = random.random_range(1..4);
    let damaged: BTreeSet<Part> = parts.choose_multiple(random, count).copied().collect();
    for part in &damaged {
        let spoil = |bytes: &mut Vec<u8>| {
            let at = random.random_range(0..bytes.len());
            match random.random_range(0..4) {
                0 => bytes.truncate(at),
                1 => bytes.push(0),
                2 => bytes.fill(0),
                _ => bytes[at] ^= 1 << random.random_range(0..8),
            }
        };
        match part {
            Part::Entry(sequence) => disk.damage_entry(*sequence, spoil),
            Part::Page(id) => disk.damage_page(*id, spoil),
            Part::Directory => panic!("without it nothing is served"),
        }
    }
    damaged
}

/// Damages a disk that nobody uses, and lets contexts go on with it. Answers how many parts, and how many plans went on.
pub fn damage_and_go_on(disk: &MemoryDisk, random: &mut SmallRng, first_id: u64) -> (usize, usize) {
    let whole = Found::on(disk);
    let damaged = damage(disk, random);
    let mut model: BTreeMap<Key, Value> = whole.rows(&damaged);

    let open = || block_on(Database::open(disk.clone(), tiny(), ())).unwrap();
    let contexts = [open(), open()];
    let plans = random.random_range(0..12);
    for id in first_id..first_id + plans {
        let context = &contexts[random.random_range(0..2)];
        if random.random_bool(0.3) {
            block_on(context.compact()).unwrap();
        }
        let op = Op::random(id, random);
        let decision = op.decide(&model);
        assert_eq!(block_on(context.run(op)), Ok(decision.outcome));
        let writes = decision.writes.into_iter().map(|write| (write.key, write.value.map(Value::from)));
        write_all(&mut model, writes);
        assert_eq!(block_on(context.read(&[], look)), Ok(look(&model)));
    }
    let fresh = open();
    assert_eq!(block_on(fresh.read(&[], all_rows)).unwrap(), model);
    assert_eq!(fresh.corruptions().into_iter().collect::<BTreeSet<_>>(), damaged);
    (damaged.len(), plans as usize)
}
