//! Leading: does what the scheduler says, and tells it what happened. Decides no moment itself.

use std::{mem::take, pin::pin};

use futures::{
    FutureExt as _, StreamExt as _,
    channel::mpsc::UnboundedReceiver,
    future::{Fuse, FusedFuture as _, LocalBoxFuture, OptionFuture},
    select_biased,
};
use syncline_protocol::{CollectionName, Millis};

use super::{
    calls::{Call, Calls},
    client::Client,
    cycle::{Cycle, CycleError},
    messages::{Answer, Message},
    shared::Signal,
};
use crate::{
    metrics::CycleEnd,
    model::{Channel, Direction, Error, ErrorCode, Event, StatusError, SyncReport},
    plan::{KeepRetry, TakeLeadership},
    planted::{self, Bug},
    ports::{Backend, Clock as _, Events as _, Hint, Host, Lock, Network as _, Random as _, Wanted},
    schedule::{Facts, Next, Scheduler},
};

/// Why leading ended.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum LeadEnd {
    /// The client was closed.
    Closed,
    /// Another context leads.
    Fenced,
    /// The context was left.
    Left,
}

type Guard<H> = <<H as Host>::Lock as Lock>::Guard;
type Running = Fuse<LocalBoxFuture<'static, Result<Cycle, CycleError>>>;
type Listening = Fuse<LocalBoxFuture<'static, Result<bool, Error>>>;

/// What a leader has under way.
struct Leader {
    epoch: u64,
    scheduler: Scheduler,
    /// How often the context had been shown again when that was last looked at.
    wakes: u64,
    cycle: Running,
    live: Listening,
    /// Who waits for the cycle under way.
    served: Calls,
    /// Who waits for the next one.
    waiting: Calls,
}

impl<H: Host> Client<H> {
    /// Leads until the client is closed or another context took over.
    pub(super) async fn lead(
        &self,
        guard: &Guard<H>,
        signals: &mut UnboundedReceiver<Signal>,
    ) -> Result<LeadEnd, Error> {
        let (epoch, retry) = self.run_plan(TakeLeadership).await?;
        self.freshen_mirror().await?;
        self.shared.is_leader.set(true);
        let network = self.shared.host.network();
        let facts = Facts {
            is_online: network.is_online(),
            is_enabled: self.shared.mirror.borrow().is_any_enabled(),
            is_data_saved: network.is_data_saved(),
        };
        let mut leader = Leader {
            epoch,
            scheduler: Scheduler::new(self.shared.options.schedule, retry, facts, self.shared.now()),
            wakes: network.wakes(),
            cycle: Fuse::terminated(),
            live: Fuse::terminated(),
            served: Calls::default(),
            waiting: Calls::default(),
        };
        // What this context asked a leader that was not there yet, or is gone, it asks itself.
        let asked = take(&mut *self.shared.asked.borrow_mut());
        for (id, call) in asked {
            self.shared.signal(Signal::Requested(Call { id, reply: call.reply }));
        }
        let end = {
            let mut lost = pin!(self.shared.host.lock().lost(guard).fuse());
            let mut obeying = pin!(self.obey(&mut leader, signals).fuse());
            select_biased! {
                () = lost => Ok(LeadEnd::Fenced),
                end = obeying => end,
            }
        };
        self.shared.is_leader.set(false);
        leader.waiting.append(&mut leader.served);
        let closed = Err(Error::new(ErrorCode::Closed, "the context that synced was closed"));
        for call in leader.waiting.drain() {
            match (&end, call.reply.is_some()) {
                // Whoever leads is asked anew. Those of other contexts ask by themselves.
                (Ok(LeadEnd::Fenced | LeadEnd::Left), true) => self.shared.signal(Signal::Requested(call)),
                (Ok(LeadEnd::Fenced | LeadEnd::Left), false) => {}
                _ => self.answer(call, &closed),
            }
        }
        self.shared.refresh_status();
        end
    }

    async fn obey(
        &self,
        leader: &mut Leader,
        signals: &mut UnboundedReceiver<Signal>,
    ) -> Result<LeadEnd, Error> {
        loop {
            if self.shared.mirror.borrow().epoch > leader.epoch {
                return Ok(LeadEnd::Fenced);
            }
            if self.shared.has_missed() {
                return Ok(LeadEnd::Left);
            }
            let now = self.shared.now();
            if self.look_around(leader, now) {
                self.take_in_unheard().await;
                // What changed around meanwhile was heard by nobody.
                continue;
            }
            match leader.scheduler.poll(now) {
                Next::StartCycle => {
                    leader.served.append(&mut leader.waiting);
                    let (client, epoch) = (self.clone(), leader.epoch);
                    leader.cycle = async move { client.cycle(epoch).await }.boxed_local().fuse();
                }
                Next::StartLive => {
                    let client = self.clone();
                    leader.live = async move { client.listen_live().await }.boxed_local().fuse();
                }
                Next::StopLive => leader.live = Fuse::terminated(),
                Next::Stop => {
                    self.stop_cycle(leader);
                    leader.live = Fuse::terminated();
                    leader.waiting.append(&mut leader.served);
                }
                Next::Wait(until) => {
                    self.show(leader, now);
                    if let Some(end) = self.wait(leader, signals, until).await? {
                        return Ok(end);
                    }
                }
            }
        }
    }

