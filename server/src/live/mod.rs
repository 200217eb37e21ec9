//! The live channel: who listens, and what is said on one socket. Reads no record.

mod hub;
mod socket;
#[cfg(test)]
mod tests;
mod timing;

pub(crate) use hub::Hub;
pub(crate) use socket::converse;
pub(crate) use timing::Timing;
