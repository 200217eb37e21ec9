//! Lets records leave this device that were not edited for long. The server keeps them, and is told nothing.

use syncline_protocol::{CollectionName, Millis, RecordId};
use syncline_store::{Decision, Plan, Read, View};

use super::{Origin, draft::Draft};
use crate::model::{Base, Error, RecordKeys, Retain, RowError, Single, Skew};

/// Whether a record is older than a collection keeps: by the server's time, as far as this device knows it. One whose last edit
/// nobody dated is kept.
pub(super) fn is_expired(
    draft: &Draft<'_>,
    retain: Option<Retain>,
    now: Millis,
    edited_at: Millis,
) -> Result<bool, RowError> {
    let Some(retain) = retain.filter(|_| edited_at > Millis::default()) else { return Ok(false) };
    let now = now.plus(draft.single::<Skew>()?.milliseconds);
    Ok(now.since(edited_at) > retain.milliseconds())
}

/// Lets records go that are as the server has them and older than the collection keeps. Gives how many went.
#[derive(Clone, Debug)]
pub struct Expire {
    /// Where they are.
    pub collection: CollectionName,
    /// Which may be that old.
    pub records: Vec<RecordId>,
    /// How long records are kept.
    pub retain: Retain,
    /// The device's time.
    pub now: Millis,
}

impl Plan for Expire {
    type Outcome = Result<u64, Error>;

    fn reads(&self) -> Vec<Read> {
        let rows = self.records.iter().flat_map(|record| RecordKeys::of(&self.collection, record).reads());
        rows.chain([Read::Key(Skew::key())]).collect()
    }

    fn origin(&self) -> u8 {
        Origin::Remote.tag()
    }

    fn decide(&self, view: &dyn View) -> Decision<Self::Outcome> {
        Draft::decide(view, |draft| {
            let mut gone = 0_u64;
            for record in &self.records {
                let keys = RecordKeys::of(&self.collection, record);
                let (base, queued) = (draft.base(&keys)?, draft.queued(&keys)?);
                let edited_at = base.as_ref().map(|base: &Base<'_>| base.edited_at).unwrap_or_default();
                if queued.is_none() && is_expired(draft, Some(self.retain), self.now, edited_at)? {
                    draft.set_record(&self.collection, &keys, (&base, &None), (&None, &None))?;
                    gone = gone.saturating_add(1);
                }
            }
            Ok(gone)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{Table, record_key},
        plan::{
            EditKind, PageEnd,
            testing::{Rows, remote, todos},
        },
    };

    /// A hundred seconds.
    const RETAIN: Retain = Retain { days: 100.0 / 86_400.0 };

    fn cursor(text: &str) -> PageEnd {
        PageEnd::Cursor(syncline_protocol::Cursor(text.to_owned()))
    }

    fn rows() -> Rows {
        let mut rows = Rows { retain: Some(RETAIN), now: 110_000, ..Rows::default() };
        // Edited at 1,000 and at 50,000.
        let records =
            vec![remote("old", 10, Some(r#"{"id":"old"}"#)), remote("young", 500, Some(r#"{"id":"young"}"#))];
        rows.pull(records, None, cursor("1"));
        rows
    }

    fn expire(rows: &mut Rows, now: i64) -> u64 {
        let records = ["old", "young"].map(RecordId::trusted).to_vec();
        rows.run(&Expire { collection: todos(), records, retain: RETAIN, now: Millis(now) }).unwrap()
    }

    #[test]
    fn what_is_older_than_is_kept_is_passed_over_by_a_pull() {
        let rows = rows();
        assert_eq!((rows.local("old"), rows.tally().records), (None, 1));
    }

    #[test]
    fn what_grows_old_leaves_without_a_change_and_comes_back_with_a_later_edit() {
        let mut rows = rows();
        assert_eq!(expire(&mut rows, 150_000), 0);
        assert_eq!(expire(&mut rows, 150_001), 1);
        assert_eq!((rows.tally().records, rows.tally().pending), (0, 0));
        assert!(rows.take_batch().is_empty());
        rows.pull(vec![remote("young", 1_600, Some(r#"{"id":"young","n":2}"#))], Some("1"), cursor("2"));
        assert_eq!(rows.local("young").unwrap(), r#"{"id":"young","n":2}"#);
    }

    #[test]
    fn what_was_edited_here_stays_until_the_server_has_it() {
        let mut rows = rows();
        rows.edit("young", EditKind::Put(r#"{"id":"young","n":1}"#.into())).unwrap();
        assert_eq!(expire(&mut rows, 1_000_000), 0);
        assert!(rows.rows.contains_key(&record_key(Table::Base, &todos(), &RecordId::trusted("young"))));
    }

    #[test]
    fn what_nobody_dated_is_kept() {
        let mut rows = rows();
        let undated = syncline_protocol::RemoteRecord {
            edited_at: Millis::default(),
            ..remote("old", 600, Some(r#"{"id":"old"}"#))
        };
        rows.pull(vec![undated], Some("1"), cursor("2"));
        assert_eq!(expire(&mut rows, 1_000_000), 1, "only the other one");
        assert_eq!(rows.local("old").unwrap(), r#"{"id":"old"}"#);
    }

    #[test]
    fn what_left_is_no_mass_deletion_and_is_not_brought_back_by_a_snapshot() {
        let mut rows = Rows { retain: Some(RETAIN), now: 110_000, ..Rows::default() };
        let all: Vec<_> =
            (0..40).map(|at| remote(&format!("r{at}"), 500, Some(&format!(r#"{{"id":"r{at}"}}"#)))).collect();
        rows.pull(all.clone(), None, cursor("1"));
        let records: Vec<RecordId> = all.iter().map(|record| record.id.clone()).collect();
        let plan =
            Expire { collection: todos(), records: records.clone(), retain: RETAIN, now: Millis(160_000) };
        assert_eq!(rows.run(&plan), Ok(40));
        rows.now = 160_000;
        let seen = records.into_iter().collect();
        let end = PageEnd::Snapshot { cursor: syncline_protocol::Cursor("2".to_owned()), seen };
        let applied = rows.pull(all, Some("1"), end);
        assert_eq!((applied.is_paused, rows.tally().records), (false, 0));
        let gone = (0..40).map(|at| remote(&format!("r{at}"), 600, None)).collect();
        assert!(!rows.pull(gone, Some("2"), cursor("3")).is_paused);
    }
}
