//! The live channel: hints that come late or not at all, and connections that end. Decides nothing about records.

use std::{cell::Cell, rc::Rc};

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
    is_greeted: Cell<bool>,
    is_refused: Cell<bool>,
    service: Rc<Service>,
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
        let ends_at = self.ground.time.now().saturating_add(self.ground.fate.between(1_000, 600_000));
        Ok(LiveSocket {
            ground: Rc::clone(&self.ground),
            link: Rc::clone(&self.link),
            hints: self.service.listen(),
            ends_at,
            is_greeted: Cell::new(false),
            is_refused: Cell::new(false),
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
        if !self.is_greeted.replace(true) {
            self.is_refused.set(!self.service.greets(&text));
        }
        Ok(())
    }

    async fn receive(&mut self) -> Result<Received, Error> {
        self.ground.pause().await;
        if self.is_refused.get() {
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
                    None => Err(gone()),
                }
            }
            () = end => Ok(Received::Closed(1_012)),
        }
    }
}
