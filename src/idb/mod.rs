//! The disk of the store, on IndexedDB: three object stores and nothing but whole transactions.
//! Decides nothing about entries and pages; `syncline-store` does.
//!
//! rexie makes the database and its object stores. All else goes over a connection of our own (`connection`, `reading`, `commit`,
//! `compact`): a commit counts only when its transaction *completed*, and its error has to be kept; and a second connection, for
//! reads alone, is one more that can be late, die, or stand in the way of a deletion.
//! Works in windows, workers and service workers alike: whatever is needed comes from the global scope.

mod ahead;
mod appends;
mod commit;
mod compact;
mod connection;
mod convert;
mod disk;
mod error;
mod known;
mod reading;
mod schema;
mod signal;

pub use ahead::Begun;
pub use appends::Appends;
pub use connection::delete;
pub use disk::IndexedDb;
