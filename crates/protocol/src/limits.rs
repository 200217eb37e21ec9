//! The limits both sides keep. Does not enforce them.

use serde::{Deserialize, Serialize};

/// The longest id, in characters.
pub const MAX_ID_CHARACTERS: usize = 256;

/// What one request and one record may carry at most.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Limits {
    /// Changes in one push.
    pub changes: usize,
    /// Bytes of a decoded request body.
    pub bytes: usize,
    /// Bytes of one record's JSON text.
    pub record: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { changes: 1_000, bytes: 8 * 1024 * 1024, record: 1024 * 1024 }
    }
}
