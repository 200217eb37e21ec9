//! What one page of a pull holds and where its cursor stands, from protocol.md §1 "pull". Fetches no rows.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    ops::ControlFlow,
};

use syncline_protocol::{Cursor, PullPage, PullResponse};

use super::{
    cursor::{Position, Run},
    record::StoredRecord,
};

/// Records in one page at most, whatever was asked for.
pub const MAX_PAGE_RECORDS: usize = 1_000;

/// Bytes of documents in one answer, after which every page takes one record at most.
pub const MAX_PAGE_BYTES: usize = 4 * 1024 * 1024;

/// What a record costs in a page beside its document, roughly.
const RECORD_OVERHEAD: usize = 120;

/// How far a collection is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct CollectionState {
    /// The place of its last commit; 0 where there is none.
    pub head: u64,
    /// The highest place of a purged deletion; 0 where there is none.
    pub purged: u64,
}

/// Which rows a page is made of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Reading {
    position: Position,
}

impl Reading {
    /// The place after which rows are to be read, in commit order.
    pub fn after(&self) -> u64 {
        self.position.after
    }

    /// Deletions up to this place are no news to the client.
    fn since(&self) -> u64 {
        match self.position.run {
            Run::Steady => 0,
            Run::Fresh { since } | Run::Snapshot { since } => since,
        }
    }
}

/// Decides where a page starts: at the cursor, or from nothing where the cursor is none, of another database, ahead of
/// this one (a backup was restored), or older than a purged deletion.
pub fn plan(cursor: Option<&Cursor>, identity: &str, state: CollectionState) -> Reading {
    let since = state.head;
    let Some(cursor) = cursor else {
        return Reading { position: Position { after: 0, run: Run::Fresh { since } } };
    };
    let start_over = Reading { position: Position { after: 0, run: Run::Snapshot { since } } };
    let Some(position) = Position::of_cursor(cursor, identity) else { return start_over };
    let reading = Reading { position };
    let covered = position.after.max(reading.since());
    if covered > state.head || covered < state.purged { start_over } else { reading }
}

/// Makes a page of rows offered one after the other.
#[derive(Debug)]
pub struct PageBuilder<'a> {
    reading: Reading,
    limit: usize,
    budget: &'a mut usize,
    page: PullPage,
    last: u64,
}

impl<'a> PageBuilder<'a> {
    /// Starts a page of at most `limit` records. The budget, in bytes of documents, is shared by the pages of one answer;
    /// each page may overdraw it by one record, so that every pull gets on.
    pub fn new(reading: Reading, limit: usize, budget: &'a mut usize) -> Self {
        let snapshot = matches!(reading.position.run, Run::Snapshot { .. });
        let start = snapshot && reading.after() == 0;
        let page =
            PullPage { records: Vec::new(), cursor: Cursor(String::new()), more: false, snapshot, start };
        Self { reading, limit: limit.clamp(1, MAX_PAGE_RECORDS), budget, page, last: reading.after() }
    }

    /// Takes the next row after [`Reading::after`] in commit order; `Break` where the page is full and needs no more.
    pub fn offer(&mut self, row: &StoredRecord) -> ControlFlow<()> {
        if row.is_deleted() && row.position <= self.reading.since() {
            return ControlFlow::Continue(());
        }
        let is_full = self.page.records.len() >= self.limit;
        let is_spent = *self.budget == 0 && !self.page.records.is_empty();
        if is_full || is_spent {
            self.page.more = true;
            return ControlFlow::Break(());
        }
        let bytes = row.data.as_ref().map_or(0, |data| data.as_str().len());
        *self.budget = self.budget.saturating_sub(bytes.saturating_add(RECORD_OVERHEAD));
        self.last = row.position;
        self.page.records.push(row.to_remote());
        ControlFlow::Continue(())
    }

    /// Ends the page: where no row was refused, a run is over and its cursor covers all of it.
    pub fn finish(mut self, identity: &str) -> PullPage {
        let next = if self.page.more {
            Position { after: self.last, run: self.reading.position.run }
        } else {
            Position { after: self.last.max(self.reading.since()), run: Run::Steady }
        };
        self.page.cursor = next.to_cursor(identity);
        self.page
    }
}

/// The tag of an answer, quoted as `ETag` wants it: equal where the cursors of all its collections are.
pub fn tag(answer: &PullResponse) -> String {
    let mut hasher = DefaultHasher::new();
    for (name, page) in &answer.collections {
        (name, &page.cursor).hash(&mut hasher);
    }
    format!("\"{:016x}\"", hasher.finish())
}

/// Whether an answer tells a client nothing that the answer with that tag did not: it may be a 304.
pub fn is_unchanged(answer: &PullResponse, tag_held: &str) -> bool {
    let is_empty = |page: &PullPage| page.records.is_empty() && !page.more && !page.snapshot;
    answer.collections.values().all(is_empty)
        && tag_held.split(',').any(|held| held.trim().trim_start_matches("W/") == tag(answer))
}

#[cfg(test)]
mod tests {
    use syncline_protocol::{CollectionName, DeviceId, JsonText, Millis, RecordId};

    use super::*;

    fn row(position: u64, is_live: bool) -> StoredRecord {
        StoredRecord {
            id: RecordId::trusted(format!("r{position}")),
            version: 1,
            position,
            edited_at: Millis(1),
            committed_at: Millis(1),
            device: DeviceId::trusted("d"),
            data: is_live.then(|| JsonText::parse("{}").unwrap()),
        }
    }

