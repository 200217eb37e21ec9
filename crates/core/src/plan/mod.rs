//! Every change of the database, each as one plan: what it reads, and a pure function of that to what it writes.
//! Talks to nobody; knows no clock and no chance but what its maker hands in.

mod answer;
mod conflict;
#[cfg(test)]
mod conflict_scenarios;
mod dating;
mod deletions;
#[cfg(test)]
mod deletions_scenarios;
mod draft;
mod edit;
mod fence;
mod lead;
mod mend;
#[cfg(test)]
mod mend_scenarios;
mod migrate;
mod open;
mod own;
mod park;
mod pull;
mod push;
mod rebase;
mod remains;
mod restore;
mod retain;
#[cfg(test)]
mod scenarios;
mod settings;
#[cfg(test)]
mod testing;

pub use answer::{AnswersApplied, ApplyAnswers};
pub use conflict::{Choice, KeptConflict, Resolve};
pub(crate) use conflict::{conflicts_in, reads_of_conflicts};
pub use deletions::ConfirmDeletions;
pub(crate) use edit::is_same;
pub use edit::{EditIntent, EditKind, EditPlan};
pub use fence::{Fenced, FencedOut};
pub use lead::{KeepRetry, TakeLeadership};
pub use mend::{Damaged, Mend};
pub use migrate::{MigratedRecord, WriteMigrated};
pub use open::OpenPlan;
pub use own::Owned;
pub(crate) use own::{given_up, is_given_up};
pub use park::{Discard, Requeue};
pub use pull::{ApplyPage, PageApplied, PageEnd};
pub(crate) use push::change_of;
pub use push::{Batch, TakeBatch};
pub use rebase::{Rebaser, ResolvedConflict};
pub(crate) use remains::is_row;
pub use restore::{Contents, RecordRows, Restore, SignOut};
pub use retain::Expire;
pub use settings::{Enable, KeepSkew, MarkSynced};

use crate::model::{Error, ErrorCode, RowError};

/// Who made a commit, as it is written beside it: what other contexts tell their listeners.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Origin {
    /// The app.
    Local = 0,
    /// The server, by way of the engine.
    Remote = 1,
    /// The app, and all of the database at once.
    Whole = 2,
}

impl Origin {
    /// The tag in the log.
    pub const fn tag(self) -> u8 {
        self as u8
    }

    /// Reads the tag; unknown ones count as the app's.
    pub const fn of_tag(tag: u8) -> Self {
        match tag {
            1 => Self::Remote,
            2 => Self::Whole,
            _ => Self::Local,
        }
    }
}

impl From<RowError> for Error {
    fn from(error: RowError) -> Self {
        Self::new(ErrorCode::StorageCorrupt, error.to_string())
    }
}
