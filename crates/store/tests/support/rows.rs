//! Plans that put rows, and databases of few bytes to put them into.

use std::cell::RefCell;
use std::rc::Rc;

use futures::executor::block_on;
use syncline_store::{
    Commit, Database, Decision, Disk, Key, MemoryDisk, Observer, Options, Plan, Read, View, Write,
};

use super::{Faults, Faulty};

/// Writes rows; answers how many rows there were.
pub struct Put(pub Vec<(Key, Option<Vec<u8>>)>);

impl Plan for Put {
    type Outcome = usize;

    fn reads(&self) -> Vec<Read> {
        Vec::new()
    }

    fn origin(&self) -> u8 {
        9
    }

    fn decide(&self, view: &dyn View) -> Decision<usize> {
        let writes = self.0.iter().map(|(key, value)| Write { key: key.clone(), value: value.clone() });
        Decision { writes: writes.collect(), outcome: count(view) }
    }
}

#[derive(Default)]
pub struct Heard(RefCell<Vec<String>>);

impl Observer for Heard {
    fn handle_commit(&self, before: &dyn View, commit: &Commit, is_own: bool) {
        let (key, value) = &commit.writes[0];
        let text = |value: &[u8]| String::from_utf8(value.to_vec()).unwrap();
        let from = before.row(key).map_or_else(String::new, |value| text(&value));
        let to = value.as_deref().map_or_else(String::new, text);
        let who = if is_own { "own" } else { "foreign" };
        self.0.borrow_mut().push(format!("{who} {} {} {from}>{to}", commit.origin, text(key.as_bytes())));
    }

    fn handle_reset(&self) {
        self.0.borrow_mut().push("reset".to_owned());
    }
}

impl Heard {
    pub fn take(&self) -> Vec<String> {
        self.0.take()
    }
}

pub fn key(number: usize) -> Key {
    Key::new(format!("{number:04}"))
}

pub fn put(number: usize, value: &str) -> Put {
    Put(vec![(key(number), Some(value.into()))])
}

pub fn count(view: &dyn View) -> usize {
    view.range(&Key::new(""), None).count()
}

pub fn small() -> Options {
    Options { cache_bytes: 4_000, page_records: 8, page_bytes: 1_000, compact_at: 1_000 }
}

pub fn open<O: Observer + 'static>(disk: &MemoryDisk, observer: O) -> Database<MemoryDisk, O> {
    block_on(Database::open(disk.clone(), small(), observer)).unwrap()
}

pub fn open_faulty(disk: &MemoryDisk) -> (Database<Faulty<MemoryDisk>, Heard>, Rc<Faults>) {
    let faults = Faults::new(1);
    let faulty = Faulty { disk: disk.clone(), faults: Rc::clone(&faults) };
    (block_on(Database::open(faulty, small(), Heard::default())).unwrap(), faults)
}

pub fn fill<D, O>(database: &Database<D, O>, numbers: std::ops::Range<usize>)
where
    D: Disk + 'static,
    O: Observer + 'static,
{
    let rows = numbers.map(|number| (key(number), Some(b"value".to_vec())));
    block_on(database.run(Put(rows.collect()))).unwrap();
}

pub fn row<D, O>(database: &Database<D, O>, number: usize) -> Option<String>
where
    D: Disk + 'static,
    O: Observer + 'static,
{
    let value = block_on(database.read(&[Read::Key(key(number))], |view| view.row(&key(number)))).unwrap();
    value.map(|value| String::from_utf8(value.to_vec()).unwrap())
}