    /// Tells the scheduler what is so. Asked each time: word of a change that comes while something else is attended to is
    /// heard by nobody. Says whether the context was shown again since.
    fn look_around(&self, leader: &mut Leader, now: Millis) -> bool {
        let network = self.shared.host.network();
        leader.scheduler.handle_online(network.is_online(), now);
        leader.scheduler.handle_data_saved(network.is_data_saved(), now);
        let wakes = network.wakes();
        let is_woken = std::mem::replace(&mut leader.wakes, wakes) != wakes;
        if is_woken {
            leader.scheduler.handle_wake(self.shared.live_heard_at.get(), now);
        }
        is_woken
    }

    /// Waits for whatever happens next and tells the scheduler.
    async fn wait(
        &self,
        leader: &mut Leader,
        signals: &mut UnboundedReceiver<Signal>,
        until: Option<Millis>,
    ) -> Result<Option<LeadEnd>, Error> {
        let host = &self.shared.host;
        let wait = until.map(|until| u64::try_from(until.since(self.shared.now())).unwrap_or_default());
        // Without a moment to wait for the timer never ends: a `None` would be ready at once.
        let mut timer = pin!(
            OptionFuture::from(wait.map(|wait| host.clock().sleep(wait)))
                .then(|slept| async move {
                    if slept.is_none() {
                        futures::future::pending::<()>().await;
                    }
                })
                .fuse()
        );
        let mut network = pin!(host.network().changed().fuse());
        select_biased! {
            signal = signals.next() => return self.handle_signal(leader, signal).await,
            result = &mut leader.cycle => {
                if self.handle_cycle(leader, result).await? {
                    return Ok(Some(LeadEnd::Fenced));
                }
            }
            ended = &mut leader.live => {
                let chance = host.random().next();
                leader.scheduler.handle_live_down(&ended, chance, self.shared.now());
            }
            () = network => {}
            () = timer => {}
        }
        Ok(None)
    }

    async fn handle_signal(
        &self,
        leader: &mut Leader,
        signal: Option<Signal>,
    ) -> Result<Option<LeadEnd>, Error> {
        let now = self.shared.now();
        match signal {
            None | Some(Signal::Closed) => return Ok(Some(LeadEnd::Closed)),
            Some(Signal::LedAnew | Signal::LeaderHeard | Signal::LeaderSilent) => {}
            Some(Signal::Damaged) => self.handle_damage().await,
            Some(Signal::Mended(is_own)) => {
                self.handle_mended(is_own).await?;
                // What was lost is to be pulled, and what was saved to be pushed.
                leader.scheduler.handle_local_change(now);
            }
            Some(Signal::Hint) => leader.scheduler.handle_hint(now),
            Some(Signal::LiveUp) => leader.scheduler.handle_live_up(now),
            Some(Signal::LocalChange) => leader.scheduler.handle_local_change(now),
            Some(Signal::Requested(call)) => {
                if call.reply.is_none() {
                    self.shared.say(&Message::SyncStarted { request: call.id.clone() });
                }
                // A context asks again where it was not heard, and so may ask twice.
                if !leader.served.has(&call.id) && !leader.waiting.has(&call.id) {
                    leader.waiting.push(call);
                    leader.scheduler.handle_request();
                }
            }
            Some(Signal::Withdrawn(id)) => self.handle_withdrawal(leader, &id, now),
            Some(Signal::Woken) => leader.scheduler.handle_wake(self.shared.live_heard_at.get(), now),
            Some(Signal::Reset) => {
                self.freshen_mirror().await?;
                // Anything may have been among what went by: edits, and the settings too.
                let is_enabled = self.shared.mirror.borrow().is_any_enabled();
                leader.scheduler.handle_settings(is_enabled, now);
            }
            Some(Signal::Settings) => {
                let is_enabled = self.shared.mirror.borrow().is_any_enabled();
                leader.scheduler.handle_settings(is_enabled, now);
            }
        }
        Ok(None)
    }

