//! The small rows about the database itself. One row type per fact that changes by itself.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use syncline_protocol::{CollectionName, Cursor, DeviceId, Millis};
use syncline_store::{Key, Part};

use super::{keys::meta_key, rows::if_any};

/// A meta row of which there is one.
pub trait Single: DeserializeOwned + Serialize {
    /// Its key.
    fn key() -> Key;
}

macro_rules! single {
    ($type:ty, $name:literal) => {
        impl Single for $type {
            fn key() -> Key {
                meta_key($name)
            }
        }
    };
}

/// Who this database belongs to.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Identity {
    /// This browser profile.
    pub device: DeviceId,
    /// Whose data it is, once somebody said so.
    pub account: Option<String>,
}
single!(Identity, "identity");

/// Who syncs: each leadership has its epoch, which fences off a leader that was frozen and thawed.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Leadership {
    /// Grows by one at every change of leader.
    pub epoch: u64,
}
single!(Leadership, "leadership");

/// How the last attempts to sync ended, so that a restarted service worker neither hammers nor forgets.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct RetryState {
    /// Failures in a row.
    pub failures: u32,
    /// Not before this moment.
    pub next_at: Option<Millis>,
}
single!(RetryState, "retry");

/// How the wait for the next attempt came about. With the moment at which it ends that says when it began, so that a clock
/// that is put back makes no wait longer.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct RetryWait {
    /// How long it is.
    pub milliseconds: u64,
    /// Whether the server asked for it: then only somebody who asks for a sync cuts it short.
    pub is_asked: bool,
}
single!(RetryWait, "retry-wait");

/// How far this device's clock is from the server's.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Skew {
    /// Server time minus device time, in milliseconds.
    pub milliseconds: i64,
}
single!(Skew, "skew");

/// What turned out damaged and was mended as far as that goes, so that it happens once per part and device.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Mended {
    /// The parts.
    pub parts: BTreeSet<Part>,
}
single!(Mended, "mended");

/// Where changes were put back that a damaged part had. A bit of such a change's key may be wrong, and make it the key of
/// another change, whose answer the server then gives: until a pull from nothing behind that answer, a record may be here that
/// the server never took.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct PutBack {
    /// The collections.
    pub collections: BTreeSet<CollectionName>,
}
single!(PutBack, "put-back");

/// What sync knows of one collection.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct CollectionState {
    /// Whether the user opted in.
    pub is_enabled: bool,
    /// Where the next pull starts.
    pub cursor: Option<Cursor>,
    /// When a cycle last ended well.
    pub last_synced_at: Option<Millis>,
}

/// What is in one collection, kept current by every plan, so that no status scans anything.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Tally {
    /// Records as the user sees them.
    pub records: u64,
    /// Queued changes, but for those in conflict.
    pub pending: u64,
    /// Parked changes.
    pub parked: u64,
    /// Conflicts that wait for somebody's choice. Kept only where there are any, so that older rows read as having none.
    #[serde(default, deserialize_with = "if_any", skip_serializing_if = "is_none")]
    pub conflicts: u64,
}

fn is_none(count: &u64) -> bool {
    *count == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{read_row, write_row};

    #[test]
    fn a_tally_that_was_written_before_conflicts_were_counted_has_none() {
        let old = [3, 2, 1];
        let tally: Tally = read_row(&old).unwrap();
        assert_eq!(tally, Tally { records: 3, pending: 2, parked: 1, conflicts: 0 });
        assert_eq!(write_row(&tally).unwrap(), old);
        let more = Tally { conflicts: 4, ..tally };
        assert_eq!(read_row::<Tally>(&write_row(&more).unwrap()).unwrap(), more);
    }
}

/// What pulls delete of one collection; there is a row only while there is something to say.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Deletions {
    /// Records that the pull under way has added: those that were confirmed here before are what is there, without them.
    pub added: u64,
    /// Records that the pull under way has deleted.
    pub deleted: u64,
    /// Whether the pull goes on.
    pub consent: Consent,
}

/// Whether a pull may delete.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub enum Consent {
    /// Up to the limit of the collection.
    #[default]
    Limited,
    /// It would delete too much, and waits.
    Awaited(MassDeletion),
    /// Whatever it deletes: somebody agreed. Holds until the pull is at its end.
    Given,
}

/// A pull that would delete too much of a collection.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct MassDeletion {
    /// How many records it would have deleted, with those that it has.
    pub deletions: u64,
    /// How many were confirmed here before it.
    pub records: u64,
    /// When it was met.
    pub at: Millis,
}

impl Deletions {
    /// What somebody has to agree to first.
    pub fn awaited(&self) -> Option<&MassDeletion> {
        match &self.consent {
            Consent::Awaited(deletion) => Some(deletion),
            Consent::Given | Consent::Limited => None,
        }
    }
}
