//! Word between contexts: a `BroadcastChannel` per database, which is closed while its page is in the back/forward cache:
//! Chromium and Firefox throw a page out of there whose channel hears something
//! (<https://web.dev/articles/bfcache#close_open_connections_before_the_user_navigates_away>).

use std::{
    cell::RefCell,
    future::{pending, poll_fn},
    rc::Rc,
};

use futures::{StreamExt as _, channel::mpsc};
use gloo_timers::callback::Timeout;
use syncline_core::ports;
use wasm_bindgen::{JsCast as _, JsValue, closure::Closure};
use web_sys::{BroadcastChannel, Event, MessageEvent};

use crate::global::{self, is_hidden};

/// The channel of one database.
pub(crate) struct Channel {
    line: Rc<Line>,
    received: RefCell<mpsc::UnboundedReceiver<String>>,
    mover: Closure<dyn FnMut(Event)>,
}

/// What a page is told when it is left, and when it is back.
const MOVES: [&str; 2] = ["pagehide", "pageshow"];

impl Channel {
    /// Joins the channel of a database; without `BroadcastChannel` there is nobody to talk to.
    pub(crate) fn join(database: &str) -> Self {
        let (sender, received) = mpsc::unbounded();
        let listener = Closure::new(move |event: MessageEvent| {
            if let Some(text) = event.data().as_string() {
                drop(sender.unbounded_send(text));
            }
        });
        let name = format!("syncline:{database}");
        let line = Rc::new(Line { name, listener, channel: RefCell::default(), unsaid: RefCell::default() });
        line.open();
        let moving = Rc::clone(&line);
        let mover = Closure::new(move |event: Event| match event.type_().as_str() {
            "pageshow" => moving.open(),
            _ => moving.close(),
        });
        for kind in MOVES {
            let function = mover.as_ref().unchecked_ref();
            drop(global::events().add_event_listener_with_callback(kind, function));
        }
        Self { line, received: RefCell::new(received), mover }
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        for kind in MOVES {
            let function = self.mover.as_ref().unchecked_ref();
            drop(global::events().remove_event_listener_with_callback(kind, function));
        }
        self.line.close();
    }
}

/// The sending end. Posting takes Chromium a fifth of a commit, so that it waits until whoever committed was answered.
struct Line {
    name: String,
    listener: Closure<dyn FnMut(MessageEvent)>,
    /// None while the page is left.
    channel: RefCell<Option<BroadcastChannel>>,
    unsaid: RefCell<Vec<String>>,
}

impl Line {
    fn open(&self) {
        let mut open = self.channel.borrow_mut();
        if open.is_none() {
            *open = BroadcastChannel::new(&self.name).ok();
            if let Some(channel) = &*open {
                channel.set_onmessage(Some(self.listener.as_ref().unchecked_ref()));
            }
        }
    }

    fn close(&self) {
        self.flush();
        if let Some(channel) = self.channel.take() {
            channel.set_onmessage(None);
            channel.close();
        }
    }

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
        let channel = self.channel.borrow();
        for text in self.unsaid.take() {
            // A channel that is closed has nobody to talk to.
            channel.as_ref().map(|channel| channel.post_message(&JsValue::from_str(&text)).ok());
        }
    }
}

impl ports::Channel for Channel {
    fn send(&self, text: &str) {
        Line::say(&self.line, text);
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
