//! Word between contexts: a `BroadcastChannel` per database.

use std::{
    cell::RefCell,
    future::{pending, poll_fn},
    rc::Rc,
};

use futures::{StreamExt as _, channel::mpsc};
use gloo_timers::callback::Timeout;
use syncline_core::ports;
use wasm_bindgen::{JsCast as _, JsValue, closure::Closure};
use web_sys::{BroadcastChannel, MessageEvent};

use crate::global::is_hidden;

/// The channel of one database.
pub(crate) struct Channel {
    line: Option<Rc<Line>>,
    received: RefCell<mpsc::UnboundedReceiver<String>>,
    _listener: Closure<dyn FnMut(MessageEvent)>,
}

impl Channel {
    /// Joins the channel of a database; without `BroadcastChannel` there is nobody to talk to.
    pub(crate) fn join(database: &str) -> Self {
        let (sender, received) = mpsc::unbounded();
        let listener = Closure::new(move |event: MessageEvent| {
            if let Some(text) = event.data().as_string() {
                drop(sender.unbounded_send(text));
            }
        });
        let channel = BroadcastChannel::new(&format!("syncline:{database}")).ok();
        if let Some(channel) = &channel {
            channel.set_onmessage(Some(listener.as_ref().unchecked_ref()));
        }
        let line = channel.map(|channel| Rc::new(Line { channel, unsaid: RefCell::default() }));
        Self { line, received: RefCell::new(received), _listener: listener }
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        if let Some(line) = &self.line {
            line.flush();
            line.channel.set_onmessage(None);
            line.channel.close();
        }
    }
}

/// The sending end. Posting takes Chromium a fifth of a commit, so that it waits until whoever committed was answered.
struct Line {
    channel: BroadcastChannel,
    unsaid: RefCell<Vec<String>>,
}

impl Line {
    fn say(line: &Rc<Self>, text: &str) {
        let is_first = line.unsaid.borrow().is_empty();
        // The same word twice in one go says nothing new.
        if line.unsaid.borrow().last().is_none_or(|last| last != text) {
            line.unsaid.borrow_mut().push(text.to_owned());
        }
        if is_hidden() {
            // A page that nobody sees has timers that are late by a second or a minute
            // (<https://developer.chrome.com/blog/timer-throttling-in-chrome-88>).
            line.flush();
        } else if is_first {
            let line = Rc::clone(line);
            Timeout::new(0, move || line.flush()).forget();
        }
    }

    fn flush(&self) {
        for text in self.unsaid.take() {
            // A channel that is closed has nobody to talk to.
            drop(self.channel.post_message(&JsValue::from_str(&text)));
        }
    }
}

impl ports::Channel for Channel {
    fn send(&self, text: &str) {
        if let Some(line) = &self.line {
            Line::say(line, text);
        }
    }

    async fn receive(&self) -> String {
        // Polled, not awaited, so that no borrow lives from one poll to the next.
        let next = poll_fn(|context| self.received.borrow_mut().poll_next_unpin(context));
        match next.await {
            Some(text) => text,
            None => pending().await,
        }
    }
}
