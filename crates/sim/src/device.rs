//! A device: its disk, its surroundings and its contexts, which open, freeze and crash. Edits nothing.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
};

use syncline_core::{
    engine::Client,
    model::{CollectionOptions, ConflictStrategy, Options, Retain, Schedule},
};
use syncline_protocol::CollectionName;
use syncline_store::{MemoryDisk, Sequence};

use crate::{
    app::{NEWEST, Schema},
    ground::Ground,
    oracle::{Seen, Verdicts, Witness},
    service::Service,
    stage::{Air, Door, FaultyDisk, Health, Link, Presence, Simulated, Skew, Surroundings, Told},
    tasks::Owner,
};

/// The collections of every world and their strategies.
pub(crate) fn strategies() -> BTreeMap<CollectionName, ConflictStrategy> {
    [
        (cards(), ConflictStrategy::Merge),
        (drafts(), ConflictStrategy::Manual),
        (notes(), ConflictStrategy::LastWriteWins),
        (sheets(), ConflictStrategy::Function),
        (tasks(), ConflictStrategy::Merge),
    ]
    .into()
}

/// The collection of which apps know several versions.
pub(crate) fn cards() -> CollectionName {
    CollectionName::trusted("cards")
}

/// The collection whose conflicts a function of the app's resolves.
pub(crate) fn sheets() -> CollectionName {
    CollectionName::trusted("sheets")
}

/// The collection whose conflicts are kept until the user chooses.
pub(crate) fn drafts() -> CollectionName {
    CollectionName::trusted("drafts")
}

/// The collection where the last write wins.
pub(crate) fn notes() -> CollectionName {
    CollectionName::trusted("notes")
}

/// The collection whose conflicts are merged.
pub(crate) fn tasks() -> CollectionName {
    CollectionName::trusted("tasks")
}

fn retain_of(milliseconds: u32) -> Retain {
    Retain { days: f64::from(milliseconds) / 86_400_000.0 }
}

/// One browser profile.
pub(crate) struct Device {
    pub(crate) index: usize,
    pub(crate) around: Surroundings,
    pub(crate) is_ill: Rc<Health>,
    pub(crate) disk: MemoryDisk,
    witness: Rc<Witness>,
    /// Which version of cards the app knows that is opened next.
    version: Cell<u32>,
    pub(crate) contexts: RefCell<Vec<Rc<Life>>>,
}

/// One life of a context, from its opening to its end.
pub(crate) struct Life {
    pub(crate) owner: Owner,
    pub(crate) told: Rc<Told>,
    client: RefCell<Option<Client<Simulated>>>,
    pub(crate) is_frozen: Cell<bool>,
    pub(crate) presence: Rc<Presence>,
    is_over: Cell<bool>,
    /// Whether its disk is lost for good: then the app opens anew.
    is_lost: Rc<Cell<bool>>,
    pub(crate) is_looking: Cell<bool>,
    /// Calls of the app that have no answer yet.
    pub(crate) open_calls: Rc<Cell<u64>>,
    /// An entry that this context has told its app of: it never shows less.
    pub(crate) floor: Cell<Sequence>,
}

impl Life {
    /// The client, once it is open.
    pub(crate) fn client(&self) -> Option<Client<Simulated>> {
        self.client.borrow().clone()
    }
}

impl Device {
    pub(crate) fn new(ground: &Rc<Ground>, service: &Rc<Service>, index: usize) -> Option<Self> {
        let disk = MemoryDisk::new();
        let skew = ground.fate.between(0, ground.weather.skew.saturating_mul(2));
        let skew = Rc::new(Skew::new(skew.cast_signed().saturating_sub(ground.weather.skew.cast_signed())));
        let verdicts = Rc::<Verdicts>::default();
        let version = if ground.weather.is_versioned { ground.fate.below(3) } else { 0 };
        Some(Self {
            index,
            around: Surroundings {
                ground: Rc::clone(ground),
                service: Rc::clone(service),
                air: Rc::<Air>::default(),
                door: Rc::<Door>::default(),
                link: Rc::<Link>::default(),
                skew: Rc::clone(&skew),
                is_signed_out: Rc::default(),
                verdicts: Rc::clone(&verdicts),
            },
            is_ill: Rc::<Health>::default(),
            witness: Witness::new(ground, service, disk.clone(), (index, &skew, &verdicts), strategies())?,
            disk,
            version: Cell::new(u32::try_from(version).unwrap_or_default()),
            contexts: RefCell::default(),
        })
    }

    /// What its log says.
    pub(crate) fn seen(&self) -> &Rc<Seen> {
        self.witness.seen()
    }

    /// Its contexts that are open and not frozen.
    pub(crate) fn living(&self) -> Vec<(Rc<Life>, Client<Simulated>)> {
        let contexts = self.contexts.borrow();
        let living = contexts.iter().filter(|life| !life.is_frozen.get());
        living.filter_map(|life| Some((Rc::clone(life), life.client()?))).collect()
    }

