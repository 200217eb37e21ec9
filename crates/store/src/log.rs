//! One turn on the log: applies what others appended, lets plans decide, and appends what they decided.
//! Does not say whose turn it is; `turn` does.

use std::collections::VecDeque;
use std::rc::Rc;

use crate::context::{Context, Loading};
use crate::format::{Entry, encode_entry};
use crate::planted::{self, Bug};
use crate::snapshot::{Misses, Overlay, Pins, Snapshot};
use crate::turn::{Job, TurnResult};
use crate::{
    Append, Blobs, Commit, Disk, Entries, Observer, PageId, Part, Sequence, StoreError, Tail, Value, Write,
};

/// How many pages are read within an append, where other contexts wait for it. More are read before.
const PAGES_IN_APPEND: usize = 8;

/// What a batch of plans decided, or what it takes to decide.
enum Draft {
    /// These pages have to be in memory.
    Misses(Misses),
    /// Nothing is to be written.
    Nothing,
    /// This entry is to be appended.
    Entry(Entry),
}

impl<D: Disk, O: Observer> Context<D, O> {
    pub(crate) async fn take_turn(&self) -> TurnResult {
        let work = self.turns.begin();
        let mut pins = Pins::new();
        let doubted = if work.is_doubted { self.begin_anew().await } else { Ok(()) };
        let is_tail_wanted = work.is_tail_wanted && doubted.is_ok();
        let caught_up = if is_tail_wanted { self.catch_up(&mut pins).await } else { doubted };
        let committed = if work.jobs.is_empty() { Ok(()) } else { self.commit(&work.jobs, &mut pins).await };
        TurnResult { caught_up, committed }
    }

    async fn catch_up(&self, pins: &mut Pins) -> Result<(), StoreError> {
        let (generation, after) = self.place();
        match self.disk.tail(generation, after).await? {
            Tail::Entries(entries) => self.absorb(entries, None, pins).await,
            Tail::Compacted => self.reload(pins).await,
        }
    }

    async fn reload(&self, pins: &mut Pins) -> Result<(), StoreError> {
        let entries = self.load_again().await?;
        self.absorb(entries, None, pins).await
    }

    /// Takes plans to the log, in one entry.
    ///
    /// Where everything is in memory, the first attempt is an append at the number that is believed to be free. Where
    /// others were faster, the next ones decide on the tail within the append, and so wait in the disk's line rather than
    /// race. Where a few pages are missing, they are read within the append too, which saves a transaction.
    async fn commit(&self, jobs: &[Rc<dyn Job>], pins: &mut Pins) -> Result<(), StoreError> {
        let missing = |pins: &Pins| {
            let state = self.state.borrow();
            // What is read is not even named where there is no page that could be missing.
            let jobs = if state.page_count() == 0 { &[] } else { jobs };
            state.missing(jobs.iter().flat_map(|job| job.reads()), pins)
        };
        let mut is_contended = false;
        let mut misses = missing(pins);
        loop {
            if misses.generation != self.place().0 {
                misses = missing(pins);
            }
            misses.ids.retain(|id| !pins.contains_key(id));
            if misses.ids.len() > PAGES_IN_APPEND {
                if self.load_pages(&misses, pins).await? == Loading::Compacted {
                    self.catch_up(pins).await?;
                }
                continue;
            }
            let (draft, appended) = if is_contended || !misses.is_empty() {
                self.append_after_reading(jobs, &misses, pins).await?
            } else {
                self.append(jobs, pins).await?
            };
            match (draft, appended) {
                (Draft::Misses(missed), appended) => {
                    misses = missed;
                    self.learn(appended, pins).await?;
                }
                (Draft::Entry(entry), Some(Append::Appended(sequence))) => {
                    self.apply_own(sequence, entry, pins).await;
                    return Ok(());
                }
                (Draft::Entry(_), Some(Append::Behind(_))) if planted::is(Bug::LostRaceCounts) => {
                    return Ok(());
                }
                (Draft::Nothing, None | Some(Append::Behind(_))) => return Ok(()),
                (_, appended) => {
                    is_contended = true;
                    self.learn(appended, pins).await?;
                }
            }
        }
    }

