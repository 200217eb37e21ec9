//! The steps of `cargo xtask test`, and how they share two cores. Does not decide how they are run or counted.
//!
//! The first lane builds in `target/debug` and `target/sim`, the second in `target/release`: cargo locks these apart, so that
//! neither lane waits for the other's compiler.

use anyhow::{Context, Result, ensure};

use crate::lanes::Step;
use crate::places::Places;
use crate::process::{self, Finished, Reporter};
use crate::sim::{self, Seeds};
use crate::tally::Tally;
use crate::{checks, demo, files, install, npm, pkg, tools, wasm};

/// The seeds that every run of the tests plays.
const SEEDS: u64 = 20_000;
/// Where the tests of pages and the extension are.
const E2E: &str = "tests/e2e";
/// Where those are that wait most of the time, as long as browsers and people do.
const WAITS: &str = "tests/waits";
/// Where the tests of the store are that take several contexts, a full disk, or a browser's death.
const STORE: &str = "tests/store";
/// The crates whose tests run on this machine. The commands' own are built apart, with the features they run with.
const HOST: [&str; 5] = ["--workspace", "--exclude", "syncline", "--exclude", "xtask"];

/// All steps, lane by lane, in order.
pub(crate) fn lanes() -> Vec<Vec<Step>> {
    let step = |name, about, needs, work| Step { name, about, needs, work, is_patient: false };
    // Beside the tests in browsers, which look at the clock. No step of the other lane needs one of these.
    let patient = |name, about, needs, work| Step { is_patient: true, ..step(name, about, needs, work) };
    let debug = vec![
        step("format", "rustfmt", &["setup"], |places, reporter| once(checks::format(places, reporter))),
        step("rules", "rules of the house", &[], |places, reporter| once(checks::rules(places, reporter))),
        step("build", "the server, the simulation and their tests", &[], build),
        step("host", "unit and integration tests", &["build"], |places, reporter| {
            cargo_test(places, reporter, &HOST)
        }),
        patient("lints", "clippy", &["setup"], |places, reporter| once(checks::lints(places, reporter))),
        step("commands", "tests of these commands", &[], commands),
        patient("lints-web", "clippy, for browsers", &["setup"], |places, reporter| {
            once(checks::lints_for_browsers(places, reporter))
        }),
        step("browsers", "wasm-pack test in Chromium, Firefox and WebKit", &["setup", "tools"], browsers),
        patient("sim", "the simulation", &[], simulation),
        patient("planted", "deliberate bugs, each found by a seed", &["sim"], planted),
        step(
            "store",
            "the store in browsers that share, fill up and die",
            &["build", "pkg", "tools"],
            |places, reporter| in_browsers(places, reporter, STORE),
        ),
        step(
            "waits",
            "pages and extensions that are left alone, sleep or hang",
            &["build", "pkg", "tools"],
            |places, reporter| in_browsers(places, reporter, WAITS),
        ),
    ];
    let release = vec![
        step("setup", "toolchain and npm packages", &[], |places, reporter| {
            prepared(install::toolchain(places, reporter).and_then(|()| npm::packages(places, reporter)))
        }),
        step("tools", "browsers and their drivers", &[], |places, reporter| {
            prepared(
                install::browsers(places, reporter).and_then(|()| install::cargo_tools(places, reporter)),
            )
        }),
        step("pkg", "the npm package, packed and tried", &["setup"], package),
        step("types", "TypeScript", &["pkg"], |places, reporter| once(checks::types(places, reporter))),
        step(
            "e2e",
            "pages and extensions in Chromium and Firefox",
            &["build", "pkg", "tools"],
            |places, reporter| in_browsers(places, reporter, E2E),
        ),
    ];
    vec![debug, release]
}

/// A step that tests nothing.
fn prepared(result: Result<()>) -> Result<Tally> {
    result.map(|()| Tally::default())
}

/// What a runner counted. One that found no test has failed: it was pointed at the wrong place.
fn counted(finished: &Finished) -> Result<Tally> {
    let tally = Tally::of(&finished.lines, finished.is_success());
    ensure!(tally != Tally::default(), "`{}` ran no test at all", finished.shown);
    Ok(tally)
}

/// A run as one test, whatever its runner counts.
fn outcome(finished: &Finished) -> Tally {
    let Tally { failed, failures, .. } = Tally::of(&finished.lines, finished.is_success());
    if failed == 0 { Tally::PASS } else { Tally { failures, ..Tally::FAIL } }
}

/// Counts a step whose runner counts nothing.
fn once(result: Result<()>) -> Result<Tally> {
    result.map(|()| Tally::PASS)
}

