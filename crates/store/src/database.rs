//! The database: opens a disk, serves reads from memory, and takes plans to the log.
//! Decides nothing itself: plans decide what is written, `compaction` how it is folded, `turn` who comes next.

use std::cell::Cell;
use std::fmt;
use std::future::ready;
use std::rc::Rc;

use crate::context::{Context, Loading};
use crate::plan::Plan;
use crate::snapshot::Pins;
use crate::turn::{Job, PlanJob, TurnResult, Work, moment};
use crate::{Compacted, Disk, DiskError, Key, Observer, Part, Read, Salvaged, Sequence, StoreError, View};

/// How many times `compact_at` a slice of a compaction has at most.
const SLICE: usize = 4;

/// Sizes that trade memory and speed; the defaults suit a browser.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Options {
    /// How many bytes are kept in memory: the log after the last compaction, and pages in what it leaves.
    pub cache_bytes: usize,
    /// How many records a page has at most.
    pub page_records: usize,
    /// How many bytes of rows a page has at most, about, unless a single row is larger. Chromium keeps a value of more than
    /// 64 KiB in a file of its own, which takes three times as long to read.
    pub page_bytes: usize,
    /// How many bytes the log has at least before a compaction is due.
    pub compact_at: usize,
}

impl Options {
    /// How many bytes of pages and rows a slice of a compaction has at least, so that folding gets on, and at most, so that a
    /// commit that waits for it does not wait long on a device of today.
    pub fn slice_limits(&self) -> (usize, usize) {
        (self.compact_at, self.compact_at.saturating_mul(SLICE))
    }
}

impl Default for Options {
    fn default() -> Self {
        Self { cache_bytes: 32 << 20, page_records: 256, page_bytes: 60 << 10, compact_at: 256 << 10 }
    }
}

/// What the store did since it was opened, and what it holds.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct StoreMetrics {
    /// Bytes of entries that this context appended.
    pub bytes_appended: u64,
    /// Bytes of pages and directories that this context wrote in compactions.
    pub bytes_compacted: u64,
    /// Pages of the database.
    pub pages: usize,
    /// Bytes of all pages, on the disk.
    pub page_bytes: u64,
    /// Entries of the log after the last compaction.
    pub log_entries: usize,
    /// Bytes of those entries.
    pub log_bytes: u64,
    /// What the rows of the log cost in memory, in bytes.
    pub log_memory: usize,
    /// Bytes of decoded pages in memory.
    pub cache_bytes: usize,
}

impl StoreMetrics {
    /// Returns how many bytes this context wrote for each byte of a commit; 1 before any compaction.
    #[allow(clippy::cast_precision_loss, reason = "a ratio for people")]
    pub fn write_amplification(&self) -> f64 {
        let appended = self.bytes_appended.max(1) as f64;
        1.0 + self.bytes_compacted as f64 / appended
    }
}

/// One context's handle on a database. A clone is the same handle.
pub struct Database<D, O> {
    context: Rc<Context<D, O>>,
}

