//! What a device and its contexts stand on, each part under the contract of its port, with faults. Plays no part itself.

mod air;
mod clock;
mod disk;
mod door;
mod host;
mod judge;
mod link;
mod live;
mod presence;
mod told;
mod wire;

pub(crate) use air::Air;
pub(crate) use clock::{Skew, moment};
pub(crate) use disk::{FaultyDisk, Health};
pub(crate) use door::Door;
pub(crate) use host::{Simulated, Surroundings};
pub(crate) use link::Link;
pub(crate) use presence::Presence;
pub(crate) use told::Told;
