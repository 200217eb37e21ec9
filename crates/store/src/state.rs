//! What one context has in memory: the directory, the rows of the log after the last compaction, and cached pages.
//! Waits for nothing and knows no disk.

use std::borrow::Borrow;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use crate::cache::Cache;
use crate::compaction::{Folded, Snapped};
use crate::format::{Directory, FORMAT, Page, Unreadable, decode_entry};
use crate::snapshot::{Misses, Pins};
use crate::{
    Commit, DiskError, Entries, Generation, Key, Loaded, PageId, Part, Read, Sequence, StoreError,
    StoreMetrics, Value,
};

/// The rows of the log after the last compaction: the number of the entry that wrote each, and what it wrote.
pub(crate) type Memtable = BTreeMap<Key, (Sequence, Option<Value>)>;

/// From this fraction of the memtable on, rows are merged into it as a whole rather than inserted one by one.
const BULK: usize = 8;

/// What one context has in memory.
pub(crate) struct State {
    generation: Generation,
    sequence: Sequence,
    memtable: Memtable,
    log: VecDeque<(Sequence, usize)>,
    log_bytes: u64,
    directory: Directory,
    page_bytes: u64,
    cache: RefCell<Cache>,
    corruptions: BTreeSet<Part>,
    bytes_appended: u64,
    bytes_compacted: u64,
}

/// What loading again leaves to be done.
pub(crate) struct Reloaded {
    /// Entries that this context has not seen.
    pub(crate) rest: Entries,
    /// Whether others were folded away before it saw them.
    pub(crate) is_reset: bool,
}

impl State {
    /// Makes the state of a disk as it was loaded.
    pub(crate) fn open(loaded: Loaded, cache_bytes: usize) -> Result<Self, StoreError> {
        let mut state = Self {
            generation: Generation(0),
            sequence: Sequence(0),
            memtable: Memtable::new(),
            log: VecDeque::new(),
            log_bytes: 0,
            directory: Directory::default(),
            page_bytes: 0,
            cache: RefCell::new(Cache::new(cache_bytes)),
            corruptions: BTreeSet::new(),
            bytes_appended: 0,
            bytes_compacted: 0,
        };
        for (sequence, blob) in state.reload(loaded)?.rest {
            state.apply_silently(sequence, &blob)?;
        }
        Ok(state)
    }

    /// Takes over what a newer generation says; the rows that this context knows stay the same, unless `is_reset`.
    pub(crate) fn reload(&mut self, loaded: Loaded) -> Result<Reloaded, StoreError> {
        let Loaded { head, directory, entries } = loaded;
        if head.format > FORMAT {
            return Err(DiskError::NewerFormat.into());
        }
        let directory = match directory {
            Some(bytes) => Directory::decode(&bytes).map_err(|error| unreadable(Part::Directory, error))?,
            None => Directory::default(),
        };
        let last = entries.last().map_or(head.through, |(sequence, _)| *sequence);
        // A disk that goes back was deleted and made again.
        let is_other = head.generation < self.generation || last < self.sequence;
        let is_reset = is_other || head.through > self.sequence;
        let known = if is_reset { head.through } else { self.sequence };

        self.generation = head.generation;
        self.take_directory(directory);
        self.sequence = head.through;
        self.memtable.clear();
        self.log.clear();
        self.log_bytes = 0;
        if is_other {
            self.cache.borrow_mut().clear();
        }
        let (seen, rest): (Entries, Entries) =
            entries.into_iter().partition(|(sequence, _)| *sequence <= known);
        for (sequence, blob) in seen {
            self.apply_silently(sequence, &blob)?;
        }
        if !is_reset {
            return Ok(Reloaded { rest, is_reset });
        }
        for (sequence, blob) in rest {
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
                self.corruptions.insert(Part::Entry(sequence));
                self.end_entry(sequence, blob.len());
                Ok(None)
            }
        }
    }

    /// Applies one commit of the entry that `end_entry` is going to end.
    pub(crate) fn apply(&mut self, sequence: Sequence, commit: Commit) {
        let is_bulk = commit.writes.len() > self.memtable.len() / BULK;
        let rows = commit.writes.into_iter().map(|(key, value)| (key, (sequence, value)));
        if is_bulk {
            self.memtable.append(&mut rows.collect());
        } else {
            self.memtable.extend(rows);
        }
    }

    /// Counts an entry as applied.
    pub(crate) fn end_entry(&mut self, sequence: Sequence, bytes: usize) {
        self.sequence = sequence;
        self.log.push_back((sequence, bytes));
        self.log_bytes += bytes as u64;
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

    /// Decodes a page and keeps it in the cache. One that is damaged or not there is noted, and stands for no rows.
    pub(crate) fn keep_page(&mut self, id: PageId, blob: Option<Rc<[u8]>>) -> Result<Rc<Page>, StoreError> {
        let page = match blob.map_or(Err(Unreadable::Damaged), Page::decode) {
            Ok(page) => page,
            Err(Unreadable::Newer) => return Err(DiskError::NewerFormat.into()),
            Err(Unreadable::Damaged) => {
                self.corruptions.insert(Part::Page(id));
                Page::empty()
            }
        };
        let page = Rc::new(page);
        self.cache.get_mut().insert(id, Rc::clone(&page));
        Ok(page)
    }

    /// Captures what a compaction folds: everything applied so far.
    pub(crate) fn snap(&self) -> Snapped {
        let rows = self.memtable.iter().map(|(key, (_, value))| (key.clone(), value.clone())).collect();
        let damaged = self.corruptions.iter().filter_map(|part| match part {
            Part::Page(id) => Some(*id),
            Part::Directory | Part::Entry(_) => None,
        });
        Snapped {
            generation: self.generation,
            through: self.sequence,
            rows,
            directory: self.directory.clone(),
            damaged: damaged.collect(),
        }
    }

    /// Takes over a compaction that this context made, unless a newer generation is known already.
    pub(crate) fn fold(&mut self, snapped: &Snapped, folded: Folded) -> Result<(), StoreError> {
        if self.generation != snapped.generation {
            return Ok(());
        }
        self.generation = snapped.generation.next();
        self.take_directory(folded.directory);
        self.memtable.retain(|_, (sequence, _)| *sequence > snapped.through);
        self.log.retain(|(sequence, _)| *sequence > snapped.through);
        self.log_bytes = self.log.iter().map(|(_, bytes)| *bytes as u64).sum();
        for id in folded.replaced {
            self.cache.get_mut().remove(id);
        }
        for (id, blob) in folded.put {
            self.bytes_compacted += blob.len() as u64;
            self.keep_page(id, Some(blob.into()))?;
        }
        Ok(())
    }

    fn take_directory(&mut self, directory: Directory) {
        self.page_bytes = directory.bytes();
        self.directory = directory;
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
                    let id = id.filter(|id| is_missing(id) && !self.memtable.contains_key(key));
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

    pub(crate) fn corruptions(&self) -> Vec<Part> {
        self.corruptions.iter().copied().collect()
    }

    pub(crate) fn metrics(&self) -> StoreMetrics {
        StoreMetrics {
            bytes_appended: self.bytes_appended,
            bytes_compacted: self.bytes_compacted,
            pages: self.directory.pages.len(),
            page_bytes: self.page_bytes,
            log_entries: self.log.len(),
            log_bytes: self.log_bytes,
            cache_bytes: self.cache.borrow().bytes(),
        }
    }
}

fn unreadable(part: Part, error: Unreadable) -> StoreError {
    match error {
        Unreadable::Damaged => StoreError::Corrupt(part),
        Unreadable::Newer => DiskError::NewerFormat.into(),
    }
}
