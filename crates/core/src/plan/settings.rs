//! What the user and the server's clock say about sync. Syncs nothing.

use syncline_protocol::{CollectionName, Millis};
use syncline_store::{Decision, Plan, Read, View};

use super::{Origin, dating::redated, draft::Draft};
use crate::{
    model::{
        CollectionState, CollectionTable, Deletions, Error, PutBack, QueueRow, RecordKeys, Single, Skew,
        Table, collection_key, read_row, record_of,
    },
    planted::{self, Bug},
};

/// Switches sync of collections on or off; the choice is remembered. Where it is switched on, a pull that waited because it
/// would delete too much is judged anew.
#[derive(Clone, Debug)]
pub struct Enable {
    /// Which.
    pub collections: Vec<CollectionName>,
    /// On or off.
    pub is_enabled: bool,
}

impl Plan for Enable {
    type Outcome = Result<(), Error>;

    fn reads(&self) -> Vec<Read> {
        let tables = [CollectionTable::State, CollectionTable::Deletions];
        let keys = |name| tables.map(|table| Read::Key(collection_key(table, name)));
        self.collections.iter().flat_map(keys).collect()
    }

    fn origin(&self) -> u8 {
        Origin::Local.tag()
    }

    fn decide(&self, view: &dyn View) -> Decision<Self::Outcome> {
        Draft::decide(view, |draft| {
            for name in &self.collections {
                let mut state = draft.state(name)?;
                if state.is_enabled != self.is_enabled {
                    state.is_enabled = self.is_enabled;
                    draft.set_state(name, &state)?;
                    if self.is_enabled && draft.deletions(name)?.awaited().is_some() {
                        draft.set_deletions(name, &Deletions::default())?;
                    }
                }
            }
            Ok(())
        })
    }
}

/// Changes of the skew smaller than this are noise of the network and not kept, in milliseconds.
const SKEW_NOISE: u64 = 1_000;

/// Keeps how far the device's clock is from the server's, as one request has shown it, and dates the edits anew that were not
/// sent yet: a device that was a day wrong when they were made neither wins nor loses by it.
///
/// An edit that was made after `now` was made by a clock that was put back since, or by another context after this plan. Which,
/// only a later look at the clock can tell: the plan then writes nothing and gives the time of the latest such edit.
#[derive(Clone, Copy, Debug)]
pub struct KeepSkew {
    /// What it showed, on the guess that the server answered half-way.
    pub skew: Skew,
    /// How long the request took, in milliseconds: the guess is wrong by half of that at most.
    pub took: u64,
    /// The device's time.
    pub now: Millis,
    /// Edits up to this time are known to be of before the clock was put back; `None`: none is.
    pub put_back_from: Option<Millis>,
}

impl Plan for KeepSkew {
    type Outcome = Result<Option<Millis>, Error>;

    fn reads(&self) -> Vec<Read> {
        vec![Read::Key(Skew::key())]
    }

    fn origin(&self) -> u8 {
        Origin::Remote.tag()
    }

    fn decide(&self, view: &dyn View) -> Decision<Self::Outcome> {
        Draft::decide(view, |draft| {
            let known = draft.single::<Skew>()?.milliseconds;
            // What is known is worse than the guess only if they are further apart than the guess can be wrong twice: a
            // request that was under way while the device slept shows next to nothing.
            let is_worse = known.abs_diff(self.skew.milliseconds) > self.took.saturating_add(SKEW_NOISE);
            if !is_worse || planted::is(Bug::SkewUnmeasured) {
                return Ok(None);
            }
            let latest = self.latest(draft.view(), known)?;
            if latest > Some(self.now) && latest > self.put_back_from {
                return Ok(latest);
            }
            draft.set_single(&self.skew)?;
            self.date_anew(draft, known)?;
            Ok(None)
        })
    }
}

