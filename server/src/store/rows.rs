//! Records as rows: columns in one order, numbers in SQLite's range. Decides nothing.

use sqlx::{Row as _, sqlite::SqliteRow};
use syncline_protocol::{DeviceId, JsonText, Millis, RecordId};

use crate::decide::StoredRecord;

/// Reads a record out of `id, version, position, edited_at, committed_at, device, data`.
pub(super) fn record(row: &SqliteRow) -> Result<StoredRecord, sqlx::Error> {
    let data: Option<String> = row.try_get(6)?;
    let data = data.map(JsonText::parse).transpose().map_err(|error| sqlx::Error::Decode(error.into()))?;
    Ok(StoredRecord {
        id: RecordId::trusted(row.try_get::<String, _>(0)?),
        version: unsigned(row.try_get(1)?),
        position: unsigned(row.try_get(2)?),
        edited_at: Millis(row.try_get(3)?),
        committed_at: Millis(row.try_get(4)?),
        device: DeviceId::trusted(row.try_get::<String, _>(5)?),
        data,
    })
}

/// SQLite's integers are signed; versions and places are counted from 0 and never come near the end.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The way back of [`signed`].
pub(super) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
