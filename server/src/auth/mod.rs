//! Who asks: passwords, access tokens and the extractor of a request's user. Stores nothing.

mod hs256;
mod password;
mod random;
mod token;
mod user;

pub use password::AuthError;
pub(crate) use password::Passwords;
pub(crate) use random::{RefreshToken, random_bytes};
pub(crate) use token::{Keys, REFRESH_LIFETIME};
pub(crate) use user::{User, UserId};
