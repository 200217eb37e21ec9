//! When to sync and when to listen: a state machine over moments handed in. Starts nothing itself.
//!
//! ```text
//!   handle_*(what happened, when) ──►  Scheduler  ──► poll(now): StartCycle | StartLive | Stop | StopLive | Wait(until)
//! ```

mod bandwidth;
mod live;
mod slices;
#[cfg(test)]
mod tests;

use syncline_protocol::Millis;

use self::live::{Live, SILENCE};
use crate::{
    backoff::full_jitter,
    model::{Error, ErrorCode, Retry, RetryState, RetryWait, SaveData, Schedule},
    planted::{self, Bug},
};

pub use bandwidth::{Bucket, PageSize, request_bytes};
pub use slices::SliceSize;

/// How many times as seldom polls are where data is saved.
const SELDOM: u64 = 10;
/// How old the last cycle has to be for a context that is shown again to want another, in milliseconds: whoever goes back and
/// forth between two windows does not ask for news each time.
const WAKE_REST: i64 = 5_000;
/// The longest wait that a server is granted, in milliseconds: a day.
const LONGEST_WAIT: u64 = 86_400_000;

/// What to do next.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Next {
    /// Begin a cycle.
    StartCycle,
    /// Bring up the live channel.
    StartLive,
    /// Give up the cycle and the channel that are under way.
    Stop,
    /// Give up the channel alone.
    StopLive,
    /// Nothing before that moment; `None`: nothing until something happens.
    Wait(Option<Millis>),
}

/// What is so around a context and may change.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Facts {
    /// Whether there is a connection.
    pub is_online: bool,
    /// Whether sync of any collection is on.
    pub is_enabled: bool,
    /// Whether the user asked for reduced data use.
    pub is_data_saved: bool,
}

/// Decides when to sync.
#[derive(Clone, Debug)]
pub struct Scheduler {
    options: Schedule,
    facts: Facts,
    retry: RetryState,
    wait: RetryWait,
    /// Whether the last failure was one that somebody has to act on.
    is_blocked: bool,
    is_running: bool,
    /// Whether the cycle under way was due by itself too.
    is_own: bool,
    must_stop: bool,
    /// Somebody asked for a cycle, whatever the schedule says.
    is_asked: bool,
    /// The schedule wants a cycle at this moment.
    due: Option<Millis>,
    /// When the first change of those that wait for quiet was made.
    restless_since: Option<Millis>,
    live: Live,
    /// When the last cycle ended.
    ended_at: Option<Millis>,
    /// When it was last told the time.
    now: Millis,
}

