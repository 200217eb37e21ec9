//! What IndexedDB and rexie say went wrong, as a `DiskError`: by the name of the DOMException, never by its message.
//! Does not say what to do about it.

use js_sys::{Error, Reflect};
use syncline_store::DiskError;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::DomException;

/// Classifies what a call threw, or what a request or transaction ended with.
pub(super) fn classify(error: &JsValue) -> DiskError {
    let (name, message) = if let Some(exception) = error.dyn_ref::<DomException>() {
        (exception.name(), exception.message())
    } else if let Some(error) = error.dyn_ref::<Error>() {
        (String::from(error.name()), String::from(error.message()))
    } else if let Some(exception) = nested(error) {
        return classify(&exception);
    } else if error.is_null() || error.is_undefined() {
        // A transaction that ends so was undone by a script or by the browser.
        return DiskError::Aborted;
    } else {
        ("Error".to_owned(), format!("{error:?}"))
    };
    match name.as_str() {
        "AbortError" => DiskError::Aborted,
        "InvalidStateError" => DiskError::Closed,
        "NotAllowedError" | "SecurityError" => DiskError::Unavailable,
        // An object store is missing: somebody else made a database of this name.
        "NotFoundError" => DiskError::Corrupt,
        "QuotaExceededError" => DiskError::QuotaExceeded,
        "VersionError" => DiskError::NewerFormat,
        _ => DiskError::Other { name, message },
    }
}

/// Answers whether an `add` failed because there is a row of that key.
pub(super) fn is_taken(error: &JsValue) -> bool {
    error.dyn_ref::<DomException>().is_some_and(|error| error.name() == "ConstraintError")
}

/// Classifies what opening ended with.
pub(super) fn classify_opening(error: &JsValue) -> DiskError {
    match classify(error) {
        // Firefox in private browsing answers so where it keeps nothing:
        // https://bugzilla.mozilla.org/show_bug.cgi?id=781982
        DiskError::Closed => DiskError::Unavailable,
        other => other,
    }
}

/// Classifies what rexie says. Its own texts say next to nothing; the DOMException is inside.
pub(super) fn classify_rexie(error: &rexie::Error) -> DiskError {
    match error {
        rexie::Error::IdbError(error) => classify_idb(error),
        other => DiskError::Other { name: "rexie".to_owned(), message: other.to_string() },
    }
}

pub(super) fn classify_idb(error: &idb::Error) -> DiskError {
    use idb::Error as E;
    match error {
        E::DomException(exception) => classify(exception),
        E::GetAllFailed(error)
        | E::GetAllKeysFailed(error)
        | E::GetFailed(error)
        | E::IndexedDbDeleteFailed(error)
        | E::IndexedDbOpenFailed(error)
        | E::KeyRangeCreateFailed(error)
        | E::ObjectStoreNotFound(error)
        | E::RequestErrorNotFound(error)
        | E::RequestResultNotFound(error)
        | E::TransactionOpenFailed(error)
        | E::UnexpectedJsType(_, error) => classify(error),
        E::IndexedDbNotFound(_) => DiskError::Unavailable,
        other => DiskError::Other { name: "idb".to_owned(), message: other.to_string() },
    }
}

/// Finds the error of a request: idb hands over the request where it expected the transaction.
fn nested(value: &JsValue) -> Option<JsValue> {
    let error = value.is_object().then(|| Reflect::get(value, &"error".into()).ok()).flatten()?;
    error.is_instance_of::<DomException>().then_some(error)
}

/// What a call to the database ended with.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) error: DiskError,
    /// Whether it is certain that nothing was written, so that the call can be made again.
    pub(super) is_undone: bool,
}

impl Failure {
    /// Of a call that cannot have written anything.
    pub(super) fn undone(error: DiskError) -> Self {
        Self { error, is_undone: true }
    }

    /// Of a transaction that was under way. The browser says of every one that it undid that it aborted it.
    pub(super) fn of_transaction(error: &JsValue) -> Self {
        Self::undone(classify(error))
    }
}
