//! Word between contexts: a `BroadcastChannel` per database, which is closed while its page is in the back/forward cache:
//! Chromium and Firefox throw a page out of there whose channel hears something
//! (<https://web.dev/articles/bfcache#close_open_connections_before_the_user_navigates_away>).

use std::{
    cell::{Cell, RefCell},
    future::{pending, poll_fn},
    rc::Rc,
};

use futures::{StreamExt as _, channel::mpsc};
use gloo_timers::callback::Timeout;
use syncline_core::ports::{self, Clock as _};
use wasm_bindgen::{JsCast as _, JsValue, closure::Closure};
use web_sys::{BroadcastChannel, Event, MessageEvent};

use crate::{
    clock::Clock,
    global::{self, is_hidden},
    idb::Appends,
};

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
    pub(crate) fn join(database: &str, appends: &Rc<Appends>) -> Self {
        let (sender, received) = mpsc::unbounded();
        let listener = Closure::new(move |event: MessageEvent| {
            if let Some(text) = event.data().as_string() {
                drop(sender.unbounded_send(text));
            }
        });
        let name = format!("syncline:{database}");
        let line = Rc::new(Line {
            name,
            listener,
            channel: RefCell::default(),
            appends: Rc::clone(appends),
            unsaid: RefCell::default(),
            is_due: Cell::default(),
        });
        line.open();
        let waiting = Rc::downgrade(&line);
        appends.listen(move || {
            if let Some(line) = waiting.upgrade() {
                Line::flush_after_this(&line);
            }
        });
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

/// How long a text that may wait does, in microseconds.
const MOST_PATIENCE: u64 = 5_000;

/// The sending end. Posting takes Chromium a fifth of a commit, so that it waits until whoever committed was answered, and
/// where that one commits again at once, for the end of that.
struct Line {
    name: String,
    listener: Closure<dyn FnMut(MessageEvent)>,
    /// None while the page is left.
    channel: RefCell<Option<BroadcastChannel>>,
    appends: Rc<Appends>,
    unsaid: RefCell<Unsaid>,
    /// Whether a timer is set that flushes.
    is_due: Cell<bool>,
}

/// What is to be said.
#[derive(Default)]
struct Unsaid {
    texts: Vec<String>,
    /// When the first of them came, in microseconds of the context's own clock.
    since: u64,
    /// Whether one of them may not wait.
    is_urgent: bool,
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

    fn say(line: &Rc<Self>, text: &str, is_urgent: bool) {
        let mut unsaid = line.unsaid.borrow_mut();
        if unsaid.texts.is_empty() {
            unsaid.since = Clock.microseconds();
        }
        unsaid.is_urgent |= is_urgent;
        // The same word twice in one go says nothing new.
        if unsaid.texts.last().is_none_or(|last| last != text) {
            unsaid.texts.push(text.to_owned());
        }
        drop(unsaid);
        Self::flush_after_this(line);
    }

    /// Says what is unsaid once what runs just now is over, unless it may wait; then the end of an append asks again.
    fn flush_after_this(line: &Rc<Self>) {
        if line.unsaid.borrow().texts.is_empty() {
            return;
        }
        if is_hidden() {
            // A page that nobody sees has timers that are late by a second or a minute
            // (<https://developer.chrome.com/blog/timer-throttling-in-chrome-88>).
            return line.flush();
        }
        if line.is_due.replace(true) {
            return;
        }
        let line = Rc::clone(line);
        let flush = move || {
            line.is_due.set(false);
            if !line.may_wait() {
                line.flush();
            }
        };
        Timeout::new(0, flush).forget();
    }

    fn may_wait(&self) -> bool {
        let unsaid = self.unsaid.borrow();
        let age = Clock.microseconds().saturating_sub(unsaid.since);
        !unsaid.is_urgent && age < MOST_PATIENCE && self.appends.is_any_under_way()
    }

    fn flush(&self) {
        let channel = self.channel.borrow();
        for text in self.unsaid.take().texts {
            // A channel that is closed has nobody to talk to.
            channel.as_ref().map(|channel| channel.post_message(&JsValue::from_str(&text)).ok());
        }
    }
}

impl ports::Channel for Channel {
    fn send(&self, text: &str) {
        Line::say(&self.line, text, true);
    }

    fn send_soon(&self, text: &str) {
        Line::say(&self.line, text, false);
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
