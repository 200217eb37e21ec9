//! Databases as earlier programs wrote them, for the tests of every disk: they open for good.
//! Writes none.
#![allow(clippy::expect_used, clippy::panic, clippy::missing_panics_doc, reason = "for tests")]

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::{Generation, Head, Key, Loaded, PageId, Part, Sequence, Value};

/// What is on a disk, and what it stands for.
#[derive(Debug)]
pub struct Fixture {
    /// Head, directory and entries.
    pub loaded: Loaded,
    /// All pages, also those that no directory names.
    pub pages: Vec<(PageId, Rc<[u8]>)>,
    /// The rows of the database.
    pub rows: BTreeMap<Key, Value>,
    /// What is damaged.
    pub corruptions: Vec<Part>,
}

/// Returns a database of format 1 with everything that there can be in one.
pub fn format_1() -> Fixture {
    let mut fixture = parse(include_str!("../fixtures/format-1.txt"));
    fixture.corruptions = vec![Part::Entry(Sequence(14)), Part::Page(PageId(1))];
    fixture
}

fn parse(text: &str) -> Fixture {
    let head = Head { format: 0, generation: Generation(0), through: Sequence(0) };
    let loaded = Loaded { head, directory: None, entries: Vec::new() };
    let mut fixture = Fixture { loaded, pages: Vec::new(), rows: BTreeMap::new(), corruptions: Vec::new() };
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let parts: Vec<&str> = line.split(' ').collect();
        match *parts.as_slice() {
            ["head", format, generation, through] => {
                fixture.loaded.head = Head {
                    format: u8::try_from(number(format)).expect("a format"),
                    generation: Generation(number(generation)),
                    through: Sequence(number(through)),
                };
            }
            ["directory", hex] => fixture.loaded.directory = Some(bytes(hex).into()),
            ["page", id, hex] => fixture.pages.push((PageId(number(id)), bytes(hex).into())),
            ["entry", at, hex] => fixture.loaded.entries.push((Sequence(number(at)), bytes(hex).into())),
            ["row", key, value] => drop(fixture.rows.insert(Key::new(bytes(key)), Value::from(bytes(value)))),
            _ => panic!("{line}"),
        }
    }
    fixture
}

fn number(text: &str) -> u64 {
    text.parse().expect("a number")
}

fn bytes(hex: &str) -> Vec<u8> {
    let digit = |at: &u8| char::from(*at).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = hex.as_bytes().chunks_exact(2);
    let byte = |pair: &[u8]| {
        let [high, low] = pair else { return None };
        Some(digit(high)? << 4 | digit(low)?)
    };
    pairs.map(|pair| byte(pair).expect("a hexadecimal byte")).collect()
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;

    use super::*;
    use crate::{Database, FORMAT, MemoryDisk, Options, View};

    fn rows(disk: &MemoryDisk) -> BTreeMap<Key, Value> {
        let database = block_on(Database::open(disk.clone(), Options::default(), ())).unwrap();
        let all = |view: &dyn View| view.range(&Key::new(""), None).collect();
        assert_eq!(database.corruptions(), format_1().corruptions);
        block_on(database.read(&[], all)).unwrap()
    }

    #[test]
    fn format_1_opens_and_can_be_folded_and_opened_again() {
        assert_eq!(FORMAT, 1, "a newer format needs a fixture of its own, beside this one");
        let Fixture { loaded, pages, rows: expected, .. } = format_1();
        let disk = MemoryDisk::of(loaded, pages);
        assert_eq!(rows(&disk), expected);
        block_on(block_on(Database::open(disk.clone(), Options::default(), ())).unwrap().compact()).unwrap();
        assert_eq!(rows(&disk), expected);
    }
}
