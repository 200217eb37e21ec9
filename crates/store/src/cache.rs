//! The decoded pages that were used last, as many as fit.
//! Does not load pages.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::PageId;
use crate::format::Page;

/// Keeps pages within a number of bytes; the one that was not used for longest goes first.
///
/// It is looked for when one has to go, among some hundred: reading a page that comes instead takes a hundred times as
/// long, and uses, which are many, cost nothing.
pub(crate) struct Cache {
    limit: usize,
    bytes: usize,
    clock: u64,
    pages: BTreeMap<PageId, Kept>,
}

struct Kept {
    page: Rc<Page>,
    used: u64,
}

impl Cache {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, bytes: 0, clock: 0, pages: BTreeMap::new() }
    }

    /// Keeps a page, and lets go of others until all fit. A page larger than the limit stays until the next one comes.
    pub(crate) fn insert(&mut self, id: PageId, page: Rc<Page>) {
        self.remove(id);
        self.make_room(page.cost());
        self.clock += 1;
        self.bytes += page.cost();
        self.pages.insert(id, Kept { page, used: self.clock });
    }

    /// Keeps a page if no other has to go for it.
    pub(crate) fn insert_if_there_is_room(&mut self, id: PageId, page: Rc<Page>) {
        if self.bytes + page.cost() <= self.limit {
            self.insert(id, page);
        }
    }

    /// Changes how many bytes the pages may have.
    pub(crate) fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
        self.make_room(0);
    }

    fn make_room(&mut self, bytes: usize) {
        while self.bytes + bytes > self.limit
            && let Some((oldest, _)) = self.pages.iter().min_by_key(|(_, kept)| kept.used)
        {
            self.remove(*oldest);
        }
    }

    pub(crate) fn remove(&mut self, id: PageId) {
        if let Some(kept) = self.pages.remove(&id) {
            self.bytes -= kept.page.cost();
        }
    }

    /// Returns a page and counts that as its use.
    pub(crate) fn page(&mut self, id: PageId) -> Option<Rc<Page>> {
        let kept = self.pages.get_mut(&id)?;
        self.clock += 1;
        kept.used = self.clock;
        Some(Rc::clone(&kept.page))
    }

    /// Answers whether a page is there, which is no use of it.
    pub(crate) fn contains(&self, id: PageId) -> bool {
        self.pages.contains_key(&id)
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    /// How many more bytes fit before a page has to go.
    pub(crate) fn room(&self) -> usize {
        self.limit.saturating_sub(self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::encode_page;
    use crate::{Key, Value};

    fn page() -> Rc<Page> {
        let rows = [(Key::new("a"), Value::from(vec![0; 100]))];
        Rc::new(Page::decode(encode_page(&rows)).unwrap())
    }

    fn kept(cache: &Cache) -> Vec<u64> {
        cache.pages.keys().map(|id| id.0).collect()
    }

    #[test]
    fn page_that_was_not_used_for_longest_goes_first() {
        let mut cache = Cache::new(2 * page().cost());
        cache.insert(PageId(1), page());
        cache.insert(PageId(2), page());
        assert!(cache.page(PageId(1)).is_some());
        cache.insert(PageId(3), page());
        assert_eq!(kept(&cache), [1, 3]);
        assert!(cache.page(PageId(2)).is_none());
    }

    #[test]
    fn bytes_are_those_of_the_pages_kept() {
        let mut cache = Cache::new(page().cost());
        cache.insert(PageId(1), page());
        cache.insert(PageId(1), page());
        assert_eq!(cache.bytes(), page().cost());
        cache.remove(PageId(1));
        cache.remove(PageId(1));
        assert_eq!((cache.bytes(), cache.pages.len()), (0, 0));
    }

    #[test]
    fn page_larger_than_the_limit_is_kept_alone() {
        let mut cache = Cache::new(1);
        cache.insert(PageId(1), page());
        cache.insert(PageId(2), page());
        assert_eq!(kept(&cache), [2]);
    }

    #[test]
    fn smaller_limit_lets_pages_go_and_a_page_without_room_is_not_kept() {
        let mut cache = Cache::new(2 * page().cost());
        cache.insert(PageId(1), page());
        cache.insert(PageId(2), page());
        cache.insert_if_there_is_room(PageId(3), page());
        assert_eq!(kept(&cache), [1, 2]);
        cache.set_limit(page().cost());
        assert_eq!((kept(&cache), cache.bytes()), (vec![2], page().cost()));
        cache.remove(PageId(2));
        cache.insert_if_there_is_room(PageId(3), page());
        assert_eq!(kept(&cache), [3]);
    }
}
