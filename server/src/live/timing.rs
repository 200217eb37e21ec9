//! The times that the live channel keeps; a value, so that tests need not wait for them.

use std::time::Duration;

/// How long what takes on a live socket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timing {
    /// How long the first message may take.
    pub(crate) hello: Duration,
    /// How long hints are gathered before they go out together.
    pub(crate) gather: Duration,
    /// The time between two pings.
    pub(crate) ping: Duration,
    /// How long a client may be silent; three pings.
    pub(crate) silence: Duration,
    /// How long a message may take to be taken off the server.
    pub(crate) send: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            hello: Duration::from_secs(10),
            gather: Duration::from_millis(25),
            ping: Duration::from_secs(20),
            silence: Duration::from_secs(65),
            send: Duration::from_secs(10),
        }
    }
}
