//! Waits until somebody gives something up by an `AbortSignal`. Stops nothing itself.

use std::{cell::Cell, future::pending};

use futures::channel::oneshot;
use wasm_bindgen::{JsCast as _, closure::Closure};
use web_sys::AbortSignal;

/// Listens until it is dropped.
struct Listening {
    signal: AbortSignal,
    listener: Closure<dyn FnMut()>,
}

impl Drop for Listening {
    fn drop(&mut self) {
        let function = self.listener.as_ref().unchecked_ref();
        drop(self.signal.remove_event_listener_with_callback("abort", function));
    }
}

/// Ends when the signal is given, or was; without one it never does.
pub(crate) async fn aborted(signal: Option<AbortSignal>) {
    let Some(signal) = signal else { return pending().await };
    if signal.aborted() {
        return;
    }
    let (tell, told) = oneshot::channel();
    let tell = Cell::new(Some(tell));
    let listener = Closure::new(move || {
        if let Some(tell) = tell.take() {
            tell.send(()).unwrap_or_default();
        }
    });
    let listening = Listening { signal, listener };
    let function = listening.listener.as_ref().unchecked_ref();
    drop(listening.signal.add_event_listener_with_callback("abort", function));
    told.await.ok();
}
