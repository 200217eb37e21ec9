//! The reference server of `syncline/1`: its decisions, and (feature `serve`) the program around them.
//!
//! Without the feature `serve` this crate is only [`decide`] and [`Ledger`]: no IO, no clock, no chance.
//! The simulation runs on those; the program runs on the same functions over SQLite.

pub mod decide;
mod ledger;

pub use ledger::Ledger;
