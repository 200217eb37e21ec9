//! Access tokens: a signed claim of who somebody is, good for 15 minutes. Knows no refresh token but its lifetime.

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};
use syncline_protocol::Millis;

use super::{User, UserId, hs256};
use crate::errors::AppError;

/// How long an access token is good, in milliseconds.
const ACCESS_LIFETIME: i64 = 15 * 60 * 1_000;

/// How long a refresh token is good if it is not used, in milliseconds.
pub(crate) const REFRESH_LIFETIME: i64 = 90 * 24 * 60 * 60 * 1_000;

#[derive(Deserialize, Serialize)]
struct Claims {
    sub: String,
    /// Seconds since 1970, as RFC 7519 wants it.
    exp: i64,
}

/// Signs and verifies access tokens with the database's secret.
#[derive(Clone)]
pub(crate) struct Keys {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
}

impl std::fmt::Debug for Keys {
    /// Leaves the keys out.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").finish_non_exhaustive()
    }
}

impl Keys {
    pub(crate) fn new(secret: &[u8]) -> Self {
        hs256::install();
        let mut validation = Validation::new(Algorithm::HS256);
        validation.leeway = 0;
        Self {
            encoding: EncodingKey::from_secret(secret),
            decoding: DecodingKey::from_secret(secret),
            validation,
        }
    }

    /// Makes a token and says when it ends.
    pub(crate) fn sign(&self, user: UserId, now: Millis) -> Result<(String, Millis), AppError> {
        self.sign_until(user, now.plus(ACCESS_LIFETIME))
    }

    /// Makes a token that ends at that time, in whole seconds.
    pub(crate) fn sign_until(&self, user: UserId, end: Millis) -> Result<(String, Millis), AppError> {
        let exp = end.0.div_euclid(1_000);
        let claims = Claims { sub: user.0.to_string(), exp };
        let token = encode(&Header::new(Algorithm::HS256), &claims, &self.encoding);
        token
            .map(|token| (token, Millis(exp.saturating_mul(1_000))))
            .map_err(|error| AppError::Broken(error.to_string()))
    }

    /// Says whose token it is; an error where it is not ours or has ended.
    pub(crate) fn verify(&self, token: &str) -> Result<User, AppError> {
        let refused = || AppError::unauthorized("The token is not valid, or has expired");
        let claims = decode::<Claims>(token, &self.decoding, &self.validation).map_err(|_| refused())?.claims;
        let id = claims.sub.parse().map(UserId).map_err(|_| refused())?;
        Ok(User { id, expires: Millis(claims.exp.saturating_mul(1_000)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    #[test]
    fn a_token_says_whose_it_is_until_it_ends() {
        let keys = Keys::new(b"secret");
        let (token, expires) = keys.sign(UserId(7), clock::now()).unwrap();
        let user = keys.verify(&token).unwrap();
        assert_eq!((user.id, user.expires), (UserId(7), expires));
        let (ended, _) = keys.sign_until(UserId(7), clock::now().plus(-2_000)).unwrap();
        assert!(keys.verify(&ended).is_err());
    }

    #[test]
    fn a_token_of_another_secret_or_algorithm_or_none_is_refused() {
        let keys = Keys::new(b"secret");
        let (theirs, _) = Keys::new(b"other").sign(UserId(7), clock::now()).unwrap();
        assert!(keys.verify(&theirs).is_err());
        // {"alg":"none","typ":"JWT"} . {"sub":"7","exp":99999999999}
        assert!(
            keys.verify("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiI3IiwiZXhwIjo5OTk5OTk5OTk5OX0.")
                .is_err()
        );
        assert!(keys.verify("").is_err());
    }

    #[test]
    fn a_changed_token_is_refused() {
        let keys = Keys::new(b"secret");
        let (token, _) = keys.sign(UserId(7), clock::now()).unwrap();
        let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
        // {"sub":"8","exp":99999999999}
        parts[1] = "eyJzdWIiOiI4IiwiZXhwIjo5OTk5OTk5OTk5OX0".to_owned();
        assert!(keys.verify(&parts.join(".")).is_err());
    }
}
