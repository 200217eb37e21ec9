//! The steps of `cargo xtask test`, and how they share two cores. Does not decide how they are run or counted.
//!
//! The first lane builds in `target/debug`, the second in `target/release` and `target/sim`: cargo locks
//! these apart, so that neither lane waits for the other's compiler.

use anyhow::{Context, Result, ensure};

use crate::lanes::Step;
use crate::places::Places;
use crate::process::{self, Reporter};
use crate::sim::{self, Seeds};
use crate::tally::Tally;
use crate::{checks, demo, files, install, npm, pkg, tools, wasm};

/// The seeds that every run of the tests plays.
const SEEDS: u64 = 10_000;
/// Where the tests in Chromium with Playwright are.
const E2E: &str = "tests/e2e";
/// The crates whose tests run on this machine. The commands' own are built apart, with the features they run with.
const HOST: [&str; 5] = ["--workspace", "--exclude", "syncline", "--exclude", "xtask"];

/// All steps, lane by lane, in order.
pub(crate) fn lanes() -> Vec<Vec<Step>> {
    let step = |name, about, needs, work| Step { name, about, needs, work };
    let debug = vec![
        step("format", "rustfmt", &[], |places, reporter| once(checks::format(places, reporter))),
        step("rules", "rules of the house", &[], |places, reporter| once(checks::rules(places, reporter))),
        step("host", "unit and integration tests", &[], host),
        step("lints", "clippy", &[], |places, reporter| once(checks::lints(places, reporter))),
        step("commands", "tests of these commands", &[], commands),
        step("lints-web", "clippy, for browsers", &["setup"], |places, reporter| {
            once(checks::lints_for_browsers(places, reporter))
        }),
        step("browsers", "wasm-pack test in Chromium and Firefox", &["setup", "tools"], browsers),
    ];
    let release = vec![
        step("setup", "WebAssembly target and npm packages", &[], |places, reporter| {
            once(install::wasm_target(places, reporter).and_then(|()| npm::packages(places, reporter)))
        }),
        step("tools", "browsers and their drivers", &[], |places, reporter| {
            once(install::browsers(places, reporter).and_then(|()| install::cargo_tools(places, reporter)))
        }),
        step("pkg", "the npm package, packed and tried", &["setup"], package),
        step("types", "TypeScript", &["pkg"], |places, reporter| once(checks::types(places, reporter))),
        step("sim", "the simulation", &[], simulation),
        step("e2e", "pages and the extension in Chromium", &["host", "pkg", "tools"], e2e),
    ];
    vec![debug, release]
}

/// Counts a step whose runner counts nothing.
fn once(result: Result<()>) -> Result<Tally> {
    result.map(|()| Tally::PASS)
}

fn host(places: &Places, reporter: &Reporter) -> Result<Tally> {
    // Programs too, with the features that the tests are built with: the browser tests start the server.
    places.cargo(reporter, &[&["build"], &HOST[..], &["--lib", "--bins", "--tests"]].concat())?;
    cargo_test(places, reporter, &HOST)
}

fn commands(places: &Places, reporter: &Reporter) -> Result<Tally> {
    places.cargo(reporter, &["test", "--no-run", "--package", "xtask"])?;
    cargo_test(places, reporter, &["--package", "xtask"])
}

fn cargo_test(places: &Places, reporter: &Reporter, which: &[&str]) -> Result<Tally> {
    let mut cargo = process::cargo(places.root());
    cargo.args(["test", "--no-fail-fast"]).args(which);
    let finished = process::run(&mut cargo, &reporter.streamed())?;
    Ok(Tally::of(&finished.lines, finished.is_success()))
}

fn browsers(places: &Places, reporter: &Reporter) -> Result<Tally> {
    let build = ["test", "--no-run", "--package", "syncline", "--target", install::WASM];
    places.cargo(reporter, &build)?;
    let mut wasm_pack = process::program("wasm-pack", places.root());
    wasm_pack.args(["test", "--headless", "--chrome", "--firefox"]);
    let finished = process::run(&mut wasm_pack, &reporter.streamed())?;
    Ok(Tally::of(&finished.lines, finished.is_success()))
}

fn package(places: &Places, reporter: &Reporter) -> Result<Tally> {
    wasm::compile(places, reporter)?;
    wasm::bind(places, reporter)?;
    pkg::optimise(places, reporter)?;
    let tarball = pkg::pack(places, reporter)?;
    let finished = pkg::try_out(places, &tarball, reporter)?;
    for line in pkg::measured(places, &tarball)? {
        reporter.note(&line);
    }
    Ok(Tally::of(&finished.lines, finished.is_success()))
}

fn simulation(places: &Places, reporter: &Reporter) -> Result<Tally> {
    sim::compile(places, reporter)?;
    reporter.note(&format!("{SEEDS} seeds"));
    let finished = sim::play(places, &Seeds::many(SEEDS), &reporter.streamed())?;
    Ok(if finished.is_success() { Tally::PASS } else { Tally::FAIL })
}

fn e2e(places: &Places, reporter: &Reporter) -> Result<Tally> {
    let folder = places.built("e2e");
    demo::assemble(places, &folder)?;
    let tests = files::below(&places.source(E2E), &|_| true)?;
    let tests = tests.iter().filter(|file| file.to_string_lossy().ends_with(".test.mjs")).collect::<Vec<_>>();
    ensure!(!tests.is_empty(), "{E2E} holds no *.test.mjs");
    let mut node = process::program("node", places.root());
    node.args(["--test", "--test-reporter=spec", "--test-concurrency=1"]).args(tests);
    node.env("SYNCLINE_CHROMIUM", tools::chromium().context("Chromium is missing")?);
    node.env("SYNCLINE_SERVER", places.built("debug").join(demo::SERVER));
    node.env("SYNCLINE_WWW", folder);
    let finished = process::run(&mut node, &reporter.streamed())?;
    Ok(Tally::of(&finished.lines, finished.is_success()))
}
