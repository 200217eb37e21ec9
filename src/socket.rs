//! Live channels by WebSocket (gloo-net). Knows no protocol.

use futures::{SinkExt as _, StreamExt as _};
use gloo_net::websocket::{Message, WebSocketError, futures::WebSocket};
use syncline_core::{
    model::{Error, ErrorCode},
    ports::{self, Received},
};

/// The close code of a connection that just ended (RFC 6455, section 7.1.5).
const ABNORMAL: u16 = 1006;

/// Opens WebSockets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sockets;

/// An open WebSocket.
pub(crate) struct Socket(WebSocket);

impl ports::Sockets for Sockets {
    type Socket = Socket;

    #[allow(clippy::unused_async, reason = "the first send waits for the connection")]
    async fn connect(&self, url: &str) -> Result<Socket, Error> {
        WebSocket::open(url).map(Socket).map_err(|error| failed(&error.to_string()))
    }
}

impl ports::Socket for Socket {
    async fn send(&mut self, text: String) -> Result<(), Error> {
        self.0.send(Message::Text(text)).await.map_err(|error| failed(&error.to_string()))
    }

    async fn receive(&mut self) -> Result<Received, Error> {
        loop {
            match self.0.next().await {
                None => return Ok(Received::Closed(ABNORMAL)),
                Some(Ok(Message::Text(text))) => return Ok(Received::Text(text)),
                Some(Ok(Message::Bytes(_))) => {}
                Some(Err(WebSocketError::ConnectionClose(close))) => return Ok(Received::Closed(close.code)),
                Some(Err(error)) => return Err(failed(&error.to_string())),
            }
        }
    }
}

fn failed(why: &str) -> Error {
    Error::new(ErrorCode::Network, format!("the live channel failed: {why}"))
}