impl<D: Disk + 'static, O: Observer + 'static> Database<D, O> {
    /// Opens the database on a disk.
    ///
    /// # Errors
    /// What the disk says, or that the directory is damaged.
    pub async fn open(disk: D, options: Options, observer: O) -> Result<Self, StoreError> {
        Ok(Self { context: Rc::new(Context::open(disk, options, observer).await?) })
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
            let loading = self.context.load_reads(reads, &mut pins).await?;
            if loading == Loading::Ready {
                let (seen, misses) = self.context.look(&pins, &mut look);
                if misses.is_empty() {
                    self.context.tell_damage();
                    return Ok(seen);
                }
                if self.context.load_pages(&misses, &mut pins).await? == Loading::Ready {
                    continue;
                }
            }
            self.catch_up().await?;
        }
    }

    /// Looks at rows without waiting; `None` where that takes a page that is not in memory.
    pub fn read_now<T>(&self, look: impl FnOnce(&dyn View) -> T) -> Option<T> {
        let (seen, misses) = self.context.look(&Pins::new(), look);
        misses.is_empty().then_some(seen)
    }

    /// Lets a plan decide and makes its writes durable, in every context's order.
    ///
    /// # Errors
    /// What the disk says. Nothing happened then, unless [`StoreError::is_in_doubt`].
    pub async fn run<P: Plan + 'static>(&self, plan: P) -> Result<P::Outcome, StoreError> {
        let job = Rc::new(PlanJob::new(plan));
        let asked: Rc<dyn Job> = job.clone();
        self.join_turn(|work| work.jobs.push(asked), moment()).await.committed?;
        // A turn that ends well has let all its plans decide.
        job.take_outcome().ok_or(StoreError::Disk(DiskError::Aborted))
    }

    /// Learns what other contexts appended.
    ///
    /// # Errors
    /// What the disk says.
    pub async fn catch_up(&self) -> Result<(), StoreError> {
        self.join_turn(|work| work.is_tail_wanted = true, ready(())).await.caught_up
    }

    /// Forgets what is in memory and reads the disk again: what another context found damaged there may be whole here. The
    /// observer is told that anything may have changed.
    ///
    /// # Errors
    /// What the disk says; memory is then as it was.
    pub async fn read_anew(&self) -> Result<(), StoreError> {
        self.join_turn(|work| work.is_doubted = true, ready(())).await.caught_up
    }

    /// Reads what is left of a damaged part. `is_row` tells a row from bytes that only look like one, so it has to look closely.
    ///
    /// # Errors
    /// What the disk says.
    pub async fn salvage(
        &self,
        part: Part,
        is_row: impl FnMut(&Key, Option<&[u8]>) -> bool,
    ) -> Result<Salvaged, StoreError> {
        self.context.salvage(part, is_row).await
    }

    /// Answers whether it is time to fold the log into the pages.
    pub fn is_compaction_due(&self) -> bool {
        !self.context.is_compacting.get() && self.is_long()
    }

    /// Answers whether the rows of the log take more memory than there is for them.
    pub fn is_log_overgrown(&self) -> bool {
        self.context.state.borrow().log_memory() > self.context.options.cache_bytes
    }

    /// Folds the log into the pages, and once more where so many commits came meanwhile that it is due again. Commits go
    /// on all the time; a second call while one is under way does nothing. One that finds a damaged page ends there: the next
    /// one sets it aside.
    ///
    /// # Errors
    /// What the disk says; nothing is lost then, and the next call tries again.
    pub async fn compact(&self) -> Result<(), StoreError> {
        let (_, most) = self.context.options.slice_limits();
        self.compact_in_slices(async || most).await
    }

    /// As `compact`. `next_slice` is asked before each slice, waits as long as the disk and whoever commits are to rest, and says how
    /// many bytes of pages and rows the slice is to have, about.
    ///
    /// # Errors
    /// As `compact`.
    pub async fn compact_in_slices(&self, next_slice: impl AsyncFn() -> usize) -> Result<(), StoreError> {
        let Some(_guard) = UnderWay::begin(&self.context.is_compacting) else { return Ok(()) };
        loop {
            let compacted = self.context.compact(&next_slice).await;
            self.context.tell_damage();
            match compacted? {
                Compacted::Stale => return self.catch_up().await,
                Compacted::Done if !self.is_long() => return Ok(()),
                Compacted::Done => {}
            }
        }
    }

    fn is_long(&self) -> bool {
        self.context.state.borrow().is_compaction_due(&self.context.options)
    }

    /// Answers whether it is worth it to read pages before anybody asks for them.
    pub fn is_read_ahead_due(&self) -> bool {
        !self.context.is_reading_ahead.get() && self.context.state.borrow().is_read_ahead_due()
    }

    /// Reads some pages before anybody asks for them; a second call while one is under way does nothing.
    ///
    /// # Errors
    /// What the disk says; whoever asks for the pages asks it again.
    pub async fn read_ahead(&self) -> Result<(), StoreError> {
        let Some(_guard) = UnderWay::begin(&self.context.is_reading_ahead) else { return Ok(()) };
        let read = self.context.read_ahead().await;
        self.context.tell_damage();
        read
    }

    /// Makes everything committed so far survive a power cut.
    ///
    /// # Errors
    /// What the disk says.
    pub async fn flush(&self) -> Result<(), StoreError> {
        Ok(self.context.disk.flush().await?)
    }

    /// Returns the number of the last entry that this context knows.
    pub fn sequence(&self) -> Sequence {
        self.context.state.borrow().sequence()
    }

    /// Returns the first key of the page that is so many pages behind that of a key, so that a long range is read in parts of
    /// which each takes few pages; `None`: there are not that many.
    pub fn stride(&self, start: &Key, pages: usize) -> Option<Key> {
        let state = self.context.state.borrow();
        let page = state.directory().pages_between(start, None).get(pages)?;
        (page.first > *start).then(|| page.first.detached())
    }

    /// Returns what the store did and holds.
    pub fn metrics(&self) -> StoreMetrics {
        self.context.state.borrow().metrics()
    }

    /// Lists the entries and pages that turned out damaged, in this context or in one that set them aside; all other
    /// rows are served. What is set aside stays listed.
    pub fn corruptions(&self) -> Vec<Part> {
        self.context.state.borrow().corruptions()
    }

    /// Returns the observer.
    pub fn observer(&self) -> &O {
        &self.context.observer
    }

    /// Asks something of the next turn, lets `first` pass, and then drives the turn on.
    async fn join_turn(&self, ask: impl FnOnce(&mut Work), first: impl Future<Output = ()>) -> TurnResult {
        let context = Rc::clone(&self.context);
        let turn = self.context.turns.join(ask, async move || context.take_turn().await);
        first.await;
        let result = turn.await;
        self.context.tell_damage();
        result
    }
}

/// Marks that something is under way that is done once at a time, until it is dropped.
struct UnderWay<'a>(&'a Cell<bool>);

impl<'a> UnderWay<'a> {
    fn begin(is_under_way: &'a Cell<bool>) -> Option<Self> {
        (!is_under_way.replace(true)).then_some(Self(is_under_way))
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

impl<D, O> Clone for Database<D, O> {
    fn clone(&self) -> Self {
        Self { context: Rc::clone(&self.context) }
    }
}

impl<D, O> fmt::Debug for Database<D, O> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Database").finish_non_exhaustive()
    }
}
