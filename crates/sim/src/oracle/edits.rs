//! Explains a commit of the app's: somebody asked for exactly this, and the queue took it in without touching what is in
//! flight. Explains nothing that the server did.

use std::collections::BTreeMap;

use syncline_core::model::{Base, CollectionState, Consent, Deletions};
use syncline_protocol::{ChangeId, Millis};
use syncline_store::Sequence;

use super::{
    conflicts::check_chosen,
    dates::check_edit,
    journal::{Ask, Attempt, Journal, Shown, parse, play},
    rows::{Changed, Pair, Rows},
};
use crate::{service::RecordKey, tasks::Owner};

/// What each queued change was made on; `None`: on nothing.
pub(crate) type Commons = BTreeMap<RecordKey, Option<Base<'static>>>;

/// Finds the open attempt that a commit is, and gives it.
pub(crate) fn explain<'j>(
    journal: &'j mut Journal,
    owner: Owner,
    sequence: Sequence,
    changed: &Changed,
    rows: &Rows,
    commons: &mut Commons,
) -> Result<&'j Attempt, String> {
    let only_edits = changed.leadership.is_none()
        && changed.identity.is_none()
        && changed.skew.is_none()
        && !changed.has_retry;
    let mut found = None;
    let mut asked_at = Vec::new();
    for attempt in journal.open_of(owner).filter(|_| only_edits) {
        if let Some(wanted) = wanted(&attempt.ask, changed, rows) {
            attempt.durable = Some(sequence);
            // Which of several that fit it is cannot be told: each edits its records so often.
            let edits: Vec<usize> = changed.records.keys().map(|key| attempt.ask.edits_of(key)).collect();
            asked_at.push((attempt.asked_at, edits));
            found.get_or_insert((attempt, wanted));
        }
    }
    let Some((attempt, seen)) = found else {
        return Err(format!("a commit of the app that nobody asked for: {changed:?}"));
    };
    let is_discard = matches!(attempt.ask, Ask::Discard(_));
    for (place, (key, before)) in changed.records.iter().enumerate() {
        let after = rows.pair(key);
        if after.base != before.base {
            return Err(format!("an edit changed the base of {key:?}: {before:?} to {after:?}"));
        }
        if let Ask::Resolve(_, choice) = &attempt.ask {
            check_chosen(before, &after, choice, rows.skew)?;
            if after.queue.is_some() {
                commons.insert(key.clone(), after.base.clone());
            } else {
                commons.remove(key);
            }
            check_base(key, &after, commons)?;
            continue;
        }
        let expected = if is_discard {
            before.base.as_ref().map(|base| base.doc.to_string())
        } else {
            seen.get(key).cloned().unwrap_or_default()
        };
        if parse(after.seen()) != parse(expected.as_deref()) {
            return Err(format!("{key:?} shows {:?} after an edit to {expected:?}", after.seen()));
        }
        let edits =
            asked_at.iter().filter_map(|(_, edits)| edits.get(place)).max().copied().unwrap_or_default();
        if let (Ask::Write(_), Some(row)) = (&attempt.ask, &after.queue) {
            let asked =
                |(at, edits): &(Millis, Vec<usize>)| (*at, edits.get(place).copied().unwrap_or_default());
            let asked: Vec<_> = asked_at.iter().map(asked).collect();
            check_edit(before, row, rows.skew, &asked)?;
        }
        if is_discard {
            commons.remove(key);
        } else {
            check_queued(key, before, &after, commons, (expected.as_deref(), edits))?;
        }
    }
    Ok(attempt)
}

