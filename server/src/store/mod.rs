//! The SQLite database: opening it, its two pools and what it is. Everything SQL is in this folder.

mod accounts;
mod pulls;
mod purge;
mod pushes;
mod rows;
mod tokens;

use std::{path::PathBuf, str::FromStr, time::Duration};

use sqlx::{
    SqlSafeStr, SqlitePool,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use thiserror::Error;

use crate::auth::{UserId, random_bytes};

/// Connections for reading; a read never waits for the writer.
const READERS: u32 = 4;

/// How long a request waits for a connection.
const WAIT: Duration = Duration::from_secs(10);

/// Why a database cannot be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// Not a URL of a database that this server knows.
    #[error("it must be a URL like sqlite://FILE")]
    Url,
    /// The directory of the file is missing.
    #[error("there is no directory {}", .0.display())]
    NoDirectory(PathBuf),
    /// Made by a newer server, or not by this one.
    #[error("it cannot be brought to this server's schema: {0}")]
    Schema(#[from] MigrateError),
    /// It failed.
    #[error("{0}")]
    Failed(#[from] sqlx::Error),
    /// No identity could be made.
    #[error("{0}")]
    Random(#[from] getrandom::Error),
}

/// An open database.
#[derive(Debug)]
pub struct Store {
    /// One connection, so that writers queue here instead of failing at each other's locks.
    writer: SqlitePool,
    readers: SqlitePool,
    identity: String,
    secret: Vec<u8>,
}

impl Store {
    /// Opens `sqlite://FILE`, making the file, its schema and its identity where they are missing.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        if !url.starts_with("sqlite:") {
            return Err(OpenError::Url);
        }
        // FULL: an acknowledged push must survive a loss of power, or clients would hold versions from the future.
        let options = SqliteConnectOptions::from_str(url)?
            .create_if_missing(true)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(WAIT);
        let directory = options.get_filename().parent().filter(|parent| !parent.as_os_str().is_empty());
        if let Some(missing) = directory.filter(|directory| !directory.is_dir()) {
            return Err(OpenError::NoDirectory(missing.to_owned()));
        }
        let pool = |size| SqlitePoolOptions::new().max_connections(size).acquire_timeout(WAIT);
        let writer = pool(1).connect_with(options.clone()).await?;
        migrations().run(&writer).await?;
        let (identity, secret) = identify(&writer).await?;
        let readers = pool(READERS).connect_with(options.read_only(true).create_if_missing(false)).await?;
        Ok(Self { writer, readers, identity, secret })
    }

    /// Ends all connections, folding the write-ahead log into the file.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    /// Whether the database answers.
    pub(crate) async fn is_ready(&self) -> bool {
        sqlx::query("SELECT 1 FROM server").execute(&self.readers).await.is_ok()
    }

    /// Which database this is.
    pub(crate) fn identity(&self) -> &str {
        &self.identity
    }

    /// The identity in one user's cursors: a cursor of another account is as good as one of another database.
    pub(crate) fn identity_for(&self, user: UserId) -> String {
        format!("{}-{}", self.identity, user.0)
    }

    /// What signs access tokens.
    pub(crate) fn secret(&self) -> &[u8] {
        &self.secret
    }
}

fn migrations() -> Migrator {
    let first = include_str!("migrations/0001_first.sql").into_sql_str();
    Migrator::with_migrations(vec![Migration::new(1, "first".into(), MigrationType::Simple, first, false)])
}

async fn identify(writer: &SqlitePool) -> Result<(String, Vec<u8>), OpenError> {
    let identity: String = random_bytes::<8>()?.iter().map(|byte| format!("{byte:02x}")).collect();
    let secret = random_bytes::<32>()?.to_vec();
    sqlx::query("INSERT INTO server (only, identity, secret) VALUES (1, ?, ?) ON CONFLICT DO NOTHING")
        .bind(identity)
        .bind(secret)
        .execute(writer)
        .await?;
    Ok(sqlx::query_as("SELECT identity, secret FROM server").fetch_one(writer).await?)
}
