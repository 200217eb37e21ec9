//! What the contexts of one device have together in tests: a lock, and a channel on which each hears the others. Knows no client.

use std::{cell::RefCell, future::poll_fn, rc::Rc, sync::Arc};

use futures::{
    FutureExt as _, StreamExt as _,
    channel::mpsc,
    future::pending,
    lock::{Mutex, OwnedMutexGuard},
};

use crate::ports::{Channel, Lock};

/// The lock of a device.
#[derive(Clone, Default)]
pub(super) struct OneLock(Arc<Mutex<()>>);

impl Lock for OneLock {
    type Guard = OwnedMutexGuard<()>;

    async fn acquire(&self) -> Self::Guard {
        Arc::clone(&self.0).lock_owned().boxed_local().await
    }

    /// No context freezes here, so that whoever steals only has to wait.
    async fn steal(&self) -> Self::Guard {
        self.acquire().await
    }

    async fn lost(&self, _guard: &Self::Guard) {
        pending().await
    }

    async fn is_held(&self) -> bool {
        self.0.try_lock().is_none()
    }
}

/// The channel of a device.
#[derive(Clone, Default)]
pub(super) struct Line(Rc<RefCell<Vec<mpsc::UnboundedSender<String>>>>);

impl Line {
    /// Joins the channel.
    pub(super) fn join(&self) -> LineEnd {
        let (sender, ear) = mpsc::unbounded();
        let mut ears = self.0.borrow_mut();
        ears.push(sender);
        LineEnd { line: self.clone(), ear: RefCell::new(ear), number: ears.len() as u64 }
    }
}

/// One context's end of the channel.
pub(super) struct LineEnd {
    line: Line,
    ear: RefCell<mpsc::UnboundedReceiver<String>>,
    /// From 1 on, in the order of joining.
    pub(super) number: u64,
}

impl LineEnd {
    /// Says something to all the others but one.
    pub(super) fn send_but_to(&self, deaf: u64, text: &str) {
        for (number, ear) in (1..).zip(&*self.line.0.borrow()) {
            if number != self.number && number != deaf {
                drop(ear.unbounded_send(text.to_owned()));
            }
        }
    }
}

impl Channel for LineEnd {
    fn send(&self, text: &str) {
        self.send_but_to(0, text);
    }

    async fn receive(&self) -> String {
        poll_fn(|context| self.ear.borrow_mut().poll_next_unpin(context)).await.unwrap()
    }
}
