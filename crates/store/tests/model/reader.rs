//! A second reader of the format, written from `docs/storage.md`: what the bytes on a disk stand for where some parts are damaged.

use std::collections::{BTreeMap, BTreeSet};

use futures::executor::block_on;
use serde_bytes::{ByteBuf, Bytes};
use syncline_store::{Disk, Key, Loaded, MemoryDisk, PageId, Pages, Part, Value};

/// Next id, folded, parts that are set aside, pages.
type Directory = (u64, u64, Vec<(u8, u64)>, Vec<(ByteBuf, u64, u32, u32)>);
/// Origin and writes of each commit.
type Entry<'a> = Vec<(u8, Vec<(&'a Bytes, Option<&'a Bytes>)>)>;
type Page<'a> = Vec<(&'a Bytes, &'a Bytes)>;

const HEADER: usize = 10;

/// What is on a disk that nobody uses.
pub struct Found {
    loaded: Loaded,
    pages: Vec<(PageId, std::rc::Rc<[u8]>)>,
}

impl Found {
    pub fn on(disk: &MemoryDisk) -> Self {
        let loaded = block_on(disk.load()).unwrap();
        let ids: Vec<PageId> = match &loaded.directory {
            Some(bytes) => directory(bytes).3.iter().map(|(_, id, ..)| PageId(*id)).collect(),
            None => Vec::new(),
        };
        let Pages::Found(blobs) = block_on(disk.pages(loaded.head.generation, &ids)).unwrap() else {
            panic!("nobody compacts")
        };
        let pages = ids.into_iter().zip(blobs).map(|(id, blob)| (id, blob.unwrap())).collect();
        Self { loaded, pages }
    }

    /// Lists everything that can be damaged without the rest.
    pub fn parts(&self) -> Vec<Part> {
        let entries = self.loaded.entries.iter().map(|(sequence, _)| Part::Entry(*sequence));
        entries.chain(self.pages.iter().map(|(id, _)| Part::Page(*id))).collect()
    }

    pub fn rows(&self, damaged: &BTreeSet<Part>) -> BTreeMap<Key, Value> {
        let value = |bytes: &Bytes| Value::from(bytes.to_vec());
        let mut rows = BTreeMap::new();
        for (id, blob) in &self.pages {
            if !damaged.contains(&Part::Page(*id)) {
                let page: Page<'_> = postcard::from_bytes(&blob[HEADER..]).unwrap();
                rows.extend(page.into_iter().map(|(key, bytes)| (Key::new(key.to_vec()), value(bytes))));
            }
        }
        for (sequence, blob) in &self.loaded.entries {
            if damaged.contains(&Part::Entry(*sequence)) {
                continue;
            }
            let entry: Entry<'_> = postcard::from_bytes(&blob[HEADER..]).unwrap();
            for (key, written) in entry.into_iter().flat_map(|(_, writes)| writes) {
                let key = Key::new(key.to_vec());
                match written {
                    Some(bytes) => rows.insert(key, value(bytes)),
                    None => rows.remove(&key),
                };
            }
        }
        rows
    }
}

fn directory(bytes: &[u8]) -> Directory {
    postcard::from_bytes(&bytes[HEADER..]).unwrap()
}
