//! Leadership by the Web Locks API. Where there is none (pages that are no secure context), contexts take turns: epochs keep
//! that safe.

use std::{
    cell::{Cell, RefCell},
    future::{pending, poll_fn},
    task::Poll,
};

use futures::{FutureExt as _, channel::oneshot};
use js_sys::{Array, Function, Object, Promise, Reflect};
use syncline_core::ports::{self, Clock as _};
use wasm_bindgen::{JsCast as _, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::AbortController;

use crate::{clock::Clock, global};

/// The lock of one database.
#[derive(Debug)]
pub(crate) struct Lock {
    name: String,
    /// Whether this context has led before, where nothing but epochs says who does.
    had_turn: Cell<bool>,
}

/// How long a context waits for its next turn where there are no locks, in milliseconds: without that, two would take the lead
/// from one another for ever.
const TURN: u64 = 30_000;

/// Held until dropped or stolen.
#[derive(Debug)]
pub(crate) struct Guard {
    release: Option<Function>,
    /// Hears that it was stolen.
    lost: RefCell<Option<oneshot::Receiver<()>>>,
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
        Self { name: format!("syncline:{database}"), had_turn: Cell::default() }
    }

    async fn request(&self, is_steal: bool) -> Guard {
        let Some(mut request) = Request::send(&self.name, is_steal) else {
            if self.had_turn.replace(true) && !is_steal {
                Clock.sleep(TURN).await;
            }
            return Guard { release: None, lost: RefCell::default() };
        };
        match (&mut request.granted).await {
            Ok(release) => {
                request.is_granted = true;
                Guard { release: Some(release), lost: RefCell::new(request.lost.take()) }
            }
            Err(_) => pending().await,
        }
    }

    /// The names of the locks that anybody of this origin holds.
    async fn held() -> Option<Array> {
        let locks = locks()?;
        let query = global::method_of(&locks, "query")?.call0(&locks).ok()?;
        let found = JsFuture::from(Promise::resolve(&query)).await.ok()?;
        global::property_of(&found, "held")?.dyn_into().ok()
    }
}

impl ports::Lock for Lock {
    type Guard = Guard;

    async fn acquire(&self) -> Guard {
        self.request(false).await
    }

    async fn steal(&self) -> Guard {
        self.request(true).await
    }

    async fn lost(&self, guard: &Guard) {
        // Polled, not awaited, so that no borrow lives from one poll to the next.
        let is_stolen = poll_fn(|context| match &mut *guard.lost.borrow_mut() {
            Some(lost) => lost.poll_unpin(context).map(|heard| heard.is_ok()),
            None => Poll::Ready(false),
        });
        if !is_stolen.await {
            pending().await
        }
    }

    async fn is_held(&self) -> bool {
        let is_this = |lock: JsValue| {
            global::property_of(&lock, "name").and_then(|name| name.as_string()).as_ref() == Some(&self.name)
        };
        Self::held().await.is_none_or(|held| held.iter().any(is_this))
    }
}

fn locks() -> Option<JsValue> {
    global::property_of(&global::property("navigator")?, "locks")
}

/// A lock that was asked for; withdraws itself when it is dropped before it was granted.
struct Request {
    granted: oneshot::Receiver<Function>,
    lost: Option<oneshot::Receiver<()>>,
    is_granted: bool,
    withdrawal: AbortController,
    _callback: Closure<dyn FnMut() -> Promise>,
}

impl Request {
    fn send(name: &str, is_steal: bool) -> Option<Self> {
        let locks = locks()?;
        let request = global::method_of(&locks, "request")?;
        let withdrawal = AbortController::new().ok()?;
        let options = Object::new();
        // A steal is granted at once, and so cannot be withdrawn (<https://w3c.github.io/web-locks/#api-lock-manager-request>).
        if is_steal {
            Reflect::set(&options, &"steal".into(), &JsValue::TRUE).ok()?;
        } else {
            Reflect::set(&options, &"signal".into(), &withdrawal.signal()).ok()?;
        }
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
        // It rejects when it was withdrawn, and then nobody hears that, and when the lock was stolen.
        let (lose, lost) = oneshot::channel();
        let stolen = Closure::once_into_js(move |_: JsValue| lose.send(()).unwrap_or_default());
        let catch = global::method_of(&asked, "catch")?;
        drop(catch.call1(&asked, &stolen));
        Some(Self { granted, lost: Some(lost), is_granted: false, withdrawal, _callback: callback })
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        if !self.is_granted {
            self.withdrawal.abort();
        }
    }
}
