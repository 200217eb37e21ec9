//! A context's life beside the others: waits to lead, hears what they did, asks the leader to sync, and takes the lock from one
//! that is frozen. Leads nothing itself.

use std::pin::pin;

use futures::{
    FutureExt as _, StreamExt as _,
    channel::mpsc::UnboundedReceiver,
    future::{Either, Fuse, LocalBoxFuture, select},
    select_biased,
};

use super::{
    calls::Call,
    client::Client,
    doubt::{Doubt, PATIENCE, Step},
    lead::LeadEnd,
    messages::Message,
    shared::{Asked, Signal},
};
use crate::{
    model::{Direction, Error, ErrorCode, Event},
    ports::{Channel as _, Clock as _, Events as _, Host, Lock as _, Network as _},
};

/// How long a context waits before it tries to lead again after its storage failed, in milliseconds.
const RECOVERY: u64 = 1_000;

/// Why following ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum FollowEnd {
    /// The client was closed.
    Closed,
    /// The leader is needed and does not answer.
    LeaderFrozen,
    /// The context was left.
    Left,
}

impl<H: Host> Client<H> {
    /// Lets everything happen that happens by itself, until the client is closed. A second call does nothing.
    pub async fn run(&self) {
        let Some(mut signals) = self.shared.receiver.borrow_mut().take() else { return };
        let hearing = pin!(self.hear());
        let living = pin!(self.live(&mut signals));
        select(hearing, living).await;
    }

    async fn live(&self, signals: &mut UnboundedReceiver<Signal>) {
        let lock = self.shared.host.lock();
        while !self.is_closed() {
            self.come_back().await;
            let has_backend = self.shared.host.backend().is_some();
            let guard = {
                let acquiring = pin!(async {
                    if !has_backend {
                        return futures::future::pending().await;
                    }
                    self.own().await;
                    lock.acquire().await
                });
                let following = pin!(self.follow(signals));
                match select(acquiring, following).await {
                    Either::Left((guard, _)) => Some(guard),
                    Either::Right((FollowEnd::Closed, _)) => return,
                    Either::Right((FollowEnd::LeaderFrozen, _)) => None,
                    Either::Right((FollowEnd::Left, _)) => continue,
                }
            };
            let guard = match guard {
                Some(guard) => guard,
                None => lock.steal().await,
            };
            let end = self.lead(&guard, signals).await;
            drop(guard);
            match end {
                Ok(LeadEnd::Closed) => return,
                // A leader loses the lock where it was frozen.
                Ok(LeadEnd::Fenced) => self.take_in_unheard().await,
                Ok(LeadEnd::Left) => {}
                // The app was told already, and nothing is led until its account is back.
                Err(error) if error.code == ErrorCode::AccountMismatch => {}
                Err(error) => {
                    let is_over = error.code == ErrorCode::Closed;
                    self.shared.host.events().emit(Event::Error(error));
                    if is_over {
                        // The database was deleted under this context: nothing of it comes back.
                        return;
                    }
                    self.shared.host.clock().sleep(RECOVERY).await;
                }
            }
        }
    }

    /// Waits, where the context was left, until it is back, and takes in what happened meanwhile: messages of others did not
    /// reach it.
    async fn come_back(&self) {
        let network = self.shared.host.network();
        let mut is_told = false;
        while self.shared.has_missed() && !self.is_closed() {
            while network.is_left() {
                network.changed().await;
            }
            let departures = network.departures();
            match self.catch_up_and_freshen().await {
                Err(error) if error.code != ErrorCode::Closed => {
                    // Nobody tells it again what it missed, so it does not rest before it has it.
                    if !std::mem::replace(&mut is_told, true) {
                        self.tell_failure(Err(error));
                    }
                    self.shared.host.clock().sleep(RECOVERY).await;
                }
                end => {
                    self.tell_failure(end);
                    self.shared.departures.set(departures);
                    self.shared.say(&Message::Joined);
                }
            }
        }
    }

    /// Takes in what other contexts wrote and did while this one may not have heard them: a browser does not keep every message
    /// for a page that is frozen.
    pub(super) async fn take_in_unheard(&self) {
        self.tell_failure(self.take_in_commits().await);
        self.shared.say(&Message::Joined);
    }

    /// Takes in what other contexts wrote, now or later.
    async fn take_in_commits(&self) -> Result<(), Error> {
        let end = self.catch_up_and_freshen().await;
        if end.as_ref().is_err_and(|error| error.code != ErrorCode::Closed) {
            self.catch_up_later();
        }
        end
    }

    /// Takes in what other contexts wrote.
    async fn catch_up_and_freshen(&self) -> Result<(), Error> {
        self.database.catch_up().await?;
        self.freshen_mirror().await
    }

