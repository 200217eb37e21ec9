//! The one place that orchestrates: it knows ports and plans, runs cycles, leads or follows. Decides nothing itself.
//!
//! ```text
//!  app ──► Client ──► plans ──► Database ──► Watcher ──► events, signals, word to other contexts
//!                                                           │
//!  Client::run:  follow ── lock ──► lead: Scheduler says ──►│◄── signals
//!                                     ├─ StartCycle ─► cycle: push … pull … until settled
//!                                     └─ StartLive  ─► watch: hints
//! ```

mod asking;
#[cfg(test)]
mod asking_scenarios;
mod calls;
mod client;
mod cycle;
#[cfg(test)]
mod deletion_scenarios;
mod doubt;
mod everything;
mod exporting;
mod follow;
mod importing;
mod lead;
#[cfg(test)]
mod leaving_scenarios;
mod lookup;
mod mending;
#[cfg(test)]
mod mending_scenarios;
#[cfg(test)]
mod mending_seeds;
mod messages;
mod migrating;
#[cfg(test)]
mod migrating_scenarios;
mod mirror;
mod owning;
mod pace;
#[cfg(test)]
mod patching;
mod pulling;
mod pushing;
mod querying;
mod reading;
#[cfg(test)]
mod refusals;
mod retaining;
mod room;
mod shared;
#[cfg(test)]
mod side_by_side;
mod status;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod timetable;
#[cfg(test)]
mod timetable_scenarios;
#[cfg(test)]
mod transfer_scenarios;
#[cfg(test)]
mod trouble;
mod watcher;
#[cfg(test)]
mod wired;

pub use client::{Client, Intent};
pub use everything::Everything;
pub use exporting::Export;
pub use importing::Import;
pub use querying::Listed;
pub use reading::SeenRow;
