//! What the parts of one client share: the host, the mirror, the status, and the signals to whoever runs the loop.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use futures::channel::{mpsc, oneshot};
use syncline_protocol::{ChangeId, CollectionName, Millis, RecordId};
use syncline_store::Part;
use uuid::{Builder, Uuid};

use super::{
    calls::Call,
    cycle::Doing,
    lookup::Lookup,
    messages::Message,
    mirror::Mirror,
    pace::Pace,
    status::{Activity, decide},
};
use crate::{
    metrics::Meter,
    model::{Error, Event, Options, Status, SyncReport},
    plan::KeptConflict,
    planted::{self, Bug},
    ports::{Channel as _, Clock as _, Events as _, Host, Network as _, Random as _},
    schedule::SliceSize,
};

/// Where the answer to a call of `sync` goes.
pub(super) type Reply = oneshot::Sender<Result<SyncReport, Error>>;

/// What the loop is told.
#[derive(Debug)]
pub(super) enum Signal {
    /// The client is closing.
    Closed,
    /// A part of the database turned out damaged.
    Damaged,
    /// The server may have news.
    Hint,
    /// A leadership began, here or in another context.
    LedAnew,
    /// The live channel is up.
    LiveUp,
    /// The app changed something, here or in another context.
    LocalChange,
    /// A context has mended what was damaged; whether it is this one.
    Mended(bool),
    /// The leader gave a sign of life.
    LeaderHeard,
    /// The leader does not answer a call of sync.
    LeaderSilent,
    /// The app asks for a sync, here or in another context.
    Requested(Call),
    /// Commits went by unseen.
    Reset,
    /// Sync of a collection was switched on or off.
    Settings,
    /// Nobody waits for that call of sync any more.
    Withdrawn(String),
    /// The user looks at another context.
    Woken,
}

/// A call of sync that the leader was asked for.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) reply: Option<Reply>,
    /// Whether the leader said since the last time that it heard.
    pub(super) is_heard: bool,
    /// How often in a row it did not.
    pub(super) unheard: u32,
}

/// What the parts share.
pub(super) struct Shared<H> {
    pub(super) host: H,
    pub(super) options: Options,
    pub(super) mirror: RefCell<Mirror>,
    pub(super) lookup: RefCell<Lookup>,
    /// Whether commits went by that the mirror has not taken in.
    pub(super) is_mirror_stale: Cell<bool>,
    pub(super) activity: RefCell<Activity>,
    pub(super) is_leader: Cell<bool>,
    /// Whether it could not take in what others wrote, and is about to try again.
    pub(super) is_behind: Cell<bool>,
    /// How often this context had been left when it last took in what it missed.
    pub(super) departures: Cell<u64>,
    pub(super) is_closed: Cell<bool>,
    /// Whether a batch is on its way: what is sent and not answered is then in flight.
    pub(super) is_pushing: Cell<bool>,
    /// Syncs that this context asked the leader for.
    pub(super) asked: RefCell<BTreeMap<String, Asked>>,
    /// What the cycle under way has done so far, or the last one did.
    pub(super) doing: Cell<Doing>,
    pub(super) is_compacting: Cell<bool>,
    /// How much a compaction folds at once.
    pub(super) slice_size: Cell<SliceSize>,
    /// What this context has done so far, as numbers.
    pub(super) meter: RefCell<Meter>,
    /// Collections of which every document is brought up to the app's version.
    pub(super) is_migrated: RefCell<BTreeSet<CollectionName>>,
    /// How often a document was written that is older than the app.
    pub(super) older_heard: Cell<u64>,
    /// Documents of which the app was told that it could not bring them up.
    pub(super) unmigrated: RefCell<BTreeSet<(CollectionName, RecordId)>>,
    /// When collections were last looked through for what is older than they keep.
    pub(super) expired_at: RefCell<BTreeMap<CollectionName, Millis>>,
    /// When the live channel was last heard.
    pub(super) live_heard_at: Cell<Option<Millis>>,
    /// What keeps traffic below a bound, where there is one.
    pub(super) pace: RefCell<Option<Pace>>,
    /// Writers that wait for the compaction that is under way.
    pub(super) waiting_for_room: RefCell<Vec<oneshot::Sender<()>>>,
    /// The damaged parts that the app was told of, or that were mended before this context was there.
    pub(super) told_parts: RefCell<BTreeSet<Part>>,
    /// Where the loop hears signals, until it runs.
    pub(super) receiver: RefCell<Option<mpsc::UnboundedReceiver<Signal>>>,
    /// Whether something happened that the cycle under way could do, beside waiting for functions of the app's.
    pub(super) is_stirred: Cell<bool>,
    /// Conflicts that functions of the app's had no answer to, as they were asked about.
    pub(super) unresolved: RefCell<BTreeMap<ChangeId, KeptConflict>>,
    signals: mpsc::UnboundedSender<Signal>,
    status: RefCell<Option<Rc<Status>>>,
    told: RefCell<Activity>,
    last_uuid: Cell<(u64, u128)>,
}

