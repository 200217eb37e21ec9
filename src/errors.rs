//! Errors on their way to JavaScript: `{code, message, retryable}`, which `pkg/errors.js` makes a `SynclineError` of.

use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use syncline_core::model::{Error, ErrorCode};
use wasm_bindgen::JsValue;

/// An error as JavaScript gets it.
pub(crate) fn to_js(error: &Error) -> JsValue {
    plain(error)
}

/// A value as a plain JavaScript object, missing ones as `null`.
pub(crate) fn plain<T: Serialize>(value: &T) -> JsValue {
    value.serialize(&Serializer::json_compatible()).unwrap_or(JsValue::NULL)
}

/// A value with JSON texts in it, as one JSON text.
pub(crate) fn json<T: Serialize>(value: &T) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::new(ErrorCode::StorageCorrupt, error.to_string()))
}

/// What JavaScript threw, for a message; only for people to read.
pub(crate) fn describe(thrown: &JsValue) -> String {
    let message = crate::global::property_of(thrown, "message").and_then(|message| message.as_string());
    message
        .or_else(|| thrown.as_string())
        .unwrap_or_else(|| "something that is no error was thrown".to_owned())
}
