//! Calls of `sync` that wait for their answers. Answers none.

use super::shared::Reply;

/// A call of `sync`.
#[derive(Debug)]
pub(super) struct Call {
    /// What the contexts know it by.
    pub(super) id: String,
    /// Where its answer goes; `None`: to another context.
    pub(super) reply: Option<Reply>,
}

/// Those who wait for the same cycle.
#[derive(Debug, Default)]
pub(super) struct Calls(Vec<Call>);

impl Calls {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn has(&self, id: &str) -> bool {
        self.0.iter().any(|call| call.id == id)
    }

    pub(super) fn push(&mut self, call: Call) {
        self.0.push(call);
    }

    pub(super) fn append(&mut self, other: &mut Self) {
        self.0.append(&mut other.0);
    }

    /// Takes one out.
    pub(super) fn take(&mut self, id: &str) -> Option<Call> {
        let at = self.0.iter().position(|call| call.id == id)?;
        Some(self.0.swap_remove(at))
    }

    /// Takes all out.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = Call> {
        std::mem::take(&mut self.0).into_iter()
    }
}
