//! `POST /v1/auth/register`, `login`, `refresh` and `logout`.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use syncline_protocol::{Credentials, RefreshRequest, Tokens};

use crate::{
    app::AppState,
    auth::{RefreshToken, UserId},
    body::Json,
    clock,
    decide::checks,
    errors::AppError,
};

pub(super) async fn handle_register(
    State(state): State<Arc<AppState>>,
    Json(credentials): Json<Credentials>,
) -> Result<Json<Tokens>, AppError> {
    checks::registration(&credentials)?;
    let hash = state.passwords.hash(credentials.password).await?;
    let user = state.store.register(&credentials.email, &hash, clock::now()).await?;
    sign_in(&state, user).await
}

pub(super) async fn handle_login(
    State(state): State<Arc<AppState>>,
    Json(credentials): Json<Credentials>,
) -> Result<Json<Tokens>, AppError> {
    checks::login(&credentials)?;
    let (id, hash) = state.store.account(&credentials.email).await?.unzip();
    let is_right = state.passwords.is_right(credentials.password, hash).await?;
    match id.filter(|_| is_right) {
        Some(user) => sign_in(&state, user).await,
        None => Err(AppError::unauthorized("The address or the password is wrong")),
    }
}

pub(super) async fn handle_refresh(
    State(state): State<Arc<AppState>>,
    Json(request): Json<RefreshRequest>,
) -> Result<Json<Tokens>, AppError> {
    let (user, next) = state.store.rotate(&RefreshToken::sent(request.refresh), clock::now()).await?;
    tokens(&state, user, next)
}

pub(super) async fn handle_logout(
    State(state): State<Arc<AppState>>,
    Json(request): Json<RefreshRequest>,
) -> Result<StatusCode, AppError> {
    state.store.end_family(&RefreshToken::sent(request.refresh)).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn sign_in(state: &AppState, user: UserId) -> Result<Json<Tokens>, AppError> {
    let refresh = state.store.start_family(user, clock::now()).await?;
    tokens(state, user, refresh)
}

fn tokens(state: &AppState, user: UserId, refresh: RefreshToken) -> Result<Json<Tokens>, AppError> {
    let (token, expires) = state.keys.sign(user, clock::now())?;
    Ok(Json(Tokens { token, refresh: refresh.into_text(), expires }))
}
