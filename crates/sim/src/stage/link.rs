//! Whether a device is connected, and what it says of that and of its user. Carries nothing.

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
    is_data_saved: Cell<bool>,
    wakes: Cell<u64>,
    /// How many live channels were opened over it.
    channels: Cell<u64>,
    /// Grows with every word to the device.
    word: Cell<u64>,
    waiting: RefCell<Vec<Waker>>,
}

impl Default for Link {
    fn default() -> Self {
        Self {
            is_cut: Cell::new(false),
            is_told_online: Cell::new(true),
            is_data_saved: Cell::new(false),
            wakes: Cell::new(0),
            channels: Cell::new(0),
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
            self.tell();
        }
    }

    /// The user asks for reduced data use, or does not any more.
    pub(crate) fn save_data(&self, is_saved: bool) {
        if self.is_data_saved.replace(is_saved) != is_saved {
            self.tell();
        }
    }

    /// A live channel was opened over it.
    pub(crate) fn note_channel(&self) {
        self.channels.set(self.channels.get().saturating_add(1));
    }

    /// How many live channels were opened over it.
    pub(crate) fn channels(&self) -> u64 {
        self.channels.get()
    }

    /// The user looks at the device.
    pub(crate) fn wake(&self) {
        self.wakes.set(self.wakes.get().saturating_add(1));
        self.tell();
    }

    /// Tells the device that something is otherwise.
    pub(super) fn tell(&self) {
        self.word.set(self.word.get().saturating_add(1));
        self.waiting.take().into_iter().for_each(Waker::wake);
    }
}

impl Network for Link {
    fn is_online(&self) -> bool {
        self.is_told_online.get()
    }

    fn is_data_saved(&self) -> bool {
        self.is_data_saved.get()
    }

    fn wakes(&self) -> u64 {
        self.wakes.get()
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
