//! Chance of the browser: `crypto.getRandomValues`, fetched in blocks.

use std::cell::RefCell;

use syncline_core::ports;
use wasm_bindgen::JsCast as _;
use web_sys::Crypto;

use crate::global;

/// Bytes fetched at once: a call into JavaScript costs more than the bytes.
const BLOCK: usize = 4_096;

/// The browser's source of chance.
#[derive(Debug, Default)]
pub(crate) struct Random {
    bytes: RefCell<Vec<u8>>,
}

impl ports::Random for Random {
    fn next(&self) -> u64 {
        let mut bytes = self.bytes.borrow_mut();
        if bytes.len() < 8 {
            *bytes = block();
        }
        (0..8).fold(0, |number, _| (number << 8) | u64::from(bytes.pop().unwrap_or_default()))
    }
}

fn block() -> Vec<u8> {
    let mut block = vec![0; BLOCK];
    // Every scope that has IndexedDB has `crypto`; ids of nothing but zeros would be seen at once.
    if let Some(Ok(crypto)) = global::property("crypto").map(|value| value.dyn_into::<Crypto>()) {
        drop(crypto.get_random_values_with_u8_array(&mut block));
    }
    block
}
