//! Leadership by the Web Locks API. Where there is none, every context believes it leads: epochs keep that safe.

use futures::channel::oneshot;
use js_sys::{Function, Object, Promise, Reflect};
use syncline_core::ports;
use wasm_bindgen::{JsCast as _, JsValue, closure::Closure};
use web_sys::AbortController;

use crate::global;

/// The lock of one database.
#[derive(Debug)]
pub(crate) struct Lock {
    name: String,
}

/// Held until dropped.
#[derive(Debug)]
pub(crate) struct Guard {
    release: Option<Function>,
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(release) = &self.release {
            drop(release.call0(&JsValue::NULL));
        }
    }
}

impl Lock {
    /// Names the lock of a database.
    pub(crate) fn of(database: &str) -> Self {
        Self { name: format!("syncline:{database}") }
    }
}

impl ports::Lock for Lock {
    type Guard = Guard;

    async fn acquire(&self) -> Guard {
        match Request::send(&self.name) {
            Some(mut request) => match (&mut request.granted).await {
                Ok(release) => {
                    request.is_granted = true;
                    Guard { release: Some(release) }
                }
                Err(_) => std::future::pending().await,
            },
            None => Guard { release: None },
        }
    }
}

/// A lock that was asked for; withdraws itself when it is dropped before it was granted.
struct Request {
    granted: oneshot::Receiver<Function>,
    is_granted: bool,
    withdrawal: AbortController,
    _callback: Closure<dyn FnMut() -> Promise>,
}

impl Request {
    fn send(name: &str) -> Option<Self> {
        let locks = global::property_of(&global::property("navigator")?, "locks")?;
        let request = global::method_of(&locks, "request")?;
        let withdrawal = AbortController::new().ok()?;
        let options = Object::new();
        Reflect::set(&options, &"signal".into(), &withdrawal.signal()).ok()?;
        let (grant, granted) = oneshot::channel();
        let mut grant = Some(grant);
        // The lock is held until the promise that the callback returns is settled.
        let callback = Closure::new(move || {
            Promise::new(&mut |release, _| {
                let refused = grant.take().and_then(|grant| grant.send(release).err());
                if let Some(release) = refused {
                    drop(release.call0(&JsValue::NULL));
                }
            })
        });
        let asked = request.call3(&locks, &name.into(), &options, callback.as_ref()).ok()?;
        // A withdrawn request rejects; nobody else waits for it.
        let ignore: Function = Closure::once_into_js(|_: JsValue| {}).unchecked_into();
        let catch = global::method_of(&asked, "catch")?;
        drop(catch.call1(&asked, &ignore));
        Some(Self { granted, is_granted: false, withdrawal, _callback: callback })
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        if !self.is_granted {
            self.withdrawal.abort();
        }
    }
}
