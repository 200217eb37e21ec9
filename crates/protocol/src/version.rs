//! A record's version as its server gave it. Compares for equality; orders only what can be ordered.

use serde::{Deserialize, Serialize};

/// A version: an integer on the native wire, any text at other backends.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Version {
    /// Grows by one at every accepted change.
    Number(u64),
    /// Opaque: equal or not.
    Text(String),
}

impl Version {
    /// Whether this version is known to come before another; opaque versions never are.
    pub fn is_before(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Number(mine), Self::Number(theirs)) => mine < theirs,
            (Self::Number(_) | Self::Text(_), _) => false,
        }
    }
}
