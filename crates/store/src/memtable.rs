//! The rows of the log after the last compaction, and the entries that they came in.
//! Does not read entries; whoever applies one has decoded it.

use std::collections::{BTreeMap, VecDeque};

use crate::{Commit, Key, Sequence, Value};

/// From this fraction of the memtable on, rows are merged into it as a whole rather than inserted one by one.
const BULK: usize = 8;

/// What a row costs in memory besides its bytes, which are those of its entry: its place in the tree, and room in the node.
const ROW_COST: usize = 2 * size_of::<(Key, (Sequence, Option<Value>))>();

/// The rows by key: the number of the entry that wrote each last, and what it wrote; `None` deletes.
#[derive(Default)]
pub(crate) struct Memtable {
    rows: BTreeMap<Key, (Sequence, Option<Value>)>,
    log: VecDeque<(Sequence, usize)>,
    log_bytes: u64,
}

impl Memtable {
    /// Applies one commit of the entry that `end_entry` is going to end.
    pub(crate) fn apply(&mut self, sequence: Sequence, commit: Commit) {
        let is_bulk = commit.writes.len() > self.rows.len() / BULK;
        let rows = commit.writes.into_iter().map(|(key, value)| (key, (sequence, value)));
        if is_bulk {
            self.rows.append(&mut rows.collect());
        } else {
            self.rows.extend(rows);
        }
    }

    /// Counts an entry.
    pub(crate) fn end_entry(&mut self, sequence: Sequence, bytes: usize) {
        self.log.push_back((sequence, bytes));
        self.log_bytes += bytes as u64;
    }

    /// Lets go of everything that was folded into the pages.
    pub(crate) fn forget(&mut self, through: Sequence) {
        while let Some((sequence, bytes)) = self.log.front()
            && *sequence <= through
        {
            self.log_bytes -= *bytes as u64;
            self.log.pop_front();
        }
        if self.log.is_empty() {
            self.rows.clear();
        } else {
            self.rows.retain(|_, (sequence, _)| *sequence > through);
        }
    }

    pub(crate) fn rows(&self) -> &BTreeMap<Key, (Sequence, Option<Value>)> {
        &self.rows
    }

    /// Returns how many entries the log has.
    pub(crate) fn entries(&self) -> usize {
        self.log.len()
    }

    /// Returns how many bytes those entries have.
    pub(crate) fn log_bytes(&self) -> u64 {
        self.log_bytes
    }

    /// Returns what all of it costs in memory, in bytes.
    pub(crate) fn cost(&self) -> usize {
        let entries = usize::try_from(self.log_bytes).unwrap_or(usize::MAX);
        entries.saturating_add(self.rows.len() * ROW_COST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit(rows: &[(&str, &str)]) -> Commit {
        let row =
            |(key, value): &(&str, &str)| (Key::new(*key), Some(Value::from(value.as_bytes().to_vec())));
        Commit { origin: 0, writes: rows.iter().map(row).collect() }
    }

    fn rows(memtable: &Memtable) -> Vec<(u64, String)> {
        let row = |(key, (sequence, value)): (&Key, &(Sequence, Option<Value>))| {
            let text = [key.as_bytes(), b"=", value.as_deref().unwrap_or_default()].concat();
            (sequence.0, String::from_utf8(text).unwrap())
        };
        memtable.rows().iter().map(row).collect()
    }

    #[test]
    fn last_write_of_a_key_counts_whether_in_bulk_or_alone() {
        let mut memtable = Memtable::default();
        let many: Vec<(&str, &str)> = vec![("b", "1"), ("a", "1"), ("c", "1"), ("a", "2")];
        memtable.apply(Sequence(1), commit(&many));
        memtable.apply(Sequence(2), commit(&[("d", "3"); 40]));
        memtable.apply(Sequence(3), commit(&[]));
        let expected = [(1, "a=2"), (1, "b=1"), (1, "c=1"), (2, "d=3")];
        assert_eq!(rows(&memtable), expected.map(|(sequence, row)| (sequence, row.to_owned())));
    }

    #[test]
    fn folded_entries_are_forgotten_and_later_rows_stay() {
        let mut memtable = Memtable::default();
        for (sequence, bytes) in [(1, 10), (2, 20), (3, 30)] {
            memtable.apply(Sequence(sequence), commit(&[("a", "x"), (&sequence.to_string(), "y")]));
            memtable.end_entry(Sequence(sequence), bytes);
        }
        memtable.forget(Sequence(2));
        assert_eq!(rows(&memtable), [(3, "3=y".to_owned()), (3, "a=x".to_owned())]);
        assert_eq!((memtable.entries(), memtable.log_bytes()), (1, 30));
        memtable.forget(Sequence(3));
        assert_eq!((rows(&memtable), memtable.entries(), memtable.cost()), (Vec::new(), 0, 0));
    }
}
