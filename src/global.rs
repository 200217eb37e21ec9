//! The global scope, whichever it is: page, worker or service worker. There is no `window` in an extension's service worker.

use js_sys::{Function, Reflect};
use wasm_bindgen::{JsCast as _, JsValue, prelude::wasm_bindgen};
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

#[wasm_bindgen]
extern "C" {
    type Document;

    #[wasm_bindgen(thread_local_v2, js_name = document)]
    static DOCUMENT: Option<Document>;

    #[wasm_bindgen(method, getter)]
    fn hidden(this: &Document) -> Option<bool>;
}

/// Whether this is a page that nobody sees. Asked at every commit, so that no name crosses.
pub(crate) fn is_hidden() -> bool {
    DOCUMENT.with(|document| document.as_ref().and_then(Document::hidden)).unwrap_or(false)
}
