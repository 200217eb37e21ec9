//! The routes: each reads a request, asks store and decisions, and shapes the answer.

mod auth;
mod config;
mod health;
mod live;
mod pull;
mod push;

use std::sync::Arc;

use axum::{
    Router,
    routing::{get, post},
};

use crate::app::AppState;

/// Every route of the API.
pub(crate) fn all() -> Router<Arc<AppState>> {
    Router::new()
        .route("/v1/push", post(push::handle_push))
        .route("/v1/pull", post(pull::handle_pull))
        .route("/v1/live", get(live::handle_live))
        .route("/v1/config", get(config::handle_config))
        .route("/v1/auth/register", post(auth::handle_register))
        .route("/v1/auth/login", post(auth::handle_login))
        .route("/v1/auth/refresh", post(auth::handle_refresh))
        .route("/v1/auth/logout", post(auth::handle_logout))
        .route("/healthz", get(health::handle_alive))
        .route("/readyz", get(health::handle_ready))
}
