//! A disk in memory, for tests and for the simulation.
//! Never fails and never waits; whoever wants faults wraps it.

use std::cell::{Ref, RefCell};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::Bound;
use std::rc::Rc;

use crate::{
    Append, Compacted, Compaction, Disk, DiskError, Entries, FORMAT, Generation, Head, Loaded, PageId, Pages,
    Sequence, Tail,
};

/// A disk in memory. A clone is another context's handle on the same disk.
#[derive(Clone, Debug, Default)]
pub struct MemoryDisk {
    kept: Rc<RefCell<Kept>>,
}

#[derive(Debug)]
struct Kept {
    head: Head,
    directory: Option<Rc<[u8]>>,
    log: BTreeMap<Sequence, Rc<[u8]>>,
    pages: BTreeMap<PageId, Rc<[u8]>>,
    set_aside: BTreeMap<Sequence, Rc<[u8]>>,
}

impl Default for Kept {
    fn default() -> Self {
        let head = Head { format: FORMAT, generation: Generation(0), through: Sequence(0) };
        Self {
            head,
            directory: None,
            log: BTreeMap::new(),
            pages: BTreeMap::new(),
            set_aside: BTreeMap::new(),
        }
    }
}

impl Kept {
    fn after(&self, after: Sequence) -> Entries {
        let range = (Bound::Excluded(after), Bound::Unbounded);
        self.log.range(range).map(|(sequence, entry)| (*sequence, Rc::clone(entry))).collect()
    }

    fn append(&mut self, after: Sequence, entry: &[u8]) -> Append {
        if self.head.through > after {
            return Append::Compacted;
        }
        match self.log.entry(after.next()) {
            Entry::Vacant(free) => {
                free.insert(entry.into());
                Append::Appended(after.next())
            }
            Entry::Occupied(_) => Append::Behind(self.after(after)),
        }
    }

    fn compact(&mut self, compaction: &Compaction) -> Compacted {
        if self.head.generation != compaction.generation {
            return Compacted::Stale;
        }
        for id in &compaction.delete {
            self.pages.remove(id);
        }
        self.pages.extend(compaction.put.iter().cloned());
        self.set_aside.extend(compaction.set_aside.iter().cloned());
        self.directory = Some(compaction.directory.as_slice().into());
        self.head.generation = compaction.generation.next();
        self.head.through = compaction.through;
        self.log = self.log.split_off(&compaction.through.next());
        Compacted::Done
    }
}

impl MemoryDisk {
    /// Makes an empty disk.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a disk that has these bytes.
    pub fn of(loaded: Loaded, pages: impl IntoIterator<Item = (PageId, Rc<[u8]>)>) -> Self {
        let Loaded { head, directory, entries } = loaded;
        let (log, pages) = (entries.into_iter().collect(), pages.into_iter().collect());
        let kept = Kept { head, directory, log, pages, ..Kept::default() };
        Self { kept: Rc::new(RefCell::new(kept)) }
    }

    /// Sets the format in the head, as a newer program would.
    pub fn set_format(&self, format: u8) {
        self.kept.borrow_mut().head.format = format;
    }

    /// Changes the bytes of a page, as a failing medium would; nothing happens where there is no such page.
    pub fn damage_page(&self, id: PageId, damage: impl FnOnce(&mut Vec<u8>)) {
        if let Some(page) = self.kept.borrow_mut().pages.get_mut(&id) {
            let mut bytes = page.to_vec();
            damage(&mut bytes);
            *page = bytes.into();
        }
    }

    /// Changes the bytes of an entry, as a failing medium would; nothing happens where there is no such entry.
    pub fn damage_entry(&self, sequence: Sequence, damage: impl FnOnce(&mut Vec<u8>)) {
        if let Some(entry) = self.kept.borrow_mut().log.get_mut(&sequence) {
            let mut bytes = entry.to_vec();
            damage(&mut bytes);
            *entry = bytes.into();
        }
    }

    /// Lists the ids of the pages.
    pub fn page_ids(&self) -> Vec<PageId> {
        self.kept.borrow().pages.keys().copied().collect()
    }

    /// Lists the damaged entries that were set aside.
    pub fn set_aside(&self) -> Vec<Sequence> {
        self.kept.borrow().set_aside.keys().copied().collect()
    }

    fn kept(&self) -> Result<Ref<'_, Kept>, DiskError> {
        let kept = self.kept.borrow();
        if kept.head.format > FORMAT { Err(DiskError::NewerFormat) } else { Ok(kept) }
    }
}

impl Disk for MemoryDisk {
    async fn load(&self) -> Result<Loaded, DiskError> {
        let kept = self.kept()?;
        let entries = kept.after(kept.head.through);
        Ok(Loaded { head: kept.head, directory: kept.directory.clone(), entries })
    }

    async fn tail(&self, generation: Generation, after: Sequence) -> Result<Tail, DiskError> {
        let kept = self.kept()?;
        let is_same = kept.head.generation == generation;
        Ok(if is_same { Tail::Entries(kept.after(after)) } else { Tail::Compacted })
    }

    async fn append(
        &self,
        _generation: Generation,
        after: Sequence,
        entry: &[u8],
    ) -> Result<Append, DiskError> {
        drop(self.kept()?);
        Ok(self.kept.borrow_mut().append(after, entry))
    }

    async fn append_after_tail(
        &self,
        _generation: Generation,
        after: Sequence,
        decide: &mut dyn FnMut(&Entries) -> Option<Vec<u8>>,
    ) -> Result<Append, DiskError> {
        let (through, entries) = {
            let kept = self.kept()?;
            (kept.head.through, kept.after(after))
        };
        if through > after {
            return Ok(Append::Compacted);
        }
        let Some(entry) = decide(&entries) else { return Ok(Append::Behind(entries)) };
        let last = entries.last().map_or(after, |(sequence, _)| *sequence);
        Ok(self.kept.borrow_mut().append(last, &entry))
    }

    async fn pages(&self, generation: Generation, ids: &[PageId]) -> Result<Pages, DiskError> {
        let kept = self.kept()?;
        Ok(Pages::found(
            ids.iter().map(|id| kept.pages.get(id).cloned()).collect(),
            kept.head.generation == generation,
        ))
    }

    async fn damaged_entry(&self, entry: Sequence) -> Result<Option<Rc<[u8]>>, DiskError> {
        Ok(self.kept()?.set_aside.get(&entry).cloned())
    }

    async fn compact(&self, compaction: &Compaction) -> Result<Compacted, DiskError> {
        drop(self.kept()?);
        Ok(self.kept.borrow_mut().compact(compaction))
    }

    async fn flush(&self) -> Result<(), DiskError> {
        self.kept().map(drop)
    }
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;

    use super::*;
    use crate::conformance;

    macro_rules! laws {
        ($($law:ident)*) => {
            $(#[test]
            fn $law() {
                let disk = MemoryDisk::new();
                block_on(conformance::$law(async || disk.clone()));
            })*
        };
    }
    crate::for_each_disk_law!(laws);

    #[test]
    fn newer_format_is_refused() {
        let disk = MemoryDisk::new();
        disk.set_format(FORMAT + 1);
        assert_eq!(block_on(disk.load()).unwrap_err(), DiskError::NewerFormat);
        assert_eq!(block_on(disk.append(Generation(0), Sequence(0), b"a")), Err(DiskError::NewerFormat));
        disk.set_format(FORMAT);
        assert_eq!(block_on(disk.load()).unwrap().entries, Vec::new());
    }
}
