//! The workload under some seeds as a table. Judges no conflict itself.

use std::fmt::Write as _;

use super::{SPANS, Score, workload};

/// Seeds where none is named.
const SEEDS: u64 = 10;
/// The share of conflicts that a merge has to resolve without a person and without losing anything.
const GOAL: f64 = 0.95;

/// Runs the workload under one seed, or under ten: the table, and whether the goal is met. Fails with what went wrong.
pub fn report(seed: Option<u64>) -> Result<(String, bool), String> {
    let mut sums = Vec::<(&str, Score)>::new();
    for seed in seed.map_or(1..=SEEDS, |seed| seed..=seed) {
        for (name, score) in
            workload(seed, SPANS).map_err(|finding| format!("seed {seed} failed: {finding}"))?
        {
            match sums.iter_mut().find(|(known, _)| *known == name) {
                Some((_, sum)) => sum.add(&score),
                None => sums.push((name, score)),
            }
        }
    }
    let mut table = String::from(
        "        strategy  conflicts  resolved    share  disjoint  same field  deletions  to user  fields lost\n",
    );
    for (name, of) in &sums {
        let Score { conflicts, resolved, disjoint, same_field, deletions, left, lost_fields } = of;
        // Writing into a text does not fail.
        let _written = writeln!(
            table,
            "{name:>16} {conflicts:>10} {resolved:>9} {:>7.1}% {disjoint:>9} {same_field:>11} {deletions:>10} {left:>8} {lost_fields:>12}",
            of.share() * 100.0
        );
    }
    let is_met = sums.iter().any(|(name, of)| *name == "merge" && of.share() >= GOAL);
    Ok((table, is_met))
}
