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
    let mut bytes = kind.magic().to_vec();
    bytes.extend([FORMAT, POSTCARD, 0, 0, 0, 0]);
    // Writing to memory fails only for types that do not know their length, of which the format has none. If it did all
    // the same, the bytes would be short and refused by their checksum.
    let mut bytes = postcard::to_extend(payload, bytes).unwrap_or_default();
    let checksum = checksum(&bytes).to_le_bytes();
    if let Some(place) = bytes.get_mut(CHECKSUM_AT..HEADER_LENGTH) {
        place.copy_from_slice(&checksum);
    }
    bytes
}

/// Checks the header and the checksum, and returns the payload.
pub(super) fn open(kind: Kind, bytes: &[u8]) -> Result<&[u8], Unreadable> {
    let (magic, rest) = bytes.split_first_chunk::<MAGIC_LENGTH>().ok_or(Unreadable::Damaged)?;
    let (&[format, codec, c0, c1, c2, c3], payload) = rest.split_first_chunk().ok_or(Unreadable::Damaged)?;
    if *magic != kind.magic() || checksum(bytes) != u32::from_le_bytes([c0, c1, c2, c3]) {
        return Err(Unreadable::Damaged);
    }
    // Only what the checksum covers is believed: a flipped bit must not look like a newer program.
    if format > FORMAT || codec != POSTCARD { Err(Unreadable::Newer) } else { Ok(payload) }
}

/// Computes the CRC-32 (IEEE) of everything but the checksum itself.
fn checksum(bytes: &[u8]) -> u32 {
    let mut hasher = Hasher::new();
    hasher.update(bytes.get(..CHECKSUM_AT).unwrap_or_default());
    hasher.update(bytes.get(HEADER_LENGTH..).unwrap_or_default());
    hasher.finalize()
}
