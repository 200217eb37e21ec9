//! Which pages are read before anybody asks for them: where one is missed after the other, the rest is likely to be asked for
//! too. Reads none itself.

use crate::PageId;
use crate::cache::Cache;
use crate::format::Directory;

/// How many pages are missed before any is read ahead: a context that is woken for one record does not pay for others.
const TOLERATED: u32 = 3;
/// How many pages are read ahead at once. Whoever appends meanwhile waits for them.
const PAGES: usize = 8;
/// How many times as large as the memory for pages all of them may be: a page that is read ahead is then asked for, at random,
/// about as likely as not.
const LARGER: u64 = 2;

/// What was missed of late.
#[derive(Default)]
pub(crate) struct ReadAhead {
    missed: u32,
    last: Option<PageId>,
}

impl ReadAhead {
    /// A page had to be read because somebody asked for it.
    pub(crate) fn handle_miss(&mut self, id: PageId) {
        self.missed = self.missed.saturating_add(1);
        self.last = Some(id);
    }

    /// Pages were read ahead: the next miss shows whether more are worth it.
    pub(crate) fn handle_read(&mut self) {
        self.missed = TOLERATED - 1;
    }

    /// Answers whether to read ahead.
    pub(crate) fn is_due(&self, page_bytes: u64, cache: &Cache) -> bool {
        self.missed >= TOLERATED
            && cache.room() > 0
            && page_bytes <= LARGER.saturating_mul(cache.limit() as u64)
    }

    /// Chooses the pages behind the last one that was missed, around to it again, that are not in memory and find room there.
    pub(crate) fn plan(&self, directory: &Directory, cache: &Cache) -> Vec<PageId> {
        let pages = &directory.pages;
        let last = pages.iter().position(|page| Some(page.id) == self.last).unwrap_or_default();
        let (before, behind) = pages.split_at(last);
        let mut room = cache.room();
        let mut has_room = |bytes: u32| {
            room = room.checked_sub(bytes as usize)?;
            Some(())
        };
        let missing = behind.iter().chain(before).filter(|page| !cache.contains(page.id));
        missing.take(PAGES).map_while(|page| has_room(page.bytes).map(|()| page.id)).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::format::{Page, PageInfo, encode_page};
    use crate::{Key, Value};

    const COUNT: u64 = 12;

    fn page() -> Rc<Page> {
        let rows = [(Key::new("a"), Value::from(vec![0; 100]))];
        Rc::new(Page::decode(encode_page(&rows)).unwrap())
    }

    fn directory() -> Directory {
        let info = |id: u64| PageInfo {
            first: Key::new(format!("{id:02}")),
            id: PageId(id),
            records: 1,
            bytes: page().cost().try_into().unwrap(),
        };
        Directory { pages: (0..COUNT).map(info).collect(), ..Directory::default() }
    }

    fn missed(ids: &[u64]) -> ReadAhead {
        let mut ahead = ReadAhead::default();
        ids.iter().for_each(|id| ahead.handle_miss(PageId(*id)));
        ahead
    }

    fn cache_of(pages: usize, kept: &[u64]) -> Cache {
        let mut cache = Cache::new(pages * page().cost());
        kept.iter().for_each(|id| cache.insert(PageId(*id), page()));
        cache
    }

    fn planned(ahead: &ReadAhead, cache: &Cache) -> Vec<u64> {
        ahead.plan(&directory(), cache).iter().map(|id| id.0).collect()
    }

    #[test]
    fn reads_ahead_from_the_third_miss_on_and_again_after_each_further_one() {
        let (bytes, cache) = (directory().bytes(), cache_of(12, &[]));
        let mut ahead = missed(&[1, 2]);
        assert!(!ahead.is_due(bytes, &cache));
        ahead.handle_miss(PageId(3));
        assert!(ahead.is_due(bytes, &cache));
        ahead.handle_read();
        assert!(!ahead.is_due(bytes, &cache));
        ahead.handle_miss(PageId(4));
        assert!(ahead.is_due(bytes, &cache));
    }

    #[test]
    fn what_follows_the_last_miss_comes_first_and_what_is_in_memory_not_again() {
        let cache = cache_of(12, &[3, 10, 11]);
        assert_eq!(planned(&missed(&[3, 10]), &cache), [0, 1, 2, 4, 5, 6, 7, 8]);
    }

    #[test]
    fn no_page_has_to_go_for_one_that_is_read_ahead() {
        let cache = cache_of(6, &[0, 1, 2, 3]);
        assert_eq!(planned(&missed(&[0, 1, 2, 3]), &cache), [4, 5]);
        let full = cache_of(6, &[0, 1, 2, 3, 4, 5]);
        assert!(!missed(&[3, 4, 5]).is_due(directory().bytes(), &full));
    }

    #[test]
    fn a_database_much_larger_than_memory_is_not_read_ahead() {
        assert!(missed(&[0, 1, 2]).is_due(directory().bytes(), &cache_of(6, &[])));
        assert!(!missed(&[0, 1, 2]).is_due(directory().bytes(), &cache_of(5, &[])));
    }
}
