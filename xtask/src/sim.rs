//! Builds and runs the simulation.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;

use crate::places::Places;
use crate::process::{self, Finished, Reporter};
use crate::steps::{Steps, say};

const PACKAGE: &str = "syncline-sim";

/// Which worlds are played.
#[derive(Args, Clone, Debug)]
pub(crate) struct Seeds {
    /// How many seeds.
    #[arg(long, required_unless_present_any = ["seed", "planted", "workload"], conflicts_with_all = ["seed", "planted"])]
    seeds: Option<u64>,
    /// The first of them.
    #[arg(long, requires = "seeds")]
    from: Option<u64>,
    /// One seed alone.
    #[arg(long)]
    seed: Option<u64>,
    /// Deliberate bugs, each of which has to be found; with `--seed`, the one of that name.
    #[arg(long, value_name = "BUG", num_args = 0..=1, default_missing_value = "")]
    planted: Option<String>,
    /// The workload that measures how many conflicts need a person.
    #[arg(long, conflicts_with_all = ["seeds", "planted"])]
    workload: bool,
}

impl Seeds {
    /// So many seeds from 0 on.
    pub(crate) const fn many(seeds: u64) -> Self {
        Self { seeds: Some(seeds), from: None, seed: None, planted: None, workload: false }
    }

    /// No world that is whole: each planted bug, until a seed has found it.
    pub(crate) const fn hunt() -> Self {
        Self { seeds: None, from: None, seed: None, planted: Some(String::new()), workload: false }
    }

    fn arguments(&self) -> Vec<String> {
        let named = [("--seeds", self.seeds), ("--from", self.from), ("--seed", self.seed)];
        let given = named.into_iter().filter_map(|(name, value)| value.map(|value| (name, value)));
        let given = given.flat_map(|(name, value)| [name.to_owned(), value.to_string()]);
        let planted = self.planted.iter().flat_map(|bug| ["--planted".to_owned(), bug.clone()]);
        let workload = self.workload.then(|| "--workload".to_owned());
        given.chain(planted.filter(|argument| !argument.is_empty())).chain(workload).collect()
    }
}

/// Builds the simulation and plays these seeds.
pub(crate) fn run(places: &Places, seeds: &Seeds) -> Result<ExitCode> {
    let mut steps = Steps::new("Running the simulation", 2);
    steps.step("Compiling it", |reporter| compile(places, reporter))?;
    steps.step("Playing", |reporter| {
        let finished = play(places, seeds, &reporter.streamed())?;
        if !finished.is_success() {
            bail!("the simulation failed; its output above names the seed");
        }
        Ok(())
    })?;
    say(&format!("All in {}", steps.elapsed()));
    Ok(ExitCode::SUCCESS)
}

/// Compiles the simulation's program.
pub(crate) fn compile(places: &Places, reporter: &Reporter) -> Result<()> {
    places.cargo(reporter, &["build", "--profile", "sim", "--package", PACKAGE])
}

/// Plays these seeds with the program that was compiled.
pub(crate) fn play(places: &Places, seeds: &Seeds, reporter: &Reporter) -> Result<Finished> {
    let program = places.built("sim").join(PACKAGE);
    process::run(process::program(program, places.root()).args(seeds.arguments()), reporter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_passed_on_as_they_were_given() {
        let given = Seeds { from: Some(3), ..Seeds::many(20) };
        assert_eq!(given.arguments(), ["--seeds", "20", "--from", "3"]);
        assert_eq!(Seeds::hunt().arguments(), ["--planted"]);
        let one = Seeds { seed: Some(7), planted: Some("FenceDropped".to_owned()), ..Seeds::hunt() };
        assert_eq!(one.arguments(), ["--seed", "7", "--planted", "FenceDropped"]);
    }
}
