//! Word between the contexts of one device.

/// Carries short texts to the other contexts of this device that have the same database open.
///
/// # Contract
/// Messages may be lost, never changed; none comes back to its sender. Nothing depends on one arriving: the log says all.
#[allow(async_fn_in_trait, reason = "everything is on one thread")]
pub trait Channel {
    /// Sends a text to all others.
    fn send(&self, text: &str);

    /// Sends a text that says no more for being said twice. It may wait for what this context is just committing, after which
    /// it would be said again: for a few milliseconds, or, where nothing is sent behind it, for the end of that one commit.
    fn send_soon(&self, text: &str) {
        self.send(text);
    }

    /// Waits for the next text. Never ends where there is no channel.
    async fn receive(&self) -> String;
}
