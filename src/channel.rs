//! Word between contexts: a `BroadcastChannel` per database.

use std::{
    cell::RefCell,
    future::{pending, poll_fn},
};

use futures::{StreamExt as _, channel::mpsc};
use syncline_core::ports;
use wasm_bindgen::{JsCast as _, JsValue, closure::Closure};
use web_sys::{BroadcastChannel, MessageEvent};

/// The channel of one database.
pub(crate) struct Channel {
    channel: Option<BroadcastChannel>,
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
        Self { channel, received: RefCell::new(received), _listener: listener }
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        if let Some(channel) = &self.channel {
            channel.set_onmessage(None);
            channel.close();
        }
    }
}

impl ports::Channel for Channel {
    fn send(&self, text: &str) {
        if let Some(channel) = &self.channel {
            drop(channel.post_message(&JsValue::from_str(text)));
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
