//! The lock of one device, and how it is taken away from a context that was frozen. Leads nothing.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    future::poll_fn,
    rc::Rc,
    task::{Poll, Waker},
};

use syncline_core::ports::Lock;

use crate::tasks::Owner;

/// The lock of one device.
#[derive(Default)]
pub(crate) struct Door(RefCell<State>);

#[derive(Default)]
struct State {
    holder: Option<(Owner, u64)>,
    waiting: BTreeMap<u64, Waker>,
    next: u64,
}

impl Door {
    /// Takes the lock away from a frozen context.
    pub(crate) fn steal_from(&self, owner: Owner) {
        if self.0.borrow().holder.is_some_and(|(holder, _)| holder == owner) {
            self.release();
        }
    }

    fn release(&self) {
        let woken = {
            let mut state = self.0.borrow_mut();
            state.holder = None;
            std::mem::take(&mut state.waiting)
        };
        woken.into_values().for_each(Waker::wake);
    }
}

/// One context's way to the lock.
pub(crate) struct Key {
    pub(crate) door: Rc<Door>,
    pub(crate) owner: Owner,
}

impl Lock for Key {
    type Guard = Guard;

    async fn acquire(&self) -> Guard {
        let ticket = {
            let mut state = self.door.0.borrow_mut();
            state.next = state.next.saturating_add(1);
            state.next
        };
        let _place = Place { door: &self.door, ticket };
        poll_fn(|context| {
            let mut state = self.door.0.borrow_mut();
            if state.holder.is_none() {
                state.holder = Some((self.owner, ticket));
                return Poll::Ready(());
            }
            state.waiting.insert(ticket, context.waker().clone());
            Poll::Pending
        })
        .await;
        Guard { door: Rc::clone(&self.door), ticket }
    }
}

/// A place among those who wait, given up when dropped.
struct Place<'a> {
    door: &'a Door,
    ticket: u64,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.door.0.borrow_mut().waiting.remove(&self.ticket);
    }
}

/// Held while leading. One that was stolen releases nothing.
pub(crate) struct Guard {
    door: Rc<Door>,
    ticket: u64,
}

impl Drop for Guard {
    fn drop(&mut self) {
        let is_holder = self.door.0.borrow().holder.is_some_and(|(_, ticket)| ticket == self.ticket);
        if is_holder {
            self.door.release();
        }
    }
}
