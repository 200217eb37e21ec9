//! A pull as one read transaction: every page as of one moment. Decides nothing itself.

use std::collections::BTreeMap;

use futures::TryStreamExt as _;
use sqlx::SqliteConnection;
use syncline_protocol::{CollectionName, Cursor, PullPage, PullRequest};

use super::{Store, rows};
use crate::{
    auth::UserId,
    decide::{self, CollectionState, PageBuilder},
    errors::AppError,
};

impl Store {
    /// Makes a page for each collection asked for.
    pub(crate) async fn pull(
        &self,
        user: UserId,
        request: &PullRequest,
    ) -> Result<BTreeMap<CollectionName, PullPage>, AppError> {
        let identity = self.identity_for(user);
        let mut transaction = self.readers.begin().await?;
        let mut budget = decide::MAX_PAGE_BYTES;
        let mut pages = BTreeMap::new();
        for (name, from) in &request.collections {
            let state = state(&mut transaction, user, name).await?;
            let reading = decide::plan(from.cursor.as_ref(), &identity, state);
            let mut page = PageBuilder::new(reading, request.limit, &mut budget);
            let mut rows = sqlx::query(
                "SELECT id, version, position, edited_at, committed_at, device, data FROM records
                 WHERE user = ? AND collection = ? AND position > ? ORDER BY position",
            )
            .bind(user.0)
            .bind(name.as_str())
            .bind(rows::signed(reading.after()))
            .fetch(&mut *transaction);
            while let Some(row) = rows.try_next().await? {
                if page.offer(&rows::record(&row)?).is_break() {
                    break;
                }
            }
            drop(rows);
            pages.insert(name.clone(), page.finish(&identity));
        }
        Ok(pages)
    }

    /// Which of those collections have something after those cursors.
    pub(crate) async fn behind(
        &self,
        user: UserId,
        followed: &BTreeMap<CollectionName, Option<Cursor>>,
    ) -> Result<Vec<CollectionName>, AppError> {
        let identity = self.identity_for(user);
        let mut transaction = self.readers.begin().await?;
        let mut behind = Vec::new();
        for (name, cursor) in followed {
            let state = state(&mut transaction, user, name).await?;
            if decide::plan(cursor.as_ref(), &identity, state).after() < state.head {
                behind.push(name.clone());
            }
        }
        Ok(behind)
    }
}

async fn state(
    connection: &mut SqliteConnection,
    user: UserId,
    collection: &CollectionName,
) -> Result<CollectionState, sqlx::Error> {
    let (last, purged): (i64, i64) = sqlx::query_as(
        "SELECT (SELECT coalesce(max(position), 0) FROM records WHERE user = ?1 AND collection = ?2),
                (SELECT coalesce(max(position), 0) FROM purged WHERE user = ?1 AND collection = ?2)",
    )
    .bind(user.0)
    .bind(collection.as_str())
    .fetch_one(connection)
    .await?;
    Ok(CollectionState { head: rows::unsigned(last.max(purged)), purged: rows::unsigned(purged) })
}