/// What is to be seen after a commit by what an ask makes of what was there; `None`: it does not explain the commit.
fn wanted(ask: &Ask, changed: &Changed, rows: &Rows) -> Option<Shown> {
    let seen_before = |key: &RecordKey| match changed.records.get(key) {
        Some(before) => before.seen().map(str::to_owned),
        None => rows.pair(key).seen().map(str::to_owned),
    };
    match ask {
        Ask::Write(intents) => {
            if !changed.parked.is_empty() || !changed.states.is_empty() {
                return None;
            }
            let seen = play(intents, seen_before)?;
            let is_same = seen.iter().all(|(key, doc)| parse(rows.pair(key).seen()) == parse(doc.as_deref()));
            let is_within = changed.records.keys().all(|key| seen.contains_key(key));
            let is_any = !changed.records.is_empty();
            // What is on its way leaves the queue by being given up alone.
            let is_given_up = |(key, before): (&RecordKey, &Pair)| {
                before.queue.as_ref().is_some_and(|row| row.is_sent) && rows.pair(key).queue.is_none()
            };
            let is_edit = !changed.records.iter().any(is_given_up);
            (is_any && is_same && is_within && is_edit).then_some(seen)
        }
        Ask::Confirm(name) => {
            let is_alone = changed.records.is_empty()
                && changed.parked.is_empty()
                && changed.states.is_empty()
                && changed.deletions.len() == 1;
            let before = changed.deletions.get(name).filter(|before| before.awaited().is_some())?;
            let given = Deletions { consent: Consent::Given, ..before.clone() };
            (is_alone && rows.deletions.get(name) == Some(&given)).then(Shown::new)
        }
        Ask::Enable(names, is_enabled) => {
            // What waited is judged anew.
            let is_begun_anew = changed.deletions.iter().all(|(name, before)| {
                *is_enabled
                    && changed.states.contains_key(name)
                    && before.awaited().is_some()
                    && rows.deletions.get(name) == Some(&Deletions::default())
            });
            let is_switched = |(name, before): (_, &CollectionState)| {
                names.contains(name)
                    && rows.states.get(name)
                        == Some(&CollectionState { is_enabled: *is_enabled, ..before.clone() })
            };
            let is_all =
                changed.records.is_empty() && changed.parked.is_empty() && !changed.states.is_empty();
            (is_all && is_begun_anew && changed.states.iter().all(is_switched)).then(Shown::new)
        }
        Ask::Discard(change) => {
            let is_parked = is_alone_parked(changed, change) && changed.records.is_empty();
            let is_queued = changed.parked.is_empty()
                && changed.records.len() == 1
                && changed.records.iter().all(|(key, before)| {
                    let queued = before.queue.as_ref();
                    let is_it =
                        queued.is_some_and(|row| row.change.id == *change || row.latest().id == *change);
                    is_it && rows.pair(key).queue.is_none()
                });
            (is_parked || is_queued).then(Shown::new)
        }
        Ask::Resolve(conflict, choice) => {
            let is_it = |(key, before): (&RecordKey, &Pair)| {
                let is_named = before.queue.as_ref().is_some_and(|row| row.change.id == *conflict);
                is_named && check_chosen(before, &rows.pair(key), choice, rows.skew).is_ok()
            };
            let is_alone = changed.records.len() == 1 && changed.parked.is_empty();
            (is_alone && changed.records.iter().all(is_it)).then(Shown::new)
        }
        Ask::Requeue(change, doc) => {
            let parked = changed.parked.get(change)?.as_ref()?;
            let key = (parked.collection.clone(), parked.record.clone());
            let is_shown = rows.pair(&key).seen() == Some(doc);
            let is_alone = changed.records.keys().all(|other| *other == key);
            (is_alone_parked(changed, change) && is_shown && is_alone)
                .then(|| [(key, Some(doc.clone()))].into())
        }
    }
}

fn is_alone_parked(changed: &Changed, change: &ChangeId) -> bool {
    changed.parked.len() == 1 && changed.parked.get(change).is_some_and(Option::is_some)
}

/// The queue takes an edit in: what is in flight stays as it is, what is not is replaced under the same base.
fn check_queued(
    key: &RecordKey,
    before: &Pair,
    after: &Pair,
    commons: &mut Commons,
    (expected, edits): (Option<&str>, usize),
) -> Result<(), String> {
    let wrong = |what: &str| Err(format!("{what} at {key:?}: {before:?} to {after:?}"));
    match (&before.queue, &after.queue) {
        (None, Some(row)) => {
            if row.is_sent || row.next.is_some() || row.overtaken.is_some() {
                return wrong("a new change that is not new");
            }
            commons.insert(key.clone(), before.base.clone());
        }
        (Some(was), Some(is)) if was.is_sent => {
            if is.change != was.change || !is.is_sent || is.overtaken != was.overtaken {
                return wrong("an edit touched a change in flight");
            }
        }
        (Some(was), Some(is)) => {
            if is.is_sent || is.next.is_some() {
                return wrong("an edit made a change that was not sent one that was");
            }
            let is_kept = is.remarks.conflict_since == was.remarks.conflict_since
                && is.overtaken == was.overtaken
                && is.change.id == was.change.id;
            if !is_kept && edits < 2 {
                return wrong("an edit touched what a conflict remembers");
            }
            if is.change.id != was.change.id {
                // One of several took the change out of the queue, and the next one made a new one.
                commons.insert(key.clone(), before.base.clone());
            }
        }
        (Some(was), None) => {
            let is_ended = was.is_conflicting() && parse(after.seen()) == parse(expected);
            if !is_ended && (before.base.is_some() || was.change.base.is_some()) {
                return wrong("an edit dropped a change that the server may have to know");
            }
            commons.remove(key);
        }
        (None, None) => {}
    }
    check_base(key, after, commons)
}

/// A queued change says that it was made on what it really was made on.
pub(crate) fn check_base(key: &RecordKey, after: &Pair, commons: &Commons) -> Result<(), String> {
    let Some(row) = &after.queue else { return Ok(()) };
    match commons.get(key) {
        Some(common) if common.as_ref().and_then(|base| base.version.clone()) == row.change.base => Ok(()),
        common => Err(format!("the change at {key:?} was made on {common:?} and says otherwise: {row:?}")),
    }
}
