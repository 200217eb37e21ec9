//! A call of `sync` and what its success promises: what the server had when it was called is here, and what was queued then is
//! there. Syncs nothing itself.

use std::{collections::BTreeMap, rc::Rc};

use syncline_core::engine::Client;
use syncline_store::Sequence;

use crate::{
    ground::Ground,
    oracle::{Rows, Seen, number},
    service::{RecordKey, Service},
    stage::Simulated,
};

/// What was so when sync was called.
struct Mark {
    heads: BTreeMap<RecordKey, u64>,
    queued: Vec<RecordKey>,
    sequence: Sequence,
    switches: u64,
    doubts: u64,
}

/// Calls sync and holds it to its word. Says whether it succeeded.
pub(crate) async fn sync(
    ground: Rc<Ground>,
    service: Rc<Service>,
    seen: Rc<Seen>,
    client: Client<Simulated>,
) -> bool {
    let mark = Mark::now(&service, &seen);
    match client.sync().await {
        Ok(_) => {
            ground.count(|counts| &mut counts.syncs);
            ground.check(mark.check(&service, &seen));
            true
        }
        Err(error) => {
            ground.count(|counts| &mut counts.syncs_failed);
            ground.say(|| format!("sync failed with {:?}: {error}", error.code));
            false
        }
    }
}

fn is_enabled(rows: &Rows, key: &RecordKey) -> bool {
    rows.states.get(&key.0).is_some_and(|state| state.is_enabled)
}

impl Mark {
    fn now(service: &Service, seen: &Seen) -> Self {
        let rows = seen.rows.borrow();
        let history = service.history.borrow();
        let heads = history.latest().filter(|(key, _)| is_enabled(&rows, key));
        let queued = rows
            .records
            .iter()
            .filter(|(key, pair)| is_enabled(&rows, key) && pair.queue.is_some() && !pair.is_conflicting());
        Self {
            heads: heads.map(|(key, deed)| (key.clone(), deed.version)).collect(),
            queued: queued.map(|(key, _)| key.clone()).collect(),
            sequence: seen.sequence(),
            switches: seen.switches.get(),
            doubts: service.doubts(),
        }
    }

    fn check(&self, service: &Service, seen: &Seen) -> Result<(), String> {
        seen.check_clock_known()?;
        // What was switched or left in doubt meanwhile promises nothing.
        if self.switches != seen.switches.get() || self.doubts != service.doubts() {
            return Ok(());
        }
        let rows = seen.rows.borrow();
        let history = service.history.borrow();
        for (key, version) in &self.heads {
            let base = rows.records.get(key).and_then(|pair| pair.base.as_ref());
            let is_here = match base {
                Some(base) => number(base) >= Some(*version),
                None if history
                    .deeds(key)
                    .iter()
                    .any(|deed| deed.version >= *version && seen.may_lack(key, deed.edited_at)) =>
                {
                    true
                }
                None => history.deeds(key).iter().any(|deed| deed.doc.is_none() && deed.version >= *version),
            };
            if !is_here {
                return Err(format!("sync ended without version {version} of {key:?}: {base:?}"));
            }
        }
        for key in &self.queued {
            let is_queued =
                rows.records.get(key).is_some_and(|pair| pair.queue.is_some() && !pair.is_conflicting());
            let is_edited_since = seen.last_edit(key).is_some_and(|(at, _)| at > self.sequence);
            if is_queued && !is_edited_since && !seen.was_kept_since(key, self.sequence) {
                return Err(format!(
                    "sync ended with a change queued at {key:?}: {:?}",
                    rows.records.get(key)
                ));
            }
        }
        Ok(())
    }
}
