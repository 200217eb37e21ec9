//! Runs the benchmarks in `bench/`. Measures nothing itself.

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::places::Places;

/// Runs the benchmark of that name.
pub(crate) fn run(places: &Places, what: Option<&str>) -> Result<ExitCode> {
    let what = what.unwrap_or("all");
    bail!(
        "there is no benchmark to run ({what}): {} is empty; the first come with the store at full speed",
        places.shown(&places.source("bench"))
    )
}
