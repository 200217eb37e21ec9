//! Waits for one of two events: the one that says it went well, or the one that says it did not.
//! Does not know what the events are about.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::channel::oneshot;
use wasm_bindgen::prelude::{Closure, JsCast, JsValue};
use web_sys::{Event, IdbRequest, IdbTransaction};

use super::error::is_taken;

thread_local! {
    static SIGNALS: Signals = Signals::new();
}

/// The future of an answer. Once it is dropped, a late event meets nobody.
pub(super) struct Signal {
    number: u64,
    receiver: oneshot::Receiver<Result<JsValue, JsValue>>,
}

impl Signal {
    /// Waits until a request succeeded (its result) or failed (its error).
    pub(super) fn of_request(request: &IdbRequest) -> Self {
        SIGNALS.with(|signals| {
            request.set_onsuccess(Some(signals.well.as_ref().unchecked_ref()));
            request.set_onerror(Some(signals.badly.as_ref().unchecked_ref()));
            signals.add(Source::Request(request.clone()))
        })
    }

    /// Waits until an `add` failed. Where it does not, its transaction says so: one event less to wait for. That a key is
    /// taken is an answer, of which nobody else is to hear: Firefox tells the window of errors that nobody handled
    /// (<https://bugzilla.mozilla.org/show_bug.cgi?id=872873>).
    pub(super) fn of_failed_addition(request: &IdbRequest) -> Self {
        SIGNALS.with(|signals| {
            request.set_onerror(Some(signals.badly.as_ref().unchecked_ref()));
            signals.add(Source::Addition(request.clone()))
        })
    }

    /// Waits until a transaction completed, or was aborted (its error; null where nobody gave a reason).
    pub(super) fn of_transaction(transaction: &IdbTransaction) -> Self {
        SIGNALS.with(|signals| {
            transaction.set_oncomplete(Some(signals.well.as_ref().unchecked_ref()));
            transaction.set_onabort(Some(signals.badly.as_ref().unchecked_ref()));
            signals.add(Source::Transaction(transaction.clone()))
        })
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
        SIGNALS.with(|signals| signals.forget(self.number));
    }
}

type Handler = Closure<dyn FnMut(Event)>;

/// All that this context waits for. Two handlers serve everybody: a put that makes and drops its own takes longer
/// (`docs/storage.md`).
struct Signals {
    well: Handler,
    badly: Handler,
    /// In the order of their numbers. Mostly one of the first is answered.
    expected: RefCell<VecDeque<Expected>>,
    last: Cell<u64>,
}

struct Expected {
    number: u64,
    source: Source,
    sender: oneshot::Sender<Result<JsValue, JsValue>>,
}

/// Whose event it is.
enum Source {
    Request(IdbRequest),
    Addition(IdbRequest),
    Transaction(IdbTransaction),
}

impl Signals {
    fn new() -> Self {
        let handler =
            |is_well| Closure::new(move |event| SIGNALS.with(|signals| signals.handle(&event, is_well)));
        Self {
            well: handler(true),
            badly: handler(false),
            expected: RefCell::default(),
            last: Cell::default(),
        }
    }

    fn add(&self, source: Source) -> Signal {
        let (sender, receiver) = oneshot::channel();
        let number = self.last.get().wrapping_add(1);
        self.last.set(number);
        self.expected.borrow_mut().push_back(Expected { number, source, sender });
        Signal { number, receiver }
    }

    fn handle(&self, event: &Event, is_well: bool) {
        // Handlers are where their events come about: none hears what is on its way up.
        let Some(target) = event.target() else { return };
        if let Some(Expected { source, sender, .. }) = self.take_of(&target) {
            let answer = if is_well { source.result() } else { Err(source.error(event)) };
            // Whoever waited may have gone.
            let _is_heard = sender.send(answer);
        }
    }

    fn take_of(&self, target: &JsValue) -> Option<Expected> {
        let mut expected = self.expected.borrow_mut();
        let place = expected.iter().position(|expected| expected.source.is(target))?;
        expected.remove(place)
    }

    /// Lets one go that nobody waits for any more; mostly it was answered.
    fn forget(&self, number: u64) {
        let mut expected = self.expected.borrow_mut();
        let place = expected.binary_search_by_key(&number, |expected| expected.number);
        let forgotten = place.ok().and_then(|place| expected.remove(place));
        drop(expected);
        drop(forgotten);
    }
}

impl Source {
    fn is(&self, target: &JsValue) -> bool {
        let mine: &JsValue = match self {
            Self::Request(request) | Self::Addition(request) => request,
            Self::Transaction(transaction) => transaction,
        };
        mine == target
    }

    fn result(&self) -> Result<JsValue, JsValue> {
        match self {
            Self::Request(request) => request.result(),
            Self::Addition(_) | Self::Transaction(_) => Ok(JsValue::UNDEFINED),
        }
    }

    /// The error, once its event was handled.
    fn error(&self, event: &Event) -> JsValue {
        let error = match self {
            Self::Request(request) | Self::Addition(request) => request.error().unwrap_or(None),
            Self::Transaction(transaction) => transaction.error(),
        };
        let error = error.map_or(JsValue::NULL, Into::into);
        if matches!(self, Self::Addition(_)) && is_taken(&error) {
            event.prevent_default();
            event.stop_propagation();
        }
        error
    }
}
