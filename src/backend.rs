//! The server of this client, of whichever kind it is. Speaks no protocol itself.

use std::rc::Rc;

use serde::Deserialize;
use syncline_core::{
    backends::{Address, Native},
    model::Error,
    ports::{self, Hint, Pulled, Pushed, Traffic, Wanted},
};
use syncline_protocol::{Change, DeviceId};

use crate::{clock::Clock, fetch::Fetch, host::JsHost, socket::Sockets, token::TokenSource};

/// The server that the app named.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", tag = "kind")]
pub(crate) enum BackendOptions {
    /// `syncline/1`.
    Syncline {
        /// Where it is.
        url: String,
    },
}

/// A server.
#[derive(Debug)]
pub(crate) enum Backend {
    /// `syncline/1`.
    Native(Native<Wire>),
}

/// What adapters need of the browser.
#[derive(Debug)]
pub(crate) struct Wire {
    tokens: TokenSource,
}

impl ports::Wire for Wire {
    type Sockets = Sockets;

    fn clock(&self) -> &impl ports::Clock {
        &Clock
    }

    fn http(&self) -> &impl ports::Http {
        &Fetch
    }

    fn sockets(&self) -> &Sockets {
        &Sockets
    }

    fn tokens(&self) -> &impl ports::TokenSource {
        &self.tokens
    }
}

impl Backend {
    /// Makes the adapter. Fails with `invalid-argument` for a bad address.
    pub(crate) fn new(options: &BackendOptions, host: &Rc<JsHost>) -> Result<Self, Error> {
        let wire = Wire { tokens: TokenSource(Rc::clone(host)) };
        match options {
            BackendOptions::Syncline { url } => Ok(Self::Native(Native::new(Address::parse(url)?, wire))),
        }
    }
}

impl ports::Backend for Backend {
    async fn pull(&self, wanted: &[Wanted], limit: usize) -> Result<Pulled, Error> {
        let Self::Native(native) = self;
        native.pull(wanted, limit).await
    }

    async fn push(&self, device: &DeviceId, changes: &[Change]) -> Result<Pushed, Error> {
        let Self::Native(native) = self;
        native.push(device, changes).await
    }

    fn takes_patches(&self) -> bool {
        let Self::Native(native) = self;
        native.takes_patches()
    }

    async fn watch(&self, wanted: &[Wanted], hint: &dyn Fn(Hint)) -> Result<bool, Error> {
        let Self::Native(native) = self;
        native.watch(wanted, hint).await
    }

    fn traffic(&self) -> Traffic {
        let Self::Native(native) = self;
        native.traffic()
    }
}
