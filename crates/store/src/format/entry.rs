//! An entry of the log: what the plans of one append wrote, one commit after another.
//! Does not know its place in the log.

use std::rc::Rc;

use serde::{Deserialize, Serialize};
use serde_bytes::Bytes;

use super::Unreadable;
use super::header::{HEADER_LENGTH, Kind, open, seal};
use crate::slice::{Slice, range_of};
use crate::{Commit, Key, Value};

#[derive(Deserialize, Serialize)]
struct WrittenCommit<'a> {
    origin: u8,
    #[serde(borrow)]
    writes: Vec<(&'a Bytes, Option<&'a Bytes>)>,
}

/// Writes an entry.
pub(crate) fn encode_entry(commits: &[Commit]) -> Vec<u8> {
    let commits: Vec<_> = commits.iter().map(WrittenCommit::of).collect();
    seal(Kind::Entry, &commits)
}

/// Reads an entry; keys and values share the blob.
pub(crate) fn decode_entry(blob: &Rc<[u8]>) -> Result<Vec<Commit>, Unreadable> {
    let payload = open(Kind::Entry, blob)?;
    let commits: Vec<WrittenCommit<'_>> =
        postcard::from_bytes(payload).map_err(|_error| Unreadable::Damaged)?;
    debug_assert!(blob.len() >= HEADER_LENGTH);
    Ok(commits.iter().map(|commit| commit.read(blob)).collect())
}

impl<'a> WrittenCommit<'a> {
    fn of(commit: &'a Commit) -> Self {
        let write = |(key, value): &'a (Key, Option<Value>)| {
            (Bytes::new(key.as_bytes()), value.as_deref().map(Bytes::new))
        };
        Self { origin: commit.origin, writes: commit.writes.iter().map(write).collect() }
    }

    fn read(&self, blob: &Rc<[u8]>) -> Commit {
        let slice = |part: &[u8]| Slice::new(blob, range_of(blob, part));
        let writes = self
            .writes
            .iter()
            .map(|(key, value)| (Key::of(slice(key)), value.map(|value| Value::of(slice(value)))));
        Commit { origin: self.origin, writes: writes.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commits() -> Vec<Commit> {
        let writes = vec![
            (Key::new("a"), Some(Value::from(b"one".to_vec()))),
            (Key::new("b"), None),
            (Key::new(""), Some(Value::from(Vec::new()))),
        ];
        vec![Commit { origin: 7, writes }, Commit { origin: 0, writes: Vec::new() }]
    }

    #[test]
    fn entry_is_read_as_it_was_written() {
        let blob: Rc<[u8]> = encode_entry(&commits()).into();
        assert_eq!(decode_entry(&blob), Ok(commits()));
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_noticed() {
        let bytes = encode_entry(&commits());
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut damaged = bytes.clone();
                damaged[at] ^= 1 << bit;
                assert_eq!(decode_entry(&damaged.into()), Err(Unreadable::Damaged), "byte {at} bit {bit}");
            }
            assert_eq!(decode_entry(&bytes[..at].into()), Err(Unreadable::Damaged), "cut at {at}");
        }
    }

    #[test]
    fn format_1_is_these_bytes() {
        let writes = vec![(Key::new("a"), Some(Value::from(b"one".to_vec()))), (Key::new("b"), None)];
        let header = *b"SYNE\x01\x00\x86\xbc\x2c\x97";
        let payload = [1, 7, 2, 1, b'a', 1, 3, b'o', b'n', b'e', 1, b'b', 0];
        assert_eq!(encode_entry(&[Commit { origin: 7, writes }]), [&header[..], &payload].concat());
    }
}
