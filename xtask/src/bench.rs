//! Runs the benchmarks in `bench/`. Measures nothing itself.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::demo::SERVER;
use crate::places::Places;
use crate::process::{self, Reporter};
use crate::steps::{Steps, say};
use crate::{install, npm, pkg, tools, wasm};

/// The program that drives the browsers.
const DRIVER: &str = "bench/run.mjs";

/// What is measured, where, and how often.
#[derive(Args, Clone, Debug)]
pub(crate) struct Bench {
    /// What to measure.
    #[arg(value_enum)]
    what: What,
    /// The browser it is measured in.
    #[arg(long, value_enum, default_value_t = Engine::Chromium)]
    engine: Engine,
    /// How many rounds the medians are taken of.
    #[arg(long, default_value_t = 5)]
    rounds: u16,
    /// Measures this case instead of all, and writes no result; may be repeated.
    #[arg(long, value_name = "CASE", conflicts_with = "growth")]
    only: Vec<String>,
    /// Measures what a larger database costs, up to 100,000 records.
    #[arg(long)]
    growth: bool,
    /// Goes on to 1,000,000 records.
    #[arg(long, requires = "growth")]
    million: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum What {
    /// The store, against hand-written IndexedDB.
    Store,
    /// Sync over the reference server, against what no client can do without.
    Sync,
    /// The service worker of an extension, from being woken to a durable write.
    Wake,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Engine {
    Chromium,
    Firefox,
    Webkit,
}

/// Builds the package as it is published, and measures it.
pub(crate) fn run(places: &Places, bench: &Bench) -> Result<ExitCode> {
    let is_served = bench.what == What::Sync;
    let mut steps = Steps::new("Measuring", if is_served { 6 } else { 5 });
    steps.step("Installing what is missing", |reporter| {
        install::toolchain(places, reporter)?;
        npm::packages(places, reporter)?;
        install::browsers(places, reporter)?;
        if bench.engine == Engine::Firefox { install::cargo_tools(places, reporter) } else { Ok(()) }
    })?;
    steps.step("Compiling the package to WebAssembly", |reporter| wasm::compile(places, reporter))?;
    steps.step("Binding it to JavaScript", |reporter| wasm::bind(places, reporter))?;
    steps.step("Optimising the module", |reporter| pkg::optimise(places, reporter))?;
    if is_served {
        steps.step("Compiling the server", |reporter| server(places, reporter))?;
    }
    steps.step("Measuring", |reporter| measure(places, bench, &reporter.streamed()))?;
    say(&format!("All in {}", steps.elapsed()));
    Ok(ExitCode::SUCCESS)
}

/// As it is run, not as it is tested: its share of what is measured is to be what it is in use.
fn server(places: &Places, reporter: &Reporter) -> Result<()> {
    places.cargo(reporter, &["build", "--release", "--package", SERVER, "--bin", SERVER])
}

fn measure(places: &Places, bench: &Bench, reporter: &Reporter) -> Result<()> {
    let mut node = process::program("node", places.root());
    node.arg(Path::new(DRIVER)).args(bench.arguments());
    node.env("SYNCLINE_SERVER", places.built("release").join(SERVER));
    if let Some(chromium) = tools::chromium() {
        node.env("SYNCLINE_CHROMIUM", chromium);
    }
    process::run(&mut node, reporter)?.success()
}

impl Bench {
    /// The driver's command line.
    fn arguments(&self) -> Vec<String> {
        let mut arguments = vec![name_of(self.what)];
        arguments.extend(["--engine".to_owned(), name_of(self.engine)]);
        arguments.extend(["--rounds".to_owned(), self.rounds.to_string()]);
        for case in &self.only {
            arguments.extend(["--only".to_owned(), case.clone()]);
        }
        let switches = [("--growth", self.growth), ("--million", self.million)];
        arguments.extend(switches.iter().filter(|(_, is_on)| *is_on).map(|(name, _)| (*name).to_owned()));
        arguments
    }
}

fn name_of(value: impl ValueEnum) -> String {
    value.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_reaches_the_driver() {
        let bench = Bench {
            what: What::Store,
            engine: Engine::Webkit,
            rounds: 7,
            only: vec!["put".to_owned(), "puts".to_owned()],
            growth: true,
            million: false,
        };
        let wanted = "store --engine webkit --rounds 7 --only put --only puts --growth";
        assert_eq!(bench.arguments().join(" "), wanted);
    }
}
