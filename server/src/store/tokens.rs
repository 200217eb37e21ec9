//! Refresh tokens: each good once, kept as hashes, in families that are revoked together. Signs no access token.

use sqlx::SqliteConnection;
use syncline_protocol::Millis;

use super::Store;
use crate::{
    auth::{REFRESH_LIFETIME, RefreshToken, UserId, random_bytes},
    errors::AppError,
};

impl Store {
    /// Starts a family at a login.
    pub(crate) async fn start_family(&self, user: UserId, now: Millis) -> Result<RefreshToken, AppError> {
        let family = random_bytes::<16>().map_err(|error| AppError::Broken(error.to_string()))?;
        let mut connection = self.writer.acquire().await?;
        add(&mut connection, user, &family, now).await
    }

    /// Takes a token for the next one. A token that was taken before ends its family: one of the two who hold it
    /// has stolen it (<https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2>).
    pub(crate) async fn rotate(
        &self,
        sent: &RefreshToken,
        now: Millis,
    ) -> Result<(UserId, RefreshToken), AppError> {
        let mut transaction = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        let row: Option<(i64, Vec<u8>, i64, bool)> =
            sqlx::query_as("SELECT user, family, expires, is_used FROM refresh_tokens WHERE hash = ?")
                .bind(sent.hash())
                .fetch_optional(&mut *transaction)
                .await?;
        let refused = || AppError::unauthorized("The refresh token is not valid, or was used before");
        let Some((user, family, expires, is_used)) = row else { return Err(refused()) };
        if is_used {
            revoke(&mut transaction, &family).await?;
            transaction.commit().await?;
            return Err(refused());
        }
        if expires <= now.0 {
            return Err(refused());
        }
        sqlx::query("UPDATE refresh_tokens SET is_used = 1 WHERE hash = ?")
            .bind(sent.hash())
            .execute(&mut *transaction)
            .await?;
        let next = add(&mut transaction, UserId(user), &family, now).await?;
        transaction.commit().await?;
        Ok((UserId(user), next))
    }

    /// Ends a token's family; a token that is not known has ended already.
    pub(crate) async fn end_family(&self, sent: &RefreshToken) -> Result<(), AppError> {
        sqlx::query(
            "DELETE FROM refresh_tokens WHERE family = (SELECT family FROM refresh_tokens WHERE hash = ?)",
        )
        .bind(sent.hash())
        .execute(&self.writer)
        .await?;
        Ok(())
    }
}

async fn add(
    connection: &mut SqliteConnection,
    user: UserId,
    family: &[u8],
    now: Millis,
) -> Result<RefreshToken, AppError> {
    let token = RefreshToken::random().map_err(|error| AppError::Broken(error.to_string()))?;
    sqlx::query("INSERT INTO refresh_tokens (hash, user, family, expires) VALUES (?, ?, ?, ?)")
        .bind(token.hash())
        .bind(user.0)
        .bind(family)
        .bind(now.plus(REFRESH_LIFETIME).0)
        .execute(connection)
        .await?;
    Ok(token)
}

async fn revoke(connection: &mut SqliteConnection, family: &[u8]) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM refresh_tokens WHERE family = ?").bind(family).execute(connection).await?;
    Ok(())
}
