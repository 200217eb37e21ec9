//! Gives the store an entry with a payload that nobody wrote, under a checksum that is right.
//! Whatever it is, the store opens or refuses, and what it serves stays the same when it is folded.
#![no_main]

#[allow(dead_code, reason = "each target gives one part")]
#[path = "../../crates/store/tests/support/bytes.rs"]
mod bytes;

libfuzzer_sys::fuzz_target!(|payload: &[u8]| {
    bytes::use_database_with(bytes::Part::Entry, payload);
});
