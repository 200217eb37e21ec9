//! A push as one write transaction: reads what each change's decision needs, stores what it says. Decides nothing itself.

use std::collections::BTreeSet;

use sqlx::{SqliteConnection, Transaction};
use syncline_protocol::{Change, ChangeId, CollectionName, Limits, Millis, PushRequest, PushResult};

use super::{Store, rows};
use crate::{
    auth::UserId,
    decide::{self, Arrival, Known, StoredRecord, Verdict},
    errors::AppError,
};

/// What a push came to.
#[derive(Debug)]
pub(crate) struct Pushed {
    /// One result per change, in the same order.
    pub(crate) results: Vec<PushResult>,
    /// The collections that are not as before.
    pub(crate) changed: BTreeSet<CollectionName>,
}

impl Store {
    /// Applies a push. Places in the commit order are given inside the one write transaction there can be at a time,
    /// so that no reader sees a place before all earlier ones.
    pub(crate) async fn push(
        &self,
        user: UserId,
        request: &PushRequest,
        limits: &Limits,
        now: Millis,
    ) -> Result<Pushed, AppError> {
        let mut transaction = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        let mut position = last_position(&mut transaction, user).await?;
        let mut pushed =
            Pushed { results: Vec::with_capacity(request.changes.len()), changed: BTreeSet::new() };
        for change in &request.changes {
            let arrival = Arrival { device: &request.device, now, position: position.saturating_add(1) };
            let verdict = decide_one(&mut transaction, user, change, &arrival, limits).await?;
            if let Verdict::Applied { record, .. } = &verdict {
                position = record.position;
                pushed.changed.insert(change.collection.clone());
                put_record(&mut transaction, user, &change.collection, record).await?;
            }
            if let Verdict::Applied { result, .. } | Verdict::Rejected { result } = &verdict {
                put_answer(&mut transaction, user, result, now).await?;
            }
            pushed.results.push(verdict.into_result());
        }
        finish(transaction, user, position).await?;
        Ok(pushed)
    }
}

async fn decide_one(
    connection: &mut SqliteConnection,
    user: UserId,
    change: &Change,
    arrival: &Arrival<'_>,
    limits: &Limits,
) -> Result<Verdict, AppError> {
    let answered = answer(connection, user, &change.id).await?;
    let current = match answered {
        Some(_) => None,
        None => record(connection, user, change).await?,
    };
    let floor = match (&answered, &current) {
        (None, None) => floor(connection, user, &change.collection).await?,
        _ => 0,
    };
    let known = Known { current: current.as_ref(), answered: answered.as_ref(), floor };
    Ok(decide::decide(change, &known, arrival, limits))
}

async fn last_position(connection: &mut SqliteConnection, user: UserId) -> Result<u64, AppError> {
    let position: Option<i64> = sqlx::query_scalar("SELECT position FROM users WHERE id = ?")
        .bind(user.0)
        .fetch_optional(connection)
        .await?;
    position.map(rows::unsigned).ok_or_else(|| AppError::unauthorized("There is no such account"))
}

async fn finish(
    mut transaction: Transaction<'_, sqlx::Sqlite>,
    user: UserId,
    position: u64,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE users SET position = ? WHERE id = ?")
        .bind(rows::signed(position))
        .bind(user.0)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await
}

async fn answer(
    connection: &mut SqliteConnection,
    user: UserId,
    change: &ChangeId,
) -> Result<Option<PushResult>, AppError> {
    let text: Option<String> = sqlx::query_scalar("SELECT answer FROM answers WHERE user = ? AND change = ?")
        .bind(user.0)
        .bind(change.as_str())
        .fetch_optional(connection)
        .await?;
    text.map(|text| serde_json::from_str(&text))
        .transpose()
        .map_err(|error| AppError::Broken(error.to_string()))
}

async fn put_answer(
    connection: &mut SqliteConnection,
    user: UserId,
    result: &PushResult,
    now: Millis,
) -> Result<(), AppError> {
    let text = serde_json::to_string(result).map_err(|error| AppError::Broken(error.to_string()))?;
    sqlx::query("INSERT INTO answers (user, change, answer, answered_at) VALUES (?, ?, ?, ?)")
        .bind(user.0)
        .bind(result.id().as_str())
        .bind(text)
        .bind(now.0)
        .execute(connection)
        .await?;
    Ok(())
}

async fn record(
    connection: &mut SqliteConnection,
    user: UserId,
    change: &Change,
) -> Result<Option<StoredRecord>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT id, version, position, edited_at, committed_at, device, data FROM records
         WHERE user = ? AND collection = ? AND id = ?",
    )
    .bind(user.0)
    .bind(change.collection.as_str())
    .bind(change.record.as_str())
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(rows::record).transpose()
}

async fn put_record(
    connection: &mut SqliteConnection,
    user: UserId,
    collection: &CollectionName,
    record: &StoredRecord,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO records (user, collection, id, version, position, edited_at, committed_at, device, data)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (user, collection, id) DO UPDATE SET
             version = excluded.version, position = excluded.position, edited_at = excluded.edited_at,
             committed_at = excluded.committed_at, device = excluded.device, data = excluded.data",
    )
    .bind(user.0)
    .bind(collection.as_str())
    .bind(record.id.as_str())
    .bind(rows::signed(record.version))
    .bind(rows::signed(record.position))
    .bind(record.edited_at.0)
    .bind(record.committed_at.0)
    .bind(record.device.as_str())
    .bind(record.data.as_ref().map(|data| data.as_str()))
    .execute(connection)
    .await?;
    Ok(())
}

async fn floor(
    connection: &mut SqliteConnection,
    user: UserId,
    collection: &CollectionName,
) -> Result<u64, sqlx::Error> {
    let version: Option<i64> =
        sqlx::query_scalar("SELECT version FROM purged WHERE user = ? AND collection = ?")
            .bind(user.0)
            .bind(collection.as_str())
            .fetch_optional(connection)
            .await?;
    Ok(version.map_or(0, rows::unsigned))
}
