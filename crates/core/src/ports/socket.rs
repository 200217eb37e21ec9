//! A connection that carries texts both ways.

use crate::model::Error;

/// Opens connections.
///
/// # Contract
/// `Err` where none comes up. A host without sockets always fails with `offline`.
#[allow(async_fn_in_trait, reason = "everything is on one thread")]
pub trait Sockets {
    /// What it opens.
    type Socket: Socket;

    /// Opens one to a `ws:` or `wss:` address.
    async fn connect(&self, url: &str) -> Result<Self::Socket, Error>;
}

/// What came over a connection.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Received {
    /// The connection ended, with its close code.
    Closed(u16),
    /// A text.
    Text(String),
}

/// An open connection.
///
/// # Contract
/// Texts arrive whole and in order, or the connection ends. Dropping closes it.
#[allow(async_fn_in_trait, reason = "everything is on one thread")]
pub trait Socket {
    /// Sends a text.
    async fn send(&mut self, text: String) -> Result<(), Error>;

    /// Waits for the next text, or for the end.
    async fn receive(&mut self) -> Result<Received, Error>;
}
