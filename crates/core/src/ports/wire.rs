//! What an adapter needs of the world, as one type parameter.

use super::{Clock, Http, Sockets, TokenSource};

/// The parts that adapters for servers are written over.
///
/// # Contract
/// The parts keep the contracts of their traits.
pub trait Wire {
    /// What opens live channels.
    type Sockets: Sockets;

    /// Timers.
    fn clock(&self) -> &impl Clock;
    /// Requests.
    fn http(&self) -> &impl Http;
    /// Live channels.
    fn sockets(&self) -> &Self::Sockets;
    /// Tokens.
    fn tokens(&self) -> &impl TokenSource;
}
