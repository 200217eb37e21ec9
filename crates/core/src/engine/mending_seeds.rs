//! Lives of one device whose disk goes bad again and again, by seed: it edits, syncs, folds, closes, and a part is damaged. Then
//! device and server have to be equal, and no edit may be lost but what was in a part beyond reading.

use std::collections::BTreeMap;

use syncline_protocol::{CollectionName, RecordId};
use syncline_store::{Disk as _, Part};

use super::{
    client::{Client, Intent},
    testing::{Device, Dice, Heard, TestHost},
};
use crate::{model::Event, plan::EditKind, ports::Random as _, query::Query};

const SEEDS: u64 = 200;
const STEPS: u64 = 40;

/// How a part is spoiled.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Harm {
    /// One bit is another: at most one row cannot be read, or says something else.
    Bit,
    /// Nothing of it is left.
    Everything,
}

/// The documents of the records whose last edit was acknowledged and is not known to be lost.
type Edits = BTreeMap<RecordId, Option<String>>;

struct Story {
    device: Device,
    dice: Dice,
    client: Option<(Client<TestHost>, Heard)>,
    edits: Edits,
    harmed: usize,
    lost: usize,
    told: usize,
}

fn todos() -> CollectionName {
    CollectionName::trusted("todos")
}

impl Story {
    fn new(seed: u64) -> Self {
        let mut device = Device::new();
        device.server.fill(20);
        let (client, _) = device.open(true);
        device.wait(client.enable(vec![todos()], true)).unwrap();
        device.wait(client.sync()).unwrap();
        client.close();
        device.settle();
        let dice = Dice::new(seed);
        Self { device, dice, client: None, edits: Edits::new(), harmed: 0, lost: 0, told: 0 }
    }

    fn below(&self, limit: usize) -> usize {
        (self.dice.next() % u64::try_from(limit).unwrap()) as usize
    }

    fn client(&mut self) -> Client<TestHost> {
        if self.client.is_none() {
            let is_with_server = self.below(3) > 0;
            self.client = Some(self.device.open(is_with_server));
            self.device.settle();
        }
        self.client.as_ref().unwrap().0.clone()
    }

    fn step(&mut self) {
        match self.below(12) {
            0..=5 => self.edit(),
            6 | 7 => {
                let client = self.client();
                drop(self.device.wait(client.database.compact()));
                self.device.settle();
            }
            8 | 9 => self.device.settle(),
            10 => self.close(),
            _ => self.harm(),
        }
    }

