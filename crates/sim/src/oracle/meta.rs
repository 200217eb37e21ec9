//! Checks the rows that say how far a device is: cursors, leaderships, counts. Looks at no edit.

use std::collections::BTreeMap;

use syncline_core::model::{CollectionState, Tally};
use syncline_protocol::{CollectionName, Cursor};
use syncline_server::decide::{Position, Run};

use super::{answers::number, rows::Rows};
use crate::service::{Deed, History, IDENTITY, RecordKey};

/// A cursor never goes back, and it moves only together with the records before it: everything that the server has up to its
/// place is here, and in that state.
pub(crate) fn check_cursor(
    name: &CollectionName,
    before: &CollectionState,
    rows: &Rows,
    history: &History,
    may_lack: &dyn Fn(&RecordKey, &Deed) -> bool,
) -> Result<(), String> {
    let after = rows.states.get(name).and_then(|state| state.cursor.as_ref());
    if after == before.cursor.as_ref() {
        return Ok(());
    }
    let Some(place) = after.and_then(place) else {
        return Err(format!("a cursor of {name} that the server never gave: {after:?}"));
    };
    if let Some(was) = before.cursor.as_ref().and_then(self::place)
        && was.after > place.after
    {
        return Err(format!("the cursor of {name} went back from {was:?} to {place:?}"));
    }
    if matches!(place.run, Run::Snapshot { .. }) {
        return Err(format!("the cursor of {name} was kept within a snapshot: {place:?}"));
    }
    for (key, deed) in history.latest().filter(|((of, _), deed)| of == name && deed.position <= place.after) {
        let base = rows.records.get(key).and_then(|pair| pair.base.as_ref());
        let is_here = match (&deed.doc, base) {
            (Some(_), Some(base)) => number(base) == Some(deed.version),
            (None, None) => true,
            (Some(_), None) => may_lack(key, deed),
            (None, Some(_)) => false,
        };
        if !is_here {
            return Err(format!("the cursor of {name} passed over {key:?}: {deed:?}, and here is {base:?}"));
        }
    }
    Ok(())
}

fn place(cursor: &Cursor) -> Option<Position> {
    Position::of_cursor(cursor, IDENTITY)
}

/// The tallies equal what they count.
pub(crate) fn check_tallies(rows: &Rows, collections: &[CollectionName]) -> Result<(), String> {
    let mut counted = BTreeMap::<&CollectionName, Tally>::new();
    for ((name, _), pair) in &rows.records {
        let tally = counted.entry(name).or_default();
        tally.records = tally.records.saturating_add(u64::from(pair.seen().is_some()));
        let is_conflicting = pair.is_conflicting();
        let is_pending = pair.queue.is_some() && !is_conflicting;
        tally.pending = tally.pending.saturating_add(u64::from(is_pending));
        tally.conflicts = tally.conflicts.saturating_add(u64::from(is_conflicting));
    }
    for row in rows.parked.values() {
        let tally = counted.entry(&row.collection).or_default();
        tally.parked = tally.parked.saturating_add(1);
    }
    for name in collections {
        let kept = rows.tallies.get(name).copied().unwrap_or_default();
        let counted = counted.get(name).copied().unwrap_or_default();
        if kept != counted {
            return Err(format!("{name} holds {counted:?} and says {kept:?}"));
        }
    }
    Ok(())
}
