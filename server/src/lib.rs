//! The reference server of `syncline/1`: its decisions, and (feature `serve`) the program around them.
//!
//! Without the feature `serve` this crate is only [`decide`] and [`Ledger`]: no IO, no clock, no chance.
//! The simulation runs on those; the program runs on the same functions over SQLite.

pub mod decide;
mod ledger;

#[cfg(feature = "serve")]
mod app;
#[cfg(feature = "serve")]
mod auth;
#[cfg(feature = "serve")]
mod body;
#[cfg(feature = "serve")]
mod clock;
#[cfg(feature = "serve")]
mod errors;
#[cfg(feature = "serve")]
mod live;
#[cfg(feature = "serve")]
mod routes;
#[cfg(feature = "serve")]
mod run;
#[cfg(feature = "serve")]
mod store;
#[cfg(feature = "serve")]
mod www;

#[cfg(feature = "serve")]
pub use app::{AppState, Options, app};
#[cfg(feature = "serve")]
pub use auth::AuthError;
pub use ledger::Ledger;
#[cfg(feature = "serve")]
pub use run::{RunError, serve};
#[cfg(feature = "serve")]
pub use store::{OpenError, Store};
