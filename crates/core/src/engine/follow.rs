//! A context's life beside the others: waits to lead, hears what they did, asks the leader to sync. Leads nothing itself.

use std::pin::pin;

use futures::{
    StreamExt as _,
    channel::mpsc::UnboundedReceiver,
    future::{Either, select},
};

use super::{
    client::Client,
    lead::LeadEnd,
    messages::Message,
    shared::{Reply, Signal},
};
use crate::{
    model::{Error, ErrorCode, Event},
    ports::{Channel as _, Clock as _, Events as _, Host, Lock as _},
};

/// How long a leader may take to say that it heard, in milliseconds: a service worker may have to wake up.
const PATIENCE: u64 = 5_000;
/// How long a context waits before it tries to lead again after its storage failed, in milliseconds.
const RECOVERY: u64 = 1_000;

impl<H: Host> Client<H> {
    /// Lets everything happen that happens by itself, until the client is closed. A second call does nothing.
    pub async fn run(&self) {
        let Some(mut signals) = self.shared.receiver.borrow_mut().take() else { return };
        let hearing = pin!(self.hear());
        let living = pin!(self.live(&mut signals));
        select(hearing, living).await;
    }

    async fn live(&self, signals: &mut UnboundedReceiver<Signal>) {
        while !self.is_closed() {
            if self.shared.host.backend().is_none() {
                return self.follow(signals).await;
            }
            let guard = {
                let acquiring = pin!(self.shared.host.lock().acquire());
                let following = pin!(self.follow(signals));
                match select(acquiring, following).await {
                    Either::Left((guard, _)) => guard,
                    Either::Right(_) => return,
                }
            };
            let end = self.lead(signals).await;
            drop(guard);
            match end {
                Ok(LeadEnd::Closed) => return,
                Ok(LeadEnd::Fenced) => {}
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

    /// Passes on what only a leader can do. Ends when the client is closed.
    async fn follow(&self, signals: &mut UnboundedReceiver<Signal>) {
        while let Some(signal) = signals.next().await {
            match signal {
                Signal::Closed => return,
                Signal::Requested(reply) => self.ask_leader(reply),
                Signal::Damaged => self.handle_damage().await,
                Signal::Mended(is_own) => {
                    if let Err(error) = self.handle_mended(is_own).await {
                        self.shared.host.events().emit(Event::Error(error));
                    }
                }
                Signal::Reset => {
                    if let Err(error) = self.freshen_mirror().await {
                        self.shared.host.events().emit(Event::Error(error));
                    }
                }
                // The leader hears of these by itself, from the log.
                Signal::ContextRequested(_)
                | Signal::Hint
                | Signal::LedAnew
                | Signal::LiveUp
                | Signal::LocalChange
                | Signal::Settings => {}
            }
        }
    }

    fn ask_leader(&self, reply: Reply) {
        let request = self.shared.uuid();
        self.shared.asked.borrow_mut().insert(request.clone(), (Some(reply), false));
        self.shared.say(&Message::SyncRequested { request: request.clone() });
        let client = self.clone();
        self.shared.host.spawn(Box::pin(async move {
            while client.is_unanswered(&request) {
                client.shared.host.clock().sleep(PATIENCE).await;
                client.ask_again(&request);
            }
        }));
    }

    fn is_unanswered(&self, request: &str) -> bool {
        self.shared.asked.borrow().contains_key(request)
    }

    /// Asks the leader again, who may be another by now, or have answered unheard. One that was not heard of since the last
    /// time is not there; this context may have become the one.
    fn ask_again(&self, request: &str) {
        let mut asked = self.shared.asked.borrow_mut();
        let Some((_, is_heard)) = asked.get_mut(request) else { return };
        if std::mem::take(is_heard) && !self.is_closed() && !self.shared.is_leader.get() {
            return self.shared.say(&Message::SyncRequested { request: request.to_owned() });
        }
        let Some((Some(reply), _)) = asked.remove(request) else { return };
        if self.is_closed() {
            drop(reply);
        } else if self.shared.is_leader.get() {
            self.shared.signal(Signal::Requested(reply));
        } else {
            let error = Error::new(ErrorCode::Offline, "no context that syncs this database is running");
            drop(reply.send(Err(error)));
        }
    }

    /// Hears the other contexts, for ever.
    async fn hear(&self) {
        loop {
            let text = self.shared.host.channel().receive().await;
            // A message of another version of this package is none of ours.
            let Ok(message) = serde_json::from_str::<Message>(&text) else { continue };
            if let Err(error) = self.handle_message(message).await {
                self.shared.host.events().emit(Event::Error(error));
            }
        }
    }

    async fn handle_message(&self, message: Message) -> Result<(), Error> {
        let is_leader = self.shared.is_leader.get();
        match message {
            Message::Activity(activity) if !is_leader => {
                self.shared.activity.replace(activity);
                self.shared.refresh_status();
            }
            Message::Joined if is_leader => {
                let activity = self.shared.activity.borrow().clone();
                self.shared.say(&Message::Activity(activity));
            }
            Message::Committed => {
                self.database.catch_up().await?;
                self.freshen_mirror().await?;
            }
            Message::SyncRequested { request } if is_leader => {
                // The change that the other context wants to see synced may be in the tail.
                self.database.catch_up().await?;
                self.shared.signal(Signal::ContextRequested(request));
            }
            Message::SyncStarted { request } => {
                if let Some((_, is_heard)) = self.shared.asked.borrow_mut().get_mut(&request) {
                    *is_heard = true;
                }
            }
            Message::SyncEnded { request, answer } => {
                let asked = self.shared.asked.borrow_mut().remove(&request);
                if let Some((Some(reply), _)) = asked {
                    drop(reply.send(answer.into()));
                }
            }
            Message::Activity(_) | Message::Joined | Message::SyncRequested { .. } => {}
        }
        Ok(())
    }
}
