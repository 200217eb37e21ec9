//! The adapter for `syncline/1` (`protocol.md` §1). Decides nothing about records.

use std::{cell::RefCell, collections::BTreeMap};

use serde::Deserialize;
use serde_json::value::RawValue;
use syncline_protocol::{
    Change, CollectionCursor, DeviceId, LiveHello, LiveMessage, Millis, PullRequest, PullResponse,
    PushRequest,
};

use super::{Address, authorized::Authorized};
use crate::{
    gather::Gather as _,
    model::{Error, ErrorCode},
    ports::{
        Backend, Hint, HttpRequest, HttpResponse, Method, Pulled, Pushed, Received, Socket as _,
        Sockets as _, Traffic, Wanted, Wire,
    },
};

/// The close code of the live channel that says that the token is not good (protocol.md §1).
const CLOSED_FOR_TOKEN: u16 = 4401;
/// The close code of the live channel that says that there are too many of them.
const CLOSED_FOR_TOO_MANY: u16 = 4429;

/// The answer to a push, its results not read yet.
#[derive(Deserialize)]
struct PushAnswer<'a> {
    #[serde(borrow)]
    results: Vec<&'a RawValue>,
    now: Millis,
}

/// A server that speaks `syncline/1`.
#[derive(Debug)]
pub struct Native<W> {
    address: Address,
    requests: Authorized<W>,
    /// The last pull that had an answer with an `ETag`: the same question may be answered with 304.
    last_pull: RefCell<Option<(Vec<u8>, String)>>,
}

impl<W: Wire> Native<W> {
    /// Speaks to the server at an address.
    pub fn new(address: Address, wire: W) -> Self {
        Self { address, requests: Authorized::new(wire), last_pull: RefCell::default() }
    }

    async fn post(
        &self,
        path: &str,
        body: Vec<u8>,
        condition: Option<(&'static str, String)>,
    ) -> Result<HttpResponse, Error> {
        let mut headers = vec![("content-type", "application/json".to_owned())];
        headers.extend(condition);
        let request =
            HttpRequest { method: Method::Post, url: self.address.http(path), headers, body: Some(body) };
        self.requests.send(request).await
    }
}

impl<W: Wire> Backend for Native<W> {
    async fn pull(&self, wanted: &[Wanted], limit: usize) -> Result<Pulled, Error> {
        let collections = wanted
            .iter()
            .map(|wanted| (wanted.collection.clone(), CollectionCursor { cursor: wanted.cursor.clone() }));
        let body = to_json(&PullRequest { collections: collections.gather(), limit })?;
        let known = self.last_pull.borrow().clone().filter(|(question, _)| *question == body);
        let condition = known.map(|(_, tag)| ("if-none-match", tag));
        let is_conditional = condition.is_some();
        let response = self.post("/v1/pull", body.clone(), condition).await?;
        match (response.status, is_conditional) {
            (304, true) => return Ok(Pulled::default()),
            (304, false) => return Err(nonsense("304 to a question without a condition")),
            _ => {}
        }
        let answer: PullResponse = from_json(&response)?;
        check_pages(wanted, &answer)?;
        // What a pull from nothing brings may be void here, and is then asked for again.
        let is_from_somewhere = wanted.iter().all(|wanted| wanted.cursor.is_some());
        let tag = response.header("etag").filter(|_| is_from_somewhere);
        self.last_pull.replace(tag.map(|tag| (body, tag.to_owned())));
        Ok(Pulled { pages: answer.collections.into_iter().collect(), now: Some(answer.now) })
    }

    async fn push(&self, device: &DeviceId, changes: &[Change]) -> Result<Pushed, Error> {
        let body = to_json(&PushRequest { device: device.clone(), changes: changes.to_vec() })?;
        let response = self.post("/v1/push", body, None).await?;
        let answer: PushAnswer<'_> = from_json(&response)?;
        // A result of a later protocol leaves its change in doubt, and stands in no other's way.
        let results = answer.results.iter().filter_map(|result| serde_json::from_str(result.get()).ok());
        Ok(Pushed { results: results.collect(), now: Some(answer.now) })
    }

    fn takes_patches(&self) -> bool {
        true
    }

    async fn watch(&self, wanted: &[Wanted], hint: &dyn Fn(Hint)) -> Result<bool, Error> {
        let token = self.requests.token().await?;
        let refused = |error: Error| {
            if error.code == ErrorCode::Unauthorized {
                self.requests.forget_token(&token);
            }
            error
        };
        let url = self.address.socket("/v1/live");
        let mut socket = self.requests.wire().sockets().connect(&url).await.map_err(refused)?;
        let collections: BTreeMap<_, _> =
            wanted.iter().map(|wanted| (wanted.collection.clone(), wanted.cursor.clone())).gather();
        socket.send(to_text(&LiveHello { token: token.clone(), collections })?).await?;
        hint(Hint::Connected);
        loop {
            match socket.receive().await? {
                Received::Closed(CLOSED_FOR_TOKEN) => {
                    self.requests.forget_token(&token);
                    return Err(Error::new(ErrorCode::Unauthorized, "the live channel refused the token"));
                }
                Received::Closed(CLOSED_FOR_TOO_MANY) => {
                    return Err(Error::new(ErrorCode::RateLimited, "there are too many live channels"));
                }
                Received::Closed(_) => return Ok(true),
                Received::Text(text) => match serde_json::from_str(&text) {
                    Ok(LiveMessage::Changed(_)) => hint(Hint::Changed),
                    Ok(LiveMessage::Ping(number)) => {
                        hint(Hint::Alive);
                        socket.send(to_text(&LiveMessage::Pong(number))?).await?;
                    }
                    // Messages of a later protocol are none of ours; the next pull has everything.
                    Ok(LiveMessage::Pong(_)) | Err(_) => {}
                },
            }
        }
    }

    fn traffic(&self) -> Traffic {
        self.requests.traffic()
    }
}

/// Every collection asked for has a page, and every page gets on: a pull must end.
fn check_pages(wanted: &[Wanted], answer: &PullResponse) -> Result<(), Error> {
    for Wanted { collection, cursor } in wanted {
        let Some(page) = answer.collections.get(collection) else {
            return Err(nonsense(&format!("no page of `{collection}`")));
        };
        if page.more && cursor.as_ref() == Some(&page.cursor) {
            return Err(nonsense(&format!("a page of `{collection}` that ends where it began")));
        }
    }
    Ok(())
}

fn nonsense(what: &str) -> Error {
    Error::new(ErrorCode::Protocol, format!("the server's answer is not of syncline/1: {what}"))
}

fn to_json<T: serde::Serialize>(message: &T) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(message).map_err(|error| Error::new(ErrorCode::Protocol, error.to_string()))
}

fn to_text<T: serde::Serialize>(message: &T) -> Result<String, Error> {
    serde_json::to_string(message).map_err(|error| Error::new(ErrorCode::Protocol, error.to_string()))
}

fn from_json<'a, T: Deserialize<'a>>(response: &'a HttpResponse) -> Result<T, Error> {
    serde_json::from_slice(&response.body).map_err(|error| {
        let kind = response.header("content-type").unwrap_or("no content type");
        Error::new(ErrorCode::Protocol, format!("the server's answer ({kind}) is not of syncline/1: {error}"))
    })
}
