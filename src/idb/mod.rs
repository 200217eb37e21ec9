//! The disk of the store, on IndexedDB: three object stores and nothing but whole transactions.
//! Decides nothing about entries and pages; `syncline-store` does.
//!
//! rexie opens the database, declares the object stores and serves reads. Writes go over a connection of our own
//! (`connection`, `commit`, `compact`), because a commit counts only when its transaction *completed*, and its error has to be kept.
//! Works in windows, workers and service workers alike: whatever is needed comes from the global scope.

mod ahead;
mod commit;
mod compact;
mod connection;
mod convert;
mod disk;
mod error;
mod known;
mod pages;
mod schema;
mod signal;

pub use ahead::Begun;
pub use connection::delete;
pub use disk::IndexedDb;
