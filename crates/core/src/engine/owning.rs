//! What a context does once the account that it was opened for was signed out, here or in another context: nothing, until that
//! account signs in again. Signs nobody out.

use super::{client::Client, mirror::Mirror, shared::Shared};
use crate::{
    model::{Error, Event},
    plan::{given_up, is_given_up},
    ports::{Clock as _, Events as _, Host},
};

/// How long a context waits before it looks again whether its account is back, in milliseconds.
const LOOK: u64 = 5_000;

impl<H: Host> Shared<H> {
    /// Whether the database is that of the account that this context was opened for.
    pub(super) fn is_own(&self) -> bool {
        !is_given_up(self.mirror.borrow().identity.as_ref(), self.options.account.as_ref())
    }

    /// Whether the account was signed out, and no other has signed in.
    pub(super) fn is_signed_out(&self) -> bool {
        let is_nobodys =
            |mirror: &Mirror| mirror.identity.as_ref().is_some_and(|identity| identity.account.is_none());
        !self.is_own() && is_nobodys(&self.mirror.borrow())
    }

    /// Whether the app may see what is there: it does not where another account has signed in.
    pub(super) fn is_to_be_seen(&self) -> bool {
        self.is_own() || self.is_signed_out()
    }

    /// Tells the app where somebody else has signed its account out.
    pub(super) fn tell_given_up(&self, was_own: bool) {
        if was_own && !self.is_own() {
            self.host.events().emit(Event::Error(given_up()));
        }
    }
}

impl<H: Host> Client<H> {
    /// Fails with `account-mismatch` once the account was signed out.
    pub(super) fn ensure_own(&self) -> Result<(), Error> {
        if self.shared.is_own() { Ok(()) } else { Err(given_up()) }
    }

    /// The same, once another account has signed in: until then there is nothing to see.
    pub(super) fn ensure_nobody_elses(&self) -> Result<(), Error> {
        if self.shared.is_to_be_seen() { Ok(()) } else { Err(given_up()) }
    }

    /// Waits until the database is that of the account that this context was opened for.
    pub(super) async fn own(&self) {
        while !self.shared.is_own() {
            self.shared.host.clock().sleep(LOOK).await;
        }
    }
}
