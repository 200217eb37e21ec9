//! The database: opens a disk, serves reads from memory, and takes plans to the log.
//! Decides nothing itself: plans decide what is written, `compaction` how it is folded, `turn` who comes next.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use std::rc::Rc;

use crate::compaction::is_due;
use crate::format::encode_entry;
use crate::plan::Plan;
use crate::snapshot::{Overlay, Pins, Snapshot};
use crate::state::State;
use crate::turn::{Job, PlanJob, TurnResult, Turns, Work, lay_over};
use crate::{
    Append, Commit, Compacted, Disk, DiskError, Entries, Generation, Observer, PageId, Pages, Part, Read,
    Sequence, StoreError, Tail, View,
};

/// Sizes that trade memory and speed; the defaults suit a browser.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Options {
    /// How many bytes of decoded pages are kept in memory.
    pub cache_bytes: usize,
    /// How many records a page has at most.
    pub page_records: usize,
    /// How many bytes of rows a page has at most, unless a single row is larger.
    pub page_bytes: usize,
    /// How many bytes the log has before a compaction is due.
    pub compact_at: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { cache_bytes: 32 << 20, page_records: 256, page_bytes: 64 << 10, compact_at: 256 << 10 }
    }
}

/// What the store did since it was opened, and what it holds.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct StoreMetrics {
    /// Bytes of entries that this context appended.
    pub bytes_appended: u64,
    /// Bytes of pages that this context wrote in compactions.
    pub bytes_compacted: u64,
    /// Pages of the database.
    pub pages: usize,
    /// Bytes of all pages, on the disk.
    pub page_bytes: u64,
    /// Entries of the log after the last compaction.
    pub log_entries: usize,
    /// Bytes of those entries.
    pub log_bytes: u64,
    /// Bytes of decoded pages in memory.
    pub cache_bytes: usize,
}

/// One context's handle on a database. A clone is the same handle.
pub struct Database<D, O> {
    inner: Rc<Inner<D, O>>,
}

struct Inner<D, O> {
    disk: D,
    observer: O,
    options: Options,
    state: RefCell<State>,
    turns: Turns,
    is_compacting: Cell<bool>,
}

/// Whether pages that were missing could be loaded.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Loading {
    /// The disk has a newer generation.
    Compacted,
    /// All of them are pinned or cached.
    Ready,
}

impl<D: Disk + 'static, O: Observer + 'static> Database<D, O> {
    /// Opens the database on a disk.
    ///
    /// # Errors
    /// What the disk says, or that the directory is damaged.
    pub async fn open(disk: D, options: Options, observer: O) -> Result<Self, StoreError> {
        let state = RefCell::new(State::open(disk.load().await?, options.cache_bytes)?);
        let (turns, is_compacting) = (Turns::default(), Cell::new(false));
        Ok(Self { inner: Rc::new(Inner { disk, observer, options, state, turns, is_compacting }) })
    }

    /// Looks at rows as of one moment. `look` is called again where it needed rows that `reads` does not name.
    ///
    /// # Errors
    /// What the disk says, where pages have to be loaded.
    pub async fn read<T>(
        &self,
        reads: &[Read],
        mut look: impl FnMut(&dyn View) -> T,
    ) -> Result<T, StoreError> {
        let mut pins = Pins::new();
        loop {
            let loading = self.inner.load_reads(reads, &mut pins).await?;
            if loading == Loading::Ready {
                let (seen, misses) = self.inner.look(&pins, &mut look);
                if misses.is_empty() {
                    return Ok(seen);
                }
                if self.inner.load_pages(&misses, &mut pins).await? == Loading::Ready {
                    continue;
                }
            }
            self.catch_up().await?;
        }
    }

    /// Looks at rows without waiting; `None` where that takes a page that is not in memory.
    pub fn read_now<T>(&self, look: impl FnOnce(&dyn View) -> T) -> Option<T> {
        let (seen, misses) = self.inner.look(&Pins::new(), look);
        misses.is_empty().then_some(seen)
    }

