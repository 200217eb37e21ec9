//! Errors on the wire: RFC 9457 problems with a code out of one table. Never decides by message text.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

macro_rules! problem_codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal, $status:literal;)*) => {
        /// What went wrong, from the protocol's table.
        #[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
        pub enum ProblemCode {
            $($(#[$doc])* #[serde(rename = $text)] $variant,)*
        }

        impl ProblemCode {
            /// Every code there is.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The code as the wire spells it.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The HTTP status it comes with.
            pub fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)* }
            }
        }
    };
}

problem_codes! {
    /// Made on a version that is not current.
    Conflict = "conflict", 409;
    /// Known user, not theirs.
    Forbidden = "forbidden", 403;
    /// A document that cannot be stored.
    InvalidDocument = "invalid-document", 422;
    /// A request that cannot be read; `fields` names what is wrong.
    InvalidRequest = "invalid-request", 400;
    /// Not there.
    NotFound = "not-found", 404;
    /// The account has not paid for it.
    NotEntitled = "not-entitled", 402;
    /// Too many requests.
    RateLimited = "rate-limited", 429;
    /// The server's fault.
    Server = "server", 500;
    /// Larger than a limit.
    TooLarge = "too-large", 413;
    /// No valid token.
    Unauthorized = "unauthorized", 401;
    /// Not now.
    Unavailable = "unavailable", 503;
    /// A collection that this server does not take.
    UnknownCollection = "unknown-collection", 404;
    /// The client is too old.
    UpgradeRequired = "upgrade-required", 426;
}

/// The body of an error: `application/problem+json`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Problem {
    /// What went wrong.
    pub code: ProblemCode,
    /// The HTTP status.
    pub status: u16,
    /// For a person to read.
    pub title: String,
    /// What is wrong with each bad field, by its name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, String>,
}

impl Problem {
    /// Makes a problem of a code and a sentence.
    pub fn new(code: ProblemCode, title: impl Into<String>) -> Self {
        Self { code, status: code.status(), title: title.into(), fields: BTreeMap::new() }
    }

    /// Adds what is wrong with one field.
    #[must_use]
    pub fn field(mut self, name: impl Into<String>, wrong: impl Into<String>) -> Self {
        self.fields.insert(name.into(), wrong.into());
        self
    }
}
