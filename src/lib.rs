//! The browser shell of Syncline: converts and forwards between JavaScript and the engine. Decides nothing.
#![cfg(target_arch = "wasm32")]
