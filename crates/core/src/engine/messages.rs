//! What contexts of one device say to one another. Nothing depends on a message arriving: the log says all.

use serde::{Deserialize, Serialize};

use super::status::Activity;
use crate::model::{Error, ErrorCode, SyncReport};

/// A message between contexts.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub(super) enum Message {
    /// What the leader is doing.
    Activity(Activity),
    /// A context came and would know what the leader is doing.
    Joined,
    /// Something was appended to the log.
    Committed,
    /// Somebody wonders whether the leader lives, or wants news because the user looks.
    LeaderAsked { is_wake: bool },
    /// It does.
    LeaderLives,
    /// A sync asked for by another context ended.
    SyncEnded { request: String, answer: Answer },
    /// Somebody asks the leader to sync.
    SyncRequested { request: String },
    /// The leader heard it.
    SyncStarted { request: String },
    /// Whoever asked waits no longer, or for what was done so far.
    SyncWithdrawn { request: String },
}

/// How a sync ended.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Answer {
    /// Well.
    Done(SyncReport),
    /// With an error: its code as the public API spells it, and its message.
    Failed(String, String),
}

impl From<&Result<SyncReport, Error>> for Answer {
    fn from(result: &Result<SyncReport, Error>) -> Self {
        match result {
            Ok(report) => Self::Done(*report),
            Err(error) => Self::Failed(error.code.as_str().to_owned(), error.message.clone()),
        }
    }
}

impl From<Answer> for Result<SyncReport, Error> {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Done(report) => Ok(report),
            Answer::Failed(code, message) => {
                let known = ErrorCode::ALL.iter().find(|known| known.as_str() == code);
                Err(Error::new(known.copied().unwrap_or(ErrorCode::Protocol), message))
            }
        }
    }
}
