//! Runs the checks that need no test run, and stops at the first that fails.

use std::process::ExitCode;

use anyhow::Result;

use crate::places::Places;
use crate::steps::{Steps, say};
use crate::{checks, install, npm};

/// Runs every check in turn.
pub(crate) fn run(places: &Places) -> Result<ExitCode> {
    let mut steps = Steps::new("Checking the tree", 6);
    steps.step("Installing what is missing", |reporter| {
        install::toolchain(places, reporter)?;
        npm::packages(places, reporter)
    })?;
    steps.step("Format", |reporter| checks::format(places, reporter))?;
    steps.step("Rules of the house", |reporter| checks::rules(places, reporter))?;
    steps.step("Lints", |reporter| checks::lints(places, reporter))?;
    steps.step("Lints, for browsers", |reporter| checks::lints_for_browsers(places, reporter))?;
    steps.step("Types", |reporter| checks::types(places, reporter))?;
    say(&format!("All is well, in {}", steps.elapsed()));
    Ok(ExitCode::SUCCESS)
}