    /// Takes in how a cycle ended. Says whether another context leads.
    async fn handle_cycle(
        &self,
        leader: &mut Leader,
        result: Result<Cycle, CycleError>,
    ) -> Result<bool, Error> {
        let before = leader.scheduler.retry();
        let now = self.shared.now();
        let result = match result {
            Ok(cycle) => {
                self.count_cycle(CycleEnd::Done);
                leader.scheduler.handle_success(cycle.again_in, now);
                if !planted::is(Bug::ErrorStays) {
                    self.shared.activity.borrow_mut().error = None;
                }
                Ok((cycle.report, cycle.paused))
            }
            Err(CycleError::Fenced) => return Ok(true),
            Err(CycleError::Failed(error)) => {
                self.count_cycle(CycleEnd::Failed);
                let chance = self.shared.host.random().next();
                leader.scheduler.handle_failure(&error, chance, now);
                self.shared.activity.borrow_mut().error = Some(StatusError {
                    code: error.code.as_str().to_owned(),
                    message: error.message.clone(),
                    at: now,
                    collection: error.collection.clone(),
                });
                Err(error)
            }
        };
        let retry = leader.scheduler.retry();
        if retry != before {
            match self.run_fenced(leader.epoch, KeepRetry(retry.0, retry.1)).await {
                Ok(()) => {}
                Err(CycleError::Fenced) => return Ok(true),
                Err(CycleError::Failed(error)) => return Err(error),
            }
        }
        self.show(leader, now);
        match &result {
            Ok((report, paused)) => {
                self.shared.host.events().emit(Event::Sync(*report));
                // What waits for somebody is not done, however well everything else went.
                self.answer_all(&mut leader.served, &paused.clone().map_or(Ok(*report), Err));
            }
            Err(error) => {
                self.shared.host.events().emit(Event::Error(error.clone()));
                self.answer_all(&mut leader.served, &Err(error.clone()));
                self.answer_all(&mut leader.waiting, &Err(error.clone()));
            }
        }
        Ok(false)
    }

    /// Drops the cycle under way, if one is.
    fn stop_cycle(&self, leader: &mut Leader) {
        if !leader.cycle.is_terminated() {
            leader.cycle = Fuse::terminated();
            self.count_cycle(CycleEnd::Stopped);
        }
    }

    fn count_cycle(&self, end: CycleEnd) {
        self.shared.meter.borrow_mut().handle_cycle(&self.report_so_far(), end);
    }

    /// Somebody waits no longer. A cycle that nobody else waits for is given up where it is: what it did is done, and what is
    /// under way is what a crash would leave.
    fn handle_withdrawal(&self, leader: &mut Leader, id: &str, now: Millis) {
        if let Some(call) = leader.served.take(id) {
            self.answer(call, &Ok(self.report_so_far()));
            if leader.served.is_empty() {
                self.stop_cycle(leader);
                leader.scheduler.handle_halt(now);
            }
        } else if let Some(call) = leader.waiting.take(id) {
            self.answer(call, &Ok(SyncReport::default()));
            if leader.waiting.is_empty() {
                leader.scheduler.handle_withdrawal();
            }
        }
    }

    /// Shows what the leader is doing; whoever waits while nothing can run is told so.
    fn show(&self, leader: &mut Leader, now: Millis) {
        let is_running = !leader.cycle.is_terminated();
        let is_online = self.shared.host.network().is_online();
        {
            let mut activity = self.shared.activity.borrow_mut();
            activity.is_running = is_running;
            activity.is_offline = !is_online;
            if !is_running {
                activity.progress = None;
            }
            activity.next_sync_at = leader.scheduler.next_at().map(|at| at.max(now));
            activity.channel = if leader.scheduler.is_live() { Channel::Live } else { Channel::Poll };
        }
        self.shared.refresh_status();
        if is_running || leader.waiting.is_empty() {
            return;
        }
        if !self.shared.mirror.borrow().is_any_enabled() {
            self.answer_all(&mut leader.waiting, &Ok(SyncReport::default()));
        } else if !is_online {
            let error =
                Error::new(ErrorCode::Offline, "the device is offline; what was changed stays queued");
            self.answer_all(&mut leader.waiting, &Err(error));
        }
    }

    fn answer_all(&self, calls: &mut Calls, result: &Result<SyncReport, Error>) {
        calls.drain().for_each(|call| self.answer(call, result));
    }

    fn answer(&self, call: Call, result: &Result<SyncReport, Error>) {
        match call.reply {
            Some(reply) => drop(reply.send(result.clone())),
            None => {
                self.shared.say(&Message::SyncEnded { request: call.id, answer: Answer::from(result) });
            }
        }
    }

    /// Listens to the server's hints until the channel ends.
    async fn listen_live(&self) -> Result<bool, Error> {
        let Some(backend) = self.shared.host.backend() else { return Ok(false) };
        let wanted: Vec<Wanted> = {
            let mirror = self.shared.mirror.borrow();
            let enabled = self.enabled(&Direction::is_pulled).into_iter();
            let cursor = |name: &CollectionName| mirror.state(name).and_then(|state| state.cursor.clone());
            enabled.map(|(name, _)| Wanted { cursor: cursor(&name), collection: name }).collect()
        };
        let hint = |hint| {
            self.shared.live_heard_at.set(Some(self.shared.now()));
            match hint {
                Hint::Alive => {}
                Hint::Changed => self.shared.signal(Signal::Hint),
                Hint::Connected => self.shared.signal(Signal::LiveUp),
            }
        };
        backend.watch(&wanted, &hint).await
    }
}
