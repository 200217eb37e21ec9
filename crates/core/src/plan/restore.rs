//! The whole database in one commit: replaced by what was exported, or emptied when somebody signs out. Parses no file.

use std::{collections::BTreeMap, rc::Rc};

use syncline_protocol::{CollectionName, RecordId};
use syncline_store::{Decision, Key, Plan, Read, Value, View, Write};

use super::{Origin, draft::Draft};
use crate::model::{
    Base, CollectionState, Error, ErrorCode, Identity, Leadership, Mended, ParkedRow, QueueRow, RecordKeys,
    Single, Skew, Table, write_row,
};

/// Everything that a database holds of its app's data.
#[derive(Debug, Default)]
pub struct Contents {
    /// Whose data it is.
    pub account: Option<String>,
    /// What sync knows of each collection.
    pub states: BTreeMap<CollectionName, CollectionState>,
    /// The rows of each record.
    pub records: BTreeMap<(CollectionName, RecordId), RecordRows>,
    /// What the server refused.
    pub parked: Vec<ParkedRow<'static>>,
}

/// The rows of a record.
#[derive(Debug, Default)]
pub struct RecordRows {
    /// As the server confirmed it.
    pub base: Option<Base<'static>>,
    /// Its queued change.
    pub queued: Option<QueueRow<'static>>,
}

impl RecordRows {
    /// The document as the user sees it.
    pub fn local(&self) -> Option<&str> {
        match &self.queued {
            Some(row) => row.local(),
            None => self.base.as_ref().map(|base| &*base.doc),
        }
    }
}

/// Makes the database equal to something else. The device stays who it is; its leadership ends, and with it whatever is under
/// way. Fails with `account-mismatch` where the data is of another account.
#[derive(Clone, Debug)]
pub struct Restore {
    /// What it becomes; shared, so that a plan that is made again costs nothing.
    pub contents: Rc<Contents>,
}

impl Plan for Restore {
    type Outcome = Result<(), Error>;

    fn reads(&self) -> Vec<Read> {
        vec![Read::prefix(&[])]
    }

    fn origin(&self) -> u8 {
        Origin::Whole.tag()
    }

    fn decide(&self, view: &dyn View) -> Decision<Self::Outcome> {
        let known = Draft::new(view).single_if_any::<Identity>();
        let account = match known {
            Ok(known) => known.and_then(|identity| identity.account),
            Err(error) => return failed(error.into()),
        };
        let theirs = self.contents.account.clone();
        if let (Some(mine), Some(theirs)) = (&account, &theirs)
            && mine != theirs
        {
            let message = "file: what was exported belongs to another account";
            return failed(Error::new(ErrorCode::AccountMismatch, message));
        }
        let nothing = BTreeMap::<Key, Value>::new();
        let written = Draft::decide(&nothing, |draft| self.write(draft));
        match written.outcome.and_then(|()| whole(view, written.writes, account.or(theirs))) {
            Ok(writes) => Decision { writes, outcome: Ok(()) },
            Err(error) => failed(error),
        }
    }
}

impl Restore {
    fn write(&self, draft: &mut Draft<'_>) -> Result<(), Error> {
        for ((collection, record), RecordRows { base, queued }) in &self.contents.records {
            let keys = RecordKeys::of(collection, record);
            draft.set_record(collection, &keys, (&None, &None), (base, queued))?;
        }
        for row in &self.contents.parked {
            draft.set_parked(&row.collection, &row.change.id, Some(row))?;
        }
        for (name, state) in &self.contents.states {
            draft.set_state(name, state)?;
        }
        Ok(())
    }
}

/// Forgets the account and everything that is its. Fails with `pending-changes` while any are queued, unless they may go.
#[derive(Clone, Copy, Debug)]
pub struct SignOut {
    /// Whether queued changes may go.
    pub drop_pending: bool,
}

impl Plan for SignOut {
    type Outcome = Result<(), Error>;

    fn reads(&self) -> Vec<Read> {
        vec![Read::prefix(&[])]
    }

    fn origin(&self) -> u8 {
        Origin::Whole.tag()
    }

    fn decide(&self, view: &dyn View) -> Decision<Self::Outcome> {
        let Read::Range { start, end } = Table::Queue.all() else { return failed(no_range()) };
        let pending = view.range(&start, end.as_ref()).count();
        if pending > 0 && !self.drop_pending {
            let message = format!(
                "dropPending: {pending} changes have not reached the server, and would be lost; export() keeps them"
            );
            return failed(Error::new(ErrorCode::PendingChanges, message));
        }
        match whole(view, Vec::new(), None) {
            Ok(writes) => Decision { writes, outcome: Ok(()) },
            Err(error) => failed(error),
        }
    }
}

fn failed(error: Error) -> Decision<Result<(), Error>> {
    Decision { writes: Vec::new(), outcome: Err(error) }
}

fn no_range() -> Error {
    Error::new(ErrorCode::StorageCorrupt, "a table is no range of keys")
}

/// Everything that is there goes, but for what is the device's own; the leadership ends.
fn whole(view: &dyn View, mut writes: Vec<Write>, account: Option<String>) -> Result<Vec<Write>, Error> {
    let draft = Draft::new(view);
    let epoch = draft.single::<Leadership>()?.epoch.saturating_add(1);
    let identity = draft.single_if_any::<Identity>()?.map(|known| Identity { account, ..known });
    if let Some(identity) = identity {
        writes.push(Write { key: Identity::key(), value: Some(write_row(&identity)?) });
    }
    writes.push(Write { key: Leadership::key(), value: Some(write_row(&Leadership { epoch })?) });
    let kept = [Mended::key(), Skew::key()];
    let written: std::collections::BTreeSet<&Key> =
        writes.iter().map(|write| &write.key).chain(&kept).collect();
    let Read::Range { start, end } = Read::prefix(&[]) else { return Err(no_range()) };
    let gone: Vec<Key> =
        view.range(&start, end.as_ref()).map(|(key, _)| key).filter(|key| !written.contains(key)).collect();
    writes.extend(gone.into_iter().map(|key| Write { key, value: None }));
    Ok(writes)
}