    /// Lets a plan decide and makes its writes durable, in every context's order.
    ///
    /// # Errors
    /// What the disk says. Nothing happened then, unless [`StoreError::is_in_doubt`].
    pub async fn run<P: Plan + 'static>(&self, plan: P) -> Result<P::Outcome, StoreError> {
        let job = Rc::new(PlanJob::new(plan));
        let asked: Rc<dyn Job> = job.clone();
        self.join_turn(|work| work.jobs.push(asked)).await.committed?;
        // A turn that ends well has let all its plans decide.
        job.take_outcome().ok_or(StoreError::Disk(DiskError::Aborted))
    }

    /// Learns what other contexts appended.
    ///
    /// # Errors
    /// What the disk says.
    pub async fn catch_up(&self) -> Result<(), StoreError> {
        self.join_turn(|work| work.is_tail_wanted = true).await.caught_up
    }

    /// Answers whether the log is long enough to be folded into the pages.
    pub fn is_compaction_due(&self) -> bool {
        !self.inner.is_compacting.get() && is_due(&self.metrics(), self.inner.options.compact_at)
    }

    /// Folds the log into the pages. Commits go on meanwhile; a second call while one is under way does nothing.
    ///
    /// # Errors
    /// What the disk says; nothing is lost then, and the next call tries again.
    pub async fn compact(&self) -> Result<(), StoreError> {
        let Some(_guard) = Compacting::begin(&self.inner.is_compacting) else { return Ok(()) };
        match self.inner.compact().await? {
            Compacted::Done => Ok(()),
            Compacted::Stale => self.catch_up().await,
        }
    }

    /// Makes everything committed so far survive a power cut.
    ///
    /// # Errors
    /// What the disk says.
    pub async fn flush(&self) -> Result<(), StoreError> {
        Ok(self.inner.disk.flush().await?)
    }

    /// Returns the number of the last entry that this context knows.
    pub fn sequence(&self) -> Sequence {
        self.inner.state.borrow().sequence()
    }

    /// Returns what the store did and holds.
    pub fn metrics(&self) -> StoreMetrics {
        self.inner.state.borrow().metrics()
    }

    /// Lists the entries and pages that turned out damaged; all other rows are served.
    pub fn corruptions(&self) -> Vec<Part> {
        self.inner.state.borrow().corruptions()
    }

    /// Returns the observer.
    pub fn observer(&self) -> &O {
        &self.inner.observer
    }

    async fn join_turn(&self, ask: impl FnOnce(&mut Work)) -> TurnResult {
        let inner = Rc::clone(&self.inner);
        self.inner.turns.join(ask, async move || inner.take_turn().await).await
    }
}

impl<D: Disk, O: Observer> Inner<D, O> {
    async fn take_turn(&self) -> TurnResult {
        let work = self.turns.begin();
        let mut pins = Pins::new();
        let caught_up = if work.is_tail_wanted { self.catch_up(&mut pins).await } else { Ok(()) };
        let committed = if work.jobs.is_empty() { Ok(()) } else { self.commit(&work.jobs, &mut pins).await };
        TurnResult { caught_up, committed }
    }

    /// Takes plans to the log, in one entry.
    async fn commit(&self, jobs: &[Rc<dyn Job>], pins: &mut Pins) -> Result<(), StoreError> {
        let reads: Vec<Read> = jobs.iter().flat_map(|job| job.reads()).collect();
        loop {
            if self.load_reads(&reads, pins).await? == Loading::Compacted {
                self.catch_up(pins).await?;
                continue;
            }
            let Some(commits) = self.decide(jobs, pins).await? else {
                self.catch_up(pins).await?;
                continue;
            };
            if commits.is_empty() {
                return Ok(());
            }
            let entry: Rc<[u8]> = encode_entry(&commits).into();
            let (generation, after) = self.place();
            match self.disk.append(generation, after, &entry).await? {
                Append::Appended(sequence) => {
                    self.apply_own(sequence, entry, pins).await;
                    return Ok(());
                }
                Append::Behind(entries) => self.absorb(entries, None, pins).await?,
                Append::Compacted => self.reload(None, pins).await?,
            }
        }
    }

