//! Collects a handful of entries into a map or a set. Not for many: those are sorted faster than inserted.

/// What gathers its items.
pub(crate) trait Gather: Iterator + Sized {
    /// The same as `collect`, without the sort that `BTreeMap` and `BTreeSet` bring along for each type of entry
    /// (<https://doc.rust-lang.org/std/collections/struct.BTreeMap.html#impl-FromIterator%3C(K,+V)%3E-for-BTreeMap%3CK,+V%3E>):
    /// 6 KB each of a module that a worker compiles whenever it is woken.
    fn gather<C: Default + Extend<Self::Item>>(self) -> C {
        let mut all = C::default();
        all.extend(self);
        all
    }
}

impl<I: Iterator> Gather for I {}
