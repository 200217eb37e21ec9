//! What one context has: its handle on the disk, what it holds in memory, and the turns it takes.
//! Serves pages and folds the log; what goes to the log and comes from it is in `log`.

use std::cell::{Cell, RefCell};

use crate::compaction::Slice;
use crate::snapshot::{Misses, Overlay, Pins, Snapshot};
use crate::state::State;
use crate::turn::Turns;
use crate::{
    Blobs, Compacted, Disk, Generation, Observer, Options, PageId, Pages, Read, Sequence, StoreError, View,
};

pub(crate) struct Context<D, O> {
    pub(crate) disk: D,
    pub(crate) observer: O,
    pub(crate) options: Options,
    pub(crate) state: RefCell<State>,
    pub(crate) turns: Turns,
    pub(crate) is_compacting: Cell<bool>,
    pub(crate) is_reading_ahead: Cell<bool>,
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
        let mut state = State::open(disk.load().await?, options.cache_bytes)?;
        // Whoever opens the database asks for these.
        drop(state.take_untold_damage());
        let state = RefCell::new(state);
        let (turns, is_compacting, is_reading_ahead) = Default::default();
        Ok(Self { disk, observer, options, state, turns, is_compacting, is_reading_ahead })
    }

    /// Looks at the rows in memory, and says which pages that would have taken besides.
    pub(crate) fn look<T>(&self, pins: &Pins, look: impl FnOnce(&dyn View) -> T) -> (T, Misses) {
        let (state, overlay) = (self.state.borrow(), Overlay::new());
        let view = Snapshot::new(&state, pins, &overlay);
        let seen = look(&view);
        (seen, view.into_misses())
    }

    /// Tells the observer what turned out damaged.
    pub(crate) fn tell_damage(&self) {
        let untold = self.state.borrow_mut().take_untold_damage();
        untold.into_iter().for_each(|part| self.observer.handle_damage(part));
    }

    /// Forgets everything and reads the disk again.
    pub(crate) async fn begin_anew(&self) -> Result<(), StoreError> {
        let loaded = self.disk.load().await?;
        self.state.borrow_mut().begin_anew(loaded)?;
        self.observer.handle_reset();
        Ok(())
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
            Pages::Found(blobs) => self.keep_pages(&ids, blobs, pins).map(|()| Loading::Ready),
            // This context's own compaction may have ended meanwhile: then the new directory is there already.
            Pages::Compacted if self.state.borrow().generation() != generation => Ok(Loading::Ready),
            Pages::Compacted => Ok(Loading::Compacted),
        }
    }

    pub(crate) fn keep_pages(&self, ids: &[PageId], blobs: Blobs, pins: &mut Pins) -> Result<(), StoreError> {
        let mut state = self.state.borrow_mut();
        for (id, blob) in ids.iter().zip(blobs) {
            pins.insert(*id, state.keep_page(*id, blob)?);
        }
        Ok(())
    }

    /// Reads the pages that are likely to be asked for next. Where the disk has a newer generation they are left out.
    pub(crate) async fn read_ahead(&self) -> Result<(), StoreError> {
        let (generation, ids) = {
            let state = self.state.borrow();
            (state.generation(), state.pages_ahead())
        };
        let blobs = match ids.as_slice() {
            [] => Blobs::new(),
            ids => match self.disk.pages(generation, ids).await? {
                Pages::Found(blobs) => blobs,
                Pages::Compacted => Blobs::new(),
            },
        };
        self.state.borrow_mut().keep_pages_ahead(generation, ids.into_iter().zip(blobs))
    }

    /// Folds the log into the pages it touches, slice by slice. Between two of them commits have their turn.
    pub(crate) async fn compact(
        &self,
        next_slice: &impl AsyncFn() -> usize,
    ) -> Result<Compacted, StoreError> {
        let (mut folding, mut generation) = {
            let state = self.state.borrow();
            if state.memtable().entries() == 0 {
                return Ok(Compacted::Done);
            }
            (state.begin_folding(), state.generation())
        };
        loop {
            let bytes = next_slice().await;
            let (slice, ids) = {
                let state = self.state.borrow();
                let slice = folding.next_slice(generation, state.directory(), bytes, &self.options);
                let ids = slice.pages(state.directory());
                (slice, ids)
            };
            let is_last = slice.is_last;
            if self.fold(folding.through, slice, &ids).await? == Compacted::Stale {
                return Ok(Compacted::Stale);
            }
            if is_last {
                return Ok(Compacted::Done);
            }
            generation = generation.next();
        }
    }

    async fn fold(&self, through: Sequence, slice: Slice, ids: &[PageId]) -> Result<Compacted, StoreError> {
        let (generation, is_last) = (slice.generation, slice.is_last);
        let damaged = self.state.borrow().damage().pages();
        let Some(pages) = self.pages_to_fold(generation, ids).await? else { return Ok(Compacted::Stale) };
        if self.state.borrow().damage().pages() != damaged {
            // Whoever owns the database can save something first. The next compaction sets the page aside.
            return Ok(Compacted::Stale);
        }
        let (mut folded, compaction);
        {
            let state = self.state.borrow();
            if state.generation() != generation {
                return Ok(Compacted::Stale);
            }
            folded = slice.fold(through, state.directory(), &pages, &self.options);
            compaction = state.compaction(&mut folded, through, is_last);
        }
        let compacted = self.disk.compact(&compaction).await?;
        if compacted == Compacted::Done {
            self.state.borrow_mut().take_folded(compaction, folded);
        }
        Ok(compacted)
    }

    /// Reads pages past the cache, which is for those that somebody looks at; `None`: the disk has a newer generation.
    async fn pages_to_fold(
        &self,
        generation: Generation,
        ids: &[PageId],
    ) -> Result<Option<Pins>, StoreError> {
        let mut pages: Pins =
            ids.iter().filter_map(|id| Some((*id, self.state.borrow().page(*id)?))).collect();
        let missing: Vec<PageId> = ids.iter().filter(|id| !pages.contains_key(id)).copied().collect();
        if missing.is_empty() {
            return Ok(Some(pages));
        }
        let Pages::Found(blobs) = self.disk.pages(generation, &missing).await? else { return Ok(None) };
        let mut state = self.state.borrow_mut();
        for (id, blob) in missing.into_iter().zip(blobs) {
            pages.insert(id, state.read_page(id, blob)?);
        }
        Ok(Some(pages))
    }
}