impl Scheduler {
    /// Begins as a new leader: with a cycle at once, or when the last leader's failures allow it.
    pub fn new(options: Schedule, (retry, wait): (RetryState, RetryWait), facts: Facts, now: Millis) -> Self {
        // A database of before there was such a row says nothing of how long the wait is.
        let longest = if wait == RetryWait::default() { options.backoff.max } else { wait.milliseconds };
        let next_at = retry.next_at.map(|at| at.min(now.plus(bound(longest))));
        Self {
            options,
            facts,
            retry: RetryState { next_at, ..retry },
            wait,
            is_blocked: false,
            is_running: false,
            is_own: false,
            must_stop: false,
            is_asked: false,
            due: Some(next_at.map_or(now, |at| at.max(now))),
            restless_since: None,
            live: if options.live { Live::DOWN } else { Live::Unavailable },
            ended_at: None,
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
        let moments = [
            self.due.as_mut(),
            self.restless_since.as_mut(),
            self.retry.next_at.as_mut(),
            self.ended_at.as_mut(),
            self.live.next_at_mut(),
        ];
        for moment in moments.into_iter().flatten() {
            *moment = moment.plus(back);
        }
    }

    /// Wants a cycle at a moment, but not before one until which the server asked for patience.
    fn wish(&mut self, at: Millis) {
        let until = self.retry.next_at.filter(|_| self.wait.is_asked);
        let at = until.map_or(at, |until| at.max(until));
        self.due = Some(self.due.map_or(at, |due| due.min(at)));
    }

    /// What reduced data use means at the moment; `None`: nothing.
    fn saving(&self) -> Option<SaveData> {
        Some(self.options.save_data).filter(|what| self.facts.is_data_saved && *what != SaveData::Ignore)
    }

    fn is_paused(&self) -> bool {
        self.saving() == Some(SaveData::Pause)
    }

    fn poll_interval(&self) -> u64 {
        let interval = self.options.poll_interval;
        if self.saving().is_some() { interval.saturating_mul(SELDOM) } else { interval }
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

    /// Somebody asked for a cycle: it is due at once, whatever failed before.
    pub fn handle_request(&mut self) {
        self.is_asked = true;
    }

    /// Nobody asks any more; what the schedule wants stays.
    pub fn handle_withdrawal(&mut self) {
        self.is_asked = false;
    }

    /// The server changed something.
    pub fn handle_hint(&mut self, now: Millis) {
        self.keep_pace(now);
        self.wish(now);
    }

    /// The context was shown again or came into focus: the user looks. `heard_at`: the last word of the live channel, which may
    /// have died unnoticed while the context was frozen or the device slept.
    pub fn handle_wake(&mut self, heard_at: Option<Millis>, now: Millis) {
        self.keep_pace(now);
        if !self.is_running && self.ended_at.is_none_or(|at| now.since(at) > WAKE_REST) {
            self.wish(now);
        }
        if self.live.is_up() && heard_at.is_none_or(|at| now.since(at) > SILENCE) {
            self.live = Live::Over;
        }
        self.live.hurry();
    }

    /// Whether there is a connection, as of this moment; saying the same again changes nothing.
    pub fn handle_online(&mut self, is_online: bool, now: Millis) {
        self.keep_pace(now);
        if std::mem::replace(&mut self.facts.is_online, is_online) == is_online {
            return;
        }
        if is_online {
            self.wish(now);
            self.live.hurry();
        }
        self.must_stop |= !is_online;
    }

    /// Whether the user asked for reduced data use, as of this moment; saying the same again changes nothing.
    pub fn handle_data_saved(&mut self, is_saved: bool, now: Millis) {
        self.keep_pace(now);
        if std::mem::replace(&mut self.facts.is_data_saved, is_saved) == is_saved
            || self.options.save_data == SaveData::Ignore
        {
            return;
        }
        if is_saved {
            // What arrived by hints so far is polled for from here on.
            self.live.give_up();
            self.wish(now.plus(bound(self.poll_interval())));
        } else {
            self.wish(now);
            self.live.hurry();
        }
    }

    /// The user switched sync of collections on or off.
    pub fn handle_settings(&mut self, is_enabled: bool, now: Millis) {
        self.keep_pace(now);
        self.facts.is_enabled = is_enabled;
        self.must_stop = true;
        self.wish(now);
        self.live.hurry();
    }

    /// A cycle ended well; `again_in`: changes in doubt wait that many milliseconds for their next attempt.
    pub fn handle_success(&mut self, again_in: Option<u64>, now: Millis) {
        self.keep_pace(now);
        self.is_running = false;
        self.ended_at = Some(now);
        self.retry = RetryState::default();
        self.wait = RetryWait::default();
        self.is_blocked = false;
        let poll = (!self.live.is_up()).then(|| self.poll_interval());
        let wait = [poll, again_in].into_iter().flatten().min();
        let next = wait.map(|wait| now.plus(bound(wait)));
        let next = next.filter(|_| !planted::is(Bug::PollForgotten));
        // What happened during the cycle wants another one.
        self.due = [self.due, next].into_iter().flatten().min();
    }

    /// A cycle failed. `chance` is uniform over all of `u64`.
    pub fn handle_failure(&mut self, error: &Error, chance: u64, now: Millis) {
        self.keep_pace(now);
        self.is_running = false;
        self.ended_at = Some(now);
        let (milliseconds, is_asked) = match error.retry {
            Retry::After(wait) => (wait.min(LONGEST_WAIT), true),
            Retry::Apart(_) | Retry::Later | Retry::Smaller => {
                (full_jitter(self.options.backoff, self.retry.failures, chance), false)
            }
            // Somebody has to act first; looking again as often as polls do costs nothing.
            Retry::Never => (self.poll_interval(), false),
        };
        let next_at = now.plus(bound(milliseconds));
        self.is_blocked = error.retry == Retry::Never;
        self.retry = RetryState { failures: self.retry.failures.saturating_add(1), next_at: Some(next_at) };
        self.wait = RetryWait { milliseconds, is_asked };
        self.due = Some(next_at);
    }

    /// A cycle and the channel were given up half-way by `Stop`.
    pub fn handle_stopped(&mut self) {
        self.is_running = false;
        self.live.end();
    }

    /// A cycle was given up half-way because nobody waits for it any more: the schedule goes on as if it had not been asked for.
    pub fn handle_halt(&mut self, now: Millis) {
        self.keep_pace(now);
        self.is_running = false;
        self.ended_at = Some(now);
        let wait = if self.is_own { self.options.debounce } else { self.poll_interval() };
        self.wish(now.plus(bound(wait)));
    }

    /// The live channel is up: what happened before it was is asked for once. Word of one that was given up meanwhile counts
    /// for nothing.
    pub fn handle_live_up(&mut self, now: Millis) {
        let Live::Starting { failures } = self.live else { return };
        self.keep_pace(now);
        self.live = Live::Up { since: now, failures };
        self.wish(now);
    }

    /// The live channel ended, or did not come up.
    pub fn handle_live_down(&mut self, ended: &Result<bool, Error>, chance: u64, now: Millis) {
        self.keep_pace(now);
        self.live = self.live.after_end(ended, chance, now);
        self.wish(now.plus(bound(self.poll_interval())));
    }

    /// Whether hints arrive.
    pub fn is_live(&self) -> bool {
        self.live.is_up()
    }

    /// When the next cycle is due by itself.
    pub fn next_at(&self) -> Option<Millis> {
        let may_run = self.facts.is_enabled && self.facts.is_online && !self.is_paused();
        self.due.filter(|_| may_run && !self.is_running)
    }

    /// What the next leader has to know: nothing of a failure that somebody has to act on, since opening anew may be just
    /// that (signing in again, say).
    pub fn retry(&self) -> (RetryState, RetryWait) {
        if self.is_blocked { Default::default() } else { (self.retry, self.wait) }
    }

    /// Says what to do next and takes it as begun.
    pub fn poll(&mut self, now: Millis) -> Next {
        self.keep_pace(now);
        if std::mem::take(&mut self.must_stop) && (self.is_running || self.live.is_under_way()) {
            self.handle_stopped();
            return Next::Stop;
        }
        if self.live == Live::Over {
            self.live = Live::DOWN;
            return Next::StopLive;
        }
        if !self.facts.is_enabled {
            return Next::Wait(None);
        }
        if !self.facts.is_online {
            // A service worker is not told when the connection comes back, so that somebody has to look.
            return Next::Wait((!self.is_paused()).then(|| now.plus(bound(self.poll_interval()))));
        }
        let due = self.due.filter(|_| !self.is_paused());
        let is_due = due.is_some_and(|at| at <= now);
        if !self.is_running && (is_due || self.is_asked) {
            self.is_own = is_due || self.restless_since.is_some();
            self.due = None;
            self.is_asked = false;
            self.restless_since = None;
            self.is_running = true;
            return Next::StartCycle;
        }
        let mut wake = if self.is_running { None } else { due };
        // The channel is worth its while only where a cycle has succeeded.
        let may_listen = self.retry.failures == 0 && !self.is_running && self.saving().is_none();
        if let Live::Down { next_at, failures } = self.live
            && may_listen
        {
            if next_at.is_none_or(|at| at <= now) {
                self.live = Live::Starting { failures };
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
