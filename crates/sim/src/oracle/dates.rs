//! Checks the dates of edits: by the device's clock and what is known of its error, never before what an edit was made on, and
//! right again once the error is known. Looks at no document.

use syncline_core::model::{Base, Edit, QueueRow};
use syncline_protocol::Millis;

use super::rows::{Changed, Pair, Rows};

/// The date of an edit that the device's clock saw then, made on one of that date.
pub(crate) fn dated(made_at: Millis, skew: i64, made_on: Option<Millis>) -> Millis {
    let by_clock = made_at.plus(skew);
    made_on.map_or(by_clock, |made_on| by_clock.max(made_on.plus(1)))
}

/// When the latest edit of a row was made, by the device's clock.
pub(crate) fn made_at(row: &QueueRow<'_>, skew: i64) -> Millis {
    row.remarks.made_at.unwrap_or_else(|| row.latest().edited_at.plus(skew.saturating_neg()))
}

/// Whether a row remembers when its edit was made: where its date does not say so.
pub(crate) fn remembers(row: &QueueRow<'_>, made_at: Millis, skew: i64) -> bool {
    let is_raised = row.latest().edited_at != made_at.plus(skew);
    row.remarks.made_at == is_raised.then_some(made_at)
}

/// An app's edit of a record, the last of so many in one commit, is dated by when it was asked for.
pub(crate) fn check_edit(
    before: &Pair,
    after: &QueueRow<'_>,
    skew: i64,
    asked: &[(Millis, usize)],
) -> Result<(), String> {
    let known = match &before.queue {
        Some(row) if row.is_sent || row.overtaken.is_some() => Some(row.latest().edited_at),
        Some(row) => Some(row.change.edited_at).max(date_of(before.base.as_ref())),
        None => date_of(before.base.as_ref()),
    };
    let date = after.latest().edited_at;
    let is_so = |(asked, edits): &(Millis, usize)| {
        let more = i64::try_from(*edits).unwrap_or(i64::MAX).saturating_sub(1);
        // Each of several is made on the one before, and a creation that was deleted before it was sent counts for nothing.
        let least = if more > 0 { asked.plus(skew) } else { dated(*asked, skew, known) };
        let most = dated(*asked, skew, known).plus(more);
        (least..=most).contains(&date) && remembers(after, *asked, skew)
    };
    if asked.iter().any(is_so) {
        return Ok(());
    }
    Err(format!("{after:?}, made on an edit of {known:?}, was asked for at {asked:?}, {skew} ms behind"))
}

/// A measure of the clock dates every edit anew that was not sent, and touches nothing else.
pub(crate) fn check_measured(
    changed: &Changed,
    rows: &Rows,
    before: i64,
    now: Millis,
    is_clock_set: bool,
) -> Result<(), String> {
    for (key, pair) in &rows.records {
        let was = changed.records.get(key).unwrap_or(pair);
        let (Some(old), Some(new)) = (&was.queue, &pair.queue) else {
            if was.queue.is_some() || pair.queue.is_some() || was.base != pair.base {
                return Err(format!("a measure of the clock changed {key:?}: {was:?} to {pair:?}"));
            }
            continue;
        };
        let is_untouched = was.base == pair.base
            && QueueRow {
                change: undated(&old.change),
                next: None,
                remarks: new.remarks.clone(),
                ..old.clone()
            } == QueueRow { change: undated(&new.change), next: None, ..new.clone() }
            && old.next.as_ref().map(undated) == new.next.as_ref().map(undated)
            && (!old.is_sent || old.change == new.change)
            && old.remarks.conflict_since == new.remarks.conflict_since;
        let (made, is) = (made_at(old, before), made_at(new, rows.skew));
        // An edit of the future was made before the clock was put back.
        let is_remembered = is == made || (is < made && (is_clock_set || made > now));
        let made_on = match &old.overtaken {
            _ if old.next.is_some() => Some(old.change.edited_at),
            Some(by) => date_of(by.common.as_ref()),
            None => date_of(was.base.as_ref()),
        };
        let is_dated = if old.is_sent && old.next.is_none() {
            new.remarks.made_at.is_some()
        } else {
            new.latest().edited_at == dated(is, rows.skew, made_on) && remembers(new, is, rows.skew)
        };
        if !is_untouched || !is_remembered || !is_dated {
            return Err(format!("{before} became {}, and {key:?} {was:?} became {pair:?}", rows.skew));
        }
    }
    Ok(())
}

fn date_of(base: Option<&Base<'_>>) -> Option<Millis> {
    base.map(|base| base.edited_at)
}

fn undated(edit: &Edit<'static>) -> Edit<'static> {
    Edit { edited_at: Millis(0), ..edit.clone() }
}
