//! The text of a cursor: a position, the run it belongs to and the server's identity. Does not judge whether it is good.

use syncline_protocol::Cursor;

/// What the pages behind a cursor belong to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Run {
    /// The client has everything up to the position.
    Steady,
    /// It started from nothing when the collection's head was there; deletions before that mean nothing to it.
    Fresh {
        /// The head at the start.
        since: u64,
    },
    /// Like `Fresh`, but the client has records of before, and must delete those that no page names.
    Snapshot {
        /// The head at the start.
        since: u64,
    },
}

/// Where a client stands in the commit order of a collection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Position {
    /// The place of the last record it was given.
    pub after: u64,
    /// What it is in the middle of.
    pub run: Run,
}

impl Position {
    /// Writes the cursor's text.
    pub fn to_cursor(self, identity: &str) -> Cursor {
        let after = self.after;
        Cursor(match self.run {
            Run::Steady => format!("c{after}.{identity}"),
            Run::Fresh { since } => format!("f{after}-{since}.{identity}"),
            Run::Snapshot { since } => format!("s{after}-{since}.{identity}"),
        })
    }

    /// Reads a cursor of this identity; `None` for any other text.
    pub fn of_cursor(cursor: &Cursor, identity: &str) -> Option<Self> {
        let (place, theirs) = cursor.0.split_once('.')?;
        if theirs != identity {
            return None;
        }
        if let Some(after) = place.strip_prefix('c') {
            return Some(Self { after: after.parse().ok()?, run: Run::Steady });
        }
        let (kind, (after, since)) = if let Some(rest) = place.strip_prefix('f') {
            ('f', rest.split_once('-')?)
        } else {
            ('s', place.strip_prefix('s')?.split_once('-')?)
        };
        let (after, since) = (after.parse().ok()?, since.parse().ok()?);
        let run = if kind == 'f' { Run::Fresh { since } } else { Run::Snapshot { since } };
        Some(Self { after, run })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_position_comes_back_from_its_text() {
        for run in [Run::Steady, Run::Fresh { since: 9 }, Run::Snapshot { since: u64::MAX }] {
            let position = Position { after: 7, run };
            assert_eq!(Position::of_cursor(&position.to_cursor("a.b"), "a.b"), Some(position));
        }
    }

    #[test]
    fn the_cursor_of_another_server_and_a_text_that_is_none_are_not_read() {
        let cursor = Position { after: 7, run: Run::Steady }.to_cursor("one");
        assert_eq!(Position::of_cursor(&cursor, "two"), None);
        for text in ["", "c.one", "c7", "x7.one", "f7.one", "s-.one", "c-1.one"] {
            assert_eq!(Position::of_cursor(&Cursor(text.to_owned()), "one"), None, "{text}");
        }
    }
}
