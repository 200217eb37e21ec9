//! Time, chance and the state of the connection.

use syncline_protocol::Millis;

/// Time and timers.
///
/// # Contract
/// `now` may jump either way; `sleep` takes at least as long as it says, by its own measure.
#[allow(async_fn_in_trait, reason = "everything is on one thread")]
pub trait Clock {
    /// The device's time.
    fn now(&self) -> Millis;

    /// A time to measure by, in microseconds since any moment; as exact as the host has it.
    fn microseconds(&self) -> u64 {
        u64::try_from(self.now().0).unwrap_or_default().saturating_mul(1_000)
    }

    /// Waits that many milliseconds.
    async fn sleep(&self, milliseconds: u64);
}

/// Chance.
///
/// # Contract
/// Uniform over all of `u64`; good enough for ids in a browser, replayable in the simulation.
pub trait Random {
    /// The next number.
    fn next(&self) -> u64;
}

/// What the device says of its connection, and of whether somebody looks.
///
/// # Contract
/// `is_online` is a hint: `true` promises nothing, `false` means that a request would fail. While `is_left` the context may be
/// stopped at any moment, for ever or until it is back; whoever waits for what it holds is not to wait until then. Who was busy
/// while the context was left and came back learns of it from `departures`.
#[allow(async_fn_in_trait, reason = "everything is on one thread")]
pub trait Network {
    /// Whether a request is worth trying.
    fn is_online(&self) -> bool;

    /// Whether the user asked for reduced data use.
    fn is_data_saved(&self) -> bool;

    /// Grows whenever the context is shown again or comes into focus, and so may have missed something.
    fn wakes(&self) -> u64;

    /// Whether the context was left, and may come back: a page that may be in the browser's back/forward cache.
    fn is_left(&self) -> bool {
        false
    }

    /// Grows whenever the context is left.
    fn departures(&self) -> u64 {
        0
    }

    /// Waits until any of that may have changed.
    async fn changed(&self);
}
