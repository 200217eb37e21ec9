//! The numbers by which JavaScript knows the documents that it holds. Hands none out.

use rustc_hash::FxHashMap;
use syncline_protocol::RecordId;

/// The numbers of one collection's documents, of which the latest are not sorted by their records before somebody asks for one:
/// most documents are only ever seen in answers.
#[derive(Debug, Default)]
pub(crate) struct Held {
    by_record: FxHashMap<RecordId, u32>,
    /// The ids of the unsorted ones, one after the other: ten thousand texts of their own take longer than the rest of it.
    ids: String,
    /// Where each of these ends, and its number.
    unsorted: Vec<(usize, u32)>,
}

impl Held {
    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.by_record.is_empty() && self.unsorted.is_empty()
    }

    /// The numbers by their records.
    pub(crate) fn sorted(&mut self) -> &mut FxHashMap<RecordId, u32> {
        let mut start = 0;
        self.by_record.reserve(self.unsorted.len());
        for (end, number) in self.unsorted.drain(..) {
            let id = self.ids.get(start..end).unwrap_or_default();
            self.by_record.insert(RecordId::trusted(id), number);
            start = end;
        }
        self.ids.clear();
        &mut self.by_record
    }

    /// Adds one that is not there yet.
    pub(crate) fn add(&mut self, id: &str, number: u32) {
        self.ids.push_str(id);
        self.unsorted.push((self.ids.len(), number));
    }

    /// Makes room for so many more whose ids are about as long as this one.
    pub(crate) fn reserve(&mut self, more: usize, id: &str) {
        self.ids.reserve(id.len().saturating_mul(more));
        self.unsorted.reserve(more);
    }

    /// All of them.
    pub(crate) fn into_numbers(self) -> Vec<u32> {
        let unsorted = self.unsorted.into_iter().map(|(_, number)| number);
        self.by_record.into_values().chain(unsorted).collect()
    }
}

/// Gives numbers out, and takes them back.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    free: Vec<u32>,
    last: u32,
}

impl Numbers {
    /// A number that nobody has; never 0.
    pub(crate) fn take(&mut self) -> u32 {
        self.free.pop().unwrap_or_else(|| {
            self.last = self.last.wrapping_add(1);
            self.last
        })
    }

    /// Takes numbers back.
    pub(crate) fn free(&mut self, numbers: &[u32]) {
        self.free.extend(numbers);
    }
}
