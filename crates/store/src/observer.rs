//! Who is told of every commit, whichever context made it.
//! Does not decide anything.

use crate::{Key, Part, Read, Value, View};

/// What one plan wrote.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Commit {
    /// The tag that the plan gave it.
    pub origin: u8,
    /// The rows in the order of the plan; `None` deletes.
    pub writes: Vec<(Key, Option<Value>)>,
}

/// Follows the commits of all contexts.
///
/// # Contract
/// Commits come in the order of the log, each exactly once, synchronously, just before they are applied to memory.
/// An observer must not wait for the database within a call; it may ask `read_now`.
/// Commits that were made before the database was opened are not told.
pub trait Observer {
    /// Names the rows that `handle_commit` is going to look at: the view has those in memory, and possibly no others.
    /// Unless said otherwise, the rows that the commit writes.
    fn reads(&self, commit: &Commit) -> Vec<Read> {
        commit.writes.iter().map(|(key, _)| Read::Key(key.clone())).collect()
    }

    /// Learns of a commit that is durable; `before` are the rows before it.
    fn handle_commit(&self, before: &dyn View, commit: &Commit, is_own: bool);

    /// Learns that all commits of one append have come, and are applied to memory: what is said once for all of them.
    fn handle_end(&self, _is_own: bool) {}

    /// Learns that anything may have changed: commits were folded away before this context saw them.
    fn handle_reset(&self);

    /// Learns that an entry or a page turned out damaged after the database was opened: its rows are gone as if they had
    /// never been, as far as this context sees. What was damaged before is in `Database::corruptions` from the start.
    fn handle_damage(&self, _part: Part) {}
}

impl Observer for () {
    fn reads(&self, _commit: &Commit) -> Vec<Read> {
        Vec::new()
    }

    fn handle_commit(&self, _before: &dyn View, _commit: &Commit, _is_own: bool) {}

    fn handle_reset(&self) {}
}
