//! Where bearer tokens come from.

use crate::model::Error;

/// Gives bearer tokens.
///
/// # Contract
/// Asked before the first request and again after a 401, never twice at once; given up after a minute. `None`: signed out.
#[allow(async_fn_in_trait, reason = "everything is on one thread")]
pub trait TokenSource {
    /// Gives a token that was not refused before, where there is one.
    async fn token(&self) -> Result<Option<String>, Error>;
}