    /// Tries to take in what other contexts wrote until that goes well: nobody tells it again.
    fn catch_up_later(&self) {
        if self.shared.is_behind.replace(true) {
            return;
        }
        let client = self.clone();
        self.shared.host.spawn(Box::pin(async move {
            while client.shared.is_behind.get() && !client.is_closed() {
                client.shared.host.clock().sleep(RECOVERY).await;
                let end = client.catch_up_and_freshen().await;
                client.shared.is_behind.set(end.is_err_and(|error| error.code != ErrorCode::Closed));
            }
        }));
    }

    /// Passes on what only a leader can do, and watches whether it does. Ends when the client is closed, or the leader frozen.
    async fn follow(&self, signals: &mut UnboundedReceiver<Signal>) -> FollowEnd {
        let host = &self.shared.host;
        let mut doubt = Doubt::default();
        let mut wakes = host.network().wakes();
        loop {
            if self.shared.has_missed() {
                return FollowEnd::Left;
            }
            let mut timer: Fuse<LocalBoxFuture<'_, ()>> = match doubt.wait(self.shared.now()) {
                Some(wait) => host.clock().sleep(wait).boxed_local().fuse(),
                None => Fuse::terminated(),
            };
            let mut network = pin!(host.network().changed().fuse());
            // Most commits leave nothing else to wait for, and are not to cost timers and listeners.
            let (mut step, mut is_same_wait) = (Step::Wait, true);
            while is_same_wait {
                (step, is_same_wait) = select_biased! {
                    signal = signals.next() => match signal {
                        None | Some(Signal::Closed) => return FollowEnd::Closed,
                        Some(Signal::LeaderSilent) => (Step::Steal, false),
                        Some(signal) => {
                            let before = doubt;
                            self.handle_signal_following(signal, &mut doubt).await;
                            (Step::Wait, doubt == before)
                        }
                    },
                    () = network => (Step::Wait, false),
                    () = timer => {
                        let is_needed = match doubt {
                            Doubt::Suspicious { .. } => self.is_leader_needed(),
                            Doubt::None | Doubt::Asked { .. } => self.may_sync(),
                        };
                        (doubt.handle_timer(is_needed, self.shared.now()), false)
                    }
                };
            }
            let mut is_woken = false;
            // Word of another wake that comes meanwhile is heard by nobody.
            while wakes != host.network().wakes() {
                wakes = host.network().wakes();
                is_woken = true;
                self.take_in_unheard().await;
            }
            let step = if is_woken && step == Step::Wait && self.may_sync() {
                doubt.handle_wake(self.shared.now())
            } else {
                step
            };
            match step {
                Step::Ask => self.shared.say(&Message::LeaderAsked { is_wake: is_woken }),
                Step::Steal if host.backend().is_some() => return FollowEnd::LeaderFrozen,
                Step::Steal | Step::Wait => {}
            }
        }
    }

    async fn handle_signal_following(&self, signal: Signal, doubt: &mut Doubt) {
        match signal {
            Signal::Requested(call) => self.ask_leader(call),
            Signal::Withdrawn(id) => self.withdraw(&id),
            Signal::Damaged => self.handle_damage().await,
            Signal::Mended(is_own) => self.tell_failure(self.handle_mended(is_own).await),
            Signal::Reset => self.tell_failure(self.freshen_mirror().await),
            Signal::LocalChange => doubt.handle_change(self.shared.now()),
            Signal::LeaderHeard | Signal::LedAnew => doubt.handle_life(),
            // The leader hears of these by itself, from the log.
            Signal::Closed
            | Signal::LeaderSilent
            | Signal::Hint
            | Signal::LiveUp
            | Signal::Settings
            | Signal::Woken => {}
        }
    }

    fn tell_failure(&self, result: Result<(), Error>) {
        if let Err(error) = result {
            self.shared.host.events().emit(Event::Error(error));
        }
    }

    /// Whether a leader would have anything to do at all.
    fn may_sync(&self) -> bool {
        let shared = &self.shared;
        shared.host.network().is_online() && shared.is_own() && shared.mirror.borrow().is_any_enabled()
    }

    /// Whether something lies about that a leader would push.
    fn is_leader_needed(&self) -> bool {
        let mirror = self.shared.mirror.borrow();
        let is_waiting = |(name, _): &(_, i32)| mirror.tally(name).pending > 0;
        self.may_sync() && self.flowing(&Direction::is_pushed).iter().any(is_waiting)
    }

    fn ask_leader(&self, call: Call) {
        let (request, asked) = (call.id, Asked { reply: call.reply, is_heard: false, unheard: 0 });
        self.shared.asked.borrow_mut().insert(request.clone(), asked);
        self.shared.say(&Message::SyncRequested { request: request.clone() });
        let client = self.clone();
        self.shared.host.spawn(Box::pin(async move {
            while client.is_unanswered(&request) {
                client.shared.host.clock().sleep(PATIENCE).await;
                client.ask_again(&request);
            }
        }));
    }

    /// Nobody waits any more: the leader stops where nobody else does. Where somebody waits for what was done so far, the leader
    /// answers.
    fn withdraw(&self, request: &str) {
        let mut asked = self.shared.asked.borrow_mut();
        let Some(call) = asked.get(request) else { return };
        self.shared.say(&Message::SyncWithdrawn { request: request.to_owned() });
        if call.reply.as_ref().is_none_or(|reply| reply.is_canceled()) {
            asked.remove(request);
        }
    }

    fn is_unanswered(&self, request: &str) -> bool {
        self.shared.asked.borrow().contains_key(request)
    }

    /// Asks the leader again, who may be another by now, or have answered unheard. One that was not heard of twice is not there,
    /// or frozen; this context may have become the one.
    fn ask_again(&self, request: &str) {
        let mut asked = self.shared.asked.borrow_mut();
        let Some(call) = asked.get_mut(request) else { return };
        let is_leader = self.shared.is_leader.get();
        if !self.is_closed() && !is_leader && self.shared.is_own() {
            call.unheard =
                if std::mem::take(&mut call.is_heard) { 0 } else { call.unheard.saturating_add(1) };
            if call.unheard < 2 {
                return self.shared.say(&Message::SyncRequested { request: request.to_owned() });
            }
            if self.shared.host.backend().is_some() {
                // Whoever leads next takes the call over.
                call.unheard = 0;
                return self.shared.signal(Signal::LeaderSilent);
            }
        }
        let Some(Asked { reply: Some(reply), .. }) = asked.remove(request) else { return };
        if self.is_closed() {
            drop(reply);
        } else if is_leader {
            self.shared.signal(Signal::Requested(Call { id: request.to_owned(), reply: Some(reply) }));
        } else {
            let silent =
                || Error::new(ErrorCode::Offline, "the context that syncs this database does not answer");
            drop(reply.send(Err(self.ensure_own().err().unwrap_or_else(silent))));
        }
    }

    /// Hears the other contexts, for ever.
    async fn hear(&self) {
        loop {
            let text = self.shared.host.channel().receive().await;
            // A message of another version of this package is none of ours.
            let Ok(message) = serde_json::from_str::<Message>(&text) else { continue };
            self.tell_failure(self.handle_message(message).await);
        }
    }

    async fn handle_message(&self, message: Message) -> Result<(), Error> {
        let is_leader = self.shared.is_leader.get();
        match message {
            Message::Activity(activity) if !is_leader => {
                self.shared.activity.replace(activity);
                self.shared.refresh_status();
                self.shared.signal(Signal::LeaderHeard);
            }
            Message::Joined if is_leader => {
                let activity = self.shared.activity.borrow().clone();
                self.shared.say(&Message::Activity(activity));
            }
            Message::Committed => self.take_in_commits().await?,
            Message::LeaderAsked { is_wake } if is_leader => {
                self.shared.say(&Message::LeaderLives);
                // The change that the other context wonders about may be in the tail.
                self.database.catch_up().await?;
                if is_wake {
                    self.shared.signal(Signal::Woken);
                }
            }
            Message::LeaderLives => self.shared.signal(Signal::LeaderHeard),
            Message::SyncRequested { request } if is_leader => {
                // The change that the other context wants to see synced may be in the tail.
                self.database.catch_up().await?;
                self.shared.signal(Signal::Requested(Call { id: request, reply: None }));
            }
            Message::SyncWithdrawn { request } if is_leader => {
                self.shared.signal(Signal::Withdrawn(request));
            }
            Message::SyncStarted { request } => {
                if let Some(call) = self.shared.asked.borrow_mut().get_mut(&request) {
                    call.is_heard = true;
                }
                self.shared.signal(Signal::LeaderHeard);
            }
            Message::SyncEnded { request, answer } => {
                let asked = self.shared.asked.borrow_mut().remove(&request);
                if let Some(Asked { reply: Some(reply), .. }) = asked {
                    drop(reply.send(answer.into()));
                }
                self.shared.signal(Signal::LeaderHeard);
            }
            Message::Activity(_)
            | Message::Joined
            | Message::LeaderAsked { .. }
            | Message::SyncRequested { .. }
            | Message::SyncWithdrawn { .. } => {}
        }
        Ok(())
    }
}
