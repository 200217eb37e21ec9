//! `POST /v1/auth/*`: what signing in says. Checks no password.

use serde::{Deserialize, Serialize};

use crate::Millis;

/// Who somebody says they are.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
pub struct Credentials {
    /// The account's address.
    pub email: String,
    /// Its password.
    pub password: String,
}

impl std::fmt::Debug for Credentials {
    /// Leaves the password out.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("email", &self.email).finish_non_exhaustive()
    }
}

/// The body of a refresh and of a logout.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct RefreshRequest {
    /// The refresh token last given.
    pub refresh: String,
}

/// The answer of register, login and refresh.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Tokens {
    /// The access token, a JWT.
    pub token: String,
    /// Good for one refresh.
    pub refresh: String,
    /// When the access token ends.
    pub expires: Millis,
}
