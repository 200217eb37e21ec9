//! Forgetting what is too old: deletions, answers and ended tokens. Says by itself when nothing is.

use syncline_protocol::Millis;

use super::Store;

const DAY: i64 = 24 * 60 * 60 * 1_000;

/// How long a deletion is kept, and with it every cursor of before it.
const KEEP_DELETIONS: i64 = 90 * DAY;

/// How long a change sent again still gets its first answer; the protocol asks for 30 days.
const KEEP_ANSWERS: i64 = 35 * DAY;

impl Store {
    /// Forgets what is too old at that time.
    pub(crate) async fn purge(&self, now: Millis) -> Result<(), sqlx::Error> {
        let deletions_before = now.plus(-KEEP_DELETIONS).0;
        let mut transaction = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query(
            "INSERT INTO purged (user, collection, position, version)
             SELECT user, collection, max(position), max(version) FROM records
             WHERE data IS NULL AND committed_at < ? GROUP BY user, collection
             ON CONFLICT (user, collection) DO UPDATE SET
                 position = max(position, excluded.position), version = max(version, excluded.version)",
        )
        .bind(deletions_before)
        .execute(&mut *transaction)
        .await?;
        sqlx::query("DELETE FROM records WHERE data IS NULL AND committed_at < ?")
            .bind(deletions_before)
            .execute(&mut *transaction)
            .await?;
        sqlx::query("DELETE FROM answers WHERE answered_at < ?")
            .bind(now.plus(-KEEP_ANSWERS).0)
            .execute(&mut *transaction)
            .await?;
        sqlx::query("DELETE FROM refresh_tokens WHERE expires < ?")
            .bind(now.0)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await
    }
}
