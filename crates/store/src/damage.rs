//! What turned out damaged and was not set aside yet.
//! Does not look for damage; whoever decodes finds it.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::{PageId, Part, Sequence};

/// Damaged entries with their bytes, which a compaction keeps out of the log's way, and damaged pages.
#[derive(Default)]
pub(crate) struct Damage {
    entries: BTreeMap<Sequence, Rc<[u8]>>,
    pages: BTreeSet<PageId>,
    untold: Vec<Part>,
}

impl Damage {
    pub(crate) fn note_entry(&mut self, sequence: Sequence, blob: &Rc<[u8]>) {
        if self.entries.insert(sequence, Rc::clone(blob)).is_none() {
            self.untold.push(Part::Entry(sequence));
        }
    }

    pub(crate) fn note_page(&mut self, id: PageId) {
        if self.pages.insert(id) {
            self.untold.push(Part::Page(id));
        }
    }

    /// Takes the parts that turned out damaged since it was asked last.
    pub(crate) fn take_untold(&mut self) -> Vec<Part> {
        std::mem::take(&mut self.untold)
    }

    /// Returns the bytes of a damaged entry.
    pub(crate) fn entry(&self, sequence: Sequence) -> Option<Rc<[u8]>> {
        self.entries.get(&sequence).map(Rc::clone)
    }

    /// Lets go of the entries up to one, which are set aside.
    pub(crate) fn forget_entries(&mut self, through: Sequence) {
        self.entries = self.entries.split_off(&through.next());
    }

    /// Lists the damaged entries up to one.
    pub(crate) fn entries_through(&self, through: Sequence) -> Vec<(Sequence, Rc<[u8]>)> {
        self.entries.range(..=through).map(|(sequence, blob)| (*sequence, Rc::clone(blob))).collect()
    }

    pub(crate) fn has_page(&self, id: PageId) -> bool {
        self.pages.contains(&id)
    }

    /// Returns how many pages are damaged.
    pub(crate) fn pages(&self) -> usize {
        self.pages.len()
    }

    pub(crate) fn parts(&self) -> impl Iterator<Item = Part> + '_ {
        let entries = self.entries.keys().copied().map(Part::Entry);
        entries.chain(self.pages.iter().copied().map(Part::Page))
    }
}
