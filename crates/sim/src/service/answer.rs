//! Answers requests as the server does: the token, the checks, the decisions, the shape of errors. Loses none.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
};

use futures::channel::mpsc;
use serde::{Serialize, de::DeserializeOwned};
use syncline_core::ports::{HttpRequest, HttpResponse};
use syncline_protocol::{
    Change, ChangeId, CollectionName, LiveHello, LiveMessage, Millis, Problem, ProblemCode, PullRequest,
    PushRequest, PushResponse, PushResult,
};
use syncline_server::{
    Ledger,
    decide::{checks, is_unchanged, tag},
};

use super::History;
use crate::{
    ground::Ground,
    planted::server::{self as planted, Bug},
    stage::moment,
};

/// The identity of the server's database, as it is in cursors.
pub(crate) const IDENTITY: &str = "sim";

/// An answer on its way.
pub(crate) struct Answered {
    pub(crate) response: HttpResponse,
    /// Whether something changed at the server.
    pub(crate) has_effect: bool,
    /// Which life of the server gave it: its connections end with it.
    pub(crate) life: u64,
}

/// The server.
pub(crate) struct Service {
    ground: Rc<Ground>,
    ledger: RefCell<Ledger>,
    pub(crate) history: RefCell<History>,
    /// Tokens with a lower number have expired.
    valid_from: Cell<u64>,
    life: Cell<u64>,
    ears: RefCell<Vec<mpsc::UnboundedSender<String>>>,
    late: RefCell<BTreeMap<u64, HttpRequest>>,
    next_late: Cell<u64>,
    /// Answers from which a result was left out.
    doubts: Cell<u64>,
    /// Changes that arrived while a planted bug forgets them.
    arrivals: Cell<usize>,
}

impl Service {
    pub(crate) fn new(ground: &Rc<Ground>) -> Rc<Self> {
        Rc::new(Self {
            ground: Rc::clone(ground),
            ledger: RefCell::new(Ledger::new(IDENTITY).with_limits(ground.weather.limits)),
            history: RefCell::default(),
            valid_from: Cell::new(1),
            life: Cell::new(0),
            ears: RefCell::default(),
            late: RefCell::default(),
            next_late: Cell::new(0),
            doubts: Cell::new(0),
            arrivals: Cell::new(0),
        })
    }

    /// Answers a request.
    pub(crate) fn answer(&self, request: &HttpRequest) -> Answered {
        let (response, has_effect) = self.route(request).unwrap_or_else(|problem| (refusal(&problem), false));
        Answered { response, has_effect, life: self.life.get() }
    }

