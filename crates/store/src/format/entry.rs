//! An entry of the log: what the plans of one append wrote, one commit after another.
//! Does not know its place in the log.

use std::rc::Rc;

use serde::{Deserialize, Serialize, Serializer};
use serde_bytes::Bytes;

use super::Unreadable;
use super::header::{Kind, open, payload_of_own, seal};
use crate::plan::{Decided, Write};
use crate::slice::{Slice, range_of};
use crate::{Commit, Key, Value};

/// An entry that was just written: its bytes, and the same commits as slices of them.
pub(crate) struct Entry {
    pub(crate) blob: Rc<[u8]>,
    pub(crate) commits: Vec<Commit>,
}

#[derive(Serialize)]
struct WrittenCommit<'a> {
    origin: u8,
    writes: Writes<'a>,
}

struct Writes<'a>(&'a [Write]);

impl Serialize for Writes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(
            self.0
                .iter()
                .map(|write| (Bytes::new(write.key.as_bytes()), write.value.as_deref().map(Bytes::new))),
        )
    }
}

#[derive(Deserialize)]
struct ReadCommit<'a> {
    origin: u8,
    #[serde(borrow)]
    writes: Vec<(&'a Bytes, Option<&'a Bytes>)>,
}

/// Writes an entry. What cannot be read back is an error rather than a commit that is lost.
pub(crate) fn encode_entry(decided: &[Decided]) -> Result<Entry, Unreadable> {
    let written: Vec<_> =
        decided.iter().map(|one| WrittenCommit { origin: one.origin, writes: Writes(&one.writes) }).collect();
    let blob: Rc<[u8]> = seal(Kind::Entry, &written).into();
    let commits = commits_in(&blob, payload_of_own(&blob))?;
    Ok(Entry { blob, commits })
}

/// Reads an entry; keys and values share the blob.
pub(crate) fn decode_entry(blob: &Rc<[u8]>) -> Result<Vec<Commit>, Unreadable> {
    commits_in(blob, open(Kind::Entry, blob)?)
}

fn commits_in(blob: &Rc<[u8]>, payload: &[u8]) -> Result<Vec<Commit>, Unreadable> {
    let commits: Vec<ReadCommit<'_>> = postcard::from_bytes(payload).map_err(|_error| Unreadable::Damaged)?;
    Ok(commits.iter().map(|commit| commit.share(blob)).collect())
}

impl ReadCommit<'_> {
    fn share(&self, blob: &Rc<[u8]>) -> Commit {
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

    fn write(key: &str, value: Option<&str>) -> Write {
        Write { key: Key::new(key), value: value.map(Into::into) }
    }

    fn decided() -> Vec<Decided> {
        let writes = vec![write("a", Some("one")), write("b", None), write("", Some(""))];
        vec![Decided { origin: 7, writes }, Decided { origin: 0, writes: Vec::new() }]
    }

    #[test]
    fn entry_is_read_as_it_was_written() {
        let writes = vec![
            (Key::new("a"), Some(Value::from(b"one".to_vec()))),
            (Key::new("b"), None),
            (Key::new(""), Some(Value::from(Vec::new()))),
        ];
        let commits = vec![Commit { origin: 7, writes }, Commit { origin: 0, writes: Vec::new() }];
        let entry = encode_entry(&decided()).unwrap();
        assert_eq!(decode_entry(&entry.blob).as_ref(), Ok(&commits));
        assert_eq!(entry.commits, commits);
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_noticed() {
        let bytes = encode_entry(&decided()).unwrap().blob.to_vec();
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
        let writes = vec![write("a", Some("one")), write("b", None)];
        let header = *b"SYNE\x01\x00\x86\xbc\x2c\x97";
        let payload = [1, 7, 2, 1, b'a', 1, 3, b'o', b'n', b'e', 1, b'b', 0];
        let entry = encode_entry(&[Decided { origin: 7, writes }]).unwrap();
        assert_eq!(*entry.blob, [&header[..], &payload].concat());
    }
}
