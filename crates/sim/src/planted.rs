//! Deliberate bugs, one at a time in an otherwise whole program: each has to be found by some seed. Plants none by itself.

use syncline_core::planted as engine;
use syncline_store::planted as store;

use crate::{Played, run::play};

/// Bugs of the server, planted around its decisions.
pub(crate) mod server {
    syncline_store::planted_bugs! {
        IdsForgotten "the server forgets what it has answered",
        PageHasGap "the server leaves a record out of a page",
        HintsLost "the server tells nobody that something changed",
    }
}

/// A deliberate bug somewhere.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Planted {
    /// In the engine.
    Engine(engine::Bug),
    /// In the server.
    Server(server::Bug),
    /// In the store.
    Store(store::Bug),
}

impl Planted {
    /// All bugs there are.
    pub fn all() -> Vec<Self> {
        let engine = engine::Bug::ALL.iter().copied().map(Self::Engine);
        let store = store::Bug::ALL.iter().copied().map(Self::Store);
        let server = server::Bug::ALL.iter().copied().map(Self::Server);
        engine.chain(store).chain(server).collect()
    }

    /// Its name.
    pub fn name(self) -> String {
        match self {
            Self::Engine(bug) => format!("{bug:?}"),
            Self::Server(bug) => format!("{bug:?}"),
            Self::Store(bug) => format!("{bug:?}"),
        }
    }

    /// What it does, in a few words.
    pub const fn what(self) -> &'static str {
        match self {
            Self::Engine(bug) => bug.what(),
            Self::Server(bug) => bug.what(),
            Self::Store(bug) => bug.what(),
        }
    }

    /// Plays a seed with this bug in it.
    pub fn play(self, seed: u64, is_traced: bool) -> Played {
        let _planted = Weeded::after(self);
        play(seed, is_traced)
    }

    /// The first of so many seeds that finds it, with what it finds.
    pub fn hunt(self, seeds: u64) -> Option<(u64, String)> {
        (0..seeds).find_map(|seed| Some((seed, self.play(seed, false).finding?)))
    }
}

/// Weeds out what is planted when it is dropped.
struct Weeded;

impl Weeded {
    fn after(bug: Planted) -> Self {
        match bug {
            Planted::Engine(bug) => engine::plant(Some(bug)),
            Planted::Server(bug) => server::plant(Some(bug)),
            Planted::Store(bug) => store::plant(Some(bug)),
        }
        Self
    }
}

impl Drop for Weeded {
    fn drop(&mut self) {
        engine::plant(None);
        server::plant(None);
        store::plant(None);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn bugs_are_many_and_each_has_a_name_of_its_own() {
        let names: BTreeSet<String> = Planted::all().into_iter().map(Planted::name).collect();
        assert_eq!(names.len(), Planted::all().len());
        assert!(names.len() >= 30, "{}", names.len());
    }

    #[test]
    fn a_bug_is_found_and_leaves_nothing_behind() {
        let (seed, _) = Planted::Engine(engine::Bug::EditBehindDropped).hunt(100).unwrap();
        assert_eq!(play(seed, false).finding, None);
    }
}
