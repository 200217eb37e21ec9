//! What is known of the live channel, and when it is brought up again. Opens none.

use syncline_protocol::Millis;

use super::bound;
use crate::{
    backoff::full_jitter,
    model::{Backoff, Error},
};

/// Delays between attempts to bring up the live channel: a socket that fails must not be tried as fast as a push.
const LIVE_BACKOFF: Backoff = Backoff { base: 2_000, max: 60_000 };
/// How long a live channel may be silent before it counts as dead, in milliseconds: the server sends a ping every 20 seconds.
pub(super) const SILENCE: i64 = 45_000;
/// How long a live channel has to be up before the failures before it count for nothing, in milliseconds: a server that takes
/// one and then closes it does so soon.
const STEADY: i64 = 60_000;

/// The live channel.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Live {
    /// It is not there, and is brought up at that moment; `None`: as soon as may be.
    Down { failures: u32, next_at: Option<Millis> },
    /// It is to be given up.
    Over,
    /// It is being brought up, after so many failures.
    Starting { failures: u32 },
    /// This server, or the app, wants none.
    Unavailable,
    /// Hints arrive since that moment, after so many failures.
    Up { since: Millis, failures: u32 },
}

impl Live {
    /// One that never failed.
    pub(super) const DOWN: Self = Self::Down { failures: 0, next_at: None };

    pub(super) fn is_up(self) -> bool {
        matches!(self, Self::Up { .. })
    }

    pub(super) fn is_under_way(self) -> bool {
        matches!(self, Self::Starting { .. } | Self::Up { .. })
    }

    pub(super) fn next_at_mut(&mut self) -> Option<&mut Millis> {
        match self {
            Self::Down { next_at, .. } => next_at.as_mut(),
            Self::Over | Self::Starting { .. } | Self::Unavailable | Self::Up { .. } => None,
        }
    }

    /// Waits no longer.
    pub(super) fn hurry(&mut self) {
        if let Self::Down { next_at, .. } = self {
            *next_at = None;
        }
    }

    /// Marks one that is under way as to be given up.
    pub(super) fn give_up(&mut self) {
        if self.is_under_way() {
            *self = Self::Over;
        }
    }

    /// It was given up.
    pub(super) fn end(&mut self) {
        if *self != Self::Unavailable {
            *self = Self::DOWN;
        }
    }

    /// What it is after it ended by itself, or did not come up.
    pub(super) fn after_end(self, ended: &Result<bool, Error>, chance: u64, now: Millis) -> Self {
        let before = match self {
            Self::Down { failures, .. } | Self::Starting { failures } => failures,
            Self::Up { since, failures } if now.since(since) < STEADY => failures,
            Self::Over | Self::Unavailable | Self::Up { .. } => 0,
        };
        match ended {
            Ok(false) => Self::Unavailable,
            Ok(true) | Err(_) => {
                let next_at = Some(now.plus(bound(full_jitter(LIVE_BACKOFF, before, chance))));
                Self::Down { failures: before.saturating_add(1), next_at }
            }
        }
    }
}
