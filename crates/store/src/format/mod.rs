//! How entries, pages and the directory are written as bytes: a header with a checksum, and a payload in postcard.
//! Does not say when they are written. Byte by byte: `docs/storage.md`.

mod directory;
mod entry;
mod header;
mod page;
mod salvage;

pub(crate) use directory::{Directory, PageInfo};
pub(crate) use entry::{Entry, decode_entry, encode_entry};
pub(crate) use page::{Page, encode_page};
pub(crate) use salvage::{Layout, salvage};

/// The format of everything that this version writes, and the newest that it reads.
pub const FORMAT: u8 = 1;

/// Why bytes could not be read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Unreadable {
    /// They are not what was written.
    Damaged,
    /// A newer version wrote them.
    Newer,
}
