//! What one context has in memory: the directory, the rows of the log after the last compaction, and cached pages.
//! Waits for nothing and knows no disk.

use std::borrow::Borrow;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use crate::cache::Cache;
use crate::compaction::{Folded, Folding};
use crate::damage::Damage;
use crate::due::Due;
use crate::format::{Directory, FORMAT, Page, Unreadable, decode_entry};
use crate::memtable::Memtable;
use crate::planted::{self, Bug};
use crate::read_ahead::ReadAhead;
use crate::snapshot::{Misses, Pins};
use crate::{
    Commit, Compaction, DiskError, Entries, Generation, Loaded, Options, PageId, Part, Read, Sequence,
    StoreError, StoreMetrics, Value,
};

/// What part of the cache's bytes pages have at least, however long the log is.
const PAGES_SHARE: usize = 4;

/// What one context has in memory.
pub(crate) struct State {
    generation: Generation,
    sequence: Sequence,
    through: Sequence,
    memtable: Memtable,
    directory: Directory,
    page_bytes: u64,
    cache_bytes: usize,
    cache: RefCell<Cache>,
    damage: Damage,
    due: Due,
    read_ahead: ReadAhead,
    bytes_appended: u64,
    bytes_compacted: u64,
}

/// What loading again leaves to be done.
pub(crate) struct Reloaded {
    /// Entries that this context has not seen.
    pub(crate) rest: Entries,
    /// Whether rows of others are in the pages before it saw their entries.
    pub(crate) is_reset: bool,
}

impl State {
    /// Makes the state of a disk as it was loaded.
    pub(crate) fn open(loaded: Loaded, cache_bytes: usize) -> Result<Self, StoreError> {
        let mut state = Self {
            generation: Generation(0),
            sequence: Sequence(0),
            through: Sequence(0),
            memtable: Memtable::default(),
            directory: Directory::default(),
            page_bytes: 0,
            cache_bytes,
            cache: RefCell::new(Cache::new(cache_bytes)),
            damage: Damage::default(),
            due: Due::default(),
            read_ahead: ReadAhead::default(),
            bytes_appended: 0,
            bytes_compacted: 0,
        };
        for (sequence, blob) in state.reload(loaded)?.rest {
            state.apply_silently(sequence, &blob)?;
        }
        Ok(state)
    }

    /// Forgets everything, because the disk is not the one that it was, and takes over what that one has.
    pub(crate) fn begin_anew(&mut self, loaded: Loaded) -> Result<Reloaded, StoreError> {
        let Self { bytes_appended, bytes_compacted, .. } = *self;
        *self = Self { bytes_appended, bytes_compacted, ..Self::open(loaded, self.cache_bytes)? };
        Ok(Reloaded { rest: Entries::new(), is_reset: true })
    }

    /// Takes over what a newer generation says, and of its entries those after the last one that is known. The rows that
    /// this context knows stay the same, unless `is_reset`.
    pub(crate) fn reload(&mut self, loaded: Loaded) -> Result<Reloaded, StoreError> {
        let Loaded { head, directory, entries } = loaded;
        if head.format > FORMAT {
            return Err(DiskError::NewerFormat.into());
        }
        let directory = match directory {
            Some(bytes) => Directory::decode(&bytes).map_err(|error| unreadable(Part::Directory, error))?,
            None if head.generation == Generation(0) => Directory::default(),
            None => return Err(StoreError::Corrupt(Part::Directory)),
        };
        let is_reset = head.through.max(directory.folded) > self.sequence;
        self.generation = head.generation;
        self.take_directory(directory);
        self.forget_folded(head.through);
        self.sequence = self.sequence.max(head.through);
        if !is_reset {
            return Ok(Reloaded { rest: entries, is_reset });
        }
        for (sequence, blob) in entries {
            self.apply_silently(sequence, &blob)?;
        }
        Ok(Reloaded { rest: Entries::new(), is_reset })
    }

    /// Reads an entry. One that is damaged is noted and skipped: `None`.
    pub(crate) fn read_entry(
        &mut self,
        sequence: Sequence,
        blob: &Rc<[u8]>,
    ) -> Result<Option<Vec<Commit>>, StoreError> {
        match decode_entry(blob) {
            Ok(commits) => Ok(Some(commits)),
            Err(Unreadable::Newer) => Err(DiskError::NewerFormat.into()),
            Err(Unreadable::Damaged) => {
                self.damage.note_entry(sequence, blob);
                self.end_entry(sequence, blob.len());
                Ok(None)
            }
        }
    }

    /// Applies one commit of the entry that `end_entry` is going to end.
    pub(crate) fn apply(&mut self, sequence: Sequence, commit: Commit) {
        self.memtable.apply(sequence, commit);
    }

