//! `GET /v1/live`: the upgrade to a WebSocket. What is said on it is the live module's.

use std::sync::Arc;

use axum::{
    extract::{State, ws::WebSocketUpgrade},
    response::Response,
};

use crate::{app::AppState, live};

/// The largest message of a client, in bytes: a token and a hundred cursors.
const MAX_MESSAGE: usize = 64 * 1024;

pub(super) async fn handle_live(State(state): State<Arc<AppState>>, upgrade: WebSocketUpgrade) -> Response {
    upgrade
        .max_message_size(MAX_MESSAGE)
        .max_frame_size(MAX_MESSAGE)
        .on_upgrade(move |socket| live::converse(socket, state))
}
