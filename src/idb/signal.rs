//! Waits for one of two events: the one that says it went well, or the one that says it did not.
//! Does not know what the events are about.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use futures::channel::oneshot;
use js_sys::Function;
use wasm_bindgen::prelude::{Closure, JsCast, JsValue};
use web_sys::{Event, IdbRequest, IdbTransaction};

use super::error::is_taken;

type Handler = Closure<dyn FnMut(Event)>;
type Handlers<'a> = Option<(&'a Function, &'a Function)>;

/// The future of an answer. Dropping it takes the handlers back, so that a late event meets nobody.
pub(super) struct Signal {
    receiver: oneshot::Receiver<Result<JsValue, JsValue>>,
    attach: Box<dyn Fn(Handlers<'_>)>,
    _handlers: [Handler; 2],
}

impl Signal {
    /// Waits until a request succeeded (its result) or failed (its error).
    pub(super) fn of_request(request: &IdbRequest) -> Self {
        Self::answer(request, |_event, _error| {})
    }

    /// Waits until an `add` succeeded or failed. That a key is taken is an answer, of which nobody else is to hear:
    /// Firefox tells the window of errors that nobody handled (<https://bugzilla.mozilla.org/show_bug.cgi?id=872873>).
    pub(super) fn of_addition(request: &IdbRequest) -> Self {
        Self::answer(request, |event, error| {
            if is_taken(error) {
                event.prevent_default();
                event.stop_propagation();
            }
        })
    }

    fn answer(request: &IdbRequest, handle_error: impl Fn(&Event, &JsValue) + 'static) -> Self {
        let (succeeded, failed, attached) = (request.clone(), request.clone(), request.clone());
        Self::new(
            move || succeeded.result(),
            move |event| {
                let error = failed.error().unwrap_or(None).map_or(JsValue::NULL, Into::into);
                handle_error(event, &error);
                error
            },
            move |handlers| {
                attached.set_onsuccess(handlers.map(|(well, _)| well));
                attached.set_onerror(handlers.map(|(_, badly)| badly));
            },
        )
    }

    /// Waits until a transaction completed, or was aborted (its error; null where nobody gave a reason).
    pub(super) fn of_transaction(transaction: &IdbTransaction) -> Self {
        let (failed, attached) = (transaction.clone(), transaction.clone());
        Self::new(
            || Ok(JsValue::UNDEFINED),
            move |_event| failed.error().map_or(JsValue::NULL, Into::into),
            move |handlers| {
                attached.set_oncomplete(handlers.map(|(well, _)| well));
                attached.set_onabort(handlers.map(|(_, badly)| badly));
            },
        )
    }

    fn new(
        result: impl Fn() -> Result<JsValue, JsValue> + 'static,
        error: impl Fn(&Event) -> JsValue + 'static,
        attach: impl Fn(Handlers<'_>) + 'static,
    ) -> Self {
        let (sender, receiver) = oneshot::channel();
        let sender = Rc::new(Cell::new(Some(sender)));
        let send = move |answer| {
            if let Some(sender) = sender.take() {
                // Whoever waited may have gone.
                let _is_heard = sender.send(answer);
            }
        };
        let send_error = send.clone();
        let well: Handler = Closure::new(move |_event| send(result()));
        let badly: Handler = Closure::new(move |event| send_error(Err(error(&event))));
        attach(Some((well.as_ref().unchecked_ref(), badly.as_ref().unchecked_ref())));
        Self { receiver, attach: Box::new(attach), _handlers: [well, badly] }
    }
}

impl Future for Signal {
    type Output = Result<JsValue, JsValue>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = Pin::new(&mut self.receiver).poll(context);
        answer.map(|answer| answer.unwrap_or(Err(JsValue::UNDEFINED)))
    }
}

impl Drop for Signal {
    fn drop(&mut self) {
        (self.attach)(None);
    }
}
