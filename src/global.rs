//! The global scope, whichever it is: page, worker or service worker. There is no `window` in an extension's service worker.

use js_sys::{Function, Reflect};
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::EventTarget;

/// A property of the global scope; `None` where it is missing.
pub(crate) fn property(name: &str) -> Option<JsValue> {
    property_of(&js_sys::global(), name)
}

/// A property of an object; `None` where it is missing.
pub(crate) fn property_of(object: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(object, &JsValue::from_str(name))
        .ok()
        .filter(|value| !value.is_undefined() && !value.is_null())
}

/// A method of an object; `None` where it is missing.
pub(crate) fn method_of(object: &JsValue, name: &str) -> Option<Function> {
    property_of(object, name)?.dyn_into().ok()
}

/// The global scope as a target of events.
pub(crate) fn events() -> EventTarget {
    js_sys::global().unchecked_into()
}

/// Whether this is a page that nobody sees.
pub(crate) fn is_hidden() -> bool {
    property("document")
        .and_then(|document| property_of(&document, "hidden"))
        .is_some_and(|hidden| hidden.is_truthy())
}
