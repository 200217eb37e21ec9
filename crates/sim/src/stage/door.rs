//! The lock of one device, which one context holds and another can steal. Leads nothing.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    future::poll_fn,
    rc::Rc,
    task::{Poll, Waker},
};

use syncline_core::ports::Lock;

use crate::{ground::Ground, tasks::Owner};

/// The lock of one device.
#[derive(Default)]
pub(crate) struct Door(RefCell<State>);

#[derive(Default)]
struct State {
    /// Who holds it: each time under another number.
    holder: Option<u64>,
    /// Those who wait for the lock, and those who hold it and would know when they do not any more.
    waiting: BTreeMap<u64, Waker>,
    next: u64,
}

impl Door {
    fn number(&self) -> u64 {
        let mut state = self.0.borrow_mut();
        state.next = state.next.saturating_add(1);
        state.next
    }

    fn set(&self, holder: Option<u64>) {
        let woken = {
            let mut state = self.0.borrow_mut();
            state.holder = holder;
            std::mem::take(&mut state.waiting)
        };
        woken.into_values().for_each(Waker::wake);
    }
}

/// One context's way to the lock.
pub(crate) struct Key {
    pub(crate) ground: Rc<Ground>,
    pub(crate) door: Rc<Door>,
    pub(crate) owner: Owner,
}

impl Lock for Key {
    type Guard = Guard;

    async fn acquire(&self) -> Guard {
        let number = self.door.number();
        let _place = Place { door: &self.door, number };
        poll_fn(|context| {
            let mut state = self.door.0.borrow_mut();
            if state.holder.is_none() {
                state.holder = Some(number);
                return Poll::Ready(());
            }
            state.waiting.insert(number, context.waker().clone());
            Poll::Pending
        })
        .await;
        Guard { door: Rc::clone(&self.door), number }
    }

    async fn steal(&self) -> Guard {
        self.ground.say(|| format!("{:?} steals the lock", self.owner));
        if self.is_held().await {
            self.ground.count(|counts| &mut counts.steals);
        }
        let number = self.door.number();
        self.door.set(Some(number));
        Guard { door: Rc::clone(&self.door), number }
    }

    async fn lost(&self, guard: &Guard) {
        let _place = Place { door: &self.door, number: guard.number };
        poll_fn(|context| {
            let mut state = self.door.0.borrow_mut();
            if state.holder != Some(guard.number) {
                return Poll::Ready(());
            }
            state.waiting.insert(guard.number, context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    async fn is_held(&self) -> bool {
        self.door.0.borrow().holder.is_some()
    }
}

/// A place among those who wait, given up when dropped.
struct Place<'a> {
    door: &'a Door,
    number: u64,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.door.0.borrow_mut().waiting.remove(&self.number);
    }
}

/// Held while leading. One that was stolen releases nothing.
pub(crate) struct Guard {
    door: Rc<Door>,
    number: u64,
}

impl Drop for Guard {
    fn drop(&mut self) {
        let is_holder = self.door.0.borrow().holder == Some(self.number);
        if is_holder {
            self.door.set(None);
        }
    }
}
