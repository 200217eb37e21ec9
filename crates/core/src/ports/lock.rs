//! Leadership among the contexts of one device.

/// A lock that one context holds at a time.
///
/// # Contract
/// At most one guard is held at any moment by living, unfrozen contexts. A guard ends when dropped or when its context
/// ends. A frozen context may believe it holds one: what it does then is fenced off by epochs, not by this.
#[allow(async_fn_in_trait, reason = "everything is on one thread")]
pub trait Lock {
    /// Held while leading.
    type Guard;

    /// Waits for the lock.
    async fn acquire(&self) -> Self::Guard;
}
