//! What every part of a world stands on: chance, time, tasks, the counts, the trace and the first finding. Does nothing itself.

use std::{
    cell::{Cell, RefCell},
    fmt::Write as _,
    rc::Rc,
};

use crate::{
    chance::Chance,
    counts::{Counts, Which},
    tasks::{NETWORK, Tasks, yield_once},
    time::Time,
    weather::Weather,
};

/// The ground of one world.
pub(crate) struct Ground {
    /// Who is polled next.
    pub(crate) order: Chance,
    /// What goes wrong.
    pub(crate) fate: Chance,
    /// What ids are made of.
    pub(crate) ids: Chance,
    pub(crate) time: Rc<Time>,
    pub(crate) tasks: Tasks,
    pub(crate) weather: Weather,
    is_calm: Cell<bool>,
    counts: RefCell<Counts>,
    trace: Option<RefCell<String>>,
    finding: RefCell<Option<String>>,
}

impl Ground {
    pub(crate) fn new(seed: u64, weather: Weather, is_traced: bool) -> Rc<Self> {
        Rc::new(Self {
            order: Chance::new(seed, 1),
            fate: Chance::new(seed, 2),
            ids: Chance::new(seed, 3),
            time: Rc::default(),
            tasks: Tasks::default(),
            weather,
            is_calm: Cell::new(false),
            counts: RefCell::default(),
            trace: is_traced.then(RefCell::default),
            finding: RefCell::default(),
        })
    }

    /// Whether something with that chance in a thousand goes wrong; nothing does once the world has calmed down.
    pub(crate) fn strikes(&self, per_mille: u32) -> bool {
        !self.is_calm.get() && self.fate.happens(per_mille)
    }

    /// Ends all trouble.
    pub(crate) fn calm_down(&self) {
        self.is_calm.set(true);
    }

    /// Counts one more of something.
    pub(crate) fn count(&self, which: Which) {
        let mut counts = self.counts.borrow_mut();
        let number = which(&mut counts);
        *number = number.saturating_add(1);
    }

    pub(crate) fn counts(&self) -> Counts {
        *self.counts.borrow()
    }

    /// Writes a line into the trace, where there is one.
    pub(crate) fn say(&self, line: impl FnOnce() -> String) {
        if let Some(trace) = &self.trace {
            // Writing into a text does not fail.
            let _written = writeln!(trace.borrow_mut(), "{:>9} {}", self.time.now(), line());
        }
    }

    /// What was traced.
    pub(crate) fn trace(&self) -> String {
        self.trace.as_ref().map(|trace| trace.borrow().clone()).unwrap_or_default()
    }

    /// Notes a broken invariant; the first one counts.
    pub(crate) fn find(&self, finding: impl FnOnce() -> String) {
        if self.finding.borrow().is_none() {
            let finding = finding();
            self.say(|| format!("BROKEN {finding}"));
            self.finding.replace(Some(finding));
        }
    }

    /// Notes what went wrong, if anything did.
    pub(crate) fn check(&self, result: Result<(), String>) {
        if let Err(finding) = result {
            self.find(|| finding);
        }
    }

    pub(crate) fn finding(&self) -> Option<String> {
        self.finding.borrow().clone()
    }

    pub(crate) fn has_finding(&self) -> bool {
        self.finding.borrow().is_some()
    }

    /// Lets something happen in the network, whoever crashes meanwhile.
    pub(crate) fn spawn_network(&self, future: impl Future<Output = ()> + 'static) {
        self.tasks.spawn(NETWORK, Box::pin(future));
    }

    /// Waits that many milliseconds.
    pub(crate) async fn time_passes(&self, milliseconds: u64) {
        self.time.sleep(milliseconds).await;
    }

    /// A short wait of any kind: none, some polls, or some milliseconds.
    pub(crate) async fn pause(&self) {
        match self.fate.below(16) {
            0..=6 => {}
            7..=13 => yield_once().await,
            14 => {
                yield_once().await;
                yield_once().await;
            }
            _ => self.time.sleep(self.fate.between(1, 40)).await,
        }
    }
}
