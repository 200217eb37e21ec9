//! One world: it acts, goes wrong, heals and comes to rest, all by one seed. Judges nothing itself.

use std::{cell::Cell, rc::Rc};

use crate::{
    app::{Tokens, User},
    chance::Chance,
    device::{Device, Life, strategies},
    ground::Ground,
    service::Service,
    tasks::Owner,
    weather::Weather,
};

/// Polls without coming to rest that mean that somebody runs in circles.
const MOST_POLLS: u64 = 3_000_000;

/// A world.
pub(crate) struct World {
    pub(crate) ground: Rc<Ground>,
    pub(crate) service: Rc<Service>,
    pub(crate) devices: Vec<Device>,
    pub(crate) tokens: Tokens,
    /// What users and fate do next.
    pub(crate) will: Chance,
    next_owner: Cell<u32>,
    polls: Cell<u64>,
}

impl World {
    /// The world of a seed, before anything happened; `None` where a healthy disk cannot be opened.
    pub(crate) fn new(seed: u64, is_traced: bool) -> Option<Self> {
        Self::with_weather(seed, Weather::of_seed(seed), is_traced)
    }

    /// The same in another weather.
    pub(crate) fn with_weather(seed: u64, weather: Weather, is_traced: bool) -> Option<Self> {
        let ground = Ground::new(seed, weather, is_traced);
        ground.say(|| format!("{:?}", ground.weather));
        let service = Service::new(&ground);
        let devices: Option<Vec<Device>> =
            (0..ground.weather.devices).map(|index| Device::new(&ground, &service, index)).collect();
        Some(Self {
            devices: devices?,
            ground,
            service,
            tokens: Tokens::default(),
            will: Chance::new(seed, 5),
            next_owner: Cell::new(1),
            polls: Cell::new(0),
        })
    }

    /// Acts as long as the weather says.
    pub(crate) fn act(&self) {
        for device in &self.devices {
            self.open(device);
        }
        if self.ground.weather.bandwidth.is_some() {
            self.ground.count(|counts| &mut counts.paced);
        }
        self.run_for(1_000);
        for device in &self.devices {
            if self.will.happens(800) {
                self.with_user(device, |user| user.enable(strategies().into_keys().collect(), true));
            }
        }
        for _ in 0..self.ground.weather.actions {
            if self.ground.has_finding() {
                return;
            }
            self.ground.count(|counts| &mut counts.actions);
            self.act_once();
            self.let_time_pass();
        }
    }

    fn act_once(&self) {
        let Some(device) = self.will.pick(&self.devices) else { return };
        device.sweep();
        if self.ground.fate.happens(self.ground.weather.crash) {
            return self.crash(device);
        }
        if self.ground.weather.is_crowded && self.will.happens(120) {
            return self.with_user(device, |user| match self.will.happens(500) {
                true => user.write_many(&self.tokens, &self.will),
                false => user.confirm(),
            });
        }
        match self.will.below(100) {
            0..=43 => self.with_user(device, |user| user.write(&self.tokens, &self.will)),
            44..=51 => self.with_user(device, |user| user.write_own(&self.tokens)),
            52..=57 => self.with_user(device, |user| user.read(&self.will)),
            58 => self.with_user(device, |user| user.choose(false, &self.tokens, &self.will)),
            59..=60 => self.wake(device),
            61 => self.save_data(device),
            62..=68 => self.with_user(device, |user| drop(user.sync())),
            69..=71 => self.with_user(device, |user| {
                user.sync_briefly(self.will.between(0, 3_000), self.will.happens(500));
            }),
            72..=77 => self.open(device),
            78..=79 => self.with_user(device, |user| user.client.close()),
            80..=83 => self.with_user(device, |user| {
                let names: Vec<_> = strategies().into_keys().filter(|_| self.will.happens(700)).collect();
                user.enable(names, self.will.happens(750));
            }),
            84..=85 => self.with_user(device, |user| user.give_up(&self.tokens, &self.will)),
            86..=89 => self.partition(device),
            90..=93 => self.freeze_or_thaw(device),
            94..=95 => {
                device.is_ill.set(!device.is_ill.get());
                self.ground
                    .say(|| format!("device {} has an ill disk: {}", device.index, device.is_ill.get()));
            }
            96 => self.service.expire_tokens(),
            97 => device.around.is_signed_out.set(!device.around.is_signed_out.get()),
            98 => self.trouble_server(),
            _ => self.jump_clock(device),
        }
    }