    /// Lets all plans decide, each on top of those before it. `None`: the disk has a newer generation.
    async fn decide(&self, jobs: &[Rc<dyn Job>], pins: &mut Pins) -> Result<Option<Vec<Commit>>, StoreError> {
        loop {
            let (commits, mut misses) = self.draft(jobs, pins);
            if misses.is_empty() {
                // What the observer is going to look at is loaded before the append, so that nobody waits for it after.
                let reads: Vec<Read> =
                    commits.iter().flat_map(|commit| self.observer.reads(commit)).collect();
                misses = self.state.borrow().missing(&reads, pins);
            }
            if misses.is_empty() {
                return Ok(Some(commits));
            }
            if self.load_pages(&misses, pins).await? == Loading::Compacted {
                return Ok(None);
            }
        }
    }

    fn draft(&self, jobs: &[Rc<dyn Job>], pins: &Pins) -> (Vec<Commit>, BTreeSet<PageId>) {
        let state = self.state.borrow();
        let (mut overlay, mut commits, mut misses) = (Overlay::new(), Vec::new(), BTreeSet::new());
        for job in jobs {
            let view = Snapshot::new(&state, pins, &overlay);
            let commit = job.decide(&view);
            misses.append(&mut view.into_misses());
            if !commit.writes.is_empty() {
                lay_over(&mut overlay, &commit);
                commits.push(commit);
            }
        }
        (commits, misses)
    }

    /// Applies what this context appended. It is durable, so nothing that happens here is a failure of the commit.
    async fn apply_own(&self, sequence: Sequence, entry: Rc<[u8]>, pins: &mut Pins) {
        self.state.borrow_mut().count_appended(entry.len());
        let entries = vec![(sequence, Rc::clone(&entry))];
        if self.absorb(entries, Some(sequence), pins).await.is_err() && self.place().1 < sequence {
            // The disk refused a page that only the observer wanted.
            let commits = self.state.borrow_mut().read_entry(sequence, &entry);
            if let Ok(Some(commits)) = commits {
                let mut state = self.state.borrow_mut();
                commits.iter().for_each(|commit| state.apply(sequence, commit));
                state.end_entry(sequence, entry.len());
            }
            self.observer.handle_reset();
        }
    }

    async fn catch_up(&self, pins: &mut Pins) -> Result<(), StoreError> {
        let (generation, after) = self.place();
        match self.disk.tail(generation, after).await? {
            Tail::Entries(entries) => self.absorb(entries, None, pins).await,
            Tail::Compacted => self.reload(None, pins).await,
        }
    }

    async fn reload(&self, own: Option<Sequence>, pins: &mut Pins) -> Result<(), StoreError> {
        let entries = self.load_again().await?;
        self.absorb(entries, own, pins).await
    }

    /// Applies entries in their order, and tells the observer of each.
    async fn absorb(
        &self,
        entries: Entries,
        own: Option<Sequence>,
        pins: &mut Pins,
    ) -> Result<(), StoreError> {
        let mut rest = VecDeque::from(entries);
        while let Some((sequence, blob)) = rest.pop_front() {
            if sequence <= self.place().1 {
                continue;
            }
            let Some(commits) = self.state.borrow_mut().read_entry(sequence, &blob)? else { continue };
            let reads: Vec<Read> = commits.iter().flat_map(|commit| self.observer.reads(commit)).collect();
            if self.load_reads(&reads, pins).await? == Loading::Compacted {
                rest = self.load_again().await?.into();
                continue;
            }
            for commit in &commits {
                self.look(pins, |view| self.observer.handle_commit(view, commit, own == Some(sequence)));
                self.state.borrow_mut().apply(sequence, commit);
            }
            self.state.borrow_mut().end_entry(sequence, blob.len());
        }
        Ok(())
    }

