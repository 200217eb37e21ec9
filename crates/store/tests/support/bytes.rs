//! A database in which one part has a payload that nobody wrote. Used by the fuzz targets too, so it knows nothing of tests.

use std::rc::Rc;

use crc32fast::Hasher;
use futures::executor::block_on;
use syncline_store::{
    Database, Decision, Generation, Head, Key, Loaded, MemoryDisk, Options, PageId, Plan, Read, Sequence,
    View, Write,
};

/// Which part has the payload.
#[derive(Clone, Copy, Debug)]
pub enum Part {
    Directory,
    Entry,
    Page,
}

/// Opens such a database, reads everything, writes and folds it. Answers whether the part could be read.
pub fn use_database_with(part: Part, payload: &[u8]) -> bool {
    let (directory, entry, page) = match part {
        Part::Directory => (seal(*b"SYND", payload), entry(), page()),
        Part::Entry => (directory(), seal(*b"SYNE", payload), page()),
        Part::Page => (directory(), entry(), seal(*b"SYNP", payload)),
    };
    let head = Head { format: 1, generation: Generation(1), through: Sequence(1) };
    let loaded = Loaded { head, directory: Some(directory), entries: vec![(Sequence(2), entry)] };
    let disk = MemoryDisk::of(loaded, [(PageId(0), page)]);
    let options = Options { cache_bytes: 10_000, page_records: 3, page_bytes: 100, compact_at: 50 };
    let Ok(database) = block_on(Database::open(disk, options, ())) else { return false };
    let read = || block_on(database.read(&[], |view| view.range(&Key::new([]), None).count())).unwrap_or(0);
    let before = read();
    if block_on(database.run(Touch)).is_ok() && block_on(database.compact()).is_ok() {
        // A directory may name a page from a key on that comes after its rows: only the page could tell.
        assert!(matches!(part, Part::Directory) || read() == before + 1, "folding changes no row");
    }
    matches!(part, Part::Directory) || database.corruptions().is_empty()
}

/// Writes a row that cannot be there yet.
struct Touch;

impl Plan for Touch {
    type Outcome = ();

    fn reads(&self) -> Vec<Read> {
        Vec::new()
    }

    fn origin(&self) -> u8 {
        0
    }

    fn decide(&self, _view: &dyn View) -> Decision<()> {
        Decision { writes: vec![Write { key: Key::new([0xff; 40]), value: Some(vec![1]) }], outcome: () }
    }
}

/// One page, id 0, from `a` on.
fn directory() -> Rc<[u8]> {
    seal(*b"SYND", &[1, 1, 0, 1, 1, b'a', 0, 2, 30])
}

fn entry() -> Rc<[u8]> {
    seal(*b"SYNE", &[1, 7, 2, 1, b'b', 1, 3, b'o', b'n', b'e', 1, b'c', 0])
}

fn page() -> Rc<[u8]> {
    seal(*b"SYNP", &[2, 1, b'a', 2, b'a', b'a', 1, b'c', 2, b'c', b'c'])
}

/// Puts the header before a payload, as `docs/storage.md` describes it.
fn seal(magic: [u8; 4], payload: &[u8]) -> Rc<[u8]> {
    let start = [&magic[..], &[1, 0]].concat();
    let mut hasher = Hasher::new();
    hasher.update(&start);
    hasher.update(payload);
    [&start, &hasher.finalize().to_le_bytes()[..], payload].concat().into()
}
