//! The user of one device: acts in one of its contexts, as a task of that context. Decides by chance.

use std::{cell::RefCell, pin::pin, rc::Rc};

use futures::future::{Either, select};
use syncline_core::{
    engine::Client,
    model::{Error, ErrorCode},
};
use syncline_protocol::{ChangeId, CollectionName};

use super::{Tokens, check_live, check_read, keep_live, look, some_query, sync};
use crate::{
    chance::Chance,
    device::{Device, Life, strategies},
    oracle::{Ask, Seen},
    stage::Simulated,
};

/// A user at a context that is open.
pub(crate) struct User<'a> {
    pub(crate) device: &'a Device,
    pub(crate) life: Rc<Life>,
    pub(crate) client: Client<Simulated>,
}

/// What a task of the app has at hand.
struct Hands {
    seen: Rc<Seen>,
    life: Rc<Life>,
    client: Client<Simulated>,
}

impl Hands {
    /// Asks for something and notes what the app is told of it.
    async fn ask(&self, ask: Ask) -> Result<(), Error> {
        // Whatever every context had written by then counts, whether this one has heard of it or not.
        let since = self.seen.sequence();
        let number =
            self.seen.journal.borrow_mut().begin(self.life.owner, ask.clone(), self.seen.device_time());
        let told = match ask {
            Ask::Confirm(name) => self.client.confirm_deletions(name).await,
            Ask::Discard(change) => self.client.discard(change).await,
            Ask::Enable(names, is_enabled) => self.client.enable(names, is_enabled).await,
            Ask::Requeue(change, doc) => self.client.requeue(change, Some(doc)).await,
            Ask::Write(intents) => self.client.write(intents).await,
        };
        self.seen.end(number, since, &told);
        told
    }
}

