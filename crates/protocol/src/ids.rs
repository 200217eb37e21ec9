//! The identifiers that cross the wire, each its own type, cheap to clone. Makes none of them: ids are made where chance is.

use std::{borrow::Borrow, fmt, sync::Arc};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::MAX_ID_CHARACTERS;

/// An identifier that is empty or too long.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("{what} must have 1 to {MAX_ID_CHARACTERS} characters, this has {characters}")]
pub struct InvalidId {
    /// What was being named.
    pub what: &'static str,
    /// How many characters it has.
    pub characters: usize,
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes a text of 1 to 256 characters.
            pub fn parse(text: impl Into<String>) -> Result<Self, InvalidId> {
                let text = text.into();
                let characters = text.chars().count();
                if characters == 0 || characters > MAX_ID_CHARACTERS {
                    return Err(InvalidId { what: $what, characters });
                }
                Ok(Self(text.into()))
            }

            /// Takes a text that is already known to be good: read back, or made by the core.
            pub fn trusted(text: impl Into<Arc<str>>) -> Self {
                Self(text.into())
            }

            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        /// As a map's key it is looked up by its text, by which it is ordered and hashed.
        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id!(
    /// The idempotency key of one change, stable over retries.
    ChangeId,
    "a change id"
);
text_id!(
    /// The name of a collection of records.
    CollectionName,
    "a collection name"
);
text_id!(
    /// One browser profile.
    DeviceId,
    "a device id"
);
text_id!(
    /// The id of a record within its collection.
    RecordId,
    "a record id"
);

/// A position in a collection's commit order, opaque to everybody but who made it.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Cursor(pub String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_to_256_characters() {
        assert!(RecordId::parse("é".repeat(256)).is_ok());
        assert_eq!(RecordId::parse("x".repeat(257)).map_err(|e| e.characters), Err(257));
        assert_eq!(RecordId::parse("").map_err(|e| e.what), Err("a record id"));
    }
}