fn build(places: &Places, reporter: &Reporter) -> Result<Tally> {
    // Programs and tests at once, with the same features: nothing is built twice, and the browser tests find the server.
    let what = [&["build"], &HOST[..], &["--lib", "--bins", "--tests"]].concat();
    prepared(places.cargo(reporter, &what))
}

fn commands(places: &Places, reporter: &Reporter) -> Result<Tally> {
    places.cargo(reporter, &["test", "--no-run", "--package", "xtask"])?;
    cargo_test(places, reporter, &["--package", "xtask"])
}

fn cargo_test(places: &Places, reporter: &Reporter, which: &[&str]) -> Result<Tally> {
    let mut cargo = process::cargo(places.root());
    cargo.args(["test", "--no-fail-fast"]).args(which);
    let finished = process::run(&mut cargo, &reporter.streamed())?;
    counted(&finished)
}

fn browsers(places: &Places, reporter: &Reporter) -> Result<Tally> {
    let build = ["test", "--no-run", "--package", "syncline", "--target", install::WASM];
    places.cargo(reporter, &build)?;
    let mut wasm_pack = process::program("wasm-pack", places.root());
    wasm_pack.args(["test", "--headless", "--chrome", "--firefox"]);
    let finished = counted(&process::run(&mut wasm_pack, &reporter.streamed())?)?;
    let Some(driver) = tools::webkit_driver() else {
        reporter.note("WebKit is left out: Debian's webkit2gtk-driver or xvfb is not there");
        return Ok(finished);
    };
    let mut with_screen = process::program("xvfb-run", places.root());
    with_screen.args(["-a", "wasm-pack", "test", "--headless", "--safari", "--safaridriver"]).arg(driver);
    let in_webkit = counted(&process::run(&mut with_screen, &reporter.streamed())?)?;
    Ok([finished, in_webkit].into_iter().sum())
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
    counted(&finished)
}

fn simulation(places: &Places, reporter: &Reporter) -> Result<Tally> {
    sim::compile(places, reporter)?;
    reporter.note(&format!("{SEEDS} seeds"));
    Ok(outcome(&sim::play(places, &Seeds::many(SEEDS), &reporter.streamed())?))
}

fn planted(places: &Places, reporter: &Reporter) -> Result<Tally> {
    Ok(outcome(&sim::play(places, &Seeds::hunt(), &reporter.streamed())?))
}

/// Runs the JavaScript tests of a folder, which start browsers themselves: one file at a time, since the other lane needs its core.
fn in_browsers(places: &Places, reporter: &Reporter, below: &str) -> Result<Tally> {
    // Each step has its own: they may run at the same time.
    let folder = places.built("www").join(below);
    demo::assemble(places, &folder)?;
    let tests = files::below(&places.source(below), &|_| true)?;
    let tests = tests.iter().filter(|file| file.to_string_lossy().ends_with(".test.mjs")).collect::<Vec<_>>();
    ensure!(!tests.is_empty(), "{below} holds no *.test.mjs");
    let mut node = process::program("node", places.root());
    node.args(["--test", "--test-reporter=spec", "--test-concurrency=1", "--test-timeout=300000"])
        .args(tests);
    node.env("SYNCLINE_CHROMIUM", tools::chromium().context("Chromium is missing")?);
    node.env("SYNCLINE_FIREFOX", tools::firefox().context("Firefox is missing")?);
    node.env("SYNCLINE_SERVER", places.built("debug").join(demo::SERVER));
    node.env("SYNCLINE_WWW", folder);
    match tools::webkit_driver() {
        Some(driver) => drop(node.env("SYNCLINE_WEBKIT", driver)),
        None => reporter.note("WebKit is left out: Debian's webkit2gtk-driver or xvfb is not there"),
    }
    let finished = process::run(&mut node, &reporter.streamed())?;
    counted(&finished)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn shell(script: &str) -> Finished {
        process::run(process::program("sh", Path::new(".")).args(["-c", script]), &Reporter::quiet(""))
            .unwrap()
    }

    #[test]
    fn a_runner_that_found_no_test_has_failed() {
        let error = counted(&shell("echo 'test result: ok. 0 passed; 0 failed; 0 ignored'")).unwrap_err();
        assert!(error.to_string().contains("ran no test"), "{error}");
    }

    #[test]
    fn a_runner_is_believed_what_it_counted() {
        let tally = counted(&shell("echo 'test result: ok. 3 passed; 0 failed; 0 ignored'")).unwrap();
        assert_eq!(tally, Tally { passed: 3, ..Tally::default() });
    }
}
