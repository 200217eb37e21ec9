//! The ten bytes before every payload: what it is, in which format and codec, and its checksum.
//! Does not read the payload.

use crc32fast::Hasher;
use serde::Serialize;

use super::{FORMAT, Unreadable};

/// Payloads are postcard, uncompressed.
const POSTCARD: u8 = 0;

const MAGIC_LENGTH: usize = 4;
const CHECKSUM_AT: usize = MAGIC_LENGTH + 2;

/// The length of a header in bytes.
pub(super) const HEADER_LENGTH: usize = CHECKSUM_AT + 4;

/// What a payload is, as the first bytes say it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Directory,
    Entry,
    Page,
}

impl Kind {
    fn magic(self) -> [u8; MAGIC_LENGTH] {
        match self {
            Self::Directory => *b"SYND",
            Self::Entry => *b"SYNE",
            Self::Page => *b"SYNP",
        }
    }
}

/// Writes a header and the payload behind it.
pub(super) fn seal(kind: Kind, payload: &impl Serialize) -> Vec<u8> {
    // Writing to memory fails only for types that do not know their length, of which the format has none. If it did all
    // the same, the bytes would be short and refused by their checksum.
    let length = HEADER_LENGTH + postcard::experimental::serialized_size(payload).unwrap_or_default();
    let mut bytes = Vec::with_capacity(length);
    bytes.resize(HEADER_LENGTH, 0);
    let mut bytes = postcard::to_io(payload, bytes).unwrap_or_default();
    if let Some((head, body)) = bytes.split_at_mut_checked(HEADER_LENGTH) {
        head.copy_from_slice(&header(kind, body));
    }
    bytes
}

/// Checks the header and the checksum, and returns the payload.
pub(super) fn open(kind: Kind, bytes: &[u8]) -> Result<&[u8], Unreadable> {
    let (magic, rest) = bytes.split_first_chunk::<MAGIC_LENGTH>().ok_or(Unreadable::Damaged)?;
    let (&[format, codec, c0, c1, c2, c3], payload) = rest.split_first_chunk().ok_or(Unreadable::Damaged)?;
    let [m0, m1, m2, m3] = *magic;
    let checksum = checksum(&[m0, m1, m2, m3, format, codec], payload);
    if *magic != kind.magic() || checksum != u32::from_le_bytes([c0, c1, c2, c3]) {
        return Err(Unreadable::Damaged);
    }
    // Only what the checksum covers is believed: a flipped bit must not look like a newer program.
    if format > FORMAT || codec != POSTCARD { Err(Unreadable::Newer) } else { Ok(payload) }
}

/// Returns the payload of bytes that this program has just written, which need no check.
pub(super) fn payload_of_own(bytes: &[u8]) -> &[u8] {
    bytes.get(HEADER_LENGTH..).unwrap_or_default()
}

fn header(kind: Kind, payload: &[u8]) -> [u8; HEADER_LENGTH] {
    let [m0, m1, m2, m3] = kind.magic();
    let [c0, c1, c2, c3] = checksum(&[m0, m1, m2, m3, FORMAT, POSTCARD], payload).to_le_bytes();
    [m0, m1, m2, m3, FORMAT, POSTCARD, c0, c1, c2, c3]
}

/// Computes the CRC-32 (IEEE) of everything but the checksum itself.
fn checksum(start: &[u8; CHECKSUM_AT], payload: &[u8]) -> u32 {
    let mut hasher = Hasher::new();
    hasher.update(start);
    hasher.update(payload);
    hasher.finalize()
}
