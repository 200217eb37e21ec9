//! Whether the browser says it is online.

use std::{cell::RefCell, rc::Rc};

use futures::channel::oneshot;
use syncline_core::ports;
use wasm_bindgen::{JsCast as _, closure::Closure};

use crate::global;

/// The browser's view of its connection.
pub(crate) struct Network {
    waiting: Rc<RefCell<Vec<oneshot::Sender<()>>>>,
    listener: Closure<dyn FnMut()>,
}

/// What the browser calls a connection that came or went.
const CHANGES: [&str; 2] = ["online", "offline"];

impl Network {
    /// Begins to listen.
    pub(crate) fn new() -> Self {
        let waiting = Rc::new(RefCell::new(Vec::<oneshot::Sender<()>>::new()));
        let woken = Rc::clone(&waiting);
        let listener = Closure::new(move || {
            for waiting in woken.borrow_mut().drain(..) {
                waiting.send(()).ok();
            }
        });
        for change in CHANGES {
            let function = listener.as_ref().unchecked_ref();
            drop(global::events().add_event_listener_with_callback(change, function));
        }
        Self { waiting, listener }
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        for change in CHANGES {
            let function = self.listener.as_ref().unchecked_ref();
            drop(global::events().remove_event_listener_with_callback(change, function));
        }
    }
}

impl ports::Network for Network {
    fn is_online(&self) -> bool {
        let navigator = global::property("navigator");
        let says = navigator.and_then(|navigator| global::property_of(&navigator, "onLine"));
        says.and_then(|says| says.as_bool()).unwrap_or(true)
    }

    async fn changed(&self) {
        let (woken, waiting) = oneshot::channel();
        self.waiting.borrow_mut().push(woken);
        waiting.await.ok();
    }
}
