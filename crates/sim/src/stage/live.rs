//! The live channel: hints that come late or not at all, and connections that end. Decides nothing about records.

use std::{cell::RefCell, rc::Rc};

use futures::{FutureExt as _, StreamExt as _, channel::mpsc, select_biased};
use syncline_core::{
    model::{Error, ErrorCode},
    ports::{Received, Socket, Sockets},
};

use super::Link;
use crate::{ground::Ground, service::Service};

/// Opens live channels, where the weather has any.
pub(crate) struct LiveSockets {
    pub(crate) ground: Rc<Ground>,
    pub(crate) service: Rc<Service>,
    pub(crate) link: Rc<Link>,
}

/// An open one.
pub(crate) struct LiveSocket {
    ground: Rc<Ground>,
    link: Rc<Link>,
    hints: mpsc::UnboundedReceiver<String>,
    /// When it ends by itself.
    ends_at: u64,
    /// How the client greeted.
    hello: RefCell<Option<String>>,
    service: Rc<Service>,
}

impl LiveSocket {
    /// Whether the token it was greeted with is not good, or not any more.
    fn is_refused(&self) -> bool {
        self.hello.borrow().as_ref().is_some_and(|hello| !self.service.greets(hello))
    }
}

fn gone() -> Error {
    Error::new(ErrorCode::Offline, "there is no live channel")
}

impl Sockets for LiveSockets {
    type Socket = LiveSocket;

    async fn connect(&self, _url: &str) -> Result<LiveSocket, Error> {
        self.ground.time.sleep(self.ground.fate.between(1, 100)).await;
        if !self.ground.weather.is_live || self.link.is_cut() {
            return Err(gone());
        }
        self.link.note_channel();
        let ends_at = self.ground.time.now().saturating_add(self.ground.fate.between(1_000, 600_000));
        Ok(LiveSocket {
            ground: Rc::clone(&self.ground),
            link: Rc::clone(&self.link),
            hints: self.service.listen(),
            ends_at,
            hello: RefCell::default(),
            service: Rc::clone(&self.service),
        })
    }
}

impl Socket for LiveSocket {
    async fn send(&mut self, text: String) -> Result<(), Error> {
        self.ground.pause().await;
        if self.link.is_cut() {
            return Err(gone());
        }
        self.hello.borrow_mut().get_or_insert(text);
        Ok(())
    }

    async fn receive(&mut self) -> Result<Received, Error> {
        self.ground.pause().await;
        if self.is_refused() {
            return Ok(Received::Closed(4_401));
        }
        let left = self.ends_at.saturating_sub(self.ground.time.now());
        let mut end = self.ground.time.sleep(left).fuse();
        let mut hint = self.hints.next().fuse();
        select_biased! {
            hint = hint => {
                self.ground.time.sleep(self.ground.fate.between(0, 200)).await;
                match hint.filter(|_| !self.link.is_cut()) {
                    Some(text) => {
                        self.ground.count(|counts| &mut counts.hints);
                        Ok(Received::Text(text))
                    }
                    None if self.is_refused() && !self.link.is_cut() => Ok(Received::Closed(4_401)),
                    None => Err(gone()),
                }
            }
            () = end => Ok(Received::Closed(1_012)),
        }
    }
}