    /// Takes over the newest generation, and returns the entries that this context has not seen.
    async fn load_again(&self) -> Result<Entries, StoreError> {
        let loaded = self.disk.load().await?;
        let reloaded = self.state.borrow_mut().reload(loaded)?;
        if reloaded.is_reset {
            self.observer.handle_reset();
        }
        Ok(reloaded.rest)
    }

    async fn load_reads(&self, reads: &[Read], pins: &mut Pins) -> Result<Loading, StoreError> {
        loop {
            let misses = self.state.borrow().missing(reads, pins);
            if misses.is_empty() {
                return Ok(Loading::Ready);
            }
            if self.load_pages(&misses, pins).await? == Loading::Compacted {
                return Ok(Loading::Compacted);
            }
        }
    }

    async fn load_pages(&self, ids: &BTreeSet<PageId>, pins: &mut Pins) -> Result<Loading, StoreError> {
        let ids: Vec<PageId> = ids.iter().copied().collect();
        let generation = self.state.borrow().generation();
        match self.disk.pages(generation, &ids).await? {
            Pages::Found(blobs) => {
                let mut state = self.state.borrow_mut();
                for (id, blob) in ids.into_iter().zip(blobs) {
                    pins.insert(id, state.keep_page(id, blob)?);
                }
                Ok(Loading::Ready)
            }
            // This context's own compaction may have ended meanwhile: then the new directory is there already.
            Pages::Compacted if self.state.borrow().generation() != generation => Ok(Loading::Ready),
            Pages::Compacted => Ok(Loading::Compacted),
        }
    }

    async fn compact(&self) -> Result<Compacted, StoreError> {
        let snapped = self.state.borrow().snap();
        if snapped.rows.is_empty() {
            return Ok(Compacted::Done);
        }
        let mut pages = Pins::new();
        let touched = snapped.touched(&self.options);
        let cached = touched.iter().filter_map(|id| Some((*id, self.state.borrow().page(*id)?)));
        pages.extend(cached);
        let missing: BTreeSet<PageId> = touched.into_iter().filter(|id| !pages.contains_key(id)).collect();
        if !missing.is_empty() && self.load_pages(&missing, &mut pages).await? == Loading::Compacted {
            return Ok(Compacted::Stale);
        }
        let folded = snapped.fold(&pages, &self.options);
        let compacted = self.disk.compact(&snapped.compaction(&folded)).await?;
        if compacted == Compacted::Done {
            self.state.borrow_mut().fold(&snapped, folded)?;
        }
        Ok(compacted)
    }

    fn look<T>(&self, pins: &Pins, look: impl FnOnce(&dyn View) -> T) -> (T, BTreeSet<PageId>) {
        let (state, overlay) = (self.state.borrow(), Overlay::new());
        let view = Snapshot::new(&state, pins, &overlay);
        let seen = look(&view);
        (seen, view.into_misses())
    }

    fn place(&self) -> (Generation, Sequence) {
        let state = self.state.borrow();
        (state.generation(), state.sequence())
    }
}

/// Marks that a compaction is under way, until it is dropped.
struct Compacting<'a>(&'a Cell<bool>);

impl<'a> Compacting<'a> {
    fn begin(is_compacting: &'a Cell<bool>) -> Option<Self> {
        (!is_compacting.replace(true)).then_some(Self(is_compacting))
    }
}

impl Drop for Compacting<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

impl<D, O> Clone for Database<D, O> {
    fn clone(&self) -> Self {
        Self { inner: Rc::clone(&self.inner) }
    }
}

impl<D, O> fmt::Debug for Database<D, O> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Database").finish_non_exhaustive()
    }
}