    /// Counts an entry as applied.
    pub(crate) fn end_entry(&mut self, sequence: Sequence, bytes: usize) {
        self.sequence = sequence;
        self.memtable.end_entry(sequence, bytes);
        self.share_memory();
    }

    /// Applies an entry that nobody is told of, as far as it is not known already.
    pub(crate) fn apply_unseen(&mut self, sequence: Sequence, blob: &Rc<[u8]>) {
        if sequence > self.sequence {
            // This context has just written the entry, so it can be read.
            let _readable = self.apply_silently(sequence, blob);
        }
    }

    fn apply_silently(&mut self, sequence: Sequence, blob: &Rc<[u8]>) -> Result<(), StoreError> {
        if let Some(commits) = self.read_entry(sequence, blob)? {
            for commit in commits {
                self.apply(sequence, commit);
            }
            self.end_entry(sequence, blob.len());
        }
        Ok(())
    }

    /// Decodes a page that was missed and keeps it in the cache.
    pub(crate) fn keep_page(&mut self, id: PageId, blob: Option<Rc<[u8]>>) -> Result<Rc<Page>, StoreError> {
        let page = self.read_page(id, blob)?;
        self.cache.get_mut().insert(id, Rc::clone(&page));
        self.read_ahead.handle_miss(id);
        Ok(page)
    }

    /// Answers whether to read pages ahead.
    pub(crate) fn is_read_ahead_due(&self) -> bool {
        self.read_ahead.is_due(self.page_bytes, &self.cache.borrow())
    }

    /// Lists the pages to read ahead.
    pub(crate) fn pages_ahead(&self) -> Vec<PageId> {
        self.read_ahead.plan(&self.directory, &self.cache.borrow())
    }

    /// Keeps pages that were read ahead, unless the directory that named them is not the one in memory any more.
    pub(crate) fn keep_pages_ahead(
        &mut self,
        generation: Generation,
        pages: impl Iterator<Item = (PageId, Option<Rc<[u8]>>)>,
    ) -> Result<(), StoreError> {
        self.read_ahead.handle_read();
        for (id, blob) in pages.filter(|_| generation == self.generation).collect::<Vec<_>>() {
            let page = self.read_page(id, blob)?;
            self.cache.get_mut().insert_if_there_is_room(id, page);
        }
        Ok(())
    }

    /// Decodes a page. One that is damaged or not there is noted, and stands for no rows.
    pub(crate) fn read_page(&mut self, id: PageId, blob: Option<Rc<[u8]>>) -> Result<Rc<Page>, StoreError> {
        match blob.map_or(Err(Unreadable::Damaged), Page::decode) {
            Ok(page) => Ok(Rc::new(page)),
            Err(Unreadable::Newer) => Err(DiskError::NewerFormat.into()),
            Err(Unreadable::Damaged) => {
                self.damage.note_page(id);
                Ok(Rc::new(Page::empty()))
            }
        }
    }

    /// Answers whether the log is to be folded.
    pub(crate) fn is_compaction_due(&self, options: &Options) -> bool {
        self.due.is_due(&self.memtable, &self.directory, self.page_bytes, options)
    }

    /// Captures what a compaction folds: everything applied so far.
    pub(crate) fn begin_folding(&self) -> Folding {
        let is_folded = |value: &Option<Value>| value.is_some() || !planted::is(Bug::CompactionKeepsDeleted);
        let rows = self.memtable.rows().iter().filter(|(_, (_, value))| is_folded(value));
        let rows = rows.map(|(key, (_, value))| (key.clone(), value.clone()));
        Folding::new(self.sequence, rows.collect())
    }

    /// Says what the disk has to do for a slice.
    pub(crate) fn compaction(&self, folded: &mut Folded, through: Sequence, is_last: bool) -> Compaction {
        let set_aside = if is_last { self.damage.entries_through(through) } else { Entries::new() };
        let entries = set_aside.iter().map(|(sequence, _)| *sequence);
        let delete = folded.set_aside(|id| self.damage.has_page(id), entries);
        Compaction {
            generation: self.generation,
            through: if is_last { folded_through(through) } else { self.through },
            put: std::mem::take(&mut folded.put),
            delete,
            directory: folded.directory.encode(),
            set_aside,
        }
    }

