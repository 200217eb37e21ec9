//! The invariants, checked at every commit of every device as it happens: each row that changes must be explained by what an
//! app asked for, or by what the server really did. Plays no part in the world.
//!
//! ```text
//!  append ──► Witness ──┬─ edits:   an open attempt of that context asked for exactly this
//!                       ├─ answers: the server's history has it; the edit that was queued is sent, kept or merged
//!                       ├─ meta:    cursors, versions and leaderships only go on
//!                       ├─ deletions: no pull empties a collection before somebody agreed
//!                       ├─ versions: an app's version of a document is another text of it, and nothing else
//!                       └─ tallies: equal what they count
//! ```

mod answers;
mod conflicts;
mod dates;
mod deletions;
mod edits;
mod journal;
mod merging;
mod meta;
mod reference;
mod rows;
mod versions;
mod views;
mod witness;

pub(crate) use answers::number;
pub(crate) use conflicts::{Verdict, Verdicts, check_told};
pub(crate) use journal::Ask;
pub(crate) use rows::{Pair, Rows};
pub(crate) use versions::is_of;
pub(crate) use views::Views;
pub(crate) use witness::{Seen, Witness};
