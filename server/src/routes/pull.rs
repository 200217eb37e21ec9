//! `POST /v1/pull`, with `ETag` and 304.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{ETAG, IF_NONE_MATCH},
    },
    response::{IntoResponse, Response},
};
use syncline_protocol::{PullRequest, PullResponse};

use crate::{
    app::AppState,
    auth::User,
    body::Json,
    clock,
    decide::{self, checks},
    errors::AppError,
};

pub(super) async fn handle_pull(
    State(state): State<Arc<AppState>>,
    user: User,
    headers: HeaderMap,
    Json(request): Json<PullRequest>,
) -> Result<Response, AppError> {
    checks::pull(&request)?;
    let answer = PullResponse { collections: state.store.pull(user.id, &request).await?, now: clock::now() };
    let tag = decide::tag(&answer);
    let held = headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let is_unchanged = held.is_some_and(|held| decide::is_unchanged(&answer, held));
    let mut response =
        if is_unchanged { StatusCode::NOT_MODIFIED.into_response() } else { Json(answer).into_response() };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(ETAG, tag);
    }
    Ok(response)
}
