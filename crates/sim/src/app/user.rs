//! The user of one device: acts in one of its contexts, as a task of that context. Decides by chance.

use std::{cell::RefCell, pin::pin, rc::Rc};

use futures::future::{Either, select};
use syncline_core::{
    engine::Client,
    model::{Error, ErrorCode},
    plan::Choice,
};
use syncline_protocol::{ChangeId, CollectionName, RecordId};

use super::{Tokens, check_live, check_read, keep_live, look, some_query, sync};
use crate::{
    chance::Chance,
    device::{Device, Life, strategies},
    ground::Ground,
    oracle::{Ask, Seen, check_told},
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
        let ask = self.by_schema(ask);
        // Whatever every context had written by then counts, whether this one has heard of it or not.
        let since = self.seen.sequence();
        let number =
            self.seen.journal.borrow_mut().begin(self.life.owner, ask.clone(), self.seen.device_time());
        let told = match ask {
            Ask::Confirm(name) => self.client.confirm_deletions(name).await,
            Ask::Discard(change) => self.client.discard(change).await,
            Ask::Enable(names, is_enabled) => self.client.enable(names, is_enabled).await,
            Ask::Requeue(change, doc) => self.client.requeue(change, Some(doc)).await,
            Ask::Resolve(conflict, choice) => self.client.resolve(conflict, choice).await,
            Ask::Write(intents) => self.client.write(intents).await,
        };
        self.seen.end(number, since, &told);
        told
    }

    /// What is asked for, as the app of this context says it.
    fn by_schema(&self, ask: Ask) -> Ask {
        let schema = self.seen.versions.of(self.life.owner);
        match ask {
            Ask::Write(intents) => {
                Ask::Write(intents.into_iter().map(|intent| schema.edit(intent)).collect())
            }
            Ask::Requeue(change, doc) => {
                let rows = self.seen.rows.borrow();
                let collection = rows.parked.get(&change).map(|row| &row.collection);
                let doc = collection.map_or_else(|| doc.clone(), |collection| schema.shown(collection, &doc));
                Ask::Requeue(change, doc)
            }
            ask => ask,
        }
    }
}

/// The conflicts that an app is told are those that there are.
async fn check_conflicts(ground: &Ground, hands: &Hands) {
    let Ok(told) = hands.client.conflicts().await else { return };
    // What was read is of this moment only where the context knows the log to its end.
    if hands.client.database().sequence() != hands.seen.sequence() {
        return;
    }
    let rows = hands.seen.rows.borrow();
    for conflict in &told {
        let pair = rows.pair(&(conflict.collection.clone(), conflict.record.clone()));
        ground.check(check_told(&pair, conflict));
    }
    let kept = rows.records.values().filter(|pair| pair.is_conflicting()).count();
    if kept != told.len() {
        ground.find(|| format!("{kept} conflicts are kept and {} told", told.len()));
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
        let queued: Vec<_> =
            queued.filter_map(|(key, pair)| Some((key.clone(), pair.queue.clone()?))).collect();
        let ids: Vec<ChangeId> = queued.iter().map(|(_, row)| row.latest().id.clone()).collect();
        // What is given up while it is on its way, and edited again, must not be taken for what is answered.
        let in_flight = queued.iter().filter(|(_, row)| row.is_sent).find(|_| chance.happens(500));
        let in_flight = in_flight.map(|(key, row)| (row.latest().id.clone(), tokens.anew(key)));
        drop(rows);
        if let Some((id, intent)) = in_flight {
            let hands = self.hands();
            return self.spawn(async move {
                drop(hands.ask(Ask::Discard(id)).await);
                drop(hands.ask(Ask::Write(vec![intent])).await);
            });
        }
        let ask = match (chance.pick(&parked), chance.pick(&ids)) {
            (Some((id, record)), _) if chance.happens(500) => Ask::Requeue(id.clone(), tokens.mended(record)),
            (Some((id, _)), _) => Ask::Discard(id.clone()),
            (None, Some(id)) => Ask::Discard(id.clone()),
            (None, None) => return,
        };
        let (hands, ground) = (self.hands(), Rc::clone(&self.device.around.ground));
        self.spawn(async move {
            ground.say(|| format!("{:?} asks {ask:?}", hands.life.owner));
            drop(hands.ask(ask).await);
        });
    }

    /// Looks at the conflicts and chooses how one ends, or how all do.
    pub(crate) fn choose(&self, is_all: bool, tokens: &Tokens, chance: &Chance) {
        let rows = self.device.seen().rows.borrow();
        let kept = rows.records.iter().filter(|(_, pair)| pair.is_conflicting());
        let kept: Vec<(ChangeId, RecordId)> = kept
            .filter_map(|((_, record), pair)| Some((pair.queue.as_ref()?.change.id.clone(), record.clone())))
            .collect();
        drop(rows);
        let chosen = if is_all { kept } else { chance.pick(&kept).cloned().into_iter().collect() };
        for (conflict, record) in chosen {
            let choice = match chance.below(6) {
                0 | 1 => Choice::Local,
                2 | 3 => Choice::Remote,
                4 => Choice::Merged(Some(tokens.mended(&record))),
                _ => Choice::Merged(None),
            };
            let (hands, ground) = (self.hands(), Rc::clone(&self.device.around.ground));
            self.spawn(async move {
                check_conflicts(&ground, &hands).await;
                ground.say(|| format!("{:?} chooses {choice:?} for {conflict}", hands.life.owner));
                if hands.ask(Ask::Resolve(conflict, choice)).await.is_ok() {
                    ground.count(|counts| &mut counts.chosen_by_user);
                }
            });
        }
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
            look(Rc::clone(&life), client.clone(), seen.versions.of(life.owner)).await;
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
