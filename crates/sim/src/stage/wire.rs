//! Requests on their way to the server and answers on their way back, with everything that happens to them there. What a
//! request asks for may happen although nobody waits for it any more. Reads none of them.

use std::{cell::Cell, rc::Rc};

use futures::channel::oneshot;
use syncline_core::{
    model::{Error, ErrorCode},
    ports::{Clock, Http, HttpRequest, HttpResponse, TokenSource, Wire},
};

use super::{Link, Told, clock::DeviceClock, live::LiveSockets};
use crate::{ground::Ground, service::Service};

/// The way from one context to the server.
pub(crate) struct DeviceWire {
    pub(crate) clock: DeviceClock,
    pub(crate) http: DeviceHttp,
    pub(crate) sockets: LiveSockets,
    pub(crate) tokens: Tokens,
}

impl Wire for DeviceWire {
    type Sockets = LiveSockets;

    fn clock(&self) -> &impl Clock {
        &self.clock
    }

    fn http(&self) -> &impl Http {
        &self.http
    }

    fn sockets(&self) -> &Self::Sockets {
        &self.sockets
    }

    fn tokens(&self) -> &impl TokenSource {
        &self.tokens
    }
}

/// Where tokens come from.
pub(crate) struct Tokens {
    pub(crate) ground: Rc<Ground>,
    pub(crate) service: Rc<Service>,
    pub(crate) link: Rc<Link>,
    pub(crate) is_signed_out: Rc<Cell<bool>>,
    pub(crate) is_asked: Cell<bool>,
    pub(crate) told: Rc<Told>,
}

impl TokenSource for Tokens {
    async fn token(&self) -> Result<Option<String>, Error> {
        if self.is_asked.replace(true) {
            self.ground.find(|| "a token is asked for while one is asked for".to_owned());
        }
        let _asked = Lowered(&self.is_asked);
        // Signing in again may take a person a moment.
        let most = if self.ground.fate.happens(200) { 3_000 } else { 30 };
        self.ground.time.sleep(self.ground.fate.between(0, most)).await;
        let is_given = !self.link.is_cut() && !self.is_signed_out.get();
        self.told.handle_token(is_given);
        if self.link.is_cut() {
            return Err(Error::new(ErrorCode::Network, "no way to the sign-in"));
        }
        Ok((!self.is_signed_out.get()).then(|| self.service.token()))
    }
}

/// Lowers a flag when dropped.
struct Lowered<'a>(&'a Cell<bool>);

impl Drop for Lowered<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

/// The requests of one context.
pub(crate) struct DeviceHttp {
    pub(crate) ground: Rc<Ground>,
    pub(crate) service: Rc<Service>,
    pub(crate) link: Rc<Link>,
    pub(crate) told: Rc<Told>,
}

impl Http for DeviceHttp {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, Error> {
        self.ground.count(|counts| &mut counts.requests);
        let (reply, answer) = oneshot::channel();
        let carrier = Carrier {
            ground: Rc::clone(&self.ground),
            service: Rc::clone(&self.service),
            link: Rc::clone(&self.link),
        };
        self.ground.spawn_network(async move { carrier.carry(request, reply).await });
        let response = answer.await.map_err(|_| Error::new(ErrorCode::Network, "the connection broke"))?;
        self.told.handle_answer(response.status);
        Ok(response)
    }
}

/// Carries one request.
struct Carrier {
    ground: Rc<Ground>,
    service: Rc<Service>,
    link: Rc<Link>,
}

type Reply = oneshot::Sender<HttpResponse>;

impl Carrier {
    async fn carry(&self, request: HttpRequest, reply: Reply) {
        let weather = &self.ground.weather;
        self.travel().await;
        if self.link.is_cut() || self.ground.strikes(weather.request_lost) {
            self.ground.count(|counts| &mut counts.requests_lost);
            return self.lose(reply).await;
        }
        if self.ground.strikes(weather.expired) {
            self.service.expire_tokens();
        }
        if self.ground.strikes(weather.throttled) {
            self.ground.count(|counts| &mut counts.throttled);
            return self.answer(throttled(&self.ground), reply);
        }
        if self.ground.strikes(weather.html) {
            self.ground.count(|counts| &mut counts.html);
            return self.answer(html(502), reply);
        }
        if self.ground.strikes(weather.duplicated) {
            self.ground.count(|counts| &mut counts.duplicates);
            // Minutes later, or right now: then the server sees both at once.
            let delay = if self.ground.fate.happens(500) { 0 } else { self.ground.fate.between(1, 300_000) };
            self.service.keep_duplicate(request.clone(), delay);
        }
        let answered = self.service.answer(&request);
        self.travel().await;
        let is_restarted = self.service.life() != answered.life;
        if self.link.is_cut() || is_restarted || self.ground.strikes(weather.answer_lost) {
            self.ground.count(|counts| &mut counts.answers_lost);
            if answered.has_effect {
                self.ground.count(|counts| &mut counts.effects_unheard);
            }
            return self.lose(reply).await;
        }
        if self.ground.strikes(weather.html) {
            self.ground.count(|counts| &mut counts.html);
            // A gateway gave up waiting, or a hotel's portal answers for everybody.
            return self.answer(html(if self.ground.fate.happens(500) { 504 } else { 200 }), reply);
        }
        self.answer(answered.response, reply);
    }

    fn answer(&self, response: HttpResponse, reply: Reply) {
        // Nobody waits any more where the device crashed or gave up.
        drop(reply.send(response));
    }

    async fn travel(&self) {
        let delay = if self.ground.strikes(self.ground.weather.delayed) {
            self.ground.count(|counts| &mut counts.delayed);
            self.ground.fate.between(1_000, 90_000)
        } else {
            self.ground.fate.between(1, 120)
        };
        self.ground.time.sleep(delay).await;
    }

    /// The connection breaks, or hangs until somebody loses patience.
    async fn lose(&self, reply: Reply) {
        if self.ground.fate.happens(250) {
            self.ground.time.sleep(120_000).await;
        }
        drop(reply);
    }
}

fn html(status: u16) -> HttpResponse {
    HttpResponse {
        status,
        headers: vec![("content-type".to_owned(), "text/html".to_owned())],
        body: b"<!doctype html><title>Bad Gateway</title>".to_vec(),
    }
}

fn throttled(ground: &Ground) -> HttpResponse {
    let status = if ground.fate.happens(500) { 429 } else { 503 };
    let seconds = ground.fate.between(1, 40).to_string();
    HttpResponse { status, headers: vec![("retry-after".to_owned(), seconds)], body: Vec::new() }
}
