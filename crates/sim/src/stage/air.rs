//! Word between the contexts of one device, which may be lost. Says nothing itself.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, VecDeque},
    future::poll_fn,
    rc::{Rc, Weak},
    task::{Poll, Waker},
};

use syncline_core::ports::Channel;

use crate::ground::Ground;

/// The channel of one device.
#[derive(Default)]
pub(crate) struct Air {
    ears: RefCell<BTreeMap<u64, Weak<Inbox>>>,
    next: Cell<u64>,
}

#[derive(Default)]
struct Inbox {
    texts: RefCell<VecDeque<String>>,
    waker: RefCell<Option<Waker>>,
}

impl Air {
    /// One context's end.
    pub(crate) fn join(self: &Rc<Self>, ground: &Rc<Ground>) -> Ear {
        let number = self.next.get();
        self.next.set(number.saturating_add(1));
        let inbox = Rc::<Inbox>::default();
        self.ears.borrow_mut().insert(number, Rc::downgrade(&inbox));
        Ear { air: Rc::clone(self), ground: Rc::clone(ground), number, inbox }
    }
}

/// One context's end of the channel.
pub(crate) struct Ear {
    air: Rc<Air>,
    ground: Rc<Ground>,
    number: u64,
    inbox: Rc<Inbox>,
}

impl Channel for Ear {
    fn send(&self, text: &str) {
        for (number, inbox) in self.air.ears.borrow().iter() {
            let Some(inbox) = inbox.upgrade().filter(|_| *number != self.number) else { continue };
            if self.ground.strikes(self.ground.weather.message_lost) {
                self.ground.count(|counts| &mut counts.messages_lost);
                continue;
            }
            inbox.texts.borrow_mut().push_back(text.to_owned());
            if let Some(waker) = inbox.waker.take() {
                waker.wake();
            }
        }
    }

    async fn receive(&self) -> String {
        poll_fn(|context| match self.inbox.texts.borrow_mut().pop_front() {
            Some(text) => Poll::Ready(text),
            None => {
                self.inbox.waker.replace(Some(context.waker().clone()));
                Poll::Pending
            }
        })
        .await
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        self.air.ears.borrow_mut().remove(&self.number);
    }
}
