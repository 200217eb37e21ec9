//! What the store is tested in: a disk that waits, refuses and dies, and an executor that polls as a seed says.
//! Tests nothing itself.
#![allow(dead_code, unused_imports, unreachable_pub, reason = "each test file uses its own part")]

pub mod bytes;
mod faulty;
pub mod rows;
mod tasks;

pub use faulty::{Counts, Faults, Faulty};
pub use tasks::{Tasks, yield_once};