    async fn append(&self, jobs: &[Rc<dyn Job>], pins: &Pins) -> Result<(Draft, Option<Append>), StoreError> {
        let draft = self.draft(jobs, pins)?;
        let Draft::Entry(entry) = &draft else { return Ok((draft, None)) };
        let (generation, after) = self.place();
        let appended = self.disk.append(generation, after, &entry.blob).await?;
        Ok((draft, Some(appended)))
    }

    async fn append_after_reading(
        &self,
        jobs: &[Rc<dyn Job>],
        misses: &Misses,
        pins: &mut Pins,
    ) -> Result<(Draft, Option<Append>), StoreError> {
        let (generation, after) = self.place();
        let ids: Vec<PageId> = misses.ids.iter().copied().collect();
        let mut draft = Ok(Draft::Misses(Misses::default()));
        let mut decide = |entries: &Entries, blobs: Blobs| {
            draft = self.keep_pages(&ids, blobs, pins).and_then(|()| {
                let misses = self.absorb_now(entries, pins)?;
                if misses.is_empty() { self.draft(jobs, pins) } else { Ok(Draft::Misses(misses)) }
            });
            match &draft {
                Ok(Draft::Entry(entry)) => Some(entry.blob.to_vec()),
                Ok(Draft::Misses(_) | Draft::Nothing) | Err(_) => None,
            }
        };
        let appended = self.disk.append_after_reading(generation, after, &ids, &mut decide).await?;
        Ok((draft?, Some(appended)))
    }

    /// Lets all plans decide, each on top of those before it.
    fn draft(&self, jobs: &[Rc<dyn Job>], pins: &Pins) -> Result<Draft, StoreError> {
        let state = self.state.borrow();
        let (mut overlay, mut decided, mut misses) = (Overlay::new(), Vec::new(), Misses::default());
        let mut jobs = jobs.iter().peekable();
        while let Some(job) = jobs.next() {
            let view = Snapshot::new(&state, pins, &overlay);
            let one = job.decide(&view);
            misses.join(view.into_misses());
            if one.writes.is_empty() {
                continue;
            }
            // What the last plan wrote is looked at by nobody.
            if jobs.peek().is_some() {
                let row = |write: &Write| (write.key.clone(), write.value.clone().map(Value::from));
                overlay.extend(one.writes.iter().map(row));
            }
            decided.push(one);
        }
        if !misses.is_empty() {
            return Ok(Draft::Misses(misses));
        }
        if decided.is_empty() {
            return Ok(Draft::Nothing);
        }
        let place = Part::Entry(state.sequence().next());
        let entry = encode_entry(&decided).map_err(|_error| StoreError::Corrupt(place))?;
        // What the observer is going to look at is loaded before the append, so that nobody waits for it after.
        let misses = self.unobservable(&entry.commits, pins);
        Ok(if misses.is_empty() { Draft::Entry(entry) } else { Draft::Misses(misses) })
    }

    /// Takes over what an append that did not succeed told of others.
    async fn learn(&self, appended: Option<Append>, pins: &mut Pins) -> Result<(), StoreError> {
        match appended {
            None | Some(Append::Appended(_)) => Ok(()),
            Some(Append::Behind(entries)) => self.absorb(entries, None, pins).await,
            Some(Append::Compacted) => self.reload(pins).await,
        }
    }

