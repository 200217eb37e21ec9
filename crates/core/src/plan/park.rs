//! What becomes of refused changes, and of queued ones that are given up: back into the queue, or out. Refuses none itself.

use std::borrow::Cow;

use syncline_protocol::{ChangeId, CollectionName, Millis, RecordId};
use syncline_store::{Decision, Plan, Read, View};

use super::{
    Origin,
    draft::Draft,
    edit::{Moment, coalesce},
};
use crate::{
    model::{
        Error, ErrorCode, QueueRow, RecordKeys, Single, Skew, Table, identified, parked_key, read_row,
        record_of,
    },
    planted::{self, Bug},
};

/// Puts a parked change back into the queue, over whatever is queued there. Fails with `not-found`.
#[derive(Clone, Debug)]
pub struct Requeue {
    /// Which parked change.
    pub change: ChangeId,
    /// Another document for it.
    pub doc: Option<String>,
    /// Its new key: under the old one the server would refuse it again.
    pub fresh: ChangeId,
    /// The device's time.
    pub now: Millis,
}

impl Plan for Requeue {
    type Outcome = Result<(), Error>;

    fn reads(&self) -> Vec<Read> {
        vec![Read::Key(parked_key(&self.change)), Read::Key(Skew::key())]
    }

    fn origin(&self) -> u8 {
        Origin::Local.tag()
    }

    fn decide(&self, view: &dyn View) -> Decision<Self::Outcome> {
        Draft::decide(view, |draft| {
            let Some(parked) = draft.parked(&self.change)? else { return Err(unknown(&self.change)) };
            let (collection, record) = (&parked.collection, &parked.record);
            let keys = RecordKeys::of(collection, record);
            let (base, queued) = (draft.base(&keys)?, draft.queued(&keys)?);
            let doc = match &self.doc {
                Some(doc) => Some(Cow::Owned(identified(doc, record).into_owned())),
                None => parked.change.doc.clone(),
            };
            let fresh = if planted::is(Bug::RequeuedUnderOldId) { &self.change } else { &self.fresh };
            let moment = Moment { now: self.now, skew: draft.single::<Skew>()?.milliseconds };
            let after = coalesce(base.as_ref(), queued.clone(), fresh.clone(), doc, moment);
            draft.set_record(collection, &keys, (&base, &queued), (&base, &after))?;
            draft.set_parked(collection, &self.change, None)?;
            Ok(())
        })
    }
}

/// Gives up a parked or queued change: the record is then as the server has it. Fails with `not-found`.
#[derive(Clone, Debug)]
pub struct Discard {
    /// Which change.
    pub change: ChangeId,
}

impl Plan for Discard {
    type Outcome = Result<(), Error>;

    fn reads(&self) -> Vec<Read> {
        vec![Read::Key(parked_key(&self.change)), Table::Queue.all()]
    }

    fn origin(&self) -> u8 {
        Origin::Local.tag()
    }

    fn decide(&self, view: &dyn View) -> Decision<Self::Outcome> {
        Draft::decide(view, |draft| {
            if let Some(parked) = draft.parked(&self.change)? {
                draft.set_parked(&parked.collection, &self.change, None)?;
                return Ok(());
            }
            let Some((collection, record)) = self.find_queued(draft.view())? else {
                return Err(unknown(&self.change));
            };
            let keys = RecordKeys::of(&collection, &record);
            let (base, queued) = (draft.base(&keys)?, draft.queued(&keys)?);
            draft.set_record(&collection, &keys, (&base, &queued), (&base, &None))?;
            Ok(())
        })
    }
}

impl Discard {
    fn find_queued(&self, view: &dyn View) -> Result<Option<(CollectionName, RecordId)>, Error> {
        let Read::Range { start, end } = Table::Queue.all() else { return Ok(None) };
        for (key, value) in view.range(&start, end.as_ref()) {
            let row: QueueRow<'_> = read_row(&value)?;
            if row.latest().id == self.change || row.change.id == self.change {
                return Ok(record_of(&key).map(|(_, collection, record)| (collection, record)));
            }
        }
        Ok(None)
    }
}

fn unknown(change: &ChangeId) -> Error {
    Error::new(ErrorCode::NotFound, format!("change: there is no queued or parked change `{change}`"))
}
