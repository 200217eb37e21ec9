//! Looks through collections that keep records for some time only, and lets go of what is older. Decides not which.

use syncline_protocol::{CollectionName, Millis, RecordId};
use syncline_store::{Read, View};

use super::{client::Client, cycle::CycleError};
use crate::{
    model::{
        Base, Direction, Error, Retain, Single as _, Skew, Table, collection_of, read_row, record_within,
    },
    plan::Expire,
    ports::Host,
};

/// Pages that are looked through at once.
const PAGES: usize = 8;
/// Records that leave in one commit, at most.
const MOST: usize = 500;
/// The longest time between two looks at a collection, in milliseconds.
const HOUR: i64 = 3_600_000;

impl<H: Host> Client<H> {
    /// Lets go of what is old, where it is time to look: nothing leaves before the clock was compared with the server's, which
    /// a cycle has done.
    pub(super) async fn expire_all(&self, epoch: u64) -> Result<(), CycleError> {
        for (name, _) in self.flowing(&Direction::is_pulled) {
            let Some(retain) = self.retain(&name) else { continue };
            let now = self.shared.now();
            let every = (retain.milliseconds() / 24).min(HOUR);
            let last = self.shared.expired_at.borrow().get(&name).copied();
            // A clock that was put back is no reason to wait.
            if last.is_some_and(|last| (0..every).contains(&now.since(last))) {
                continue;
            }
            self.expire(epoch, &name, retain).await?;
            self.shared.expired_at.borrow_mut().insert(name, now);
        }
        Ok(())
    }

    /// How long a collection keeps records, where that is not for ever.
    pub(super) fn retain(&self, name: &CollectionName) -> Option<Retain> {
        self.shared.options.collections.get(name)?.retain
    }

    async fn expire(&self, epoch: u64, name: &CollectionName, retain: Retain) -> Result<(), CycleError> {
        let Read::Range { start, end } = collection_of(Table::Base, name) else { return Ok(()) };
        let mut next = Some(start);
        while let Some(start) = next {
            let to = self.database.stride(&start, PAGES).filter(|to| end.as_ref().is_none_or(|end| to < end));
            let part =
                [Read::Range { start, end: to.clone().or_else(|| end.clone()) }, Read::Key(Skew::key())];
            let old = self.old(name, retain, &part).await?;
            for records in old.chunks(MOST) {
                let (collection, records) = (name.clone(), records.to_vec());
                self.run_fenced(epoch, Expire { collection, records, retain, now: self.shared.now() })
                    .await?;
            }
            next = to;
        }
        Ok(())
    }

    /// The records of a part that may have to leave.
    async fn old(
        &self,
        name: &CollectionName,
        retain: Retain,
        part: &[Read],
    ) -> Result<Vec<RecordId>, Error> {
        let now = self.shared.now();
        let look = |view: &dyn View| -> Result<Vec<RecordId>, Error> {
            let Some(Read::Range { start, end }) = part.first() else { return Ok(Vec::new()) };
            let skew =
                view.row(&Skew::key()).map(|row| read_row::<Skew>(&row)).transpose()?.unwrap_or_default();
            let oldest = now.plus(skew.milliseconds).plus(retain.milliseconds().saturating_neg());
            let is_old = |value: &[u8]| -> Result<bool, Error> {
                let edited_at = read_row::<Base<'_>>(value)?.edited_at;
                Ok(edited_at < oldest && edited_at > Millis::default())
            };
            let mut old = Vec::new();
            for (key, value) in view.range(start, end.as_ref()) {
                if is_old(&value)? {
                    old.extend(record_within(name, &key));
                }
            }
            Ok(old)
        };
        self.database.read(part, look).await?
    }
}
