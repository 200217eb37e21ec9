//! The apps on the devices: what their users do, and what the apps check of what they are told.

mod edits;
mod looking;
mod syncing;
mod user;

pub(crate) use edits::{Tokens, own_field, own_record, solo_record};
pub(crate) use looking::{check_read, look};
pub(crate) use syncing::sync;
pub(crate) use user::User;
