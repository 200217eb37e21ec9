//! `GET /healthz` and `/readyz`: whether the process lives, and whether its database answers.

use std::sync::Arc;

use axum::extract::State;
use syncline_protocol::ProblemCode;

use crate::{app::AppState, errors::AppError};

pub(super) async fn handle_alive() -> &'static str {
    "ok\n"
}

pub(super) async fn handle_ready(State(state): State<Arc<AppState>>) -> Result<&'static str, AppError> {
    if state.store.is_ready().await {
        Ok("ok\n")
    } else {
        Err(AppError::new(ProblemCode::Unavailable, "The database does not answer"))
    }
}
