//! What runs have met: a test that met none of something would prove nothing about it.

use std::collections::BTreeMap;
use std::fmt;

use crate::support::Counts;

/// How often what was met.
#[derive(Default)]
pub struct Met(BTreeMap<&'static str, usize>);

/// Plans and looks, whose answers are compared with the map.
const CASES: [&str; 6] = [
    "plans acknowledged",
    "plans refused",
    "plans done and never answered",
    "looks",
    "looks without waiting",
    "plans after damage",
];

impl Met {
    pub fn add(&mut self, what: &'static str, count: usize) {
        *self.0.entry(what).or_default() += count;
    }

    pub fn add_counts(&mut self, counts: &Counts) {
        for (what, count) in counts.named() {
            self.add(what, count as usize);
        }
    }

    pub fn join(&mut self, other: &Self) {
        other.0.iter().for_each(|(what, count)| self.add(what, *count));
    }

    /// How many answers were compared with those of the map.
    pub fn cases(&self) -> usize {
        CASES.iter().filter_map(|what| self.0.get(what)).sum()
    }

    pub fn assert_nothing_was_missed(&self) {
        assert!(CASES.iter().all(|what| self.0.contains_key(what)), "{self:?}");
        let missed: Vec<_> = self.0.iter().filter(|(_, count)| **count == 0).collect();
        assert!(missed.is_empty(), "never met: {missed:?}");
    }
}

impl fmt::Debug for Met {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{:>9} cases, and in them:", self.cases())?;
        self.0.iter().try_for_each(|(what, count)| writeln!(formatter, "{count:>9} {what}"))
    }
}
