//! Builds the npm package as it is published, packs it, and tries the tarball in an empty project.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};

use crate::places::Places;
use crate::process::{self, Finished, Reporter};
use crate::steps::{Steps, say};
use crate::{files, install, npm, wasm};

/// The tests that run in the empty project, beside the installed package.
const TRIAL: &str = "tests/package";
/// A package that was closed must let the process end.
const LIMIT: &str = "--test-timeout=60000";
/// What wasm-opt is asked for. The binaryen of other versions may break the module without a word.
const OPTIMISE: [&str; 3] = ["-O3", "--strip-debug", "--strip-producers"];

/// Builds, packs and tries the package.
pub(crate) fn run(places: &Places) -> Result<ExitCode> {
    let mut steps = Steps::new("Building the npm package", 6);
    steps.step("Installing what is missing", |reporter| {
        install::toolchain(places, reporter)?;
        npm::packages(places, reporter)
    })?;
    steps.step("Compiling it to WebAssembly", |reporter| wasm::compile(places, reporter))?;
    steps.step("Binding it to JavaScript", |reporter| wasm::bind(places, reporter))?;
    steps.step("Optimising the module", |reporter| optimise(places, reporter))?;
    let tarball = steps.step("Packing it", |reporter| pack(places, reporter))?;
    steps.step("Trying the tarball in an empty project", |reporter| {
        try_out(places, &tarball, reporter)?.success()
    })?;
    for line in measured(places, &tarball)? {
        say(&line);
    }
    say(&format!("Packed in {}: {}", steps.elapsed(), places.shown(&tarball)));
    Ok(ExitCode::SUCCESS)
}

/// Replaces the module in `pkg/wasm` by an optimised one, unless it is one of what was compiled last.
pub(crate) fn optimise(places: &Places, reporter: &Reporter) -> Result<()> {
    let version = npm::pinned(places, "binaryen")?;
    let wanted = version.split('.').next().unwrap_or(&version);
    let program = places.source("node_modules/.bin/wasm-opt");
    let said = process::output(process::program(&program, places.root()).arg("--version"))?;
    ensure!(
        said.split_whitespace().any(|word| word == wanted),
        "wasm-opt says \"{}\", but version {wanted} is pinned",
        said.trim()
    );
    wasm::place(places)?;
    let raw = wasm::bindings(places).join("core_bg.wasm");
    // Its name says how it was made, so that another version or other options make another.
    let optimised = places.built(&format!("optimised/core-{wanted}{}.wasm", OPTIMISE.concat()));
    if files::is_newer(&raw, &optimised) {
        files::emptied(&places.built("optimised"))?;
        let made = optimised.with_extension("part");
        let mut command = process::program(&program, places.root());
        command.args(OPTIMISE).arg(&raw).arg("-o").arg(&made);
        process::run(&mut command, reporter)?.success()?;
        std::fs::rename(&made, &optimised).context("the optimised module could not be named")?;
    } else {
        reporter.note("the module is up to date");
    }
    files::copy(&optimised, &places.source(wasm::MODULE))
}

/// Packs the package into the target directory, as npm would publish it.
pub(crate) fn pack(places: &Places, reporter: &Reporter) -> Result<PathBuf> {
    let mut npm = process::program("npm", places.root());
    npm.args(["pack", "./pkg", "--json", "--ignore-scripts", "--pack-destination"]).arg(places.built(""));
    let said = process::output(&mut npm)?;
    let said: serde_json::Value = serde_json::from_str(&said).context("npm pack did not answer with JSON")?;
    let packed = said.get(0).context("npm pack packed nothing")?;
    let names = packed.get("files").and_then(serde_json::Value::as_array).map_or(0, Vec::len);
    reporter.note(&format!("{names} files"));
    let name = packed.get("filename").and_then(serde_json::Value::as_str);
    Ok(places.built(name.context("npm pack does not say what it wrote")?))
}

/// Installs the tarball into an empty project, imports every entry and uses the package there.
pub(crate) fn try_out(places: &Places, tarball: &Path, reporter: &Reporter) -> Result<Finished> {
    let project = tempfile::tempdir()?;
    let folder = project.path();
    std::fs::write(folder.join("package.json"), r#"{"private": true, "type": "module"}"#)?;
    let mut npm = process::program("npm", folder);
    npm.args(["install", "--ignore-scripts", "--no-audit", "--no-fund"]).arg(tarball);
    process::run(&mut npm, reporter)?.success()?;
    let mut tests = Vec::new();
    for file in files::below(&places.source(TRIAL), &|_| true)? {
        let name = file.strip_prefix(places.source(TRIAL))?.to_path_buf();
        files::copy(&file, &folder.join(&name))?;
        tests.extend(name.to_string_lossy().ends_with(".test.mjs").then_some(name));
    }
    ensure!(!tests.is_empty(), "{TRIAL} holds no *.test.mjs");
    let mut node = process::program("node", folder);
    node.args(["--test", "--test-reporter=spec", LIMIT]).args(tests);
    node.env("FAKE_INDEXEDDB", places.source("node_modules/fake-indexeddb/auto/index.mjs"));
    node.env("VITEST", places.source("node_modules/vitest/vitest.mjs"));
    process::run(&mut node, &reporter.streamed())
}

/// The sizes that a user of the package pays for, raw and as gzip.
pub(crate) fn measured(places: &Places, tarball: &Path) -> Result<Vec<String>> {
    let mut lines = vec![format!("{:<28} {:>9} {:>9}", "bytes", "raw", "gzip")];
    for file in files::below(&places.source("pkg"), &|folder| !folder.ends_with("test"))? {
        let is_loaded = file.extension().is_some_and(|ending| ending == "wasm" || ending == "js");
        if is_loaded {
            let (raw, gzip) = files::sizes(&file)?;
            lines.push(format!("{:<28} {raw:>9} {gzip:>9}", places.shown(&file)));
        }
    }
    let packed = std::fs::metadata(tarball)?.len();
    lines.push(format!("{:<28} {packed:>9}", "the tarball"));
    Ok(lines)
}
