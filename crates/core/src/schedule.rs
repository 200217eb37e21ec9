//! When to sync and when to listen: a state machine over moments handed in. Starts nothing itself.
//!
//! ```text
//!   handle_*(what happened, when) ──►  Scheduler  ──► poll(now): StartCycle | StartLive | Stop | Wait(until)
//! ```

use syncline_protocol::Millis;

use crate::{
    backoff::full_jitter,
    model::{Backoff, Error, ErrorCode, Retry, RetryState, Schedule},
};

/// Delays between attempts to bring up the live channel: a socket that fails must not be tried as fast as a push.
const LIVE_BACKOFF: Backoff = Backoff { base: 2_000, max: 60_000 };

/// What to do next.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Next {
    /// Begin a cycle.
    StartCycle,
    /// Bring up the live channel.
    StartLive,
    /// Give up the cycle and the channel that are under way.
    Stop,
    /// Nothing before that moment; `None`: nothing until something happens.
    Wait(Option<Millis>),
}

/// Decides when to sync.
#[derive(Clone, Debug)]
pub struct Scheduler {
    options: Schedule,
    retry: RetryState,
    /// Whether the last failure was one that somebody has to act on.
    is_blocked: bool,
    is_online: bool,
    is_enabled: bool,
    is_running: bool,
    must_stop: bool,
    /// Something wants a cycle at this moment.
    due: Option<Millis>,
    /// When the first change of those that wait for quiet was made.
    restless_since: Option<Millis>,
    live: Live,
    /// When it was last told the time.
    now: Millis,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Live {
    Down { failures: u32, next_at: Option<Millis> },
    Starting,
    Unavailable,
    Up,
}

impl Scheduler {
    /// Begins as a new leader: with a cycle at once, or when the last leader's failures allow it.
    pub fn new(options: Schedule, retry: RetryState, is_online: bool, is_enabled: bool, now: Millis) -> Self {
        let live = if options.live { Live::Down { failures: 0, next_at: None } } else { Live::Unavailable };
        Self {
            options,
            retry,
            is_blocked: false,
            is_online,
            is_enabled,
            is_running: false,
            must_stop: false,
            due: Some(retry.next_at.map_or(now, |at| at.max(now).min(now.plus(bound(options.backoff.max))))),
            restless_since: None,
            live,
            now,
        }
    }

    /// Keeps all waits as long as they were where the device's clock was put back: `now` may jump either way.
    fn keep_pace(&mut self, now: Millis) {
        let back = now.since(self.now).min(0);
        self.now = now;
        if back == 0 {
            return;
        }
        let next_at = match &mut self.live {
            Live::Down { next_at, .. } => next_at.as_mut(),
            Live::Starting | Live::Unavailable | Live::Up => None,
        };
        let moments = [self.due.as_mut(), self.restless_since.as_mut(), self.retry.next_at.as_mut(), next_at];
        for moment in moments.into_iter().flatten() {
            *moment = moment.plus(back);
        }
    }

    /// The app changed something: push after a moment of quiet, but not later than ten such moments.
    pub fn handle_local_change(&mut self, now: Millis) {
        self.keep_pace(now);
        let since = *self.restless_since.get_or_insert(now);
        let quiet = bound(self.options.debounce);
        let at = now.plus(quiet).min(since.plus(quiet.saturating_mul(10)));
        let is_retrying = self.retry.failures > 0;
        if !is_retrying {
            self.due = Some(self.due.filter(|due| *due <= now).unwrap_or(at));
        }
    }

    /// The server changed something, or somebody asked for a cycle: it is due at once, whatever failed before.
    pub fn handle_request(&mut self, now: Millis) {
        self.due = Some(now);
    }

    /// Whether there is a connection, as of this moment; saying the same again changes nothing.
    pub fn handle_online(&mut self, is_online: bool, now: Millis) {
        if self.is_online == is_online {
            return;
        }
        self.is_online = is_online;
        if is_online {
            self.due = Some(now);
            if let Live::Down { next_at, .. } = &mut self.live {
                *next_at = None;
            }
        }
        self.must_stop |= !is_online;
    }

    /// The user switched sync of collections on or off.
    pub fn handle_settings(&mut self, is_enabled: bool, now: Millis) {
        self.is_enabled = is_enabled;
        self.must_stop = true;
        self.due = Some(now);
        if let Live::Down { next_at, .. } = &mut self.live {
            *next_at = None;
        }
    }

    /// A cycle ended well; `again_in`: changes in doubt wait that many milliseconds for their next attempt.
    pub fn handle_success(&mut self, again_in: Option<u64>, now: Millis) {
        self.keep_pace(now);
        self.is_running = false;
        self.retry = RetryState::default();
        self.is_blocked = false;
        let poll = (!matches!(self.live, Live::Up)).then_some(self.options.poll_interval);
        let wait = [poll, again_in].into_iter().flatten().min();
        let next = wait.map(|wait| now.plus(bound(wait)));
        // What happened during the cycle wants another one.
        self.due = [self.due, next].into_iter().flatten().min();
    }

