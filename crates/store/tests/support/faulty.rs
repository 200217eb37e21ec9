//! A disk that waits before and after each call, refuses some, does some and says that it failed, and counts all of it.
//! Keeps nothing itself.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use syncline_store::{
    Append, Blobs, Compacted, Compaction, Disk, DiskError, Entries, Generation, Loaded, PageId, Pages,
    Sequence, Tail,
};

use super::yield_once;

/// What happened at the disk.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    pub appended: u32,
    pub appended_after_tail: u32,
    pub behind: u32,
    pub append_compacted: u32,
    pub tail_compacted: u32,
    pub pages_compacted: u32,
    pub compacted: u32,
    pub stale: u32,
    pub pages_loaded: u32,
    pub pages_read_in_appends: u32,
    pub refused: u32,
    pub in_doubt: u32,
    pub dropped_before: u32,
    pub dropped_after: u32,
}

impl Counts {
    pub fn named(&self) -> [(&'static str, u32); 14] {
        [
            ("appended", self.appended),
            ("appended after the tail", self.appended_after_tail),
            ("behind", self.behind),
            ("append told of a compaction", self.append_compacted),
            ("tail told of a compaction", self.tail_compacted),
            ("pages told of a compaction", self.pages_compacted),
            ("compacted", self.compacted),
            ("stale compaction", self.stale),
            ("pages loaded", self.pages_loaded),
            ("pages read in appends", self.pages_read_in_appends),
            ("refused by the disk", self.refused),
            ("done and told as failed", self.in_doubt),
            ("dropped before the disk acted", self.dropped_before),
            ("dropped after the disk acted", self.dropped_after),
        ]
    }
}

/// Decides which calls fail and how long they wait.
pub struct Faults {
    random: RefCell<SmallRng>,
    /// The chance that a call fails, before or after it did its work.
    pub failing: Cell<f64>,
    /// The chance that a call waits once more.
    pub waiting: Cell<f64>,
    /// Whether the next call does its work and says that it failed.
    pub losing_answer: Cell<bool>,
    counts: Cell<Counts>,
}

impl Faults {
    pub fn new(seed: u64) -> Rc<Self> {
        Rc::new(Self {
            random: RefCell::new(SmallRng::seed_from_u64(seed)),
            failing: Cell::new(0.0),
            waiting: Cell::new(0.5),
            losing_answer: Cell::new(false),
            counts: Cell::default(),
        })
    }

    pub fn counts(&self) -> Counts {
        self.counts.get()
    }

    fn count(&self, count: impl FnOnce(&mut Counts)) {
        let mut counts = self.counts.get();
        count(&mut counts);
        self.counts.set(counts);
    }

    fn happens(&self, chance: f64) -> bool {
        self.random.borrow_mut().random_bool(chance)
    }

    fn refusal(&self) -> DiskError {
        let refusals = [DiskError::QuotaExceeded, DiskError::Aborted, DiskError::Unavailable];
        // Where everything fails, it fails in one way, so that answers can be compared.
        let at = if self.failing.get() < 1.0 { self.random.borrow_mut().random_range(0..3) } else { 0 };
        refusals[at].clone()
    }

    async fn wait(&self) {
        while self.happens(self.waiting.get()) {
            yield_once().await;
        }
    }
}

/// A disk that waits and fails.
pub struct Faulty<D> {
    pub disk: D,
    pub faults: Rc<Faults>,
}

impl<D> Faulty<D> {
    async fn call<T>(&self, act: impl AsyncFnOnce(&D) -> Result<T, DiskError>) -> Result<T, DiskError> {
        let mut call = Call { faults: &self.faults, stage: Stage::Before };
        self.faults.wait().await;
        if self.faults.happens(self.faults.failing.get()) {
            call.stage = Stage::Ended;
            self.faults.count(|counts| counts.refused += 1);
            return Err(self.faults.refusal());
        }
        let result = act(&self.disk).await;
        call.stage = Stage::After;
        self.faults.wait().await;
        call.stage = Stage::Ended;
        if self.faults.losing_answer.take() || self.faults.happens(self.faults.failing.get()) {
            self.faults.count(|counts| counts.in_doubt += 1);
            return Err(DiskError::Closed);
        }
        result
    }

