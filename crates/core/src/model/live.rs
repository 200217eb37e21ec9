//! What a changed record did to the answers of live queries. Computed by `query`.

use syncline_protocol::RecordId;

/// The number by which the shell knows a live query.
pub type LiveNumber = u32;

/// What a changed record did to live answers.
#[derive(Clone, Debug, PartialEq)]
pub enum LiveChange {
    /// One record changed.
    Record {
        /// Which.
        record: RecordId,
        /// Its document's text; `None`: it is gone.
        text: Option<String>,
        /// What that did to which answer.
        patches: Vec<(LiveNumber, Patch)>,
    },
    /// Too much changed to follow: these have to ask again.
    Stale(Vec<LiveNumber>),
}

/// What a changed record did to an answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Patch {
    /// It left the one place and came to the other.
    Moved {
        /// Where it was.
        from: Option<usize>,
        /// Where it is, once it has left.
        to: Option<usize>,
    },
    /// The window of the answer is another.
    Window,
}
