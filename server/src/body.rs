//! JSON bodies, in and out, with errors that name the field. Does not say what is in them.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{HeaderValue, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use serde::{Serialize, de::DeserializeOwned};
use syncline_protocol::{Problem, ProblemCode};

use crate::errors::AppError;

/// A JSON body, whatever content type it was sent with.
#[derive(Debug)]
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = AppError;

    async fn from_request(request: Request, state: &S) -> Result<Self, AppError> {
        let bytes =
            Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
                StatusCode::PAYLOAD_TOO_LARGE => {
                    AppError::new(ProblemCode::TooLarge, "The body is larger than the server takes")
                }
                _ => AppError::new(ProblemCode::InvalidRequest, "The body cannot be read"),
            })?;
        let mut reader = serde_json::Deserializer::from_slice(&bytes);
        let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
            let wrong = error.inner().to_string();
            unreadable(field_of(&error.path().to_string(), &wrong), wrong)
        })?;
        reader.end().map_err(|error| unreadable("body".to_owned(), error.to_string()))?;
        Ok(Self(value))
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(body) => {
                ([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response()
            }
            Err(error) => AppError::Broken(error.to_string()).into_response(),
        }
    }
}

fn unreadable(field: String, wrong: String) -> AppError {
    let title = "The body is not the JSON that is expected here";
    AppError::Problem(Problem::new(ProblemCode::InvalidRequest, title).field(field, wrong))
}

/// The name of the field an error is about. A missing field is reported at its parent, its own name only in the
/// message, whose wording serde fixes; it serves the reader alone, nothing is decided by it.
fn field_of(path: &str, wrong: &str) -> String {
    let parent = if path == "." { "" } else { path };
    let missing = wrong.strip_prefix("missing field `").and_then(|rest| rest.split_once('`'));
    match (parent, missing) {
        ("", None) => "body".to_owned(),
        ("", Some((name, _))) => name.to_owned(),
        (parent, None) => parent.to_owned(),
        (parent, Some((name, _))) => format!("{parent}.{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_named_from_the_top_of_the_body() {
        assert_eq!(field_of("changes[3].base", "invalid type"), "changes[3].base");
        assert_eq!(field_of("changes[3]", "missing field `id` at line 1"), "changes[3].id");
        assert_eq!(field_of(".", "missing field `email` at line 1"), "email");
        assert_eq!(field_of(".", "expected value"), "body");
    }
}
