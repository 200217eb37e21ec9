//! The world in a test: devices with several contexts each, a server with its real decisions, a bad network, bad disks, wrong
//! clocks and crashes at any await, all under one seed. Never shipped.
//!
//! ```text
//!  crowd ──► run ──► World: act, go wrong ──► peace: heal, settle, agree
//!                      │ app: what users do, and what apps are promised
//!                      │ device: contexts = Client<Simulated>, over stage: ports with faults
//!                      │ service: the server's decisions and the history of what really happened
//!                      └ oracle: explains every commit of every device
//! ```

mod app;
mod chance;
mod counts;
mod crowd;
mod device;
mod ground;
mod oracle;
mod peace;
mod planted;
mod run;
#[cfg(test)]
mod scenarios;
mod service;
mod stage;
mod tasks;
mod time;
mod weather;
mod workload;
mod world;

pub use counts::Counts;
pub use crowd::{hunt_all, play_all};
pub use planted::Planted;
pub use run::{Played, play};
pub use workload::report as workload;