    /// A cycle failed. `chance` is uniform over all of `u64`.
    pub fn handle_failure(&mut self, error: &Error, chance: u64, now: Millis) {
        self.keep_pace(now);
        self.is_running = false;
        let wait = match error.retry {
            Retry::After(wait) => wait,
            Retry::Later | Retry::Smaller => full_jitter(self.options.backoff, self.retry.failures, chance),
            // Somebody has to act first; looking again as often as polls do costs nothing.
            Retry::Never => self.options.poll_interval,
        };
        let next_at = now.plus(bound(wait));
        self.is_blocked = error.retry == Retry::Never;
        self.retry = RetryState { failures: self.retry.failures.saturating_add(1), next_at: Some(next_at) };
        self.due = Some(next_at);
    }

    /// A cycle was given up half-way by `Stop`.
    pub fn handle_stopped(&mut self) {
        self.is_running = false;
        if !matches!(self.live, Live::Unavailable) {
            self.live = Live::Down { failures: 0, next_at: None };
        }
    }

    /// The live channel is up: what happened before it was is asked for once. Word of one that was given up meanwhile counts
    /// for nothing.
    pub fn handle_live_up(&mut self, now: Millis) {
        if self.live != Live::Starting {
            return;
        }
        self.live = Live::Up;
        self.due = Some(now);
    }

    /// The live channel ended, or did not come up.
    pub fn handle_live_down(&mut self, ended: &Result<bool, Error>, chance: u64, now: Millis) {
        self.keep_pace(now);
        let before = match self.live {
            Live::Down { failures, .. } => failures,
            Live::Starting | Live::Unavailable => 1,
            Live::Up => 0,
        };
        self.live = match ended {
            Ok(false) => Live::Unavailable,
            Ok(true) | Err(_) => {
                let wait = full_jitter(LIVE_BACKOFF, before, chance);
                let next_at = Some(now.plus(bound(wait)));
                Live::Down { failures: before.saturating_add(1), next_at }
            }
        };
        let poll = now.plus(bound(self.options.poll_interval));
        self.due = Some(self.due.map_or(poll, |due| due.min(poll)));
    }

    /// Whether hints arrive.
    pub fn is_live(&self) -> bool {
        self.live == Live::Up
    }

    /// When the next cycle is due by itself.
    pub fn next_at(&self) -> Option<Millis> {
        self.due.filter(|_| self.is_enabled && self.is_online && !self.is_running)
    }

    /// What the next leader has to know: nothing of a failure that somebody has to act on, since opening anew may be just
    /// that (signing in again, say).
    pub fn retry(&self) -> RetryState {
        if self.is_blocked { RetryState::default() } else { self.retry }
    }

    /// Says what to do next and takes it as begun.
    pub fn poll(&mut self, now: Millis) -> Next {
        self.keep_pace(now);
        if std::mem::take(&mut self.must_stop) {
            let is_busy = self.is_running || matches!(self.live, Live::Starting | Live::Up);
            if is_busy {
                self.handle_stopped();
                return Next::Stop;
            }
        }
        if !self.is_enabled {
            return Next::Wait(None);
        }
        if !self.is_online {
            // A service worker is not told when the connection comes back, so that somebody has to look.
            return Next::Wait(Some(now.plus(bound(self.options.poll_interval))));
        }
        let is_due = |at: Option<Millis>| at.is_some_and(|at| at <= now);
        if !self.is_running && is_due(self.due) {
            self.due = None;
            self.restless_since = None;
            self.is_running = true;
            return Next::StartCycle;
        }
        // The channel is worth its while only where a cycle has succeeded.
        let may_listen = self.retry.failures == 0 && !self.is_running;
        let mut wake = if self.is_running { None } else { self.due };
        if let Live::Down { next_at, .. } = self.live
            && may_listen
        {
            if next_at.is_none_or(|at| at <= now) {
                self.live = Live::Starting;
                return Next::StartLive;
            }
            wake = [wake, next_at].into_iter().flatten().min();
        }
        Next::Wait(wake)
    }
}

/// Whether an error says that there is no connection, rather than that something is wrong.
pub fn is_of_connection(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::Network | ErrorCode::Offline | ErrorCode::Timeout)
}

