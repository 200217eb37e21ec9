//! Whether a device is connected, and whether it knows. Carries nothing.

use std::{
    cell::{Cell, RefCell},
    future::poll_fn,
    task::{Poll, Waker},
};

use syncline_core::ports::Network;

/// The connection of one device.
pub(crate) struct Link {
    is_cut: Cell<bool>,
    is_told_online: Cell<bool>,
    /// Grows with every word to the device.
    word: Cell<u64>,
    waiting: RefCell<Vec<Waker>>,
}

impl Default for Link {
    fn default() -> Self {
        Self {
            is_cut: Cell::new(false),
            is_told_online: Cell::new(true),
            word: Cell::new(0),
            waiting: RefCell::default(),
        }
    }
}

impl Link {
    /// Whether nothing gets through.
    pub(crate) fn is_cut(&self) -> bool {
        self.is_cut.get()
    }

    /// Cuts or mends it; the device hears of that, or does not.
    pub(crate) fn set(&self, is_cut: bool, is_told: bool) {
        self.is_cut.set(is_cut);
        if is_told && self.is_told_online.replace(!is_cut) == is_cut {
            self.word.set(self.word.get().saturating_add(1));
            self.waiting.take().into_iter().for_each(Waker::wake);
        }
    }
}

impl Network for Link {
    fn is_online(&self) -> bool {
        self.is_told_online.get()
    }

    /// Ends at the first word after it is polled first, as a listener does that is added then.
    async fn changed(&self) {
        let word = self.word.get();
        poll_fn(|context| {
            if self.word.get() != word {
                return Poll::Ready(());
            }
            self.waiting.borrow_mut().push(context.waker().clone());
            Poll::Pending
        })
        .await;
    }
}
