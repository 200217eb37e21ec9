//! Runs every test of the project in two lanes, and sums them up. What the steps do is in `suite`.

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Result, bail};

use crate::lanes::{self, Ended, Step};
use crate::places::Places;
use crate::steps::{say, spoken};
use crate::suite;
use crate::tally::Tally;

/// How much of an error fits beside its step.
const WIDTH: usize = 90;

/// Runs all steps, or those that are named with those they need.
pub(crate) fn run(places: &Places, only: &[String]) -> Result<ExitCode> {
    let lanes = chosen(suite::lanes(), only)?;
    let names = lanes.iter().flatten().map(|step| step.name).collect::<Vec<_>>();
    say(&format!("Testing Syncline: {}", names.join(", ")));
    let began = Instant::now();
    let ended = lanes::run(places, &lanes)?;
    let all = ended.iter().map(|step| step.tally.clone()).sum::<Tally>();
    for step in ended.iter().filter(|step| !step.tally.failures.is_empty()) {
        say(&format!("\n{} failed:", step.name));
        step.tally.failures.iter().for_each(|line| say(line));
    }
    say("");
    for line in summary(&ended) {
        say(&line);
    }
    say(&format!("\nAll in {}", spoken(began.elapsed())));
    say(&format!("{} passed, {} failed", all.passed, all.failed));
    Ok(if all.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The lanes with only the steps that are named, and those that these need.
fn chosen(lanes: Vec<Vec<Step>>, only: &[String]) -> Result<Vec<Vec<Step>>> {
    if only.is_empty() {
        return Ok(lanes);
    }
    let known = lanes.iter().flatten().map(|step| step.name).collect::<Vec<_>>();
    if let Some(unknown) = only.iter().find(|name| !known.contains(&name.as_str())) {
        bail!("there is no step \"{unknown}\"; there are: {}", known.join(", "));
    }
    let mut wanted = BTreeSet::from_iter(only.iter().map(String::as_str));
    loop {
        let needed = lanes.iter().flatten().filter(|step| wanted.contains(step.name));
        let needed = needed.flat_map(|step| step.needs).copied().collect::<Vec<_>>();
        let before = wanted.len();
        wanted.extend(needed);
        if wanted.len() == before {
            break;
        }
    }
    let keep = |lane: &Vec<Step>| lane.iter().filter(|step| wanted.contains(step.name)).copied().collect();
    Ok(lanes.iter().map(keep).collect())
}

fn summary(ended: &[Ended]) -> Vec<String> {
    let head = format!("{:<10} {:>7} {:>7} {:>13}", "step", "passed", "failed", "time");
    let rows = ended.iter().map(|step| {
        let (tally, took) = (&step.tally, spoken(step.took));
        let why = step.error.as_deref().and_then(|error| error.lines().next());
        let why =
            why.map(|why| format!("   {}", why.chars().take(WIDTH).collect::<String>())).unwrap_or_default();
        format!("{:<10} {:>7} {:>7} {took:>13}{why}", step.name, tally.passed, tally.failed)
    });
    std::iter::once(head).chain(rows).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(only: &[&str]) -> Vec<&'static str> {
        let only = only.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        chosen(suite::lanes(), &only).unwrap().into_iter().flatten().map(|step| step.name).collect()
    }

    #[test]
    fn every_step_is_reached_with_what_it_needs_before_it() {
        // Two lanes block each other for ever when each waits for a later step of the other.
        let lanes = suite::lanes();
        let (mut ended, mut at) = (BTreeSet::new(), vec![0; lanes.len()]);
        loop {
            let before = ended.len();
            for (lane, at) in lanes.iter().zip(&mut at) {
                while let Some(step) =
                    lane.get(*at).filter(|step| step.needs.iter().all(|n| ended.contains(n)))
                {
                    ended.insert(step.name);
                    *at += 1;
                }
            }
            if ended.len() == before {
                break;
            }
        }
        assert_eq!(ended.len(), lanes.iter().flatten().count());
    }

    #[test]
    fn a_chosen_step_brings_what_it_needs_and_nothing_else() {
        assert_eq!(names(&["format"]), ["format", "setup"]);
        assert!(names(&["e2e"]).contains(&"pkg"));
        assert!(!names(&["e2e"]).contains(&"sim"));
    }

    #[test]
    fn an_unknown_step_is_an_error_that_lists_the_known_ones() {
        let error = chosen(suite::lanes(), &["nonsense".to_owned()]).unwrap_err().to_string();
        assert!(error.contains("nonsense") && error.contains("e2e"), "{error}");
    }
}
