//! The server's end: the real decisions over real requests, and a history that nobody can talk out of what happened.

mod answer;
mod history;

pub(crate) use answer::{IDENTITY, Service};
pub(crate) use history::{Deed, History, RecordKey};
