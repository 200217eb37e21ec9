//! How bad the world of one seed is: which faults it has and how often. Brings none about.

use syncline_core::model::SaveData;
use syncline_protocol::Limits;

use crate::chance::Chance;

/// Chances in a thousand, and sizes. Each seed has its own, so that rare kinds of trouble also come alone.
#[derive(Clone, Debug)]
pub(crate) struct Weather {
    pub(crate) devices: usize,
    /// Contexts of one device at most.
    pub(crate) contexts: usize,
    /// Whether a disk goes bad in the end.
    pub(crate) is_damaged: bool,
    pub(crate) actions: usize,
    pub(crate) request_lost: u32,
    pub(crate) answer_lost: u32,
    pub(crate) duplicated: u32,
    pub(crate) delayed: u32,
    pub(crate) throttled: u32,
    pub(crate) html: u32,
    pub(crate) doubted: u32,
    pub(crate) disk_refuses: u32,
    pub(crate) disk_doubt: u32,
    /// How long each call of a disk takes at least, in milliseconds. No seed has such a disk: what they ask of calm worlds is
    /// asked of quick ones.
    pub(crate) disk_takes: u64,
    pub(crate) message_lost: u32,
    pub(crate) crash: u32,
    pub(crate) is_live: bool,
    /// What data that is to be saved means to the app.
    pub(crate) save_data: SaveData,
    /// Bytes per second at most.
    pub(crate) bandwidth: Option<u64>,
    /// How long the collection whose conflicts are merged keeps records, in milliseconds.
    pub(crate) retain: Option<u32>,
    /// Whether apps know different versions of cards.
    pub(crate) is_versioned: bool,
    /// Whether there are many records, which come and go together.
    pub(crate) is_crowded: bool,
    /// Whether queries have an index to go by.
    pub(crate) is_indexed: bool,
    /// The chance that a deletion is forgotten as soon as it is made.
    pub(crate) purged: u32,
    /// The chance that a request finds all tokens expired.
    pub(crate) expired: u32,
    /// How far each device's clock is from the truth at most, in milliseconds.
    pub(crate) skew: u64,
    /// Records in one page of a pull.
    pub(crate) page: usize,
    pub(crate) limits: Limits,
    pub(crate) compact_at: usize,
    pub(crate) page_records: usize,
    pub(crate) cache_bytes: usize,
}

/// The largest document that the server takes, in bytes.
pub(crate) const LARGEST: usize = 300;

impl Weather {
    /// No trouble at all.
    pub(crate) fn calm(devices: usize) -> Self {
        Self {
            devices,
            contexts: 2,
            is_damaged: false,
            actions: 0,
            request_lost: 0,
            answer_lost: 0,
            duplicated: 0,
            delayed: 0,
            throttled: 0,
            html: 0,
            doubted: 0,
            purged: 0,
            expired: 0,
            disk_refuses: 0,
            disk_doubt: 0,
            disk_takes: 0,
            message_lost: 0,
            crash: 0,
            is_live: false,
            save_data: SaveData::Slow,
            bandwidth: None,
            retain: None,
            is_versioned: false,
            is_crowded: false,
            is_indexed: false,
            skew: 0,
            page: 1_000,
            limits: Limits { record: LARGEST, ..Limits::default() },
            compact_at: 262_144,
            page_records: 256,
            cache_bytes: 1 << 20,
        }
    }

    /// The weather of a seed.
    pub(crate) fn of_seed(seed: u64) -> Self {
        let chance = Chance::new(seed, 4);
        // Each kind of trouble is absent, light or heavy.
        let trouble = |heavy: u32| match chance.below(4) {
            0 | 1 => 0,
            2 => heavy.div_ceil(4),
            _ => heavy,
        };
        Self {
            devices: match chance.below(40) {
                0 => 5,
                1..=2 => 4,
                3..=9 => 3,
                _ => 2,
            },
            contexts: match chance.below(10) {
                0 => 1,
                1..=2 => 3,
                _ => 2,
            },
            is_damaged: chance.happens(250),
            actions: 40 + chance.below(130),
            request_lost: trouble(200),
            answer_lost: trouble(200),
            duplicated: trouble(150),
            delayed: trouble(100),
            throttled: trouble(100),
            html: trouble(80),
            doubted: trouble(100),
            disk_refuses: trouble(80),
            disk_doubt: trouble(60),
            message_lost: trouble(200),
            crash: trouble(120),
            is_live: chance.happens(500),
            save_data: match chance.below(3) {
                0 => SaveData::Ignore,
                1 => SaveData::Pause,
                _ => SaveData::Slow,
            },
            bandwidth: chance.happens(200).then(|| 500 + chance.between(0, 20_000)),
            is_indexed: chance.happens(500),
            purged: trouble(400),
            expired: trouble(80),
            skew: if chance.happens(500) { 86_400_000 } else { 0 },
            page: if chance.happens(500) { 1 + chance.below(4) } else { 1_000 },
            limits: Limits {
                changes: if chance.happens(200) { 1 + chance.below(4) } else { 1_000 },
                record: LARGEST,
                ..Limits::default()
            },
            compact_at: if chance.happens(700) { 200 + chance.below(3_000) } else { 262_144 },
            page_records: 2 + chance.below(12),
            cache_bytes: if chance.happens(500) { 0 } else { 1 << 20 },
            // Drawn last, so that the rest of the weather of a seed stays what it was.
            is_crowded: chance.happens(100),
            retain: chance.happens(100).then(|| if chance.happens(500) { 5_000 } else { 120_000 }),
            is_versioned: chance.happens(400),
            disk_takes: 0,
        }
    }
}
