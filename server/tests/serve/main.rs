//! The running program, asked over TCP as clients ask it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod accounts;
mod common;
mod live;
mod requests;
mod restart;
mod same_as_ledger;
mod sync;
mod www;
