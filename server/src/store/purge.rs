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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use syncline_protocol::{
        CollectionCursor, CollectionName, Cursor, Limits, PullPage, PullRequest, PushResult, Version,
    };
    use tempfile::TempDir;

    use super::*;
    use crate::auth::{RefreshToken, UserId};

    async fn push(store: &Store, user: UserId, change: &str, at: Millis) -> PushResult {
        let request = format!(
            r#"{{"device":"d","changes":[{{"collection":"todos","record":"r","data":{{}},"editedAt":1,{change}}}]}}"#
        );
        let request = serde_json::from_str(&request).unwrap();
        store.push(user, &request, &Limits::default(), at).await.unwrap().results.remove(0)
    }

    async fn pull(store: &Store, user: UserId, cursor: Option<&Cursor>) -> PullPage {
        let from = CollectionCursor { cursor: cursor.cloned() };
        let collections = BTreeMap::from([(CollectionName::trusted("todos"), from)]);
        let pages = store.pull(user, &PullRequest { collections, limit: 9 }).await.unwrap();
        pages.into_values().next().unwrap()
    }

    async fn with_account(directory: &TempDir) -> (Store, UserId) {
        let url = format!("sqlite://{}", directory.path().join("test.db").display());
        let store = Store::open(&url).await.unwrap();
        let user = store.register("a@b", "", Millis(0)).await.unwrap();
        (store, user)
    }

    #[tokio::test]
    async fn a_deletion_is_kept_90_days_and_then_old_cursors_start_over() {
        let directory = TempDir::new().unwrap();
        let (store, user) = with_account(&directory).await;
        push(&store, user, r#""id":"1","op":"put","base":null"#, Millis(0)).await;
        let old = pull(&store, user, None).await.cursor;
        push(&store, user, r#""id":"2","op":"delete","base":1"#, Millis(0)).await;
        let new = pull(&store, user, Some(&old)).await.cursor;

        store.purge(Millis(90 * DAY)).await.unwrap();
        assert_eq!(pull(&store, user, Some(&old)).await.records.len(), 1);
        store.purge(Millis(90 * DAY + 1)).await.unwrap();
        assert!(pull(&store, user, Some(&old)).await.snapshot);
        assert!(!pull(&store, user, Some(&new)).await.snapshot);

        let again = push(&store, user, r#""id":"3","op":"put","base":null"#, Millis(90 * DAY + 2)).await;
        assert!(matches!(again, PushResult::Applied { version: Version::Number(3), .. }), "{again:?}");
    }

    #[tokio::test]
    async fn an_answer_is_kept_for_more_than_30_days() {
        let directory = TempDir::new().unwrap();
        let (store, user) = with_account(&directory).await;
        let change = r#""id":"1","op":"put","base":null"#;
        push(&store, user, change, Millis(0)).await;
        store.purge(Millis(30 * DAY)).await.unwrap();
        assert!(matches!(push(&store, user, change, Millis(30 * DAY)).await, PushResult::Applied { .. }));
        store.purge(Millis(36 * DAY)).await.unwrap();
        assert!(matches!(push(&store, user, change, Millis(36 * DAY)).await, PushResult::Conflict { .. }));
    }

    #[tokio::test]
    async fn a_refresh_token_ends_when_it_is_not_used_for_90_days() {
        let directory = TempDir::new().unwrap();
        let (store, user) = with_account(&directory).await;
        let first = store.start_family(user, Millis(0)).await.unwrap();
        let (_, second) = store.rotate(&first, Millis(89 * DAY)).await.unwrap();
        let second = second.into_text();
        assert!(store.rotate(&RefreshToken::sent(second.clone()), Millis(180 * DAY)).await.is_err());
        store.purge(Millis(180 * DAY)).await.unwrap();
        assert!(store.rotate(&RefreshToken::sent(second), Millis(100 * DAY)).await.is_err());
    }
}
