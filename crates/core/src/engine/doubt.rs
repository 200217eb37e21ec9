//! Whether a follower has reason to believe that the leader is frozen: what it waits for, and what it does when it has waited.
//! Sends nothing and takes no lock.

use syncline_protocol::Millis;

/// How long a change of an enabled collection may lie about before the leader is asked whether it lives, in milliseconds: a
/// leader that lives has it on its way after its debounce, or knows why not.
const SUSPICION: u64 = 3_000;
/// How long a leader may take to answer, in milliseconds, and that twice: it may be in the middle of a large page, and one
/// message may be lost. A context that does nothing for so long is frozen, or as good as that.
pub(super) const PATIENCE: u64 = 2_500;
/// A wait that took so much longer than it should have: it was this context that was frozen.
const OVERSLEPT: i64 = 2_000;

/// What a follower thinks of its leader.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Doubt {
    /// Nothing: so it is while all is quiet, and no timer runs.
    #[default]
    None,
    /// Something should be on its way at that moment.
    Suspicious { until: Millis },
    /// It was asked, and should have answered at that moment; whether for the second time.
    Asked { until: Millis, is_again: bool },
}

/// What to do about it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Step {
    /// Ask the leader whether it lives.
    Ask,
    /// Take the lock from it.
    Steal,
    /// Wait on.
    Wait,
}

impl Doubt {
    /// How long to wait for the next step; `None`: for ever.
    pub(super) fn wait(self, now: Millis) -> Option<u64> {
        match self {
            Self::None => None,
            Self::Suspicious { until } | Self::Asked { until, .. } => {
                // A clock that was put back makes no wait longer.
                Some(u64::try_from(until.since(now)).unwrap_or_default().min(SUSPICION))
            }
        }
    }

    /// Something changed that the leader has to push.
    pub(super) fn handle_change(&mut self, now: Millis) {
        if *self == Self::None {
            *self = Self::Suspicious { until: later(now, SUSPICION) };
        }
    }

    /// The user looks at this context: is what it shows kept fresh?
    pub(super) fn handle_wake(&mut self, now: Millis) -> Step {
        *self = Self::Asked { until: later(now, PATIENCE), is_again: false };
        Step::Ask
    }

    /// The leader was heard. What lies about may still be so because word of it was lost: that is asked for all the same.
    pub(super) fn handle_life(&mut self) {
        if matches!(self, Self::Asked { .. }) {
            *self = Self::None;
        }
    }

    /// The wait is over. `is_needed`: there is something that a leader would do.
    pub(super) fn handle_timer(&mut self, is_needed: bool, now: Millis) -> Step {
        let asked = |is_again| Self::Asked { until: later(now, PATIENCE), is_again };
        let (next, step) = match *self {
            _ if !is_needed => (Self::None, Step::Wait),
            Self::None => (Self::None, Step::Wait),
            Self::Suspicious { .. } => (asked(false), Step::Ask),
            Self::Asked { until, .. } if now.since(until) > OVERSLEPT => (asked(false), Step::Ask),
            Self::Asked { is_again: false, .. } => (asked(true), Step::Ask),
            Self::Asked { is_again: true, .. } => (Self::None, Step::Steal),
        };
        *self = next;
        step
    }
}

fn later(now: Millis, milliseconds: u64) -> Millis {
    now.plus(i64::try_from(milliseconds).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leader_that_does_not_answer_twice_is_stolen_from() {
        let mut doubt = Doubt::default();
        assert_eq!(doubt.wait(Millis(0)), None);
        doubt.handle_change(Millis(0));
        doubt.handle_change(Millis(2_000));
        assert_eq!(doubt.wait(Millis(2_000)), Some(1_000));
        assert_eq!(doubt.handle_timer(true, Millis(3_000)), Step::Ask);
        assert_eq!(doubt.handle_timer(true, Millis(5_500)), Step::Ask);
        assert_eq!(doubt.handle_timer(true, Millis(8_000)), Step::Steal);
        assert_eq!(doubt.wait(Millis(8_000)), None);
    }

    #[test]
    fn one_that_answers_or_has_nothing_to_do_is_not() {
        let mut doubt = Doubt::default();
        assert_eq!(doubt.handle_wake(Millis(0)), Step::Ask);
        doubt.handle_life();
        assert_eq!(doubt.wait(Millis(10)), None);
        doubt.handle_change(Millis(0));
        assert_eq!(doubt.handle_timer(false, Millis(3_000)), Step::Wait);
        assert_eq!(doubt.wait(Millis(3_000)), None);
    }

    #[test]
    fn a_follower_that_was_frozen_itself_asks_again_first() {
        let mut doubt = Doubt::default();
        doubt.handle_wake(Millis(0));
        assert_eq!(doubt.handle_timer(true, Millis(600_000)), Step::Ask);
        assert_eq!(doubt.handle_timer(true, Millis(602_500)), Step::Ask);
        assert_eq!(doubt.handle_timer(true, Millis(605_000)), Step::Steal);
    }

    #[test]
    fn a_clock_that_is_put_back_makes_no_wait_longer() {
        let mut doubt = Doubt::default();
        doubt.handle_change(Millis(90_000_000));
        assert_eq!(doubt.wait(Millis(0)), Some(3_000));
    }
}
