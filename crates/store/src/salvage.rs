//! What is left of a damaged part: its bytes are asked for once more, and the rows in them that count are picked out.
//! Puts nothing back; whoever owns the database knows what its rows mean.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::context::Context;
use crate::format::{Layout, salvage};
use crate::state::State;
use crate::{Disk, Key, Observer, Pages, Part, Read, Sequence, StoreError, Value};

/// What is left of a damaged part.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Salvaged {
    /// Whether the part was in use when it was asked for. Of one that was set aside before, rows may be out of date in a way
    /// that nobody can tell: those that replaced them may be folded, or deleted.
    pub is_in_use: bool,
    /// The keys that the part may have had; `None`: any.
    pub range: Option<Read>,
    /// The rows that could be read and that nothing in the log has replaced, each key once; `None` deletes.
    pub rows: BTreeMap<Key, Option<Value>>,
}

impl<D: Disk, O: Observer> Context<D, O> {
    pub(crate) async fn salvage(
        &self,
        part: Part,
        is_row: impl FnMut(&Key, Option<&[u8]>) -> bool,
    ) -> Result<Salvaged, StoreError> {
        let (blob, layout) = match part {
            Part::Directory => return Ok(Salvaged::default()),
            Part::Entry(sequence) => {
                let known = self.state.borrow().damaged_entry(sequence);
                let blob = if known.is_some() { known } else { self.disk.damaged_entry(sequence).await? };
                (blob, Layout::Entry)
            }
            Part::Page(id) => {
                let generation = self.place().0;
                let blob = match self.disk.pages(generation, &[id]).await? {
                    Pages::Found(blobs) => blobs.into_iter().flatten().next(),
                    Pages::Compacted => None,
                };
                (blob, Layout::Page)
            }
        };
        let found = blob.map(|blob| salvage(&blob, layout, is_row)).unwrap_or_default();
        let state = self.state.borrow();
        let (is_in_use, range) = state.whereabouts(part);
        // A key that the part cannot have had is one whose bytes are wrong.
        let is_its = |key: &Key| match &range {
            Some(Read::Range { start, end }) => key >= start && end.as_ref().is_none_or(|end| key < end),
            Some(Read::Key(_)) | None => true,
        };
        let found = found.into_iter().filter(|(key, _)| is_its(key) && !state.is_replaced(part, key));
        let rows = found.collect();
        Ok(Salvaged { is_in_use, range, rows })
    }
}

impl State {
    fn damaged_entry(&self, sequence: Sequence) -> Option<Rc<[u8]>> {
        self.damage().entry(sequence)
    }

    /// Says whether a part is in use, and which keys it may have.
    fn whereabouts(&self, part: Part) -> (bool, Option<Read>) {
        let Part::Page(id) = part else {
            let Part::Entry(sequence) = part else { return (false, None) };
            return (self.damaged_entry(sequence).is_some(), None);
        };
        let pages = &self.directory().pages;
        let Some(place) = pages.iter().position(|page| page.id == id) else { return (false, None) };
        // Keys before the first page belong to it.
        let first = pages.get(place).filter(|_| place > 0).map(|page| page.first.clone());
        let end = pages.get(place.saturating_add(1)).map(|page| page.first.clone());
        (true, Some(Read::Range { start: first.unwrap_or_else(|| Key::new([])), end }))
    }

    /// Answers whether the log has a later row of a key than a part.
    fn is_replaced(&self, part: Part, key: &Key) -> bool {
        let written = self.memtable().rows().get(key).map(|(sequence, _)| *sequence);
        written.is_some_and(|written| match part {
            Part::Entry(sequence) => written > sequence,
            Part::Page(_) | Part::Directory => true,
        })
    }
}
