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
        let (attached, succeeded) = (request.clone(), request.clone());
        let attach = move |handlers: Handlers<'_>| {
            attached.set_onsuccess(handlers.map(|(well, _)| well));
            attached.set_onerror(handlers.map(|(_, badly)| badly));
        };
        Self::new(move || succeeded.result(), error_of(request, |_event, _error| {}), attach)
    }

    /// Waits until an `add` failed. Where it does not, its transaction says so: one event less to wait for. That a key is
    /// taken is an answer, of which nobody else is to hear: Firefox tells the window of errors that nobody handled
    /// (<https://bugzilla.mozilla.org/show_bug.cgi?id=872873>).
    pub(super) fn of_failed_addition(request: &IdbRequest) -> Self {
        let attached = request.clone();
        let attach = move |handlers: Handlers<'_>| attached.set_onerror(handlers.map(|(_, badly)| badly));
        let swallow = |event: &Event, error: &JsValue| {
            if is_taken(error) {
                event.prevent_default();
                event.stop_propagation();
            }
        };
        Self::new(|| Ok(JsValue::UNDEFINED), error_of(request, swallow), attach)
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

/// The error of a request that failed, once its event was handled.
fn error_of(
    request: &IdbRequest,
    handle: impl Fn(&Event, &JsValue) + 'static,
) -> impl Fn(&Event) -> JsValue + 'static {
    let request = request.clone();
    move |event| {
        let error = request.error().unwrap_or(None).map_or(JsValue::NULL, Into::into);
        handle(event, &error);
        error
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
