//! Checks that no pull empties a collection before somebody agreed, by a count of its own. Looks at no edit.

use syncline_core::model::{Consent, Deletions};
use syncline_protocol::CollectionName;

use super::rows::{Changed, Rows};
use crate::counts::Which;

/// Collections of fewer records are deleted without asking.
const SMALL: u64 = 20;

/// Checks a commit of the engine's; gives what is to be counted.
pub(crate) fn check_deletions(changed: &Changed, rows: &Rows) -> Result<Vec<Which>, String> {
    let mut counted: Vec<Which> = Vec::new();
    for name in rows.states.keys() {
        let after = rows.deletions.get(name).cloned().unwrap_or_default();
        let before = changed.deletions.get(name).unwrap_or(&after);
        let around = Around { name, before, after: &after, changed, rows };
        if before.awaited().is_some() {
            around.check_waiting()?;
        } else if after.awaited().is_some() {
            around.check_begun()?;
            counted.push(|counts| &mut counts.mass_deletions);
        } else {
            around.check_gone()?;
        }
    }
    Ok(counted)
}

struct Around<'a> {
    name: &'a CollectionName,
    before: &'a Deletions,
    after: &'a Deletions,
    changed: &'a Changed,
    rows: &'a Rows,
}

impl Around<'_> {
    fn is_touched(&self) -> bool {
        self.changed.records.keys().any(|(name, _)| name == self.name)
    }

    fn is_moved(&self) -> bool {
        let before = self.changed.states.get(self.name);
        before.is_some_and(|before| Some(before) != self.rows.states.get(self.name))
    }

    /// How many records were confirmed here before the commit, and before the pull.
    fn records(&self) -> (u64, u64) {
        let here =
            self.rows.records.iter().filter(|((name, _), pair)| name == self.name && pair.base.is_some());
        let mut count = here.count() as u64;
        for (key, before) in self.changed.records.iter().filter(|((name, _), _)| name == self.name) {
            count = count.saturating_add(u64::from(before.base.is_some()));
            count = count.saturating_sub(u64::from(self.rows.pair(key).base.is_some()));
        }
        (count, count.saturating_add(self.before.deleted).saturating_sub(self.before.added))
    }

    /// Nothing of the collection moves.
    fn check_waiting(&self) -> Result<(), String> {
        if self.is_touched() || self.is_moved() || self.before != self.after {
            return Err(format!("{} waits and was touched: {:?}", self.name, self.changed));
        }
        Ok(())
    }

    /// What begins to wait applies nothing, and has a reason.
    fn check_begun(&self) -> Result<(), String> {
        let Some(awaited) = self.after.awaited() else { return Ok(()) };
        let (_, records) = self.records();
        let is_much = awaited.records >= SMALL && awaited.deletions > awaited.records / 2;
        if self.is_touched() || self.is_moved() || awaited.records != records || !is_much {
            return Err(format!("{} waits without a reason, of {records}: {awaited:?}", self.name));
        }
        Ok(())
    }

    /// A page that nobody agreed to deletes at most half, with the pages before it.
    fn check_gone(&self) -> Result<(), String> {
        if !self.is_moved() || self.before.consent == Consent::Given {
            return Ok(());
        }
        let of_here = self.changed.records.iter().filter(|((name, _), _)| name == self.name);
        let gone = of_here.filter(|(key, before)| {
            before.base.is_some() && before.seen().is_some() && self.rows.pair(key).base.is_none()
        });
        let gone = gone.count() as u64;
        let deleted = gone.saturating_add(self.before.deleted);
        let (_, records) = self.records();
        // What pages before it deleted was judged with them, of as many as there were then.
        if gone > 0 && records >= SMALL && deleted > records / 2 + records % 2 {
            return Err(format!("a pull deleted {deleted} of the {records} records of {}", self.name));
        }
        Ok(())
    }
}
