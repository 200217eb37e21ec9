//! What the browser says of its connection, and of whether the page is looked at. Decides nothing.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use futures::channel::oneshot;
use syncline_core::ports;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Event, EventTarget};

use crate::global;

/// The browser's view of its connection, and of the page.
pub(crate) struct Network {
    heard: Rc<Heard>,
    listener: Closure<dyn FnMut(Event)>,
}

/// What the listener has heard.
#[derive(Default)]
struct Heard {
    is_left: Cell<bool>,
    departures: Cell<u64>,
    wakes: Cell<u64>,
    waiting: RefCell<Vec<oneshot::Sender<()>>>,
}

/// The events of the global scope. A page that goes to the back/forward cache and comes back from there is only told so by
/// `pagehide` and `pageshow` (<https://web.dev/articles/bfcache#observe_page_navigation>).
const OF_SCOPE: [&str; 5] = ["online", "offline", "focus", "pagehide", "pageshow"];
/// Those of a page's document.
const OF_DOCUMENT: [&str; 1] = ["visibilitychange"];
/// Those of `navigator.connection`, where there is one
/// (<https://developer.mozilla.org/en-US/docs/Web/API/NetworkInformation#browser_compatibility>).
const OF_CONNECTION: [&str; 1] = ["change"];

impl Network {
    /// Begins to listen.
    pub(crate) fn new() -> Self {
        let heard = Rc::<Heard>::default();
        let hearing = Rc::clone(&heard);
        let network = Self { heard, listener: Closure::new(move |event: Event| hearing.hear(&event)) };
        let function = network.listener.as_ref().unchecked_ref();
        for (target, kind) in sources() {
            drop(target.add_event_listener_with_callback(kind, function));
        }
        network
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        let function = self.listener.as_ref().unchecked_ref();
        for (target, kind) in sources() {
            drop(target.remove_event_listener_with_callback(kind, function));
        }
    }
}

impl Heard {
    fn hear(&self, event: &Event) {
        match event.type_().as_str() {
            "pagehide" => {
                self.is_left.set(true);
                self.departures.set(self.departures.get().saturating_add(1));
            }
            "pageshow" => self.is_left.set(false),
            _ => {}
        }
        let is_wake = match event.type_().as_str() {
            "visibilitychange" => {
                let shown = document().and_then(|document| global::property_of(&document, "visibilityState"));
                shown.is_some_and(|shown| shown == "visible")
            }
            kind => matches!(kind, "focus" | "pageshow"),
        };
        if is_wake {
            self.wakes.set(self.wakes.get().saturating_add(1));
        }
        for waiting in self.waiting.take() {
            waiting.send(()).ok();
        }
    }
}

fn sources() -> impl Iterator<Item = (EventTarget, &'static str)> {
    let of = |target: Option<EventTarget>, kinds: &'static [&'static str]| {
        target.into_iter().flat_map(move |target| kinds.iter().map(move |kind| (target.clone(), *kind)))
    };
    of(Some(global::events()), &OF_SCOPE)
        .chain(of(document().map(JsCast::unchecked_into), &OF_DOCUMENT))
        .chain(of(connection().map(JsCast::unchecked_into), &OF_CONNECTION))
}

fn document() -> Option<JsValue> {
    global::property("document")
}

fn connection() -> Option<JsValue> {
    global::property_of(&global::property("navigator")?, "connection")
}

impl ports::Network for Network {
    fn is_online(&self) -> bool {
        let navigator = global::property("navigator");
        let says = navigator.and_then(|navigator| global::property_of(&navigator, "onLine"));
        says.and_then(|says| says.as_bool()).unwrap_or(true)
    }

    fn is_data_saved(&self) -> bool {
        let says = connection().and_then(|connection| global::property_of(&connection, "saveData"));
        says.and_then(|says| says.as_bool()).unwrap_or(false)
    }

    fn wakes(&self) -> u64 {
        self.heard.wakes.get()
    }

    fn is_left(&self) -> bool {
        self.heard.is_left.get()
    }

    fn departures(&self) -> u64 {
        self.heard.departures.get()
    }

    async fn changed(&self) {
        let (woken, waiting) = oneshot::channel();
        {
            let mut others = self.heard.waiting.borrow_mut();
            // Who no longer waits would be kept for ever where nothing happens.
            others.retain(|other| !other.is_canceled());
            others.push(woken);
        }
        waiting.await.ok();
    }
}
