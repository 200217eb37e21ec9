//! Every error an answer can be, as one type with one shape on the wire. Decides no retry: codes and statuses say it.

use axum::{
    body::Body,
    http::{
        HeaderValue, StatusCode,
        header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Response},
};
use syncline_protocol::{Problem, ProblemCode};
use thiserror::Error;

const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

/// Seconds after which a client may come back to a busy server.
const BUSY_SECONDS: HeaderValue = HeaderValue::from_static("2");

/// Why a request has no answer of its own kind.
#[derive(Debug, Error)]
pub(crate) enum AppError {
    /// What the client is told.
    #[error("{}", .0.title)]
    Problem(Problem),
    /// The database failed or is busy.
    #[error("the database failed: {0}")]
    Store(#[from] sqlx::Error),
    /// Anything else that is the server's fault.
    #[error("{0}")]
    Broken(String),
}

impl AppError {
    pub(crate) fn new(code: ProblemCode, title: impl Into<String>) -> Self {
        Self::Problem(Problem::new(code, title))
    }

    pub(crate) fn unauthorized(title: impl Into<String>) -> Self {
        Self::new(ProblemCode::Unauthorized, title)
    }

    fn into_problem(self) -> Problem {
        match self {
            Self::Problem(problem) => problem,
            Self::Store(sqlx::Error::PoolTimedOut) => {
                Problem::new(ProblemCode::Unavailable, "The database is busy")
            }
            // What went wrong inside is logged, and is nobody else's business.
            Self::Store(_) | Self::Broken(_) => Problem::new(ProblemCode::Server, "The server failed"),
        }
    }
}

impl From<Problem> for AppError {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        if !matches!(self, Self::Problem(_)) {
            tracing::error!(error = %self, "a request failed");
        }
        answer(&self.into_problem())
    }
}

/// Gives errors that other layers made (no such route, wrong method, unknown encoding) the shape of all others.
pub(crate) async fn shape(response: Response) -> Response {
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    if !is_error || response.headers().get(CONTENT_TYPE) == Some(&PROBLEM_JSON) {
        return response;
    }
    let known = ProblemCode::ALL.iter().find(|code| code.status() == status.as_u16());
    let other = if status.is_client_error() { ProblemCode::InvalidRequest } else { ProblemCode::Server };
    let mut problem =
        Problem::new(known.copied().unwrap_or(other), status.canonical_reason().unwrap_or("Error"));
    problem.status = status.as_u16();
    let (mut parts, _) = response.into_parts();
    let (shaped, body) = answer(&problem).into_parts();
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.extend(shaped.headers);
    Response::from_parts(parts, body)
}

fn answer(problem: &Problem) -> Response {
    let body = serde_json::to_vec(problem).unwrap_or_default();
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, Body::from(body)).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, PROBLEM_JSON);
    match problem.code {
        ProblemCode::Unauthorized => {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        ProblemCode::Unavailable => {
            headers.insert(RETRY_AFTER, BUSY_SECONDS);
        }
        _ => {}
    }
    response
}
