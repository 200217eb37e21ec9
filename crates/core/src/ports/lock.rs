//! Leadership among the contexts of one device.

/// A lock that one context holds at a time.
///
/// # Contract
/// At most one guard is held at any moment by living, unfrozen contexts. A guard ends when dropped, when its context ends, or
/// when it is stolen. A frozen context may believe it holds one: what it does then is fenced off by epochs, not by this.
#[allow(async_fn_in_trait, reason = "everything is on one thread")]
pub trait Lock {
    /// Held while leading.
    type Guard;

    /// Waits for the lock.
    async fn acquire(&self) -> Self::Guard;

    /// Takes the lock from whoever holds it, who is told by `lost` as soon as it can be. Those who wait go on waiting.
    async fn steal(&self) -> Self::Guard;

    /// Waits until a guard was stolen; never ends otherwise.
    async fn lost(&self, guard: &Self::Guard);

    /// Whether any context holds the lock; `true` where nobody can tell.
    async fn is_held(&self) -> bool;
}