impl KeepSkew {
    /// When the latest queued edit was made, by the device's clock.
    fn latest(&self, view: &dyn View, before: i64) -> Result<Option<Millis>, Error> {
        let Read::Range { start, end } = Table::Queue.all() else { return Ok(None) };
        view.range(&start, end.as_ref()).try_fold(None, |latest: Option<Millis>, (_, value)| {
            Ok(latest.max(Some(read_row::<QueueRow<'_>>(&value)?.made_at(before))))
        })
    }

    fn date_anew(&self, draft: &mut Draft<'_>, before: i64) -> Result<(), Error> {
        let Read::Range { start, end } = Table::Queue.all() else { return Ok(()) };
        for (key, _) in draft.view().range(&start, end.as_ref()) {
            let Some((_, collection, record)) = record_of(&key) else { continue };
            let keys = RecordKeys::of(&collection, &record);
            let (base, queued) = (draft.base(&keys)?, draft.queued(&keys)?);
            let skews = (before, self.skew.milliseconds);
            let after = queued.clone().map(|row| redated(base.as_ref(), row, skews, self.now));
            draft.set_record(&collection, &keys, (&base, &queued), (&base, &after))?;
        }
        Ok(())
    }
}

/// Remembers that a cycle ended well. Where changes were put back that a damaged part had, they have been sent now: once all are
/// answered, those collections are pulled from nothing once more. Gives whether there are any.
#[derive(Clone, Debug)]
pub struct MarkSynced {
    /// The collections it synced.
    pub collections: Vec<CollectionName>,
    /// Whether changes wait to be sent again because what became of them is not known.
    pub is_any_in_doubt: bool,
    /// When.
    pub at: Millis,
}

impl Plan for MarkSynced {
    type Outcome = Result<bool, Error>;

    fn reads(&self) -> Vec<Read> {
        let states =
            self.collections.iter().map(|name| Read::Key(collection_key(CollectionTable::State, name)));
        states.chain([Read::Key(PutBack::key())]).collect()
    }

    fn origin(&self) -> u8 {
        Origin::Remote.tag()
    }

    fn decide(&self, view: &dyn View) -> Decision<Self::Outcome> {
        Draft::decide(view, |draft| {
            let mut put_back = draft.single::<PutBack>()?;
            let before = put_back.collections.len();
            for name in &self.collections {
                let state = draft.state(name)?;
                let is_to_be_compared = !self.is_any_in_doubt && put_back.collections.remove(name);
                let cursor = if is_to_be_compared { None } else { state.cursor };
                let state = CollectionState { cursor, last_synced_at: Some(self.at), ..state };
                draft.set_state(name, &state)?;
            }
            let is_doubted = put_back.collections.len() < before;
            if is_doubted {
                draft.set_single(&put_back)?;
            }
            Ok(is_doubted)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{EditKind, testing::Rows};

    #[test]
    fn an_edit_of_after_the_measure_is_dated_by_itself_and_not_by_the_measure() {
        let mut rows = Rows { now: 5_000, ..Rows::default() };
        rows.edit("a", EditKind::Put("{}".into())).unwrap();
        let made = Millis(rows.now);
        let measured = KeepSkew {
            skew: Skew { milliseconds: 9_000_000 },
            took: 100,
            now: Millis(1_000),
            put_back_from: None,
        };
        assert_eq!(rows.run(&measured), Ok(Some(made)));
        assert_eq!(rows.edited_at("a"), made.0, "nothing is written");
        // The clock says that it is later: it was not put back.
        assert_eq!(rows.run(&KeepSkew { now: Millis(9_000), ..measured }), Ok(None));
        assert_eq!(rows.edited_at("a"), made.0 + 9_000_000);
    }

    #[test]
    fn an_edit_of_before_the_clock_was_put_back_counts_as_made_just_now() {
        let mut rows = Rows { now: 5_000, ..Rows::default() };
        rows.edit("a", EditKind::Put("{}".into())).unwrap();
        let put_back_from = Some(Millis(rows.now));
        let skew = Skew { milliseconds: 9_000_000 };
        assert_eq!(rows.run(&KeepSkew { skew, took: 100, now: Millis(1_000), put_back_from }), Ok(None));
        assert_eq!(rows.edited_at("a"), 1_000 + 9_000_000);
    }

    #[test]
    fn a_slow_answer_replaces_what_is_known_only_where_that_must_be_worse() {
        let mut rows = Rows::default();
        let mut measure = |milliseconds, took| {
            let skew = Skew { milliseconds };
            rows.run(&KeepSkew { skew, took, now: Millis(0), put_back_from: None }).unwrap();
            let draft = Draft::new(&rows.rows);
            draft.single::<Skew>().unwrap().milliseconds
        };
        assert_eq!(measure(900, 100), 0, "noise");
        assert_eq!(measure(3_600_000, 200), 3_600_000);
        assert_eq!(measure(1_800_000, 3_600_000), 3_600_000, "the device slept for an hour");
        assert_eq!(measure(0, 100), 0);
    }
}