    /// Opens a context; it runs until it is closed or crashes.
    pub(crate) fn open(&self, owner: Owner) {
        let ground = &self.around.ground;
        let told = Told::new(ground, strategies().into_keys());
        self.upgrade();
        let schema = Schema(self.version.get());
        self.seen().versions.note(owner, schema.0);
        let life = Rc::new(Life {
            owner,
            told: Rc::clone(&told),
            client: RefCell::default(),
            is_frozen: Cell::new(false),
            presence: Rc::new(Presence::new(&self.around.link)),
            is_over: Cell::new(false),
            is_lost: Rc::default(),
            is_looking: Cell::new(false),
            open_calls: Rc::default(),
            floor: Cell::default(),
        });
        self.seen().tell_failures(owner, &told.has_stored_failure);
        let host = match Simulated::new(&self.around, owner, (&told, &life.presence), schema) {
            Ok(host) => host,
            Err(error) => return ground.find(|| format!("no host: {error}")),
        };
        let disk = FaultyDisk {
            disk: self.disk.clone(),
            ground: Rc::clone(ground),
            is_ill: Rc::clone(&self.is_ill),
            witness: Rc::clone(&self.witness),
            owner,
            is_lost: Rc::clone(&life.is_lost),
        };
        ground.say(|| format!("device {} opens context {}", self.index, owner.0));
        self.contexts.borrow_mut().push(Rc::clone(&life));
        let (options, store) = (self.options(schema), self.store_options());
        let (ground, seen) = (Rc::clone(ground), Rc::clone(self.seen()));
        let living = async move {
            match Client::open_with(host, disk, options, store).await {
                Ok(client) => {
                    if seen.device().as_ref() != Some(client.device()) && !seen.is_excused() {
                        ground.find(|| {
                            format!("{owner:?} is {:?} and the log says {:?}", client.device(), seen.device())
                        });
                    }
                    life.client.replace(Some(client.clone()));
                    client.run().await;
                    if !client.is_closed() && !life.is_lost.get() {
                        ground.find(|| format!("{owner:?} stopped by itself"));
                    }
                }
                Err(error) => ground.say(|| format!("{owner:?} did not open: {error}")),
            }
            life.client.take();
            life.is_over.set(true);
        };
        self.around.ground.tasks.spawn(owner, Box::pin(living));
    }

    /// Whoever opens the app anew may be given a newer one; contexts that are open keep theirs.
    fn upgrade(&self) {
        let ground = &self.around.ground;
        if ground.weather.is_versioned && self.version.get() < NEWEST && ground.strikes(200) {
            self.version.set(self.version.get().saturating_add(1));
            ground.say(|| format!("device {} has version {}", self.index, self.version.get()));
            ground.count(|counts| &mut counts.upgrades);
        }
    }

    fn options(&self, schema: Schema) -> Options {
        let weather = &self.around.ground.weather;
        let indexes = if weather.is_indexed { vec!["a".to_owned()] } else { Vec::new() };
        let of = |strategy| CollectionOptions {
            conflict: strategy,
            indexes: indexes.clone(),
            ..CollectionOptions::default()
        };
        let retain = |name: &CollectionName| weather.retain.filter(|_| *name == tasks()).map(retain_of);
        Options {
            name: "sim".to_owned(),
            collections: strategies()
                .into_iter()
                .map(|(name, strategy)| {
                    let retain = retain(&name);
                    let schema_version = if name == cards() { schema.0 } else { 0 };
                    (name, CollectionOptions { retain, schema_version, ..of(strategy) })
                })
                .collect(),
            account: None,
            schedule: Schedule {
                live: weather.is_live,
                save_data: weather.save_data,
                bandwidth: weather.bandwidth,
                ..Schedule::default()
            },
            cache_bytes: None,
        }
    }

    fn store_options(&self) -> syncline_store::Options {
        let weather = &self.around.ground.weather;
        syncline_store::Options {
            cache_bytes: weather.cache_bytes,
            page_records: weather.page_records,
            page_bytes: 2_048,
            compact_at: weather.compact_at,
        }
    }

    /// Drops everything of a context at whatever await it is.
    pub(crate) fn crash(&self, life: &Rc<Life>) {
        let ground = &self.around.ground;
        ground.say(|| format!("device {} loses context {}", self.index, life.owner.0));
        ground.count(|counts| &mut counts.crashes);
        self.forget(life);
    }

    /// Drops everything of all its contexts.
    pub(crate) fn crash_all(&self) {
        let contexts = self.contexts.borrow().clone();
        contexts.iter().for_each(|life| self.crash(life));
    }

    fn forget(&self, life: &Rc<Life>) {
        let ground = &self.around.ground;
        ground.tasks.drop_all_of(life.owner);
        life.client.take();
        self.contexts.borrow_mut().retain(|other| other.owner != life.owner);
        let (cut, durable) = self.seen().journal.borrow_mut().bury(life.owner);
        (0..cut).for_each(|_| ground.count(|counts| &mut counts.writes_unknown));
        (0..durable).for_each(|_| ground.count(|counts| &mut counts.writes_unknown_durable));
    }

    /// Clears away contexts that ended, did not open, or lost their disk.
    pub(crate) fn sweep(&self) {
        let over: Vec<Rc<Life>> = self
            .contexts
            .borrow()
            .iter()
            .filter(|life| life.is_over.get() || life.is_lost.get())
            .cloned()
            .collect();
        over.iter().for_each(|life| self.forget(life));
    }

    /// Freezes a context. It keeps its lock until somebody steals it.
    pub(crate) fn freeze(&self, life: &Life) {
        let ground = &self.around.ground;
        ground.say(|| format!("device {} freezes context {}", self.index, life.owner.0));
        ground.count(|counts| &mut counts.freezes);
        life.is_frozen.set(true);
        ground.tasks.freeze(life.owner);
    }

    /// Lets a frozen context go on where it was.
    pub(crate) fn thaw(&self, life: &Life) {
        self.around.ground.say(|| format!("device {} thaws context {}", self.index, life.owner.0));
        life.is_frozen.set(false);
        self.around.ground.tasks.thaw(life.owner);
    }

    /// Ends everything without a word.
    pub(crate) fn clear(&self) {
        for life in self.contexts.take() {
            life.client.take();
        }
    }
}