    /// A page of those rows that lie after the cursor, as a store would make it.
    fn page(
        cursor: Option<&Cursor>,
        state: CollectionState,
        rows: &[StoredRecord],
        limit: usize,
    ) -> PullPage {
        let reading = plan(cursor, "me", state);
        let mut budget = MAX_PAGE_BYTES;
        let mut builder = PageBuilder::new(reading, limit, &mut budget);
        let _ =
            rows.iter().filter(|row| row.position > reading.after()).try_for_each(|row| builder.offer(row));
        builder.finish("me")
    }

    fn places(page: &PullPage) -> Vec<&str> {
        page.records.iter().map(|record| record.id.as_str()).collect()
    }

    #[test]
    fn pages_follow_the_commit_order_to_its_end() {
        let rows = [row(2, true), row(3, true), row(7, true)];
        let state = CollectionState { head: 7, purged: 0 };
        let first = page(None, state, &rows, 2);
        assert_eq!((places(&first), first.more, first.snapshot), (vec!["r2", "r3"], true, false));
        let second = page(Some(&first.cursor), state, &rows, 2);
        assert_eq!((places(&second), second.more), (vec!["r7"], false));
        let third = page(Some(&second.cursor), state, &rows, 2);
        assert_eq!((places(&third), &third.cursor), (vec![], &second.cursor));
    }

    #[test]
    fn who_starts_from_nothing_gets_no_deletions_but_those_made_meanwhile() {
        let state = CollectionState { head: 3, purged: 0 };
        let first = page(None, state, &[row(1, false), row(2, true), row(3, true)], 1);
        assert_eq!(places(&first), ["r2"]);
        let state = CollectionState { head: 5, purged: 0 };
        let second =
            page(Some(&first.cursor), state, &[row(1, false), row(3, true), row(4, false), row(5, false)], 9);
        assert_eq!(places(&second), ["r3", "r4", "r5"]);
    }

    #[test]
    fn a_cursor_of_another_database_or_from_the_future_starts_over_with_snapshot_on_every_page() {
        let state = CollectionState { head: 3, purged: 0 };
        let rows = [row(1, true), row(2, false), row(3, true)];
        for text in ["c1.other", "nonsense", "c4.me", "f1-4.me"] {
            let first = page(Some(&Cursor(text.to_owned())), state, &rows, 1);
            assert_eq!((places(&first), first.snapshot, first.more), (vec!["r1"], true, true), "{text}");
            let second = page(Some(&first.cursor), state, &rows, 1);
            assert_eq!((places(&second), second.snapshot, second.more), (vec!["r3"], true, false), "{text}");
            assert!(!page(Some(&second.cursor), state, &rows, 1).snapshot);
        }
    }

    #[test]
    fn a_snapshot_that_starts_over_in_its_middle_says_so() {
        let rows = [row(1, true), row(2, true), row(9, true)];
        let first =
            page(Some(&Cursor("c4.other".to_owned())), CollectionState { head: 2, purged: 0 }, &rows, 1);
        assert_eq!((places(&first), first.snapshot, first.start), (vec!["r1"], true, true));
        let second = page(Some(&first.cursor), CollectionState { head: 2, purged: 0 }, &rows, 1);
        assert_eq!((places(&second), second.snapshot, second.start), (vec!["r2"], true, false));
        let again = page(Some(&first.cursor), CollectionState { head: 9, purged: 5 }, &rows, 1);
        assert_eq!((places(&again), again.snapshot, again.start), (vec!["r1"], true, true));
    }

    #[test]
    fn a_cursor_older_than_a_purged_deletion_starts_over() {
        let state = CollectionState { head: 9, purged: 5 };
        assert!(page(Some(&Cursor("c4.me".to_owned())), state, &[row(9, true)], 9).snapshot);
        assert!(!page(Some(&Cursor("c5.me".to_owned())), state, &[row(9, true)], 9).snapshot);
    }

    #[test]
    fn a_run_that_started_after_a_purge_gets_to_its_end() {
        let state = CollectionState { head: 9, purged: 8 };
        let rows = [row(1, true), row(9, true)];
        let first = page(None, state, &rows, 1);
        let second = page(Some(&first.cursor), state, &rows, 1);
        assert_eq!((places(&second), second.snapshot), (vec!["r9"], false));
    }

    #[test]
    fn a_purged_head_does_not_make_cursors_of_the_empty_collection_bad() {
        let state = CollectionState { head: 4, purged: 4 };
        let first = page(None, state, &[], 9);
        assert!(!page(Some(&first.cursor), state, &[], 9).snapshot);
    }

    #[test]
    fn a_page_ends_where_the_bytes_are_spent_but_always_gets_on() {
        let reading = plan(None, "me", CollectionState { head: 2, purged: 0 });
        let mut budget = 0;
        let mut builder = PageBuilder::new(reading, 9, &mut budget);
        assert!(builder.offer(&row(1, true)).is_continue());
        assert!(builder.offer(&row(2, true)).is_break());
        assert!(builder.finish("me").more);
    }

    #[test]
    fn an_answer_is_unchanged_only_where_it_is_empty_and_its_cursors_are_those_held() {
        let answer = |page| PullResponse {
            collections: [(CollectionName::trusted("todos"), page)].into(),
            now: Millis(1),
        };
        let state = CollectionState { head: 2, purged: 0 };
        let rows = [row(2, true)];
        let first = answer(page(None, state, &rows, 9));
        let cursor = Position { after: 2, run: Run::Steady }.to_cursor("me");
        let second = answer(page(Some(&cursor), state, &rows, 9));
        assert!(is_unchanged(&second, &tag(&first)));
        assert!(is_unchanged(&second, &format!("\"x\", W/{}", tag(&first))));
        assert!(!is_unchanged(&first, &tag(&first)));
        assert!(!is_unchanged(&second, "\"x\""));
    }
}
