//! Beginning to lead, and what one leader leaves for the next. Does not acquire the lock.

use syncline_store::{Decision, Plan, Read, View};

use super::{Origin, draft::Draft};
use crate::{
    model::{Error, Leadership, RetryState, RetryWait, Single},
    planted::{self, Bug},
};

/// Begins a leadership: raises the epoch, which ends every earlier one. Gives the epoch and what the last attempts left.
#[derive(Clone, Copy, Debug)]
pub struct TakeLeadership;

impl Plan for TakeLeadership {
    type Outcome = Result<(u64, (RetryState, RetryWait)), Error>;

    fn reads(&self) -> Vec<Read> {
        [Leadership::key(), RetryState::key(), RetryWait::key()].map(Read::Key).into()
    }

    fn origin(&self) -> u8 {
        Origin::Remote.tag()
    }

    fn decide(&self, view: &dyn View) -> Decision<Self::Outcome> {
        Draft::decide(view, |draft| {
            let epoch =
                draft.single::<Leadership>()?.epoch.saturating_add(u64::from(!planted::is(Bug::EpochKept)));
            draft.set_single(&Leadership { epoch })?;
            Ok((epoch, (draft.single()?, draft.single()?)))
        })
    }
}

/// Keeps when the next attempt is due, so that a restarted worker neither hammers nor forgets.
#[derive(Clone, Copy, Debug)]
pub struct KeepRetry(pub RetryState, pub RetryWait);

impl Plan for KeepRetry {
    type Outcome = Result<(), Error>;

    fn reads(&self) -> Vec<Read> {
        [RetryState::key(), RetryWait::key()].map(Read::Key).into()
    }

    fn origin(&self) -> u8 {
        Origin::Remote.tag()
    }

    fn decide(&self, view: &dyn View) -> Decision<Self::Outcome> {
        Draft::decide(view, |draft| {
            if draft.single::<RetryState>()? != self.0 && !planted::is(Bug::RetryUntold) {
                draft.set_single(&self.0)?;
            }
            if draft.single::<RetryWait>()? != self.1 {
                draft.set_single(&self.1)?;
            }
            Ok(())
        })
    }
}
