//! Bytes that nobody wrote, under a checksum that is right: nothing in them makes the store panic or hang.
//! The fuzz targets in `fuzz` go on where the seeds of these tests end.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, unreachable_pub, reason = "tests")]

mod support;

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use support::bytes::{Part, use_database_with};

const ROUNDS: usize = 3_000;

/// Some bytes changed, cut, repeated or added.
fn mutate(payload: &mut Vec<u8>, random: &mut SmallRng) {
    for _ in 0..random.random_range(1..6) {
        let at = random.random_range(0..=payload.len());
        match random.random_range(0..6) {
            0 => payload.truncate(at),
            1 => payload.insert(at, random.random()),
            2 => payload.splice(at..at, [0xff; 9]).for_each(drop),
            3 => {
                let from = random.random_range(0..=at);
                let part = payload[from..at].to_vec();
                payload.extend(part);
            }
            _ if at < payload.len() => payload[at] = random.random(),
            _ => payload.push(0),
        }
    }
}

/// The payloads of a real database.
fn payloads(part: Part) -> Vec<Vec<u8>> {
    let kind = match part {
        Part::Directory => "directory ",
        Part::Entry => "entry ",
        Part::Page => "page ",
    };
    let lines = include_str!("../fixtures/format-1.txt").lines().filter(|line| line.starts_with(kind));
    let payload = |line: &str| {
        let hex = line.rsplit(' ').next().unwrap().as_bytes();
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        hex.chunks(2).skip(10).map(byte).collect()
    };
    lines.map(payload).collect()
}

fn try_many(part: Part) {
    let mut random = SmallRng::seed_from_u64(7);
    let payloads = payloads(part);
    let mut opened = 0;
    for round in 0..ROUNDS {
        let mut payload = payloads[round % payloads.len()].clone();
        mutate(&mut payload, &mut random);
        opened += usize::from(use_database_with(part, &payload));
    }
    assert!(opened > ROUNDS / 20, "{opened} could be used");
}

#[test]
fn no_payload_of_an_entry_makes_the_store_panic() {
    try_many(Part::Entry);
}

#[test]
fn no_payload_of_a_page_makes_the_store_panic() {
    try_many(Part::Page);
}

#[test]
fn no_payload_of_a_directory_makes_the_store_panic() {
    try_many(Part::Directory);
}
