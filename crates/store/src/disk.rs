//! The seam to whatever keeps the bytes: a log that is compared and appended to, and pages that are replaced together.
//! Knows nothing of what is in an entry or a page.

use std::rc::Rc;

use crate::{DiskError, Generation, PageId, Sequence};

/// Pages in the order in which they were asked for; `None` where there is none.
pub type Blobs = Vec<Option<Rc<[u8]>>>;

/// Entries of the log, ascending, as they were appended.
pub type Entries = Vec<(Sequence, Rc<[u8]>)>;

/// The small row that says which entries and pages count.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Head {
    /// The format of everything on the disk.
    pub format: u8,
    /// Counts the compactions.
    pub generation: Generation,
    /// The last entry that was folded into the pages; entries up to it do not count, even where they are still there.
    pub through: Sequence,
}

/// What a database is opened from.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The head; that of an empty disk has generation 0 and `through` 0.
    pub head: Head,
    /// The directory as the last compaction left it; `None` before the first one.
    pub directory: Option<Rc<[u8]>>,
    /// All entries after `head.through`.
    pub entries: Entries,
}

/// What came after an entry.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Tail {
    /// The disk has a newer generation: load again.
    Compacted,
    /// All entries after the one that was named.
    Entries(Entries),
}

/// How an append ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Append {
    /// The entry is durable, under this number.
    Appended(Sequence),
    /// Nothing happened: others appended these entries first.
    Behind(Entries),
    /// Nothing that counts happened: others appended first, and their entries are folded away. Load again.
    Compacted,
}

/// Pages that were asked for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Pages {
    /// The disk has a newer generation, in which some of them are gone: load again.
    Compacted,
    /// What was asked for.
    Found(Blobs),
}

impl Pages {
    /// Makes the answer of a disk that found these pages.
    pub fn found(blobs: Blobs, is_same_generation: bool) -> Self {
        let is_whole = is_same_generation || blobs.iter().all(Option::is_some);
        if is_whole { Self::Found(blobs) } else { Self::Compacted }
    }
}

/// Entries folded into pages, ready to replace what is on the disk.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Compaction {
    /// The generation that it was made from.
    pub generation: Generation,
    /// The last entry that is wholly in the pages. A compaction in several steps raises it with the last one.
    pub through: Sequence,
    /// New pages, under ids that were never used in an earlier generation.
    pub put: Vec<(PageId, Rc<[u8]>)>,
    /// Pages that it replaces.
    pub delete: Vec<PageId>,
    /// The directory of the new generation.
    pub directory: Vec<u8>,
    /// Damaged entries that leave the log; their bytes are kept for whoever can save something.
    pub set_aside: Entries,
}

/// How a compaction ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Compacted {
    /// The disk has the next generation.
    Done,
    /// Nothing happened: another context compacted first.
    Stale,
}

/// A log and a set of pages, shared by several contexts that each hold a handle.
///
/// # Contract
/// Entries have consecutive numbers from 1. All operations of all handles happen in one order, each wholly or not at all.
///
/// **After success** of `append` and `compact` every handle sees the result, and so does a handle that is opened later.
/// **After failure** nothing happened, except where [`DiskError::is_in_doubt`] says that it cannot be known.
/// **After reopening** everything that succeeded is there (against a power cut: everything before the last `flush`).
/// A future that is dropped did its work wholly or not at all.
///
/// An `append` is judged by its number alone. Its generation may be old, as long as the entry comes after `through`:
/// a compaction does not change what the rows are. An entry at or before `through` never counts ([`Append::Compacted`]),
/// even where the disk cannot help keeping its bytes until the next compaction.
///
/// A disk whose head has a newer format answers every operation with [`DiskError::NewerFormat`].
pub trait Disk {
    /// Reads the head, the directory and all entries that count, as of one moment.
    async fn load(&self) -> Result<Loaded, DiskError>;

    /// Reads the head, the directory and the entries that count and come after `after`, as of one moment.
    async fn refresh(&self, after: Sequence) -> Result<Loaded, DiskError> {
        let mut loaded = self.load().await?;
        loaded.entries.retain(|(sequence, _)| *sequence > after);
        Ok(loaded)
    }

    /// Reads the entries after `after`, unless the disk has another generation than `generation`.
    async fn tail(&self, generation: Generation, after: Sequence) -> Result<Tail, DiskError>;

    /// Appends an entry with the number after `after`, unless that number is taken.
    async fn append(
        &self,
        generation: Generation,
        after: Sequence,
        entry: &[u8],
    ) -> Result<Append, DiskError>;

    /// Reads the entries after `after`, lets `decide` make an entry out of them, and appends it behind them.
    ///
    /// Where `decide` makes none, nothing happens and the answer is `Behind`. It is not asked where `through` is behind
    /// `after`: then entries may be gone. The generation does not matter otherwise. A disk that can do all of it in one step
    /// does so: then a context cannot starve, however many others append. `decide` may be called although nothing is
    /// appended in the end.
    async fn append_after_tail(
        &self,
        generation: Generation,
        after: Sequence,
        decide: &mut dyn FnMut(&Entries) -> Option<Vec<u8>>,
    ) -> Result<Append, DiskError> {
        let Loaded { head, entries, .. } = self.refresh(after).await?;
        if head.through > after {
            return Ok(Append::Compacted);
        }
        let Some(entry) = decide(&entries) else { return Ok(Append::Behind(entries)) };
        let last = entries.last().map_or(after, |(sequence, _)| *sequence);
        self.append(generation, last, &entry).await
    }

    /// As `append_after_tail`, but reads pages as well, which `decide` is given with the entries. It is not asked either
    /// where `pages` would answer that some are gone. It may be asked more than once, first as if there were no entries: its
    /// last answer is what is appended.
    async fn append_after_reading(
        &self,
        generation: Generation,
        after: Sequence,
        pages: &[PageId],
        decide: &mut dyn FnMut(&Entries, Blobs) -> Option<Vec<u8>>,
    ) -> Result<Append, DiskError> {
        let Pages::Found(mut found) = self.pages(generation, pages).await? else {
            return Ok(Append::Compacted);
        };
        let mut decide = |entries: &Entries| decide(entries, std::mem::take(&mut found));
        self.append_after_tail(generation, after, &mut decide).await
    }

    /// Reads pages. A page never changes, so one that an older generation knew is as good as ever; one that is not there
    /// is gone where the disk has another generation than `generation`, and missing where it has not.
    async fn pages(&self, generation: Generation, ids: &[PageId]) -> Result<Pages, DiskError>;

    /// Reads the bytes of a damaged entry that a compaction has set aside; `None`: there are none.
    async fn damaged_entry(&self, entry: Sequence) -> Result<Option<Rc<[u8]>>, DiskError>;

    /// In one step, unless the disk has another generation: puts and deletes the pages, replaces the directory,
    /// raises the generation, sets `through`, and keeps the bytes of what is set aside.
    ///
    /// Entries up to `through` are deleted then or later: they do not count, wherever they still are.
    async fn compact(&self, compaction: &Compaction) -> Result<Compacted, DiskError>;

    /// Makes everything that succeeded so far survive a power cut.
    async fn flush(&self) -> Result<(), DiskError>;
}
