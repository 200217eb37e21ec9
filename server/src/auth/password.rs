//! Password hashes (argon2id with the crate's defaults), made off the async threads and a few at a time.

use std::sync::Arc;

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use thiserror::Error;
use tokio::{sync::Semaphore, task::spawn_blocking};

use crate::errors::AppError;

/// Hashes at once: each takes 19 MiB and a whole core.
const AT_ONCE: usize = 2;

/// Passwords cannot be hashed here.
#[derive(Clone, Copy, Debug, Error)]
#[error("a password could not be hashed")]
pub struct AuthError;

/// Hashes and verifies passwords.
#[derive(Clone, Debug)]
pub(crate) struct Passwords {
    places: Arc<Semaphore>,
    nobodys: Arc<str>,
}

impl Passwords {
    pub(crate) fn new() -> Result<Self, AuthError> {
        Ok(Self { places: Arc::new(Semaphore::new(AT_ONCE)), nobodys: hash("nobody's password")?.into() })
    }

    pub(crate) async fn hash(&self, password: String) -> Result<String, AppError> {
        self.off_thread(move || hash(&password)).await?.map_err(|error| AppError::Broken(error.to_string()))
    }

    /// Whether the password is the one hashed. Takes as long where there is no hash, so that the time says
    /// nothing about which accounts there are.
    pub(crate) async fn is_right(&self, password: String, hash: Option<String>) -> Result<bool, AppError> {
        let is_known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.nobodys.to_string());
        let is_equal = self.off_thread(move || {
            PasswordHash::new(&hash)
                .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
        });
        Ok(is_equal.await? && is_known)
    }

    async fn off_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, AppError> {
        let _place = self.places.acquire().await.map_err(|error| AppError::Broken(error.to_string()))?;
        spawn_blocking(work).await.map_err(|error| AppError::Broken(error.to_string()))
    }
}

fn hash(password: &str) -> Result<String, AuthError> {
    Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string()).map_err(|_| AuthError)
}
