//! Whether a context is there or was left, as a page that goes to the back/forward cache, beside what its device says. Stops nothing.

use std::{cell::Cell, rc::Rc};

use syncline_core::ports::Network;

use super::Link;

/// What one context is told.
pub(crate) struct Presence {
    link: Rc<Link>,
    is_left: Cell<bool>,
    departures: Cell<u64>,
}

impl Presence {
    pub(crate) fn new(link: &Rc<Link>) -> Self {
        Self { link: Rc::clone(link), is_left: Cell::default(), departures: Cell::default() }
    }

    /// The user leaves the context.
    pub(crate) fn leave(&self) {
        self.is_left.set(true);
        self.departures.set(self.departures.get().saturating_add(1));
        self.link.tell();
    }

    /// The user is back.
    pub(crate) fn come_back(&self) {
        self.is_left.set(false);
        self.link.tell();
    }
}

impl Network for Presence {
    fn is_online(&self) -> bool {
        self.link.is_online()
    }

    fn is_data_saved(&self) -> bool {
        self.link.is_data_saved()
    }

    fn wakes(&self) -> u64 {
        self.link.wakes()
    }

    fn is_left(&self) -> bool {
        self.is_left.get()
    }

    fn departures(&self) -> u64 {
        self.departures.get()
    }

    async fn changed(&self) {
        self.link.changed().await;
    }
}
