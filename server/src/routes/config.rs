//! `GET /v1/config`: what this server speaks and takes.

use std::sync::Arc;

use axum::extract::State;
use syncline_protocol::{PROTOCOL, ServerConfig, SyncSettings};

use crate::{app::AppState, auth::User, body::Json};

/// Answers anybody; a token that is sent must be valid.
pub(super) async fn handle_config(
    State(state): State<Arc<AppState>>,
    _user: Option<User>,
) -> Json<ServerConfig> {
    Json(ServerConfig {
        protocol: PROTOCOL.to_owned(),
        server: state.store.identity().to_owned(),
        limits: state.options.limits,
        live: true,
        collections: None,
        entitled: true,
        sync: SyncSettings::default(),
    })
}