    /// Takes over a slice that this context has folded on the disk, unless a newer generation is known already.
    pub(crate) fn take_folded(&mut self, compaction: Compaction, folded: Folded) {
        let pages: usize = compaction.put.iter().map(|(_, blob)| blob.len()).sum();
        self.bytes_compacted += (pages + compaction.directory.len()) as u64;
        if self.generation != compaction.generation {
            return;
        }
        self.generation = compaction.generation.next();
        self.take_directory(folded.directory);
        self.forget_folded(compaction.through);
        let cache = self.cache.get_mut();
        for id in folded.replaced {
            cache.remove(id);
        }
        for (id, blob) in &compaction.put {
            if let Ok(page) = Page::of_own(blob) {
                cache.insert_if_there_is_room(*id, Rc::new(page));
            }
        }
    }

    fn forget_folded(&mut self, through: Sequence) {
        if through > self.through {
            self.through = through;
            self.memtable.forget(through);
            self.damage.forget_entries(through);
            self.share_memory();
        }
    }

    /// Gives pages the memory that the log leaves.
    fn share_memory(&mut self) {
        let limit = self.cache_bytes.saturating_sub(self.memtable.cost()).max(self.cache_bytes / PAGES_SHARE);
        self.cache.get_mut().set_limit(limit);
    }

    fn take_directory(&mut self, directory: Directory) {
        self.page_bytes = directory.bytes();
        self.directory = directory;
        self.due.forget();
    }

    pub(crate) fn count_appended(&mut self, bytes: usize) {
        self.bytes_appended += bytes as u64;
    }

    /// Lists the pages that the rows named by `reads` may be in, and that are neither pinned nor cached.
    pub(crate) fn missing<R: Borrow<Read>>(&self, reads: impl IntoIterator<Item = R>, pins: &Pins) -> Misses {
        let mut ids = BTreeSet::new();
        let is_missing = |id: &PageId| !pins.contains_key(id) && !self.cache.borrow().contains(*id);
        for read in reads {
            match read.borrow() {
                Read::Key(key) => {
                    let id = self.directory.page_at(key).map(|page| page.id);
                    let id = id.filter(|id| is_missing(id) && !self.memtable.rows().contains_key(key));
                    ids.extend(id);
                }
                Read::Range { start, end } => {
                    let pages = self.directory.pages_between(start, end.as_ref());
                    ids.extend(pages.iter().map(|page| page.id).filter(is_missing));
                }
            }
        }
        Misses { generation: self.generation, ids }
    }

    /// Answers whether no row can miss its page: cheap to ask before many rows, as long as the pages are few.
    pub(crate) fn is_complete(&self, pins: &Pins) -> bool {
        let cache = self.cache.borrow();
        self.directory.pages.iter().all(|page| pins.contains_key(&page.id) || cache.contains(page.id))
    }

    /// Returns how many pages there are.
    pub(crate) fn page_count(&self) -> usize {
        self.directory.pages.len()
    }

    pub(crate) fn page(&self, id: PageId) -> Option<Rc<Page>> {
        self.cache.borrow_mut().page(id)
    }

    pub(crate) fn memtable(&self) -> &Memtable {
        &self.memtable
    }

    pub(crate) fn directory(&self) -> &Directory {
        &self.directory
    }

    pub(crate) fn generation(&self) -> Generation {
        self.generation
    }

    pub(crate) fn sequence(&self) -> Sequence {
        self.sequence
    }

    pub(crate) fn damage(&self) -> &Damage {
        &self.damage
    }

    /// Takes the parts that turned out damaged since it was asked last.
    pub(crate) fn take_untold_damage(&mut self) -> Vec<Part> {
        self.damage.take_untold()
    }

    pub(crate) fn corruptions(&self) -> Vec<Part> {
        let parts: BTreeSet<Part> =
            self.directory.set_aside.iter().copied().chain(self.damage.parts()).collect();
        parts.into_iter().collect()
    }

    /// What the rows of the log cost in memory, in bytes.
    pub(crate) fn log_memory(&self) -> usize {
        self.memtable.cost()
    }

    pub(crate) fn metrics(&self) -> StoreMetrics {
        StoreMetrics {
            bytes_appended: self.bytes_appended,
            bytes_compacted: self.bytes_compacted,
            pages: self.directory.pages.len(),
            page_bytes: self.page_bytes,
            log_entries: self.memtable.entries(),
            log_bytes: self.memtable.log_bytes(),
            log_memory: self.log_memory(),
            cache_bytes: self.cache.borrow().bytes(),
        }
    }
}

fn folded_through(through: Sequence) -> Sequence {
    if planted::is(Bug::CompactionDropsTail) { through.next() } else { through }
}

fn unreadable(part: Part, error: Unreadable) -> StoreError {
    match error {
        Unreadable::Damaged => StoreError::Corrupt(part),
        Unreadable::Newer => DiskError::NewerFormat.into(),
    }
}
