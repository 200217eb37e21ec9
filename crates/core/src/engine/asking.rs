//! Asks the app's functions how conflicts end, beside a cycle that goes on with everything else. Chooses nothing itself.
//!
//! Plans are synchronous, so a conflict of such a collection is kept like one that waits for the user, and the answer ends it
//! unless the record moved on meanwhile. Where there is no answer it stays with the user, and is asked about again when the
//! record has changed or the database is opened anew.

use std::{collections::BTreeSet, pin::pin};

use futures::{
    FutureExt as _, StreamExt as _,
    future::{Either, LocalBoxFuture, select},
    stream::FuturesUnordered,
};
use syncline_protocol::{ChangeId, JsonText, Millis};

use super::{
    client::Client,
    cycle::{Cycle, CycleError},
};
use crate::{
    model::{Conflict, ConflictStrategy, Direction, Error, ErrorCode, Event, ResolvedAs},
    plan::{Choice, KeptConflict, Origin, Resolve, is_same},
    ports::{Clock as _, Events as _, Host, Resolver as _, Verdict},
};

/// How long a function may take, in milliseconds: about as long as a person waits for an answer
/// (Nielsen, "Usability Engineering", 1993, chapter 5), and well below the 30 seconds that a service worker lives.
const PATIENCE: u64 = 10_000;
/// How long one cycle goes on asking about what it meets, in milliseconds: whoever waits for its end is told of the rest later.
const ASKING: u64 = 20_000;
/// How often a cycle that waits for functions looks whether there is something else to do, in milliseconds.
const GLANCE: u64 = 250;

/// A question and its answer.
type Answered = (KeptConflict, Result<Verdict, Error>);

/// The questions of one cycle.
#[derive(Default)]
pub(super) struct Asking<'a> {
    under_way: FuturesUnordered<LocalBoxFuture<'a, Answered>>,
    /// What they are about.
    about: BTreeSet<ChangeId>,
    began: Option<Millis>,
}

/// Why waiting for functions ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Heard {
    /// Nothing is under way any more.
    Nothing,
    /// Nothing is any more, and something was resolved.
    Resolved,
    /// There is something else to do meanwhile.
    Stirred,
}