    fn with_user(&self, device: &Device, act: impl FnOnce(User<'_>)) {
        if let Some(user) = User::at(device, &self.will) {
            act(user);
        } else if device.contexts.borrow().is_empty() {
            self.open(device);
        }
    }

    /// Opens another context of a device, unless there are as many as there may be.
    pub(crate) fn open(&self, device: &Device) {
        if device.contexts.borrow().len() < self.ground.weather.contexts {
            let owner = self.next_owner.get();
            self.next_owner.set(owner.saturating_add(1));
            device.open(Owner(owner));
        }
    }

    fn crash(&self, device: &Device) {
        // Right now, or at whatever await some polls from here is; in the middle of edits often.
        while self.will.happens(600) {
            self.with_user(device, |user| user.write(&self.tokens, &self.will));
            self.run_polls(self.will.below(4));
        }
        self.run_polls(self.will.below(8).saturating_mul(self.will.below(8)));
        let contexts: Vec<Rc<Life>> = device.contexts.borrow().clone();
        if self.will.happens(300) {
            contexts.iter().for_each(|life| device.crash(life));
        } else if let Some(life) = self.will.pick(&contexts) {
            device.crash(life);
        }
        if self.will.happens(700) {
            self.open(device);
        }
    }

    fn partition(&self, device: &Device) {
        let link = &device.around.link;
        let (is_cut, is_told) = (!link.is_cut(), self.will.happens(600));
        self.ground.say(|| format!("device {} is cut: {is_cut}, told: {is_told}", device.index));
        if is_cut {
            self.ground.count(|counts| &mut counts.partitions);
        }
        link.set(is_cut, is_told);
    }

    fn wake(&self, device: &Device) {
        self.ground.say(|| format!("device {} is looked at", device.index));
        self.ground.count(|counts| &mut counts.wakes);
        device.around.link.wake();
    }

    fn save_data(&self, device: &Device) {
        let is_saved = self.will.happens(600);
        self.ground.say(|| format!("device {} saves data: {is_saved}", device.index));
        if is_saved {
            self.ground.count(|counts| &mut counts.data_saved);
        }
        device.around.link.save_data(is_saved);
    }

    fn freeze_or_thaw(&self, device: &Device) {
        let contexts: Vec<Rc<Life>> = device.contexts.borrow().clone();
        let frozen = contexts.iter().find(|life| life.is_frozen.get());
        match frozen {
            Some(life) => {
                life.presence.come_back();
                device.thaw(life);
            }
            None => {
                if let Some(life) = self.will.pick(&contexts) {
                    // Every other one is a page that is told that it is left, and that it is back.
                    if life.owner.0 % 2 == 0 {
                        self.ground.count(|counts| &mut counts.departures);
                        life.presence.leave();
                    }
                    device.freeze(life);
                }
            }
        }
    }

    fn trouble_server(&self) {
        if self.will.happens(600) {
            self.ground.say(|| "the server restarts".to_owned());
            self.ground.count(|counts| &mut counts.restarts);
            self.service.restart();
        } else {
            self.ground.say(|| "the server forgets deletions".to_owned());
            self.ground.count(|counts| &mut counts.purges);
            self.service.purge();
        }
    }

    fn jump_clock(&self, device: &Device) {
        let reach = self.ground.weather.skew;
        if reach > 0 {
            let skew = self.will.between(0, reach.saturating_mul(2));
            device.seen().is_clock_set.set(true);
            device.around.skew.set(skew.cast_signed().saturating_sub(reach.cast_signed()));
            self.ground.count(|counts| &mut counts.clock_jumps);
        }
    }

    /// Lets some polls, some milliseconds or some minutes pass.
    fn let_time_pass(&self) {
        match self.will.below(20) {
            0..=6 => self.run_polls(self.will.below(20)),
            7..=13 => self.run_for(self.will.between(0, 300)),
            14..=17 => self.run_for(self.will.between(300, 5_000)),
            18 => self.run_for(self.will.between(5_000, 60_000)),
            _ => {}
        }
    }

    /// Polls that often, jumping over time where nobody is ready.
    pub(crate) fn run_polls(&self, polls: usize) {
        for _ in 0..polls {
            let is_any = self.poll() || self.ground.time.jump(self.ground.time.now().saturating_add(1_000));
            if !is_any {
                return;
            }
        }
    }

    /// Lets that many milliseconds pass.
    pub(crate) fn run_for(&self, milliseconds: u64) {
        let until = self.ground.time.now().saturating_add(milliseconds);
        loop {
            while self.poll() {
                if self.ground.has_finding() {
                    return;
                }
            }
            if !self.ground.time.jump(until) {
                return;
            }
        }
    }

    fn poll(&self) -> bool {
        self.polls.set(self.polls.get().saturating_add(1));
        if self.polls.get() > MOST_POLLS {
            self.ground.find(|| "the world does not come to rest".to_owned());
            return false;
        }
        let is_any = self.ground.tasks.poll_one(&self.ground.order);
        if is_any {
            self.ground.count(|counts| &mut counts.polls);
        }
        is_any
    }

    /// Ends the world, so that nothing in it keeps anything else alive.
    pub(crate) fn end(&self) {
        self.ground.tasks.clear();
        self.devices.iter().for_each(Device::clear);
        self.ground.tasks.clear();
    }
}