    /// Applies what this context appended. It is durable, so nothing that happens here is a failure of the commit.
    async fn apply_own(&self, sequence: Sequence, entry: Entry, pins: &mut Pins) {
        let Entry { blob, commits } = entry;
        self.state.borrow_mut().count_appended(blob.len());
        if sequence == self.place().1.next() && self.unobservable(&commits, pins).is_empty() {
            return self.apply(sequence, commits, blob.len(), true, pins);
        }
        let entries = vec![(sequence, Rc::clone(&blob))];
        if self.absorb(entries, Some(sequence), pins).await.is_err() {
            // The disk refused a page or a directory. The rows do not need it; the observer has to begin anew.
            self.state.borrow_mut().apply_unseen(sequence, &blob);
            self.observer.handle_reset();
        }
    }

    /// Tells the observer of the commits of one entry, and applies them.
    fn apply(&self, sequence: Sequence, commits: Vec<Commit>, bytes: usize, is_own: bool, pins: &Pins) {
        for commit in commits {
            self.look(pins, |view| self.observer.handle_commit(view, &commit, is_own));
            self.state.borrow_mut().apply(sequence, commit);
        }
        self.state.borrow_mut().end_entry(sequence, bytes);
        self.observer.handle_end(is_own);
    }

    /// Applies entries in their order, and tells the observer of each.
    async fn absorb(
        &self,
        entries: Entries,
        own: Option<Sequence>,
        pins: &mut Pins,
    ) -> Result<(), StoreError> {
        let mut rest = VecDeque::from(entries);
        while let Some((sequence, blob)) = rest.front() {
            let misses = self.absorb_entry(*sequence, blob, own, pins)?;
            if misses.is_empty() {
                rest.pop_front();
            } else if self.load_pages(&misses, pins).await? == Loading::Compacted {
                rest = self.load_again().await?.into();
            }
        }
        Ok(())
    }

    /// Applies entries as far as that takes no page that is not in memory, and returns the pages that the next one takes.
    fn absorb_now(&self, entries: &Entries, pins: &Pins) -> Result<Misses, StoreError> {
        for (sequence, blob) in entries {
            let misses = self.absorb_entry(*sequence, blob, None, pins)?;
            if !misses.is_empty() {
                return Ok(misses);
            }
        }
        Ok(Misses::default())
    }

    /// Applies an entry, unless it is known already or takes pages that are not in memory: those come back.
    fn absorb_entry(
        &self,
        sequence: Sequence,
        blob: &Rc<[u8]>,
        own: Option<Sequence>,
        pins: &Pins,
    ) -> Result<Misses, StoreError> {
        if sequence <= self.place().1 {
            return Ok(Misses::default());
        }
        let Some(commits) = self.state.borrow_mut().read_entry(sequence, blob)? else {
            return Ok(Misses::default());
        };
        let misses = self.unobservable(&commits, pins);
        if misses.is_empty() {
            self.apply(sequence, commits, blob.len(), own == Some(sequence), pins);
        }
        Ok(misses)
    }

    /// Takes over the newest generation, and returns the entries that this context has not seen.
    async fn load_again(&self) -> Result<Entries, StoreError> {
        loop {
            let (before, after) = self.place();
            let loaded = self.disk.refresh(after).await?;
            let reloaded = if loaded.head.generation < before {
                // A disk that goes back was deleted and made again.
                let loaded = self.disk.load().await?;
                self.state.borrow_mut().begin_anew(loaded)?
            } else if loaded.head.generation < self.place().0 {
                // This context's own compaction went on meanwhile.
                continue;
            } else {
                self.state.borrow_mut().reload(loaded)?
            };
            if reloaded.is_reset && !planted::is(Bug::ResetIsNotTold) {
                self.observer.handle_reset();
            }
            return Ok(reloaded.rest);
        }
    }

    /// Lists the pages that the observer of these commits is going to look at, and that are not in memory.
    fn unobservable(&self, commits: &[Commit], pins: &Pins) -> Misses {
        let state = self.state.borrow();
        let writes: usize = commits.iter().map(|commit| commit.writes.len()).sum();
        if state.page_count() <= writes && state.is_complete(pins) {
            return Misses::default();
        }
        state.missing(commits.iter().flat_map(|commit| self.observer.reads(commit)), pins)
    }
}
