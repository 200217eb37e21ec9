//! `POST /v1/push`.

use std::sync::Arc;

use axum::extract::State;
use syncline_protocol::{PushRequest, PushResponse};

use crate::{app::AppState, auth::User, body::Json, clock, decide::checks, errors::AppError};

pub(super) async fn handle_push(
    State(state): State<Arc<AppState>>,
    user: User,
    Json(request): Json<PushRequest>,
) -> Result<Json<PushResponse>, AppError> {
    checks::push(&request, &state.options.limits)?;
    // A task of its own: a client that hangs up must not come between the commit and the word of it.
    let work = tokio::spawn(async move {
        let now = clock::now();
        let pushed = state.store.push(user.id, &request, &state.options.limits, now).await?;
        if !pushed.changed.is_empty() {
            state.hub.tell(user.id, pushed.changed);
        }
        Ok(Json(PushResponse { results: pushed.results, now }))
    });
    work.await.map_err(|error| AppError::Broken(error.to_string()))?
}
