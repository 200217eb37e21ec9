//! What comes from npm: the packages of the root's lockfile, and the programs in them.

use std::fs;

use anyhow::{Context, Result, bail};

use crate::files;
use crate::places::Places;
use crate::process::{self, Reporter};
use crate::tools::{says, version_in};

/// The oldest Node that runs the tools and tests.
const OLDEST_NODE: u32 = 20;
/// A copy of the lockfile that `node_modules` was made from.
const STAMP: &str = "node_modules/.made-from.json";

/// Installs the packages that the lockfile names, unless exactly these are there.
pub(crate) fn packages(places: &Places, reporter: &Reporter) -> Result<()> {
    needs_node()?;
    let lockfile = places.source("package-lock.json");
    let (wanted, found) = (fs::read(&lockfile)?, fs::read(places.source(STAMP)).ok());
    if found.as_deref() == Some(wanted.as_slice()) {
        reporter.note("the npm packages are there");
        return Ok(());
    }
    reporter.note("npm ci");
    let mut npm = process::program("npm", places.root());
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    process::run(&mut npm, reporter)?.success()?;
    files::copy(&lockfile, &places.source(STAMP))
}

/// Runs a program that one of the packages brings.
pub(crate) fn run(places: &Places, reporter: &Reporter, program: &str, arguments: &[&str]) -> Result<()> {
    let mut command = process::program(places.source("node_modules/.bin").join(program), places.root());
    process::run(command.args(arguments), reporter)?.success()
}

/// The exact version that the root's `package.json` asks for.
pub(crate) fn pinned(places: &Places, package: &str) -> Result<String> {
    let manifest = fs::read_to_string(places.source("package.json"))?;
    let manifest: serde_json::Value = serde_json::from_str(&manifest)?;
    let version = manifest.get("devDependencies").and_then(|all| all.get(package));
    let version = version.and_then(serde_json::Value::as_str);
    version.map(str::to_owned).with_context(|| format!("package.json does not pin {package}"))
}

fn needs_node() -> Result<()> {
    let said = says("node").unwrap_or_default();
    let major = version_in(&said).and_then(|version| version.split('.').next()?.parse::<u32>().ok());
    match major {
        Some(major) if major >= OLDEST_NODE => Ok(()),
        Some(_) => bail!("Node {said} is too old: install Node {OLDEST_NODE} or newer"),
        None => bail!("Node is missing: install Node {OLDEST_NODE} or newer, with npm"),
    }
}