impl<H: Host> Shared<H> {
    pub(super) fn new(host: H, options: Options, slice_size: SliceSize) -> Rc<Self> {
        let (signals, receiver) = mpsc::unbounded();
        let pace = options.schedule.bandwidth.map(|bandwidth| Pace::new(bandwidth, host.clock().now()));
        let departures = Cell::new(host.network().departures());
        Rc::new(Self {
            host,
            options,
            mirror: RefCell::default(),
            lookup: RefCell::default(),
            is_mirror_stale: Cell::default(),
            activity: RefCell::default(),
            is_leader: Cell::default(),
            is_behind: Cell::default(),
            departures,
            is_closed: Cell::default(),
            is_pushing: Cell::default(),
            asked: RefCell::default(),
            doing: Cell::default(),
            is_compacting: Cell::default(),
            slice_size: Cell::new(slice_size),
            meter: RefCell::default(),
            is_migrated: RefCell::default(),
            older_heard: Cell::default(),
            unmigrated: RefCell::default(),
            expired_at: RefCell::default(),
            live_heard_at: Cell::default(),
            pace: RefCell::new(pace),
            waiting_for_room: RefCell::default(),
            told_parts: RefCell::default(),
            receiver: RefCell::new(Some(receiver)),
            is_stirred: Cell::default(),
            unresolved: RefCell::default(),
            signals,
            status: RefCell::default(),
            told: RefCell::default(),
            last_uuid: Cell::default(),
        })
    }

    /// Tells the loop; nobody hears it once the loop has ended.
    pub(super) fn signal(&self, signal: Signal) {
        if matches!(signal, Signal::Hint | Signal::LocalChange | Signal::Requested(_)) {
            self.is_stirred.set(true);
        }
        drop(self.signals.unbounded_send(signal));
    }

    /// Tells the other contexts.
    pub(super) fn say(&self, message: &Message) {
        if let Ok(text) = serde_json::to_string(message) {
            let channel = self.host.channel();
            match message {
                Message::Committed => channel.send_soon(&text),
                _ => channel.send(&text),
            }
        }
    }

    /// Whether this context was left, and has not taken in since what it missed.
    pub(super) fn has_missed(&self) -> bool {
        self.host.network().departures() != self.departures.get()
    }

    /// The device's time.
    pub(super) fn now(&self) -> Millis {
        self.host.clock().now()
    }

    /// A UUIDv7 (RFC 9562) of the device's time and chance, each greater than the last: within a millisecond the random
    /// part counts up (section 6.2, method 2).
    pub(super) fn uuid(&self) -> String {
        self.uuid_at(self.now())
    }

    fn uuid_at(&self, now: Millis) -> String {
        let time = u64::try_from(now.0).unwrap_or_default();
        let (last_time, last_tail) = self.last_uuid.get();
        let (time, tail) = if time > last_time {
            let random = self.host.random();
            (time, (u128::from(random.next()) << 16 | u128::from(random.next() >> 48)) >> 1)
        } else {
            (last_time, last_tail.wrapping_add(1))
        };
        self.last_uuid.set((time, tail));
        let uuid = Builder::from_unix_timestamp_millis(time, &spread(tail)).into_uuid().hyphenated();
        uuid.encode_lower(&mut Uuid::encode_buffer()).to_owned()
    }

    /// A new idempotency key.
    pub(super) fn change_id(&self) -> ChangeId {
        self.change_id_at(self.now())
    }

    /// A new idempotency key, where the time is known.
    pub(super) fn change_id_at(&self, now: Millis) -> ChangeId {
        ChangeId::trusted(self.uuid_at(now))
    }

    /// The status as last emitted.
    pub(super) fn status(&self) -> Rc<Status> {
        let known = self.status.borrow().clone();
        known.unwrap_or_else(|| Rc::new(self.decide_status()))
    }

    /// Decides the status anew and emits it if it changed; a leader tells the other contexts what it does.
    pub(super) fn refresh_status(&self) {
        let is_leader = self.is_leader.get();
        if is_leader && *self.told.borrow() != *self.activity.borrow() {
            let activity = self.activity.borrow().clone();
            self.told.replace(activity.clone());
            self.say(&Message::Activity(activity));
        }
        let status = self.decide_status();
        if self.status.borrow().as_deref() == Some(&status) {
            return;
        }
        self.status.replace(Some(Rc::new(status.clone())));
        if !self.is_closed.get() && !planted::is(Bug::StatusUntold) {
            self.host.events().emit(Event::Status(status));
        }
    }

    fn decide_status(&self) -> Status {
        decide(&self.mirror.borrow(), &self.activity.borrow(), self.is_leader.get())
    }
}

/// The low 74 bits of a number as the random part of a UUIDv7, around the bits that say version and variant.
fn spread(tail: u128) -> [u8; 10] {
    let (high, low) = ((tail >> 62) & 0xfff, tail & 0x3fff_ffff_ffff_ffff);
    let bytes = (high << 64 | low).to_be_bytes();
    let mut spread = [0; 10];
    for (place, byte) in spread.iter_mut().zip(bytes.into_iter().skip(6)) {
        *place = byte;
    }
    spread
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_counts_up_across_its_version_and_variant_bits() {
        let uuid = |tail| Builder::from_unix_timestamp_millis(7, &spread(tail)).into_uuid().to_string();
        let edge = 0x3fff_ffff_ffff_ffff;
        assert!(uuid(0) < uuid(1) && uuid(edge) < uuid(edge + 1));
        assert_ne!(uuid(edge), uuid(edge + 1));
    }
}