fn bound(milliseconds: u64) -> i64 {
    i64::try_from(milliseconds).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO_LIVE: Schedule = Schedule {
        poll_interval: 30_000,
        debounce: 100,
        live: false,
        backoff: Backoff { base: 1_000, max: 300_000 },
    };

    fn leader(options: Schedule) -> Scheduler {
        let mut scheduler = Scheduler::new(options, RetryState::default(), true, true, Millis(0));
        assert_eq!(scheduler.poll(Millis(0)), Next::StartCycle);
        scheduler
    }

    #[test]
    fn polls_follow_one_another() {
        let mut scheduler = leader(NO_LIVE);
        scheduler.handle_success(None, Millis(50));
        assert_eq!(scheduler.poll(Millis(50)), Next::Wait(Some(Millis(30_050))));
        assert_eq!(scheduler.poll(Millis(30_050)), Next::StartCycle);
    }

    #[test]
    fn changes_wait_for_quiet_but_not_for_ever() {
        let mut scheduler = leader(NO_LIVE);
        scheduler.handle_success(None, Millis(0));
        for at in (0..1_000).step_by(50) {
            scheduler.handle_local_change(Millis(at));
        }
        assert_eq!(scheduler.poll(Millis(999)), Next::Wait(Some(Millis(1_000))));
        assert_eq!(scheduler.poll(Millis(1_000)), Next::StartCycle);
    }

    #[test]
    fn failures_back_off_and_a_request_does_not_wait() {
        let mut scheduler = leader(NO_LIVE);
        let error = Error::new(ErrorCode::Network, "gone");
        scheduler.handle_failure(&error, 700, Millis(0));
        scheduler.handle_local_change(Millis(10));
        assert_eq!(scheduler.poll(Millis(10)), Next::Wait(Some(Millis(700))));
        scheduler.handle_request(Millis(20));
        assert_eq!(scheduler.poll(Millis(20)), Next::StartCycle);
        scheduler.handle_failure(&error.with_retry(Retry::After(5_000)), 0, Millis(20));
        assert_eq!(scheduler.retry(), RetryState { failures: 2, next_at: Some(Millis(5_020)) });
    }

    #[test]
    fn nothing_runs_while_offline_and_the_connection_ends_the_waiting() {
        let mut scheduler = leader(NO_LIVE);
        scheduler.handle_online(false, Millis(1));
        assert_eq!(scheduler.poll(Millis(1)), Next::Stop);
        scheduler.handle_local_change(Millis(2));
        assert_eq!(scheduler.poll(Millis(99_000)), Next::Wait(Some(Millis(129_000))), "to look again");
        scheduler.handle_online(true, Millis(99_000));
        assert_eq!(scheduler.poll(Millis(99_000)), Next::StartCycle);
    }

    #[test]
    fn a_live_channel_replaces_the_polls() {
        let mut scheduler = leader(Schedule { live: true, ..NO_LIVE });
        scheduler.handle_success(None, Millis(10));
        assert_eq!(scheduler.poll(Millis(10)), Next::StartLive);
        scheduler.handle_live_up(Millis(20));
        assert_eq!(scheduler.poll(Millis(20)), Next::StartCycle);
        scheduler.handle_success(None, Millis(30));
        assert!(scheduler.is_live());
        assert_eq!(scheduler.poll(Millis(9_000_000)), Next::Wait(None));
        scheduler.handle_live_down(&Ok(true), 500, Millis(9_000_000));
        assert_eq!(scheduler.poll(Millis(9_000_000)), Next::Wait(Some(Millis(9_000_500))));
    }

    #[test]
    fn word_of_a_live_channel_that_was_given_up_does_not_end_the_polls() {
        let mut scheduler = leader(Schedule { live: true, ..NO_LIVE });
        scheduler.handle_success(None, Millis(10));
        assert_eq!(scheduler.poll(Millis(10)), Next::StartLive);
        scheduler.handle_settings(true, Millis(20));
        assert_eq!(scheduler.poll(Millis(20)), Next::Stop);
        assert_eq!(scheduler.poll(Millis(20)), Next::StartCycle);
        scheduler.handle_live_up(Millis(20));
        scheduler.handle_success(None, Millis(30));
        assert!(!scheduler.is_live());
        assert_eq!(scheduler.next_at(), Some(Millis(30_030)));
    }

    #[test]
    fn switching_off_stops_at_once() {
        let mut scheduler = leader(NO_LIVE);
        scheduler.handle_settings(false, Millis(5));
        assert_eq!(scheduler.poll(Millis(5)), Next::Stop);
        assert_eq!(scheduler.poll(Millis(50_000)), Next::Wait(None));
    }

    #[test]
    fn a_clock_that_is_put_back_makes_no_wait_longer() {
        let mut scheduler = leader(NO_LIVE);
        scheduler.handle_success(None, Millis(1_000_000));
        assert_eq!(scheduler.poll(Millis(1_000_000)), Next::Wait(Some(Millis(1_030_000))));
        assert_eq!(scheduler.poll(Millis(500_000)), Next::Wait(Some(Millis(530_000))));
        assert_eq!(scheduler.poll(Millis(530_000)), Next::StartCycle);
    }

    #[test]
    fn a_failure_that_somebody_has_to_act_on_is_waited_for_by_this_leader_alone() {
        let mut scheduler = leader(NO_LIVE);
        scheduler.handle_failure(&Error::new(ErrorCode::Unauthorized, "nobody"), 0, Millis(0));
        scheduler.handle_local_change(Millis(10));
        assert_eq!(scheduler.poll(Millis(10)), Next::Wait(Some(Millis(30_000))));
        assert_eq!(scheduler.retry(), RetryState::default());
    }

    #[test]
    fn a_new_leader_keeps_the_waiting_of_the_last() {
        let retry = RetryState { failures: 3, next_at: Some(Millis(4_000)) };
        let mut scheduler = Scheduler::new(NO_LIVE, retry, true, true, Millis(1_000));
        assert_eq!(scheduler.poll(Millis(1_000)), Next::Wait(Some(Millis(4_000))));
    }
}
