//! The apps on the devices: what their users do, and what the apps check of what they are told.

mod edits;
mod live;
mod looking;
mod schema;
mod syncing;
mod user;

pub(crate) use edits::{Tokens, own_field, own_record, solo_record};
pub(crate) use live::{LiveAnswer, check_live, keep_live, some_query};
pub(crate) use looking::{check_read, look};
pub(crate) use schema::{NEWEST, Schema};
pub(crate) use syncing::sync;
pub(crate) use user::User;
