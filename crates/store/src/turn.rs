//! Who works on the log when: one turn at a time, and everything that is asked for meanwhile goes together into the next.
//! Does not know what a turn does.
//!
//! Nothing is spawned. A turn is a shared future that everyone who waits for it drives, and that drives the turn before it.
//! So a turn goes on as long as anyone waits for it or for a later one, and ends, like a crash, where nobody does.

use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

use futures::FutureExt;
use futures::future::{LocalBoxFuture, Shared, WeakShared};

use crate::plan::{Decided, Plan};
use crate::{Read, StoreError, View};

/// How a turn ended.
#[derive(Clone, Debug)]
pub(crate) struct TurnResult {
    /// Whether what others appended is known.
    pub(crate) caught_up: Result<(), StoreError>,
    /// Whether what the plans decided is durable.
    pub(crate) committed: Result<(), StoreError>,
}

/// What is asked of a turn.
#[derive(Default)]
pub(crate) struct Work {
    pub(crate) jobs: Vec<Rc<dyn Job>>,
    pub(crate) is_tail_wanted: bool,
    /// Whether nothing in memory is to be believed.
    pub(crate) is_doubted: bool,
}

type Turn = LocalBoxFuture<'static, TurnResult>;

/// The turn that is taken, and the one that waits.
#[derive(Default)]
pub(crate) struct Turns {
    waiting: RefCell<Option<Waiting>>,
    taken: RefCell<Option<WeakShared<Turn>>>,
}

struct Waiting {
    work: Work,
    turn: WeakShared<Turn>,
}

impl Turns {
    /// Asks for work in the next turn; the future that comes back has to be awaited.
    ///
    /// `take` makes the future of a turn. It has to call `begin` first, once it is polled.
    pub(crate) fn join(
        &self,
        ask: impl FnOnce(&mut Work),
        take: impl AsyncFnOnce() -> TurnResult + 'static,
    ) -> Shared<Turn> {
        let mut waiting = self.waiting.borrow_mut();
        if let Some(waiting) = waiting.as_mut()
            && let Some(turn) = waiting.turn.upgrade()
        {
            ask(&mut waiting.work);
            return turn;
        }
        let before = self.taken.borrow().as_ref().and_then(WeakShared::upgrade);
        let mut work = Work::default();
        ask(&mut work);
        let turn = async move {
            if let Some(before) = before {
                drop(before.await);
            }
            take().await
        };
        let turn = turn.boxed_local().shared();
        *waiting = turn.downgrade().map(|turn| Waiting { work, turn });
        turn
    }

    /// Takes the turn that waits: from here on, whoever asks gets into the one after it.
    pub(crate) fn begin(&self) -> Work {
        let Some(Waiting { work, turn }) = self.waiting.take() else { return Work::default() };
        *self.taken.borrow_mut() = Some(turn);
        work
    }
}

/// Lets pass what is going on at the moment: a hundred commits that are asked for in one go share the first turn too. Each of
/// them has to do so by itself: in the turn, whoever is second would drive it on.
pub(crate) async fn moment() {
    let mut is_over = false;
    poll_fn(|context| {
        if std::mem::replace(&mut is_over, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// A plan that waits for its turn, whatever its outcome is.
pub(crate) trait Job {
    fn reads(&self) -> Vec<Read>;

    /// Lets the plan decide, and keeps the outcome.
    fn decide(&self, view: &dyn View) -> Decided;
}

/// A plan and the outcome of its last decision.
pub(crate) struct PlanJob<P: Plan> {
    plan: P,
    outcome: RefCell<Option<P::Outcome>>,
}

impl<P: Plan> PlanJob<P> {
    pub(crate) fn new(plan: P) -> Self {
        Self { plan, outcome: RefCell::new(None) }
    }

    pub(crate) fn take_outcome(&self) -> Option<P::Outcome> {
        self.outcome.take()
    }
}

impl<P: Plan> Job for PlanJob<P> {
    fn reads(&self) -> Vec<Read> {
        self.plan.reads()
    }

    fn decide(&self, view: &dyn View) -> Decided {
        let decision = self.plan.decide(view);
        self.outcome.replace(Some(decision.outcome));
        Decided { origin: self.plan.origin(), writes: decision.writes }
    }
}
