//! The reference of the package's API in `docs/api`, made from its types by `xtask/reference`. Words nothing itself.

use std::process::ExitCode;

use anyhow::Result;

use crate::npm;
use crate::places::Places;
use crate::process::{self, Reporter};
use crate::steps::Steps;

const PROGRAM: &str = "xtask/reference/main.mjs";

/// Writes the reference anew.
pub(crate) fn run(places: &Places) -> Result<ExitCode> {
    let mut steps = Steps::new("Writing the reference of the API", 2);
    steps.step("Installing what is missing", |reporter| npm::packages(places, reporter))?;
    steps.step("Writing docs/api", |reporter| node(places, reporter, &[]))?;
    Ok(ExitCode::SUCCESS)
}

/// The reference is what the types say.
pub(crate) fn check(places: &Places, reporter: &Reporter) -> Result<()> {
    node(places, reporter, &["--check"])
}

fn node(places: &Places, reporter: &Reporter, arguments: &[&str]) -> Result<()> {
    let mut node = process::program("node", places.root());
    process::run(node.arg(PROGRAM).args(arguments), reporter)?.success()
}
