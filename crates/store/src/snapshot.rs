//! The rows as they are in memory at one moment: pages, under the memtable, under what a batch has decided so far.
//! Loads nothing: pages that are not in memory are noted.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::iter::Peekable;
use std::rc::Rc;

use crate::format::Page;
use crate::state::State;
use crate::view::rows_between;
use crate::{Generation, Key, PageId, Value, View};

/// Pages that one operation holds on to, so that the cache cannot lose them before it is done.
pub(crate) type Pins = BTreeMap<PageId, Rc<Page>>;

/// Rows that are decided and not durable yet; `None` deletes.
pub(crate) type Overlay = BTreeMap<Key, Option<Value>>;

/// Pages that are not in memory.
#[derive(Debug, Default, Eq, PartialEq)]
pub(crate) struct Misses {
    /// The generation whose directory named them; in another one the ids may be gone.
    pub(crate) generation: Generation,
    pub(crate) ids: BTreeSet<PageId>,
}

impl Misses {
    pub(crate) fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Adds what another look at the same state missed.
    pub(crate) fn join(&mut self, mut other: Self) {
        self.generation = other.generation;
        self.ids.append(&mut other.ids);
    }
}

/// What a [`View`] is while the database is open.
pub(crate) struct Snapshot<'a> {
    state: &'a State,
    pins: &'a Pins,
    overlay: &'a Overlay,
    misses: RefCell<BTreeSet<PageId>>,
}

impl<'a> Snapshot<'a> {
    pub(crate) fn new(state: &'a State, pins: &'a Pins, overlay: &'a Overlay) -> Self {
        Self { state, pins, overlay, misses: RefCell::default() }
    }

    /// Returns the pages that were looked for and not in memory.
    pub(crate) fn into_misses(self) -> Misses {
        Misses { generation: self.state.generation(), ids: self.misses.into_inner() }
    }

    fn page(&self, id: PageId) -> Option<Rc<Page>> {
        let page = self.pins.get(&id).cloned().or_else(|| self.state.page(id));
        if page.is_none() {
            self.misses.borrow_mut().insert(id);
        }
        page
    }
}

impl View for Snapshot<'_> {
    fn row(&self, key: &Key) -> Option<Value> {
        if let Some(decided) = self.overlay.get(key) {
            return decided.clone();
        }
        if let Some((_, committed)) = self.state.memtable().rows().get(key) {
            return committed.clone();
        }
        self.page(self.state.directory().page_at(key)?.id)?.row(key)
    }

    fn range(&self, start: &Key, end: Option<&Key>) -> Box<dyn Iterator<Item = (Key, Value)> + '_> {
        let pages = self.state.directory().pages_between(start, end).iter();
        let (from, to) = (start.clone(), end.cloned());
        let folded =
            pages.filter_map(|info| self.page(info.id)).flat_map(move |page| page.range(&from, to.as_ref()));
        let mut committed = rows_between(self.state.memtable().rows(), start, end).peekable();
        let mut decided = rows_between(self.overlay, start, end).peekable();
        // Mostly there is nothing to lay over, and every layer costs something for every row.
        if committed.peek().is_none() && decided.peek().is_none() {
            return Box::new(folded);
        }
        let committed = committed.map(|(key, (_, value))| (key.clone(), value.clone()));
        let decided = decided.map(|(key, value)| (key.clone(), value.clone()));
        Box::new(laid_over(laid_over(folded, committed), decided))
    }
}

/// Lays sorted changes over sorted rows.
pub(crate) fn laid_over(
    rows: impl Iterator<Item = (Key, Value)>,
    changes: impl Iterator<Item = (Key, Option<Value>)>,
) -> impl Iterator<Item = (Key, Value)> {
    LaidOver { rows: rows.peekable(), changes: changes.peekable() }
}

struct LaidOver<R: Iterator, C: Iterator> {
    rows: Peekable<R>,
    changes: Peekable<C>,
}

impl<R, C> Iterator for LaidOver<R, C>
where
    R: Iterator<Item = (Key, Value)>,
    C: Iterator<Item = (Key, Option<Value>)>,
{
    type Item = (Key, Value);

    fn next(&mut self) -> Option<(Key, Value)> {
        loop {
            let order = match (self.rows.peek(), self.changes.peek()) {
                (Some((row, _)), Some((change, _))) => row.cmp(change),
                (None, Some(_)) => Ordering::Greater,
                (_, None) => Ordering::Less,
            };
            if order == Ordering::Less {
                return self.rows.next();
            }
            if order == Ordering::Equal {
                self.rows.next();
            }
            if let (key, Some(value)) = self.changes.next()? {
                return Some((key, value));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(key: &str, value: u8) -> (Key, Value) {
        (Key::new(key), Value::from(vec![value]))
    }

    #[test]
    fn changes_replace_add_and_delete() {
        let rows = [row("a", 1), row("b", 1), row("d", 1)];
        let changes = [("a", None), ("b", Some(2)), ("c", Some(2)), ("e", None), ("f", Some(2))]
            .map(|(key, value)| (Key::new(key), value.map(|value| Value::from(vec![value]))));
        let merged: Vec<_> = laid_over(rows.into_iter(), changes.into_iter()).collect();
        assert_eq!(merged, [row("b", 2), row("c", 2), row("d", 1), row("f", 2)]);
    }
}
