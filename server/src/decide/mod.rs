//! What the server decides, as pure functions of what it has. Reads no database, no clock and no socket.

pub mod checks;
mod cursor;
mod edit;
mod pull;
mod push;
mod record;

pub use cursor::{Position, Run};
pub use pull::{
    CollectionState, MAX_PAGE_BYTES, MAX_PAGE_RECORDS, PageBuilder, Reading, is_unchanged, plan, tag,
};
pub use push::{Arrival, Known, Verdict, decide};
pub use record::StoredRecord;
