//! When an edit counts as made: a hybrid logical clock per record, which never dates an edit before what it was made on.
//! Measures no clock.
//!
//! The rule is that of Kulkarni et al., "Logical Physical Clocks" (2014), with the milliseconds themselves counting up.

use syncline_protocol::Millis;

use crate::model::{Base, QueueRow, Remarks};

/// An edit's date, and what has to be remembered of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Dated {
    /// As it goes to the server.
    pub(super) edited_at: Millis,
    /// The device's own time, where the date does not tell it.
    pub(super) made_at: Option<Millis>,
}

/// Dates an edit that the device's own clock saw at `made_at`, `skew` milliseconds behind the server's, and that was made on
/// one of the date `known`.
pub(super) fn date(made_at: Millis, skew: i64, known: Option<Millis>) -> Dated {
    let edited_at = made_at.plus(skew);
    match known.filter(|known| *known >= edited_at) {
        None => Dated { edited_at, made_at: None },
        Some(known) => Dated { edited_at: known.plus(1), made_at: Some(made_at) },
    }
}

/// The date of what the user sees of a record, on which the next edit is made. What a pull brought while a change is on its
/// way, or while somebody has to choose, is not seen.
pub(super) fn known(base: Option<&Base<'_>>, queued: Option<&QueueRow<'_>>) -> Option<Millis> {
    let base = base.map(|base| base.edited_at);
    match queued {
        Some(row) if row.is_sent || row.overtaken.is_some() => Some(row.latest().edited_at),
        Some(row) => Some(row.change.edited_at).max(base),
        None => base,
    }
}

/// Dates the edit of a row anew that was not sent, once it is known that the clock is `skew` milliseconds behind the server's
/// and not `before`. Where the clock was put back since the edit, it counts as made just now: no date is in the server's
/// future.
pub(super) fn redated(
    base: Option<&Base<'_>>,
    row: QueueRow<'static>,
    (before, skew): (i64, i64),
    now: Millis,
) -> QueueRow<'static> {
    let made = row.made_at(before).min(now);
    let made_on = match &row.overtaken {
        _ if row.is_sent => Some(row.change.edited_at),
        Some(overtaken) => overtaken.common.as_ref().map(|common| common.edited_at),
        None => base.map(|base| base.edited_at),
    };
    let Dated { edited_at, mut made_at } = date(made, skew, made_on);
    let mut row = row;
    match &mut row.next {
        Some(next) => next.edited_at = edited_at,
        // It went out as it was. Should it come back, it is dated by this.
        None if row.is_sent => made_at = Some(made),
        None => row.change.edited_at = edited_at,
    }
    QueueRow { remarks: Remarks { made_at, ..row.remarks }, ..row }
}

#[cfg(test)]
mod tests {
    use syncline_protocol::{PushResult, Version};

    use crate::{
        model::ConflictStrategy,
        plan::{
            EditKind, PageEnd,
            testing::{Rows, remote},
        },
    };

    const DAY: i64 = 86_400_000;

    fn put(rows: &mut Rows, now: i64, text: &str) {
        // An edit takes a moment of its own.
        rows.now = now - 1;
        rows.edit("a", EditKind::Put(text.into())).unwrap();
    }

    /// A record whose last edit the server dates at a hundred times its version.
    fn pulled(version: u64) -> Rows {
        let mut rows = Rows::default();
        pull(&mut rows, version);
        rows
    }

    fn pull(rows: &mut Rows, version: u64) {
        let since = (version > 50).then_some("50");
        let end = PageEnd::Cursor(syncline_protocol::Cursor(version.to_string()));
        let doc = format!(r#"{{"v":{version}}}"#);
        rows.pull(vec![remote("a", version, Some(&doc))], since, end);
    }

    #[test]
    fn an_edit_is_later_than_what_it_was_made_on() {
        let mut rows = pulled(50);
        put(&mut rows, 10, "{}");
        assert_eq!(rows.edited_at("a"), 5_001);
        put(&mut rows, 20, "{}");
        assert_eq!(rows.edited_at("a"), 5_002);
        put(&mut rows, 9_000, "{}");
        assert_eq!(rows.edited_at("a"), 9_000);
    }

    #[test]
    fn what_was_made_before_the_clock_was_known_is_dated_by_it_once_it_is() {
        for off in [DAY, -DAY] {
            let mut rows = Rows::default();
            put(&mut rows, 3 * DAY + off, "{}");
            rows.now += 50;
            rows.measure(-off);
            assert_eq!(rows.edited_at("a"), 3 * DAY);
        }
    }

    #[test]
    fn a_date_that_was_raised_is_forgotten_once_the_clock_is_known() {
        let mut rows = pulled(50);
        put(&mut rows, 10, "{}");
        rows.measure(DAY);
        assert_eq!(rows.edited_at("a"), DAY + 10);
        rows.measure(0);
        assert_eq!(rows.edited_at("a"), 5_001);
    }

    #[test]
    fn a_change_that_was_sent_keeps_its_date_and_the_edit_behind_it_does_not() {
        let mut rows = Rows::default();
        put(&mut rows, 10, "{}");
        let sent = rows.take_batch();
        put(&mut rows, 20, "{}");
        rows.measure(DAY);
        assert_eq!(rows.take_batch(), sent);
        assert_eq!(rows.edited_at("a"), DAY + 20);
        rows.measure(-DAY);
        assert_eq!(rows.edited_at("a"), 11, "it was made on that one");
    }

    #[test]
    fn where_the_clock_was_put_back_no_date_is_in_the_servers_future() {
        let mut rows = Rows::default();
        put(&mut rows, 9 * DAY, "{}");
        rows.now = 5 * DAY;
        rows.measure(DAY);
        assert_eq!(rows.edited_at("a"), 6 * DAY);
    }

    #[test]
    fn a_change_sent_with_a_wrong_date_meets_the_other_edit_with_the_right_one() {
        let mut rows = pulled(50);
        rows.strategy = ConflictStrategy::LastWriteWins;
        put(&mut rows, 5_500 + DAY, r#"{"v":"mine"}"#);
        let batch = rows.take_batch();
        rows.measure(-DAY);
        let record = remote("a", 60, Some(r#"{"v":60}"#));
        rows.answer(&batch[0], PushResult::Conflict { id: batch[0].id.clone(), record });
        assert_eq!(rows.local("a").unwrap(), r#"{"v":60}"#);
    }

    #[test]
    fn what_goes_out_again_is_later_than_what_it_met() {
        let mut rows = pulled(50);
        rows.strategy = ConflictStrategy::ClientWins;
        put(&mut rows, 5_500, r#"{"v":"mine"}"#);
        pull(&mut rows, 60);
        assert_eq!(rows.take_batch()[0].base, Some(Version::Number(60)));
        assert_eq!(rows.edited_at("a"), 6_001);
    }
}