    fn route(&self, request: &HttpRequest) -> Result<(HttpResponse, bool), Problem> {
        let header = |name| request.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value);
        let token = header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        if !self.is_good(token.unwrap_or_default()) {
            self.ground.count(|counts| &mut counts.refused_tokens);
            return Err(Problem::new(ProblemCode::Unauthorized, "The token is not good"));
        }
        if request.url.ends_with("/v1/push") {
            return self.push(&read(request)?);
        }
        if request.url.ends_with("/v1/pull") {
            return Ok((self.pull(&read(request)?, header("if-none-match"))?, false));
        }
        Err(Problem::new(ProblemCode::NotFound, "There is no such route"))
    }

    fn push(&self, request: &PushRequest) -> Result<(HttpResponse, bool), Problem> {
        let now = moment(&self.ground.time);
        if let Err(problem) = checks::push(request, &self.ground.weather.limits) {
            self.ground.count(|counts| &mut counts.oversized);
            return Err(problem);
        }
        let mut results = Vec::new();
        let mut changed = BTreeMap::<CollectionName, _>::new();
        let mut history = self.history.borrow_mut();
        let mut ledger = self.ledger.borrow_mut();
        // Each change stands alone, so each is given alone: what it did can then be seen.
        for change in &request.changes {
            self.ground.check(history.arrive(change));
            let before = ledger.record(&change.collection, &change.record).cloned();
            let alone = PushRequest { device: request.device.clone(), changes: vec![change.clone()] };
            let given = if planted::is(Bug::IdsForgotten) {
                forgetful(&mut ledger, alone, self.arrival(), now)
            } else {
                ledger.push(&alone, now).results
            };
            let after = ledger.record(&change.collection, &change.record);
            for result in given {
                match history.answer(change, &result, before.as_ref(), after) {
                    Ok(counted) => counted.into_iter().for_each(|which| self.ground.count(which)),
                    Err(finding) => self.ground.find(|| finding),
                }
                self.ground.say(|| {
                    format!(
                        "server: {:.8} {} {}: {result:?}",
                        change.id.as_str(),
                        change.collection,
                        change.record
                    )
                });
                results.push(result);
            }
            if before.as_ref() != after {
                changed.insert(change.collection.clone(), None);
            }
        }
        let has_effect = !changed.is_empty();
        let is_deleting = |change: &Change| has_effect && change.data.is_none();
        if request.changes.iter().any(is_deleting) && self.ground.strikes(self.ground.weather.purged) {
            self.ground.count(|counts| &mut counts.purges);
            drop((ledger, history));
            self.purge();
        }
        if has_effect && !planted::is(Bug::HintsLost) {
            self.tell(&LiveMessage::Changed(changed));
        }
        if self.ground.strikes(self.ground.weather.doubted) && results.pop().is_some() {
            self.ground.count(|counts| &mut counts.doubts);
            self.doubts.set(self.doubts.get().saturating_add(1));
        }
        Ok((json(200, &PushResponse { results, now }), has_effect))
    }

    fn pull(&self, request: &PullRequest, held: Option<&String>) -> Result<HttpResponse, Problem> {
        checks::pull(request)?;
        let limit = request.limit.min(self.ground.weather.page);
        let request = PullRequest { limit, ..request.clone() };
        let mut answer = self.ledger.borrow().pull(&request, moment(&self.ground.time));
        if planted::is(Bug::PageHasGap) {
            answer.collections.values_mut().for_each(|page| drop(page.records.pop()));
        }
        for page in answer.collections.values() {
            if page.more {
                self.ground.count(|counts| &mut counts.pages);
            }
            if page.snapshot {
                self.ground.count(|counts| &mut counts.snapshots);
            }
        }
        let mut response = if held.is_some_and(|held| is_unchanged(&answer, held)) {
            self.ground.count(|counts| &mut counts.unchanged);
            HttpResponse { status: 304, ..HttpResponse::default() }
        } else {
            json(200, &answer)
        };
        response.headers.push(("etag".to_owned(), tag(&answer)));
        Ok(response)
    }

    /// A good token.
    pub(crate) fn token(&self) -> String {
        format!("t{}", self.valid_from.get())
    }

    fn is_good(&self, token: &str) -> bool {
        let number: Option<u64> = token.strip_prefix('t').and_then(|number| number.parse().ok());
        number.is_some_and(|number| number >= self.valid_from.get())
    }

    /// Makes all tokens given so far expire, and ends the live channels that were opened with them.
    pub(crate) fn expire_tokens(&self) {
        self.ears.borrow_mut().clear();
        self.valid_from.set(self.valid_from.get().saturating_add(1));
    }

    /// Which life this is; a restart begins the next.
    pub(crate) fn life(&self) -> u64 {
        self.life.get()
    }

    /// Ends all connections and loses nothing.
    pub(crate) fn restart(&self) {
        self.life.set(self.life.get().saturating_add(1));
        self.ears.borrow_mut().clear();
    }

    /// Forgets all deletions, and no answer.
    pub(crate) fn purge(&self) {
        let now = moment(&self.ground.time).plus(1);
        self.ledger.borrow_mut().purge(now, Millis(i64::MIN));
        let mut history = self.history.borrow_mut();
        history.purges = history.purges.saturating_add(1);
    }

    fn arrival(&self) -> usize {
        self.arrivals.set(self.arrivals.get().saturating_add(1));
        self.arrivals.get()
    }

    /// How many answers left something in doubt.
    pub(crate) fn doubts(&self) -> u64 {
        self.doubts.get()
    }

    /// Hears hints.
    pub(crate) fn listen(&self) -> mpsc::UnboundedReceiver<String> {
        let (sender, receiver) = mpsc::unbounded();
        self.ears.borrow_mut().push(sender);
        receiver
    }

    /// Whether the first message of a live channel is a good one.
    pub(crate) fn greets(&self, text: &str) -> bool {
        serde_json::from_str::<LiveHello>(text).is_ok_and(|hello| self.is_good(&hello.token))
    }

    fn tell(&self, message: &LiveMessage) {
        if let Ok(text) = serde_json::to_string(message) {
            self.ears.borrow_mut().retain(|ear| ear.unbounded_send(text.clone()).is_ok());
        }
    }

    /// Takes a request that arrives a second time, that many milliseconds later.
    pub(crate) fn keep_duplicate(self: &Rc<Self>, request: HttpRequest, delay: u64) {
        let number = self.next_late.get();
        self.next_late.set(number.saturating_add(1));
        self.late.borrow_mut().insert(number, request);
        let service = Rc::clone(self);
        self.ground.spawn_network(async move {
            service.ground.time.sleep(delay).await;
            let request = service.late.borrow_mut().remove(&number);
            if let Some(request) = request {
                drop(service.answer(&request));
            }
        });
    }

    /// Lets everything arrive that is still under way a second time.
    pub(crate) fn deliver_late(&self) {
        for request in std::mem::take(&mut *self.late.borrow_mut()).into_values() {
            drop(self.answer(&request));
        }
    }
}

/// A planted bug: each arrival of a change is the first.
fn forgetful(ledger: &mut Ledger, mut push: PushRequest, arrival: usize, now: Millis) -> Vec<PushResult> {
    let known: Vec<ChangeId> = push.changes.iter().map(|change| change.id.clone()).collect();
    for change in &mut push.changes {
        change.id = ChangeId::trusted(format!("{}-{arrival}", change.id));
    }
    let mut results = ledger.push(&push, now).results;
    for (result, id) in results.iter_mut().zip(known) {
        let (PushResult::Applied { id: given, .. }
        | PushResult::Conflict { id: given, .. }
        | PushResult::InDoubt { id: given, .. }
        | PushResult::Rejected { id: given, .. }) = result;
        *given = id;
    }
    results
}

fn read<T: DeserializeOwned>(request: &HttpRequest) -> Result<T, Problem> {
    serde_json::from_slice(request.body.as_deref().unwrap_or_default())
        .map_err(|error| Problem::new(ProblemCode::InvalidRequest, error.to_string()))
}

fn json(status: u16, body: &impl Serialize) -> HttpResponse {
    HttpResponse {
        status,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        // What the protocol's types hold can be written.
        body: serde_json::to_vec(body).unwrap_or_default(),
    }
}

fn refusal(problem: &Problem) -> HttpResponse {
    json(problem.status, problem)
}