    fn edit(&mut self) {
        let client = self.client();
        let count = 1 + self.below(4);
        let mut intents = Vec::new();
        for _ in 0..count {
            let record = RecordId::trusted(format!("r{:03}", self.below(30)));
            let doc = (self.below(5) > 0).then(|| {
                let (number, more) = (self.dice.next(), "x".repeat(self.below(60)));
                format!(r#"{{"id":"{record}","n":{number},"more":"{more}"}}"#)
            });
            let seen = self.device.wait(client.read(&todos(), std::slice::from_ref(&record))).unwrap();
            if doc.is_none() && seen == [None] {
                // What is not seen cannot be deleted, although the server may still have it.
                continue;
            }
            let kind = doc.as_deref().map_or(EditKind::Delete, |doc| EditKind::Put(doc.into()));
            intents.push(Intent { collection: todos(), record: record.clone(), kind });
            self.edits.insert(record, doc);
        }
        let touched: Vec<RecordId> = intents.iter().map(|intent| intent.record.clone()).collect();
        self.device.wait(client.write(intents)).unwrap();
        // A record that is made here and deleted before it was ever sent leaves nothing to send, also where its base is lost.
        let pending = self.device.wait(client.pending()).unwrap();
        let is_queued = |record: &RecordId| pending.iter().any(|one| one.change.record == *record);
        self.edits.retain(|record, doc| doc.is_some() || is_queued(record) || !touched.contains(record));
    }

    fn close(&mut self) {
        let Some((client, heard)) = self.client.take() else { return };
        client.close();
        self.device.settle();
        let is_told = |event: &&Event| matches!(event, Event::Error(error) if error.part.is_some());
        self.told += heard.borrow().iter().filter(is_told).count();
    }

    /// Spoils a part while nobody looks, and finds out what that has cost.
    fn harm(&mut self) {
        self.close();
        let disk = self.device.disk.clone();
        let loaded = self.device.wait(disk.load()).unwrap();
        let entries = loaded.entries.iter().map(|(sequence, _)| Part::Entry(*sequence));
        let parts: Vec<Part> =
            entries.chain(self.device.disk.page_ids().into_iter().map(Part::Page)).collect();
        let part = parts[self.below(parts.len())];
        let harm = if self.below(3) > 0 { Harm::Bit } else { Harm::Everything };
        let place = self.dice.next();
        let spoil = |bytes: &mut Vec<u8>| match harm {
            Harm::Bit => {
                let at = (place / 8) as usize % bytes.len();
                bytes[at] ^= 1 << (place % 8);
            }
            Harm::Everything => bytes.fill(0),
        };
        match part {
            Part::Entry(sequence) => self.device.disk.damage_entry(sequence, spoil),
            Part::Page(id) => self.device.disk.damage_page(id, spoil),
            Part::Directory => unreachable!(),
        }
        self.harmed += 1;
        // Without a server, so that nothing but the salvage brings it back.
        let before = self.lost;
        self.client = Some(self.device.open(false));
        self.device.settle();
        self.forget_lost();
        let lost = self.lost - before;
        assert!(harm == Harm::Everything || lost <= 1, "{lost} edits are lost by one bit in {part:?}");
    }

    /// Edits that neither the server nor the queue has are lost: it had to be asked for.
    fn forget_lost(&mut self) {
        let client = self.client();
        // Looking is what finds the damage.
        drop(self.device.wait(client.pending()).unwrap());
        self.device.settle();
        let pending = self.device.wait(client.pending()).unwrap();
        let queued: Edits = pending
            .into_iter()
            .map(|pending| (pending.change.record, pending.change.data.map(|doc| doc.as_str().to_owned())))
            .collect();
        let server = &self.device.server;
        let (kept, lost): (Edits, Edits) =
            std::mem::take(&mut self.edits).into_iter().partition(|(record, doc)| match queued.get(record) {
                Some(queued) => queued == doc,
                None => server.doc(record) == *doc,
            });
        self.edits = kept;
        self.lost += lost.len();
    }

    /// Lets all come to rest and compares.
    fn end(mut self, seed: u64) -> (usize, usize, usize) {
        self.close();
        let (client, heard) = self.device.open(true);
        self.client = Some((client.clone(), heard));
        // That it was switched on may be lost.
        self.device.wait(client.enable(vec![todos()], true)).unwrap();
        for _ in 0..3 {
            // Looking is what finds the damage.
            drop(self.device.wait(client.select(&todos(), &Query::default())).unwrap());
            self.device.settle();
            self.device.wait(client.sync()).unwrap();
        }
        let found = self.device.wait(client.select(&todos(), &Query::default())).unwrap();
        let here: BTreeMap<RecordId, String> = found
            .into_iter()
            .map(|(record, _)| {
                let text = self.device.wait(client.read(&todos(), std::slice::from_ref(&record))).unwrap();
                (record, text.into_iter().next().unwrap().unwrap())
            })
            .collect();
        let there = self.device.server.docs();
        assert_eq!(here, there, "seed {seed}");
        assert_eq!(self.device.wait(client.pending()).unwrap().len(), 0, "seed {seed}");
        let status = client.status();
        let counted = self.device.wait(client.count(&todos(), &Query::default())).unwrap();
        assert_eq!((status.pending, counted), (0, here.len() as u64), "seed {seed}");
        for (record, doc) in &self.edits {
            assert_eq!(here.get(record), doc.as_ref(), "seed {seed}: {record}");
        }
        self.close();
        (self.harmed, self.lost, self.told)
    }
}

#[test]
fn a_device_equals_its_server_whatever_parts_go_bad_and_loses_only_what_cannot_be_read() {
    let (mut harmed, mut lost, mut told) = (0, 0, 0);
    for seed in 0..SEEDS {
        let mut story = Story::new(seed);
        (0..STEPS).for_each(|_| story.step());
        let met = story.end(seed);
        (harmed, lost, told) = (harmed + met.0, lost + met.1, told + met.2);
    }
    assert!(harmed > 500 && told > harmed / 2 && lost > 50 && lost < 2 * harmed, "{harmed} {lost} {told}");
}
