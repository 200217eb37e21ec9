//! Where facts go.

use crate::model::Event;

/// Takes the facts that the app is told.
///
/// # Contract
/// Called after what it tells is durable. Must not call back into the engine before it returned.
pub trait Events {
    /// Takes one.
    fn emit(&self, event: Event);
}
