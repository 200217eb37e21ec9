//! The user a request comes from, out of its `Authorization` header.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    http::{header::AUTHORIZATION, request::Parts},
};
use syncline_protocol::Millis;

use crate::{app::AppState, errors::AppError};

/// The number of an account; never given twice.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct UserId(pub(crate) i64);

/// Who asks, and until when we may believe it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct User {
    pub(crate) id: UserId,
    pub(crate) expires: Millis,
}

impl FromRequestParts<Arc<AppState>> for User {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<AppState>) -> Result<Self, AppError> {
        let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let Some((scheme, token)) = header.and_then(|text| text.split_once(' ')) else {
            return Err(AppError::unauthorized("A bearer token is needed"));
        };
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(AppError::unauthorized("A bearer token is needed"));
        }
        state.keys.verify(token.trim())
    }
}

impl OptionalFromRequestParts<Arc<AppState>> for User {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<AppState>) -> Result<Option<Self>, AppError> {
        if parts.headers.contains_key(AUTHORIZATION) {
            <Self as FromRequestParts<_>>::from_request_parts(parts, state).await.map(Some)
        } else {
            Ok(None)
        }
    }
}
