//! The browser shell of Syncline: converts and forwards between JavaScript and the engine. Decides nothing.
//!
//! `client` is what `pkg/index.js` calls; `host` gathers what the engine needs of a browser; each other module is one port.
#![cfg(target_arch = "wasm32")]

mod abort;
mod backend;
mod channel;
mod client;
mod clock;
mod documents;
mod errors;
mod events;
mod fetch;
mod global;
mod host;
pub mod idb;
mod lock;
mod network;
mod numbers;
mod random;
mod resolver;
mod socket;
mod token;
mod transfer;

pub use client::Core;
