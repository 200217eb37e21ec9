//! Accounts: an address and a password hash. Hashes no password.

use syncline_protocol::{Millis, ProblemCode};

use super::Store;
use crate::{auth::UserId, errors::AppError};

impl Store {
    /// Makes an account; `conflict` where the address has one.
    pub(crate) async fn register(
        &self,
        email: &str,
        password: &str,
        now: Millis,
    ) -> Result<UserId, AppError> {
        let id: Option<i64> = sqlx::query_scalar(
            "INSERT INTO users (email, password, created) VALUES (?, ?, ?) ON CONFLICT DO NOTHING RETURNING id",
        )
        .bind(normal(email))
        .bind(password)
        .bind(now.0)
        .fetch_optional(&self.writer)
        .await?;
        id.map(UserId).ok_or_else(|| AppError::new(ProblemCode::Conflict, "This address has an account"))
    }

    /// Finds the account of an address, with its password's hash in PHC form.
    pub(crate) async fn account(&self, email: &str) -> Result<Option<(UserId, String)>, AppError> {
        let row: Option<(i64, String)> = sqlx::query_as("SELECT id, password FROM users WHERE email = ?")
            .bind(normal(email))
            .fetch_optional(&self.readers)
            .await?;
        Ok(row.map(|(id, password)| (UserId(id), password)))
    }
}

/// Addresses differ by more than case and the space around them.
fn normal(email: &str) -> String {
    email.trim().to_lowercase()
}
