//! The world as the engine sees it: one context on its device. Decides nothing.

use std::{cell::Cell, rc::Rc};

use futures::future::LocalBoxFuture;
use syncline_core::{
    backends::{Address, Native},
    model::Error,
    ports::{Channel, Clock, Events, Host, Network, Random, Resolver},
};

use super::{
    Air, Door, FaultyDisk, Link, Presence, Skew, Told,
    air::Ear,
    clock::DeviceClock,
    door::Key,
    judge::Judge,
    live::LiveSockets,
    told::TellTo,
    wire::{DeviceHttp, DeviceWire, Tokens},
};
use crate::{app::Schema, ground::Ground, oracle::Verdicts, service::Service, tasks::Owner};

/// What the contexts of one device have in common.
pub(crate) struct Surroundings {
    pub(crate) ground: Rc<Ground>,
    pub(crate) service: Rc<Service>,
    pub(crate) air: Rc<Air>,
    pub(crate) door: Rc<Door>,
    pub(crate) link: Rc<Link>,
    pub(crate) skew: Rc<Skew>,
    pub(crate) is_signed_out: Rc<Cell<bool>>,
    pub(crate) verdicts: Rc<Verdicts>,
}

/// The host of one context.
pub(crate) struct Simulated {
    ground: Rc<Ground>,
    owner: Owner,
    backend: Native<DeviceWire>,
    channel: Ear,
    clock: DeviceClock,
    events: TellTo,
    lock: Key,
    presence: Rc<Presence>,
    random: Dice,
    judge: Judge,
    schema: Schema,
}

impl Simulated {
    /// The host of a context.
    pub(crate) fn new(
        around: &Surroundings,
        owner: Owner,
        (told, presence): (&Rc<Told>, &Rc<Presence>),
        schema: Schema,
    ) -> Result<Self, Error> {
        let (ground, service, link) = (&around.ground, &around.service, &around.link);
        let clock = || DeviceClock { time: Rc::clone(&ground.time), skew: Rc::clone(&around.skew) };
        let wire = DeviceWire {
            clock: clock(),
            http: DeviceHttp {
                ground: Rc::clone(ground),
                service: Rc::clone(service),
                link: Rc::clone(link),
                told: Rc::clone(told),
            },
            sockets: LiveSockets {
                ground: Rc::clone(ground),
                service: Rc::clone(service),
                link: Rc::clone(link),
            },
            tokens: Tokens {
                ground: Rc::clone(ground),
                service: Rc::clone(service),
                link: Rc::clone(link),
                is_signed_out: Rc::clone(&around.is_signed_out),
                is_asked: Cell::new(false),
                told: Rc::clone(told),
            },
        };
        Ok(Self {
            backend: Native::new(Address::parse("https://sync.test")?, wire),
            channel: around.air.join(ground),
            clock: clock(),
            events: TellTo(Rc::clone(told)),
            lock: Key { ground: Rc::clone(ground), door: Rc::clone(&around.door), owner },
            presence: Rc::clone(presence),
            random: Dice(Rc::clone(ground)),
            judge: Judge { ground: Rc::clone(ground), verdicts: Rc::clone(&around.verdicts) },
            schema,
            ground: Rc::clone(ground),
            owner,
        })
    }
}

impl Host for Simulated {
    type Backend = Native<DeviceWire>;
    type Disk = FaultyDisk;
    type Lock = Key;

    fn backend(&self) -> Option<&Self::Backend> {
        Some(&self.backend)
    }

    fn channel(&self) -> &impl Channel {
        &self.channel
    }

    fn clock(&self) -> &impl Clock {
        &self.clock
    }

    fn events(&self) -> &impl Events {
        &self.events
    }

    fn lock(&self) -> &Self::Lock {
        &self.lock
    }

    fn migrator(&self) -> &impl syncline_core::ports::Migrator {
        &self.schema
    }

    fn network(&self) -> &impl Network {
        &*self.presence
    }

    fn random(&self) -> &impl Random {
        &self.random
    }

    fn resolver(&self) -> &impl Resolver {
        &self.judge
    }

    fn spawn(&self, future: LocalBoxFuture<'static, ()>) {
        self.ground.tasks.spawn(self.owner, future);
    }
}

/// Chance as the engine gets it.
struct Dice(Rc<Ground>);

impl Random for Dice {
    fn next(&self) -> u64 {
        self.0.ids.number()
    }
}
