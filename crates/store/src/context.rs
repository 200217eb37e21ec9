//! What one context has: its handle on the disk, what it holds in memory, and the turns it takes.
//! Serves pages and folds the log; what goes to the log and comes from it is in `log`.

use std::cell::{Cell, RefCell};

use crate::snapshot::{Misses, Overlay, Pins, Snapshot};
use crate::state::State;
use crate::turn::Turns;
use crate::{
    Compacted, Disk, Generation, Observer, Options, PageId, Pages, Read, Sequence, StoreError, View,
};

pub(crate) struct Context<D, O> {
    pub(crate) disk: D,
    pub(crate) observer: O,
    pub(crate) options: Options,
    pub(crate) state: RefCell<State>,
    pub(crate) turns: Turns,
    pub(crate) is_compacting: Cell<bool>,
}

/// Whether pages that were missing could be loaded.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum Loading {
    /// The disk has a newer generation.
    Compacted,
    /// All of them are pinned or cached, or the directory has changed meanwhile.
    Ready,
}

impl<D: Disk, O: Observer> Context<D, O> {
    pub(crate) async fn open(disk: D, options: Options, observer: O) -> Result<Self, StoreError> {
        let state = RefCell::new(State::open(disk.load().await?, options.cache_bytes)?);
        Ok(Self { disk, observer, options, state, turns: Turns::default(), is_compacting: Cell::new(false) })
    }

    /// Looks at the rows in memory, and says which pages that would have taken besides.
    pub(crate) fn look<T>(&self, pins: &Pins, look: impl FnOnce(&dyn View) -> T) -> (T, Misses) {
        let (state, overlay) = (self.state.borrow(), Overlay::new());
        let view = Snapshot::new(&state, pins, &overlay);
        let seen = look(&view);
        (seen, view.into_misses())
    }

    /// Returns the newest generation and the last entry that this context knows.
    pub(crate) fn place(&self) -> (Generation, Sequence) {
        let state = self.state.borrow();
        (state.generation(), state.sequence())
    }

    pub(crate) async fn load_reads(&self, reads: &[Read], pins: &mut Pins) -> Result<Loading, StoreError> {
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

    /// Loads pages, unless the directory that named them is not the one in memory any more: then whoever missed them looks again.
    pub(crate) async fn load_pages(&self, misses: &Misses, pins: &mut Pins) -> Result<Loading, StoreError> {
        let generation = self.state.borrow().generation();
        if misses.is_empty() || misses.generation != generation {
            return Ok(Loading::Ready);
        }
        let ids: Vec<PageId> = misses.ids.iter().copied().collect();
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

    /// Folds the log into the pages it touches.
    pub(crate) async fn compact(&self) -> Result<Compacted, StoreError> {
        let snapped = self.state.borrow().snap();
        if snapped.rows.is_empty() {
            return Ok(Compacted::Done);
        }
        let touched = snapped.touched(&self.options);
        let cached = touched.iter().filter_map(|id| Some((*id, self.state.borrow().page(*id)?)));
        let mut pages: Pins = cached.collect();
        let ids = touched.iter().filter(|id| !pages.contains_key(id)).copied().collect();
        let missing = Misses { generation: snapped.generation, ids };
        let is_loaded = self.load_pages(&missing, &mut pages).await? == Loading::Ready;
        if !is_loaded || !touched.iter().all(|id| pages.contains_key(id)) {
            return Ok(Compacted::Stale);
        }
        let folded = snapped.fold(&pages, &self.options);
        let compacted = self.disk.compact(&snapped.compaction(&folded)).await?;
        if compacted == Compacted::Done {
            self.state.borrow_mut().fold(&snapped, folded)?;
        }
        Ok(compacted)
    }
}
