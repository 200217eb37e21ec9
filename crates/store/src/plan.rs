//! What a change of the database is: a plan that reads rows and decides what to write.
//! Does not run it.

use crate::{Key, Read, View};

/// One row to write.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Write {
    /// Where.
    pub key: Key,
    /// What; `None` deletes the row.
    pub value: Option<Vec<u8>>,
}

/// What a plan decided.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Decision<T> {
    /// The rows to write, all together or not at all; where a key comes twice, the last one counts. Empty: nothing is appended.
    pub writes: Vec<Write>,
    /// What whoever asked is told once the writes are durable.
    pub outcome: T,
}

/// What one plan decided, and its tag.
#[derive(Clone, Debug)]
pub(crate) struct Decided {
    pub(crate) origin: u8,
    pub(crate) writes: Vec<Write>,
}

/// A change of the database.
///
/// # Contract
/// `decide` is pure: it may be called several times, on different views, and only the decision that became durable counts.
/// It may meet a view that still lacks rows (see [`View`]), and must then decide anything rather than panic.
/// `reads` are a hint: naming too few rows makes the plan slower, never wrong.
pub trait Plan {
    /// What whoever asked for the plan is told.
    type Outcome;

    /// Names the rows that are loaded before the first decision.
    fn reads(&self) -> Vec<Read>;

    /// Tags the commit; the store keeps the tag and gives it to every observer, in every context.
    fn origin(&self) -> u8;

    /// Decides what to write, given the rows.
    fn decide(&self, view: &dyn View) -> Decision<Self::Outcome>;
}
