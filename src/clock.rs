//! Time and timers of the browser.

use gloo_timers::future::TimeoutFuture;
use syncline_core::ports;
use syncline_protocol::Millis;
use wasm_bindgen::prelude::*;

/// The longest wait that a browser's timers take, in milliseconds
/// (<https://developer.mozilla.org/en-US/docs/Web/API/Window/setTimeout#maximum_delay_value>).
const LONGEST: u32 = 0x7fff_ffff;

#[wasm_bindgen]
extern "C" {
    /// Milliseconds since the context began, in every kind of context.
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;
}

/// The browser's clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock;

impl ports::Clock for Clock {
    #[allow(
        clippy::cast_possible_truncation,
        reason = "milliseconds since 1970 fit for the next 285,000 years"
    )]
    fn now(&self) -> Millis {
        Millis(js_sys::Date::now() as i64)
    }

    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a page is never open that long"
    )]
    fn microseconds(&self) -> u64 {
        (performance_now() * 1_000.0) as u64
    }

    async fn sleep(&self, milliseconds: u64) {
        let mut left = milliseconds;
        while left > 0 {
            let step = u32::try_from(left).unwrap_or(LONGEST).min(LONGEST);
            TimeoutFuture::new(step).await;
            left = left.saturating_sub(u64::from(step));
        }
    }
}
