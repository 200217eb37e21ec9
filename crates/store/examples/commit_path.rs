//! Measures what a bulk insert and reading it back cost besides the disk: `cargo run --release -p syncline-store --example commit_path`.
//! Not a benchmark of IndexedDB; that is `cargo xtask bench store`.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a measurement for whoever works on the store"
)]

use std::hint::black_box;
use std::time::Instant;

use futures::executor::block_on;
use syncline_store::{
    Commit, Database, Decision, Key, MemoryDisk, Observer, Options, Plan, Read, View, Write,
};

const ROWS: usize = 10_000;
const ROUNDS: usize = 15;

/// Writes rows of 330 bytes.
struct Fill(std::ops::Range<usize>);

impl Plan for Fill {
    type Outcome = Instant;

    fn reads(&self) -> Vec<Read> {
        Vec::new()
    }

    fn origin(&self) -> u8 {
        0
    }

    fn decide(&self, _view: &dyn View) -> Decision<Instant> {
        let write = |number| Write { key: key(number), value: Some(vec![number as u8; 330]) };
        let writes = self.0.clone().map(write).collect();
        Decision { writes, outcome: Instant::now() }
    }
}

/// Asks for as much as an engine that keeps two rows per record.
struct Follower;

impl Observer for Follower {
    fn reads(&self, commit: &Commit) -> Vec<Read> {
        let both = |(key, _): &(Key, _)| {
            let mut other = key.as_bytes().to_vec();
            if let Some(first) = other.first_mut() {
                *first = b'q';
            }
            [Read::Key(key.clone()), Read::Key(Key::new(other))]
        };
        commit.writes.iter().flat_map(both).collect()
    }

    fn handle_commit(&self, _before: &dyn View, commit: &Commit, _is_own: bool) {
        black_box(commit.writes.len());
    }

    fn handle_reset(&self) {}
}

fn key(number: usize) -> Key {
    Key::new(format!("rtodos\0018f3c2a-7b1e-7c4d-8e2f-{number:012}"))
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn measure(what: &str, mut act: impl FnMut() -> f64) {
    let times = (0..ROUNDS).map(|_| act()).collect();
    println!("{what:<44} {:>8.2} ms", median(times));
}

fn open(disk: &MemoryDisk) -> Database<MemoryDisk, Follower> {
    block_on(Database::open(disk.clone(), Options::default(), Follower)).unwrap()
}

fn list(database: &Database<MemoryDisk, Follower>) -> usize {
    let look = |view: &dyn View| view.range(&key(0), None).map(|(_, value)| value.len()).sum();
    block_on(database.read(&[Read::prefix(b"r")], look)).unwrap()
}

fn get_each(database: &Database<MemoryDisk, Follower>) -> usize {
    let keys: Vec<Key> = (0..1_000).map(|number| key(number * 7_919 % ROWS)).collect();
    let now = |key| database.read_now(|view| view.row(key)).flatten();
    keys.iter().filter_map(now).map(|value| value.len()).sum()
}

fn main() {
    measure("10,000 writes, empty database", || {
        milliseconds(block_on(open(&MemoryDisk::new()).run(Fill(0..ROWS))).unwrap())
    });
    let filled = MemoryDisk::new();
    block_on(open(&filled).run(Fill(0..ROWS))).unwrap();
    let folded = MemoryDisk::new();
    let folding = open(&folded);
    block_on(folding.run(Fill(0..ROWS))).unwrap();
    block_on(folding.compact()).unwrap();

    measure("10,000 writes behind 40 cached pages", || {
        let disk = MemoryDisk::new();
        let database = open(&disk);
        block_on(database.run(Fill(0..ROWS))).unwrap();
        block_on(database.compact()).unwrap();
        list(&database);
        milliseconds(block_on(database.run(Fill(ROWS..2 * ROWS))).unwrap())
    });
    measure("open, 10,000 rows in the log", || {
        let since = Instant::now();
        drop(open(&filled));
        milliseconds(since)
    });
    measure("list, 10,000 rows in the log", || {
        let database = open(&filled);
        let since = Instant::now();
        black_box(list(&database));
        milliseconds(since)
    });
    measure("list, 10,000 rows in cached pages", || {
        let since = Instant::now();
        black_box(list(&folding));
        milliseconds(since)
    });
    measure("open and list, 10,000 rows in pages", || {
        let since = Instant::now();
        black_box(list(&open(&folded)));
        milliseconds(since)
    });
    measure("1,000 rows by key, in the log", || {
        let database = open(&filled);
        let since = Instant::now();
        black_box(get_each(&database));
        milliseconds(since)
    });
    measure("1,000 rows by key, in cached pages", || {
        let since = Instant::now();
        black_box(get_each(&folding));
        milliseconds(since)
    });
    measure("compact 10,000 rows of the log", || {
        let disk = MemoryDisk::new();
        let database = open(&disk);
        block_on(database.run(Fill(0..ROWS))).unwrap();
        let since = Instant::now();
        block_on(database.compact()).unwrap();
        milliseconds(since)
    });
}