    fn count_append(&self, append: &Append) {
        self.faults.count(|counts| match append {
            Append::Appended(_) => counts.appended += 1,
            Append::Behind(_) => counts.behind += 1,
            Append::Compacted => counts.append_compacted += 1,
        });
    }
}

impl<D: Disk> Disk for Faulty<D> {
    async fn load(&self) -> Result<Loaded, DiskError> {
        self.call(async |disk| disk.load().await).await
    }

    async fn refresh(&self, after: Sequence) -> Result<Loaded, DiskError> {
        self.call(async |disk| disk.refresh(after).await).await
    }

    async fn tail(&self, generation: Generation, after: Sequence) -> Result<Tail, DiskError> {
        let tail = self.call(async |disk| disk.tail(generation, after).await).await?;
        self.faults.count(|counts| counts.tail_compacted += u32::from(tail == Tail::Compacted));
        Ok(tail)
    }

    async fn append(
        &self,
        generation: Generation,
        after: Sequence,
        entry: &[u8],
    ) -> Result<Append, DiskError> {
        let append = self.call(async |disk| disk.append(generation, after, entry).await).await?;
        self.count_append(&append);
        Ok(append)
    }

    async fn append_after_tail(
        &self,
        generation: Generation,
        after: Sequence,
        decide: &mut dyn FnMut(&Entries) -> Option<Vec<u8>>,
    ) -> Result<Append, DiskError> {
        let append = self.call(async |disk| disk.append_after_tail(generation, after, decide).await).await?;
        self.count_append(&append);
        let is_appended = matches!(append, Append::Appended(_));
        self.faults.count(|counts| counts.appended_after_tail += u32::from(is_appended));
        Ok(append)
    }

    async fn append_after_reading(
        &self,
        generation: Generation,
        after: Sequence,
        pages: &[PageId],
        decide: &mut dyn FnMut(&Entries, Blobs) -> Option<Vec<u8>>,
    ) -> Result<Append, DiskError> {
        let append =
            self.call(async |disk| disk.append_after_reading(generation, after, pages, decide).await).await?;
        self.count_append(&append);
        let is_appended = u32::from(matches!(append, Append::Appended(_)));
        self.faults.count(|counts| {
            counts.appended_after_tail += is_appended;
            counts.pages_read_in_appends += pages.len() as u32;
        });
        Ok(append)
    }

    async fn pages(&self, generation: Generation, ids: &[PageId]) -> Result<Pages, DiskError> {
        let pages = self.call(async |disk| disk.pages(generation, ids).await).await?;
        self.faults.count(|counts| match &pages {
            Pages::Compacted => counts.pages_compacted += 1,
            Pages::Found(found) => counts.pages_loaded += found.len() as u32,
        });
        Ok(pages)
    }

    async fn damaged_entry(&self, entry: Sequence) -> Result<Option<Rc<[u8]>>, DiskError> {
        self.call(async |disk| disk.damaged_entry(entry).await).await
    }

    async fn compact(&self, compaction: &Compaction) -> Result<Compacted, DiskError> {
        let compacted = self.call(async |disk| disk.compact(compaction).await).await?;
        self.faults.count(|counts| match compacted {
            Compacted::Done => counts.compacted += 1,
            Compacted::Stale => counts.stale += 1,
        });
        Ok(compacted)
    }

    async fn flush(&self) -> Result<(), DiskError> {
        self.call(async |disk| disk.flush().await).await
    }
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Stage {
    Before,
    After,
    Ended,
}

/// Notices where a call is dropped.
struct Call<'a> {
    faults: &'a Faults,
    stage: Stage,
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        self.faults.count(|counts| match self.stage {
            Stage::Before => counts.dropped_before += 1,
            Stage::After => counts.dropped_after += 1,
            Stage::Ended => {}
        });
    }
}
