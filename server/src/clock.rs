//! The server's time: the only place that reads the clock.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use syncline_protocol::Millis;

pub(crate) fn now() -> Millis {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis(i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX))
}

/// How long it is until that time; nothing where it has passed.
pub(crate) fn until(time: Millis) -> Duration {
    Duration::from_millis(u64::try_from(time.since(now())).unwrap_or(0))
}
