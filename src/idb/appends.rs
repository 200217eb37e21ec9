//! How many appends of one context are under way, and who is told when one has ended. Appends nothing.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;

/// The appends of one context.
#[derive(Default)]
pub struct Appends {
    under_way: Cell<usize>,
    listener: RefCell<Option<Box<dyn Fn()>>>,
}

impl Appends {
    /// Whether there is one.
    pub fn is_any_under_way(&self) -> bool {
        self.under_way.get() > 0
    }

    /// Has a function called whenever one has ended, however it ended; there is one such function.
    pub fn listen(&self, listener: impl Fn() + 'static) {
        self.listener.replace(Some(Box::new(listener)));
    }

    /// Counts one for as long as what this gives is held.
    pub(super) fn begin(self: &Rc<Self>) -> UnderWay {
        self.under_way.set(self.under_way.get().saturating_add(1));
        UnderWay(Rc::clone(self))
    }
}

impl fmt::Debug for Appends {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Appends").field("under_way", &self.under_way).finish_non_exhaustive()
    }
}

/// An append that is under way until this is dropped.
pub(super) struct UnderWay(Rc<Appends>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.set(self.0.under_way.get().saturating_sub(1));
        if let Some(listener) = &*self.0.listener.borrow() {
            listener();
        }
    }
}
