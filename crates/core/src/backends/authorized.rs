//! Requests with a bearer token: one refresh after a 401, a time limit, and errors by status and problem code. Knows no
//! protocol.

use std::{cell::RefCell, pin::pin};

use futures::{
    future::{Either, select},
    lock::Mutex,
};
use syncline_protocol::{Millis, Problem};

use super::retry_after::retry_after;
use crate::{
    model::{Error, ErrorCode},
    planted::{self, Bug},
    ports::{Clock, Http as _, HttpRequest, HttpResponse, TokenSource as _, Traffic, Wire},
};

/// How long a request may take, in milliseconds.
const TIME_LIMIT: u64 = 60_000;

/// Sends requests in the user's name.
#[derive(Debug)]
pub(super) struct Authorized<W> {
    wire: W,
    token: RefCell<Option<String>>,
    /// Held while a token is asked for: requests and the live channel must not ask at once.
    asking: Mutex<()>,
    traffic: std::cell::Cell<Traffic>,
}

impl<W: Wire> Authorized<W> {
    pub(super) fn new(wire: W) -> Self {
        Self {
            wire,
            token: RefCell::default(),
            asking: Mutex::default(),
            traffic: std::cell::Cell::default(),
        }
    }

    pub(super) fn wire(&self) -> &W {
        &self.wire
    }

    pub(super) fn traffic(&self) -> Traffic {
        self.traffic.get()
    }

    /// The token in use, or a new one. Fails with `unauthorized` where there is none.
    pub(super) async fn token(&self) -> Result<String, Error> {
        if let Some(token) = self.known_token() {
            return Ok(token);
        }
        let _turn = if planted::is(Bug::TokenAskedTwice) { None } else { Some(self.asking.lock().await) };
        if let Some(token) = self.known_token() {
            return Ok(token);
        }
        let token = within(self.wire.clock(), self.wire.tokens().token(), "token: there was none in time");
        let Some(token) = token.await? else {
            return Err(Error::new(ErrorCode::Unauthorized, "token: nobody is signed in"));
        };
        self.token.replace(Some(token.clone()));
        Ok(token)
    }

    fn known_token(&self) -> Option<String> {
        self.token.borrow().clone()
    }

    /// Forgets a token that was refused, unless there is another by now.
    pub(super) fn forget_token(&self, refused: &str) {
        let mut token = self.token.borrow_mut();
        if token.as_deref() == Some(refused) {
            *token = None;
        }
    }

    /// Sends a request; gives 2xx and 304 responses, and everything else as an error.
    pub(super) async fn send(&self, request: HttpRequest) -> Result<HttpResponse, Error> {
        let mut token = self.token().await?;
        let mut response = self.attempt(&request, &token).await?;
        if response.status == 401 && !planted::is(Bug::TokenNotRefreshed) {
            self.forget_token(&token);
            let fresh = self.token().await?;
            // The same one again is refused again.
            if fresh != token {
                response = self.attempt(&request, &fresh).await?;
                token = fresh;
            }
        }
        match response.status {
            200..=299 | 304 => Ok(response),
            status => {
                if status == 401 {
                    self.forget_token(&token);
                }
                Err(error_of(&response, self.wire.clock().now()))
            }
        }
    }

    async fn attempt(&self, request: &HttpRequest, token: &str) -> Result<HttpResponse, Error> {
        let mut request = request.clone();
        request.headers.push(("authorization", format!("Bearer {token}")));
        let mut traffic = self.traffic.get();
        traffic.requests = traffic.requests.saturating_add(1);
        traffic.sent = traffic.sent.saturating_add(length(request.body.as_deref()));
        self.traffic.set(traffic);
        let sending = self.wire.http().send(request);
        let response = within(self.wire.clock(), sending, "the server did not answer in time").await?;
        let mut traffic = self.traffic.get();
        traffic.received = traffic.received.saturating_add(length(Some(&response.body)));
        self.traffic.set(traffic);
        Ok(response)
    }
}

fn length(body: Option<&[u8]>) -> u64 {
    body.map_or(0, |body| u64::try_from(body.len()).unwrap_or(u64::MAX))
}

/// Waits for an answer as long as one may take.
async fn within<T>(
    clock: &impl Clock,
    answer: impl Future<Output = Result<T, Error>>,
    too_late: &str,
) -> Result<T, Error> {
    match select(pin!(answer), pin!(clock.sleep(TIME_LIMIT))).await {
        Either::Left((answer, _)) => answer,
        Either::Right(_) => Err(Error::new(ErrorCode::Timeout, too_late)),
    }
}

fn error_of(response: &HttpResponse, now: Millis) -> Error {
    let problem: Option<Problem> = serde_json::from_slice(&response.body).ok();
    let title = problem.as_ref().map_or("", |problem| problem.title.as_str());
    let code = problem.as_ref().map(|problem| problem.code);
    Error::of_status(response.status, code, retry_after(response, now), title)
}
