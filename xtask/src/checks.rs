//! The checks that run nothing of the project: format, lints, types, rules of the house.
//! `check` runs them alone, `test` among the rest.

use anyhow::Result;

use crate::install::WASM;
use crate::places::Places;
use crate::process::Reporter;
use crate::{files, house, npm, papers, reference, wasm};

/// Every Rust file is formatted.
pub(crate) fn format(places: &Places, reporter: &Reporter) -> Result<()> {
    places.cargo(reporter, &["fmt", "--all", "--check", "--", "--color", "never"])
}

/// No lint speaks up in anything that runs on this machine.
pub(crate) fn lints(places: &Places, reporter: &Reporter) -> Result<()> {
    places.cargo(reporter, &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])
}

/// No lint speaks up in the shell and all below it, as compiled for browsers.
pub(crate) fn lints_for_browsers(places: &Places, reporter: &Reporter) -> Result<()> {
    let what = ["clippy", "--package", "syncline", "--target", WASM, "--all-targets"];
    places.cargo(reporter, &[&what[..], &["--", "-D", "warnings"]].concat())
}

/// The package's types hold, for a user of it, for the JavaScript that is checked and for the papers.
pub(crate) fn types(places: &Places, reporter: &Reporter) -> Result<()> {
    if files::written(&places.source("pkg/wasm/core.d.ts")).is_none() {
        reporter.note("the bindings are missing: building them first");
        wasm::compile(places, reporter)?;
        wasm::bind(places, reporter)?;
    }
    npm::run(places, reporter, "tsc", &["--noEmit", "--project", "tsconfig.json"])?;
    papers::types(places, reporter)?;
    reference::check(places, reporter)
}

/// The rules that no compiler checks.
pub(crate) fn rules(places: &Places, _reporter: &Reporter) -> Result<()> {
    house::check(places)
}
