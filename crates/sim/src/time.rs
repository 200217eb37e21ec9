//! Virtual time: it stands still while anything is ready and then jumps to the next timer. Polls nobody.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

/// The one true time, in milliseconds since the world began.
#[derive(Debug, Default)]
pub(crate) struct Time {
    now: Cell<u64>,
    timers: RefCell<BTreeMap<(u64, u64), Waker>>,
    next: Cell<u64>,
}

impl Time {
    /// The time.
    pub(crate) fn now(&self) -> u64 {
        self.now.get()
    }

    /// Waits that many milliseconds.
    pub(crate) fn sleep(self: &Rc<Self>, milliseconds: u64) -> Sleep {
        let number = self.next.get();
        self.next.set(number.saturating_add(1));
        Sleep { time: Rc::clone(self), place: (self.now().saturating_add(milliseconds), number) }
    }

    /// Jumps to the next timer, unless it is later than `until`: then to `until`. Says whether a timer rang.
    pub(crate) fn jump(&self, until: u64) -> bool {
        let first = self.timers.borrow().first_key_value().map(|(place, _)| *place);
        match first.filter(|(at, _)| *at <= until) {
            Some((at, _)) => {
                self.now.set(at.max(self.now()));
                loop {
                    let due = {
                        let mut timers = self.timers.borrow_mut();
                        let is_due = timers.first_key_value().is_some_and(|((when, _), _)| *when <= at);
                        if is_due { timers.pop_first() } else { None }
                    };
                    let Some((_, waker)) = due else { return true };
                    waker.wake();
                }
            }
            None => {
                self.now.set(until.max(self.now()));
                false
            }
        }
    }
}

/// A timer.
#[derive(Debug)]
pub(crate) struct Sleep {
    time: Rc<Time>,
    place: (u64, u64),
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.time.now() >= self.place.0 {
            return Poll::Ready(());
        }
        self.time.timers.borrow_mut().insert(self.place, context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.time.timers.borrow_mut().remove(&self.place);
    }
}
