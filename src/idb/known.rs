//! Texts and lists that every transaction says, made once: each text that crosses into JavaScript is decoded anew.
//! Keeps only what is written out in this program.

use std::cell::RefCell;

use js_sys::{Array, Object, Reflect};
use wasm_bindgen::JsValue;

type Made<K, V> = RefCell<Vec<(K, V)>>;

thread_local! {
    static TEXTS: Made<&'static str, JsValue> = RefCell::default();
    static LISTS: Made<&'static [&'static str], Array> = RefCell::default();
    static OPTIONS: Made<&'static str, Object> = RefCell::default();
}

/// A text.
pub(super) fn text(text: &'static str) -> JsValue {
    TEXTS.with(|made| made_once(made, text, || JsValue::from_str(text)))
}

/// A list of texts.
pub(super) fn list(texts: &'static [&'static str]) -> Array {
    LISTS.with(|made| made_once(made, texts, || texts.iter().map(|one| text(one)).collect()))
}

/// The options of a transaction of this durability.
pub(super) fn options(durability: &'static str) -> Object {
    let make = || {
        let options = Object::new();
        // Setting a field of a plain object cannot fail.
        let _is_set = Reflect::set(&options, &text("durability"), &text(durability));
        options
    };
    OPTIONS.with(|made| made_once(made, durability, make))
}

/// They are few: a map would take longer.
fn made_once<K: Copy + PartialEq, V: Clone>(made: &Made<K, V>, key: K, make: impl FnOnce() -> V) -> V {
    let known = made.borrow().iter().find(|(known, _)| *known == key).map(|(_, value)| value.clone());
    known.unwrap_or_else(|| {
        let value = make();
        made.borrow_mut().push((key, value.clone()));
        value
    })
}