impl User<'_> {
    /// One user among the open contexts of a device; `None` where there is none.
    pub(crate) fn at<'a>(device: &'a Device, chance: &Chance) -> Option<User<'a>> {
        let (life, client) = chance.pick(&device.living())?.clone();
        Some(User { device, life, client })
    }

    fn hands(&self) -> Hands {
        Hands {
            seen: Rc::clone(self.device.seen()),
            life: Rc::clone(&self.life),
            client: self.client.clone(),
        }
    }

    fn spawn(&self, future: impl Future<Output = ()> + 'static) {
        let open = Rc::clone(&self.life.open_calls);
        open.set(open.get().saturating_add(1));
        let called = async move {
            future.await;
            open.set(open.get().saturating_sub(1));
        };
        self.device.around.ground.tasks.spawn(self.life.owner, Box::pin(called));
    }

    /// Edits something.
    pub(crate) fn write(&self, tokens: &Tokens, chance: &Chance) {
        let intents = tokens.intents(self.device.index, chance);
        self.ask(Ask::Write(intents));
    }

    /// Puts or deletes many records at once.
    pub(crate) fn write_many(&self, tokens: &Tokens, chance: &Chance) {
        self.ask(Ask::Write(tokens.crowd(chance.happens(500))));
    }

    /// Agrees to what pulls would delete.
    pub(crate) fn confirm(&self) {
        let rows = self.device.seen().rows.borrow();
        let waiting = rows.deletions.iter().filter(|(_, deletions)| deletions.awaited().is_some());
        let names: Vec<CollectionName> = waiting.map(|(name, _)| name.clone()).collect();
        drop(rows);
        names.into_iter().for_each(|name| self.ask(Ask::Confirm(name)));
    }

    /// Edits the device's field of the record that all share by field.
    pub(crate) fn write_own(&self, tokens: &Tokens) {
        let [update, put] = tokens.own(self.device.index);
        let (hands, ground) = (self.hands(), Rc::clone(&self.device.around.ground));
        ground.say(|| format!("{:?} sets its own field: {update:?}", self.life.owner));
        self.spawn(async move {
            let told = hands.ask(Ask::Write(vec![update])).await;
            if told.is_err_and(|error| error.code == ErrorCode::NotFound) {
                drop(hands.ask(Ask::Write(vec![put])).await);
            }
        });
    }

    /// Edits the device's solo record a last time.
    pub(crate) fn write_last_word(&self, tokens: &Tokens) {
        self.ask(Ask::Write(vec![tokens.last_word(self.device.index)]));
    }

    /// Asks for something.
    pub(crate) fn ask(&self, ask: Ask) {
        let (hands, ground) = (self.hands(), Rc::clone(&self.device.around.ground));
        ground.say(|| format!("device {} at {:?} asks {ask:?}", self.device.index, self.life.owner));
        self.spawn(async move {
            let told = hands.ask(ask).await;
            match &told {
                Ok(()) => ground.count(|counts| &mut counts.writes),
                Err(_) => ground.count(|counts| &mut counts.writes_failed),
            }
            ground.say(|| format!("{:?} is told {told:?}", hands.life.owner));
        });
    }

    /// Switches sync of collections on or off.
    pub(crate) fn enable(&self, names: Vec<CollectionName>, is_enabled: bool) {
        let (hands, ground) = (self.hands(), Rc::clone(&self.device.around.ground));
        self.spawn(async move {
            ground.say(|| format!("{:?} switches {names:?} to {is_enabled}", hands.life.owner));
            drop(hands.ask(Ask::Enable(names, is_enabled)).await);
        });
    }

    /// Gives up a change that is parked, or one that is queued, or puts the parked one back with a smaller document.
    pub(crate) fn give_up(&self, tokens: &Tokens, chance: &Chance) {
        let rows = self.device.seen().rows.borrow();
        let is_shared = |record: &str| record.starts_with('r');
        let parked: Vec<(ChangeId, _)> =
            rows.parked.iter().map(|(id, row)| (id.clone(), row.record.clone())).collect();
        let queued = rows.records.iter().filter(|((_, record), _)| is_shared(record.as_str()));
        let queued: Vec<ChangeId> =
            queued.filter_map(|(_, pair)| Some(pair.queue.as_ref()?.latest().id.clone())).collect();
        let ask = match (chance.pick(&parked), chance.pick(&queued)) {
            (Some((id, record)), _) if chance.happens(500) => Ask::Requeue(id.clone(), tokens.mended(record)),
            (Some((id, _)), _) => Ask::Discard(id.clone()),
            (None, Some(id)) => Ask::Discard(id.clone()),
            (None, None) => return,
        };
        drop(rows);
        let (hands, ground) = (self.hands(), Rc::clone(&self.device.around.ground));
        self.spawn(async move {
            ground.say(|| format!("{:?} asks {ask:?}", hands.life.owner));
            drop(hands.ask(ask).await);
        });
    }

    /// Lists a collection, and reads again what has changed.
    pub(crate) fn read(&self, chance: &Chance) {
        let names: Vec<CollectionName> = strategies().into_keys().collect();
        let Some(name) = chance.pick(&names).cloned() else { return };
        let (asked, live) = (some_query(chance), some_query(chance));
        let (hands, ground) = (self.hands(), Rc::clone(&self.device.around.ground));
        self.spawn(async move {
            let Hands { seen, life, client } = hands;
            match asked {
                Ok(query) => check_read(&ground, &seen, &life, &client, (&name, &query)).await,
                Err(error) => ground.find(|| error.to_string()),
            }
            look(Rc::clone(&life), client.clone()).await;
            check_live(&ground, &seen, &life, &client);
            if let Ok(query) = live {
                // A disk in trouble answers nothing; the next time is soon enough.
                drop(keep_live(Rc::clone(&ground), Rc::clone(&life), client.clone(), name, query).await);
            }
            check_live(&ground, &seen, &life, &client);
        });
    }

    /// Syncs for that many milliseconds at most: gives the call up then, or is told what was done by then.
    pub(crate) fn sync_briefly(&self, milliseconds: u64, is_dropped: bool) {
        let (hands, ground) = (self.hands(), Rc::clone(&self.device.around.ground));
        ground.say(|| format!("{:?} syncs for {milliseconds} ms, dropped: {is_dropped}", hands.life.owner));
        self.spawn(async move {
            if is_dropped {
                let syncing = pin!(hands.client.sync());
                let patience = pin!(ground.time.sleep(milliseconds));
                if matches!(select(syncing, patience).await, Either::Right(_)) {
                    ground.count(|counts| &mut counts.syncs_dropped);
                }
                return;
            }
            let began = ground.time.now();
            if hands.client.sync_within(Some(milliseconds)).await.is_ok() {
                ground.count(|counts| &mut counts.syncs_brief);
            }
            ground.say(|| format!("{:?} was done after {} ms", hands.life.owner, ground.time.now() - began));
        });
    }

    /// Syncs. What comes of it is put where it is given back.
    pub(crate) fn sync(&self) -> Rc<RefCell<Option<bool>>> {
        let around = &self.device.around;
        let result = Rc::<RefCell<Option<bool>>>::default();
        let (ground, service, seen) =
            (Rc::clone(&around.ground), Rc::clone(&around.service), Rc::clone(self.device.seen()));
        let (client, place) = (self.client.clone(), Rc::clone(&result));
        ground.say(|| format!("device {} at {:?} syncs", self.device.index, self.life.owner));
        self.spawn(async move {
            let is_done = sync(ground, service, seen, client).await;
            place.replace(Some(is_done));
        });
        result
    }
}
