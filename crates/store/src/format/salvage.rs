//! What can still be read of an entry or a page whose bytes are wrong: every place is tried as the beginning of a row.
//! Does not know a right row from a wrong one; whoever asks does.

use std::rc::Rc;

use super::header::HEADER_LENGTH;
use crate::slice::{Slice, range_of};
use crate::{Key, Value};

/// How rows are laid out.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Layout {
    /// Key, whether there is a value, value.
    Entry,
    /// Key, value.
    Page,
}

/// A row that is still readable; `None` deletes.
pub(crate) type Readable = (Key, Option<Value>);

/// Finds rows that `is_row` believes in, in the order in which they lie there. What is between them is skipped byte by byte,
/// so that a length that is wrong costs one row and not all that follow.
pub(crate) fn salvage(
    blob: &Rc<[u8]>,
    layout: Layout,
    mut is_row: impl FnMut(&Key, Option<&[u8]>) -> bool,
) -> Vec<Readable> {
    let mut found = Vec::new();
    let mut rest = blob.get(HEADER_LENGTH..).unwrap_or_default();
    while !rest.is_empty() {
        let row = row(blob, rest, layout).filter(|(row, _)| is_row(&row.0, row.1.as_deref()));
        rest = match row {
            Some((row, behind)) => {
                found.push(row);
                behind
            }
            None => rest.split_first().map(|(_, behind)| behind).unwrap_or_default(),
        };
    }
    found
}

/// Reads one row, and what is behind it.
fn row<'b>(blob: &Rc<[u8]>, bytes: &'b [u8], layout: Layout) -> Option<(Readable, &'b [u8])> {
    let (key, rest) = text(bytes)?;
    let (has_value, rest) = match layout {
        Layout::Page => (true, rest),
        Layout::Entry => match rest.split_first()? {
            (0, rest) => (false, rest),
            (1, rest) => (true, rest),
            _ => return None,
        },
    };
    let (value, rest) =
        if has_value { text(rest).map(|(value, rest)| (Some(value), rest))? } else { (None, rest) };
    let slice = |part: &[u8]| Slice::new(blob, range_of(blob, part));
    Some(((Key::of(slice(key)), value.map(|value| Value::of(slice(value)))), rest))
}

/// Reads bytes behind their count.
fn text(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = postcard::take_from_bytes::<u32>(bytes).ok()?;
    rest.split_at_checked(usize::try_from(length).ok()?)
}

#[cfg(test)]
mod tests {
    use super::super::{encode_entry, encode_page};
    use super::*;
    use crate::Write;
    use crate::plan::Decided;

    fn rows() -> Vec<(Key, Value)> {
        let row = |number: usize| {
            (Key::new(format!("key{number:02}")), Value::from(format!("<{number:040}>").into_bytes()))
        };
        (0..20).map(row).collect()
    }

    /// Believes in what `rows` could be.
    fn is_row(key: &Key, value: Option<&[u8]>) -> bool {
        let is_key = key.as_bytes().starts_with(b"key") && key.as_bytes().len() == 5;
        is_key
            && value.is_none_or(|value| value.len() == 42 && value.starts_with(b"<") && value.ends_with(b">"))
    }

    fn entry() -> Rc<[u8]> {
        let write = |(key, value): (Key, Value)| Write { key, value: Some(value.to_vec()) };
        let mut writes: Vec<Write> = rows().into_iter().map(write).collect();
        writes.push(Write { key: Key::new("key77"), value: None });
        encode_entry(&[Decided { origin: 1, writes }]).unwrap().blob
    }

    #[test]
    fn nothing_is_lost_of_what_is_whole() {
        let page = salvage(&encode_page(&rows()), Layout::Page, is_row);
        let all: Vec<Readable> = rows().into_iter().map(|(key, value)| (key, Some(value))).collect();
        assert_eq!(page, all);
        let entry = salvage(&entry(), Layout::Entry, is_row);
        assert_eq!(entry[..20], all);
        assert_eq!(entry[20], (Key::new("key77"), None));
    }

    #[test]
    fn a_flipped_bit_costs_at_most_the_row_it_is_in() {
        for (blob, layout, count) in [(encode_page(&rows()), Layout::Page, 20), (entry(), Layout::Entry, 21)]
        {
            for at in 0..blob.len() {
                for bit in 0..8 {
                    let mut damaged = blob.to_vec();
                    damaged[at] ^= 1 << bit;
                    let found = salvage(&damaged.into(), layout, is_row).len();
                    assert!(found + 1 >= count, "byte {at} bit {bit}: {found}");
                }
            }
        }
    }

    #[test]
    fn a_cut_costs_what_is_behind_it_and_noise_gives_nothing() {
        let page = encode_page(&rows());
        let found = salvage(&page[..page.len() / 2].into(), Layout::Page, is_row);
        assert!((8..=10).contains(&found.len()));
        assert_eq!(salvage(&page[..5].into(), Layout::Page, is_row), []);
        for noise in [0, 0x7f, 0x80, 0xff] {
            assert_eq!(salvage(&vec![noise; 3_000].into(), Layout::Entry, is_row), []);
        }
    }
}
