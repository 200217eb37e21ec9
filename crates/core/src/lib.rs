//! The sync engine: everything that chooses, as pure Rust. Touches no clock, no chance, no network and no JavaScript but
//! through its ports.
//!
//! | Word | Meaning |
//! |---|---|
//! | record | a document with an id in a collection |
//! | base | the record as the server last confirmed it |
//! | local | the record as the user sees it: base overlaid with queue |
//! | incoming | a record that just arrived |
//! | change | one queued edit, under its idempotency key |
//! | queue | at most one change per record |
//! | push, pull | changes going up, records coming down |
//! | conflict | two edits that did not know each other: an answer, not an error |
//! | parked | refused for good, kept with its data |
//! | cursor | an opaque position in a collection's commit order |
//! | version | what a change says it was made on |
//! | leader | the one context that syncs |
//! | context | one page, worker or popup |
//! | device | one browser profile |
//!
//! Inside: `model` knows nobody; `merge`, `backoff`, `narrowing` and `metrics` know model; `plan`, `query`, `schedule` know those; `ports` name model
//! types; `backends` know ports; `engine` alone knows ports and plans.

pub mod backends;
pub mod backoff;
pub mod engine;
mod gather;
pub mod merge;
pub mod metrics;
pub mod model;
pub mod narrowing;
pub mod plan;
#[doc(hidden)]
pub mod planted;
pub mod ports;
pub mod query;
pub mod schedule;