impl<H: Host> Client<H> {
    /// Asks about every kept conflict whose strategy is a function and that has no answer as it stands.
    pub(super) async fn ask_functions<'a>(
        &'a self,
        asking: &mut Asking<'a>,
        cycle: &mut Cycle,
    ) -> Result<(), CycleError> {
        let collections = self.flowing(&|direction| direction != Direction::None);
        let is_asked = |(name, _): &(_, _)| {
            self.is_of_function(name) && self.shared.mirror.borrow().tally(name).conflicts > 0
        };
        let asked: BTreeSet<_> = collections.into_iter().filter(is_asked).map(|(name, _)| name).collect();
        if asked.is_empty() {
            return Ok(());
        }
        for kept in self.kept_conflicts().await? {
            let id = &kept.row.change.id;
            let is_known = self.shared.unresolved.borrow().get(id) == Some(&kept);
            if is_known || asking.about.contains(id) || !asked.contains(&kept.collection) {
                continue;
            }
            let now = self.shared.now();
            let began = *asking.began.get_or_insert(now);
            if now.since(began).unsigned_abs() > ASKING {
                cycle.come_back_in(self.shared.options.schedule.backoff.base);
                return Ok(());
            }
            asking.about.insert(id.clone());
            asking.under_way.push(self.ask_about(kept).boxed_local());
        }
        Ok(())
    }

    async fn ask_about(&self, kept: KeptConflict) -> Answered {
        let conflict = match kept.to_conflict() {
            Ok(conflict) => conflict,
            Err(error) => return (kept, Err(error)),
        };
        let answer = {
            let asking = pin!(self.shared.host.resolver().resolve(&conflict));
            let waiting = pin!(self.shared.host.clock().sleep(PATIENCE));
            match select(asking, waiting).await {
                Either::Left((answer, _)) => answer.and_then(checked),
                Either::Right(_) => {
                    let message = format!(
                        "conflict: the function of `{}` did not answer within {} s",
                        kept.collection,
                        PATIENCE / 1_000
                    );
                    Err(Error::new(ErrorCode::Timeout, message))
                }
            }
        };
        (kept, answer)
    }

    /// Waits until every question is answered, or there is something else to do.
    pub(super) async fn hear_answers(
        &self,
        epoch: u64,
        asking: &mut Asking<'_>,
        cycle: &mut Cycle,
    ) -> Result<Heard, CycleError> {
        let mut heard = Heard::Nothing;
        while !asking.under_way.is_empty() {
            if self.shared.is_stirred.take() {
                return Ok(Heard::Stirred);
            }
            let answered = {
                let glance = pin!(self.shared.host.clock().sleep(GLANCE));
                match select(asking.under_way.next(), glance).await {
                    Either::Left((answered, _)) => answered,
                    Either::Right(_) => None,
                }
            };
            if let Some((kept, answer)) = answered {
                asking.about.remove(&kept.row.change.id);
                if self.take_answer(epoch, kept, answer, cycle).await? {
                    heard = Heard::Resolved;
                }
            }
        }
        Ok(heard)
    }

    /// Ends a conflict as the function said. Says whether it did.
    async fn take_answer(
        &self,
        epoch: u64,
        kept: KeptConflict,
        answer: Result<Verdict, Error>,
        cycle: &mut Cycle,
    ) -> Result<bool, CycleError> {
        let doc = match answer {
            Ok(Verdict::Document(doc)) => doc,
            Ok(Verdict::NoFunction) => {
                self.shared.unresolved.borrow_mut().insert(kept.row.change.id.clone(), kept);
                return Ok(false);
            }
            Err(error) => {
                self.leave_to_user(kept, error).await?;
                return Ok(false);
            }
        };
        let conflict = kept.to_conflict()?;
        let resolved_as = resolved_as(&conflict, doc.as_deref());
        let plan = Resolve {
            conflict: conflict.id.clone(),
            choice: Choice::Merged(doc),
            seen: Some(kept),
            origin: Origin::Remote,
            now: self.shared.now(),
        };
        match self.run_fenced(epoch, plan).await {
            Ok(true) => {
                cycle.report.resolved = cycle.report.resolved.saturating_add(1);
                self.shared.host.events().emit(Event::Conflict(conflict, resolved_as));
                Ok(true)
            }
            // The record moved on: if it still is a conflict, it is asked about as it stands.
            Ok(false) => {
                cycle.come_back_in(self.shared.options.schedule.backoff.base);
                Ok(false)
            }
            // It ended meanwhile.
            Err(CycleError::Failed(error)) if error.code == ErrorCode::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn leave_to_user(&self, kept: KeptConflict, error: Error) -> Result<(), Error> {
        // Of what moved on meanwhile nothing has to be told.
        if !self.kept_conflicts().await?.contains(&kept) {
            return Ok(());
        }
        let conflict = kept.to_conflict()?;
        self.shared.unresolved.borrow_mut().insert(conflict.id.clone(), kept);
        self.shared.host.events().emit(Event::Conflict(conflict, ResolvedAs::Parked));
        self.shared.host.events().emit(Event::Error(error));
        Ok(())
    }

    pub(super) fn is_of_function(&self, name: &syncline_protocol::CollectionName) -> bool {
        let options = self.shared.options.collections.get(name);
        options.is_some_and(|options| options.conflict == ConflictStrategy::Function)
    }
}

/// A verdict whose text is a document.
fn checked(verdict: Verdict) -> Result<Verdict, Error> {
    let is_document = |text: &str| serde_json::from_str::<serde_json::Map<_, _>>(text).is_ok();
    match &verdict {
        Verdict::Document(Some(text)) if !is_document(text) => {
            let message = "conflict: the function gave what is no document";
            Err(Error::new(ErrorCode::InvalidDocument, message))
        }
        _ => Ok(verdict),
    }
}

fn resolved_as(conflict: &Conflict, doc: Option<&str>) -> ResolvedAs {
    let is = |side: &Option<JsonText>| is_same(doc, side.as_ref().map(JsonText::as_str));
    match (is(&conflict.local), is(&conflict.remote)) {
        (true, _) => ResolvedAs::Local,
        (false, true) => ResolvedAs::Remote,
        (false, false) => ResolvedAs::Merged,
    }
}
