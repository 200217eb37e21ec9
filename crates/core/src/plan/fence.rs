//! Keeps a leader that was frozen and thawed from doing anything more. Does not elect leaders.

use syncline_store::{Decision, Plan, Read, View};

use super::draft::Draft;
use crate::{
    model::{Error, Leadership, Single},
    planted::{self, Bug},
};

/// The leadership under which a plan was made has ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct FencedOut;

/// A plan that only takes place while its maker leads: each leadership has an epoch in the log.
#[derive(Debug)]
pub struct Fenced<P> {
    /// The epoch of the maker's leadership.
    pub epoch: u64,
    /// What is to be done.
    pub plan: P,
}

impl<T, P: Plan<Outcome = Result<T, Error>>> Plan for Fenced<P> {
    type Outcome = Result<Result<T, FencedOut>, Error>;

    fn reads(&self) -> Vec<Read> {
        let mut reads = self.plan.reads();
        reads.push(Read::Key(Leadership::key()));
        reads
    }

    fn origin(&self) -> u8 {
        self.plan.origin()
    }

    fn decide(&self, view: &dyn View) -> Decision<Self::Outcome> {
        let nothing = |outcome| Decision { writes: Vec::new(), outcome };
        match Draft::new(view).single::<Leadership>() {
            Err(error) => nothing(Err(error.into())),
            Ok(leadership) if leadership.epoch != self.epoch && !planted::is(Bug::FenceDropped) => {
                nothing(Ok(Err(FencedOut)))
            }
            Ok(_) => {
                let Decision { writes, outcome } = self.plan.decide(view);
                Decision { writes, outcome: outcome.map(Ok) }
            }
        }
    }
}
