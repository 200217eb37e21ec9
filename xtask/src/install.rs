//! Installs what is missing where it may, and else says exactly what to install.
//! Does not know what each tool is for: `tools` does.

use std::path::Path;

use anyhow::{Result, bail, ensure};

use crate::places::Places;
use crate::process::{self, Reporter};
use crate::tools::{CARGO_TOOLS, CargoTool, SYSTEM_TOOLS, says};

/// The target that everything for browsers is built for.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";

/// Adds what the toolchain lacks: the WebAssembly target, the linter and the formatter.
pub(crate) fn toolchain(places: &Places, reporter: &Reporter) -> Result<()> {
    let mut rustc = process::program("rustc", places.root());
    let library = process::output(rustc.args(["--print", "target-libdir", "--target", WASM]))?;
    if !Path::new(library.trim()).is_dir() {
        rustup(places, reporter, &["target", "add", WASM])?;
    }
    for (program, component) in [("cargo-clippy", "clippy"), ("rustfmt", "rustfmt")] {
        if says(program).is_none() {
            rustup(places, reporter, &["component", "add", component])?;
        }
    }
    reporter.note(&format!("{WASM}, clippy and rustfmt are there"));
    Ok(())
}

fn rustup(places: &Places, reporter: &Reporter, arguments: &[&str]) -> Result<()> {
    let by_hand = format!("rustup {}", arguments.join(" "));
    ensure!(
        says("rustup").is_some(),
        "the toolchain lacks what `{by_hand}` would add, but rustup is not there"
    );
    reporter.note(&by_hand);
    process::run(process::program("rustup", places.root()).args(arguments), reporter)?.success()
}

/// Installs browsers and their drivers from Debian.
pub(crate) fn browsers(places: &Places, reporter: &Reporter) -> Result<()> {
    let missing = missing();
    if missing.is_empty() {
        reporter.note("the browsers are there");
        return Ok(());
    }
    let by_hand = format!("apt-get install {}", missing.join(" "));
    if !(is_root(places) && says("apt-get").is_some()) {
        bail!(
            "missing: {}. Install them as root with `{by_hand}`, or put them on PATH by other means",
            missing.join(", ")
        );
    }
    reporter.note(&by_hand);
    apt(places, reporter, &["update"])?;
    apt(places, reporter, &[&["install", "-y", "--no-install-recommends"], missing.as_slice()].concat())?;
    ensure!(
        self::missing().is_empty(),
        "{by_hand} went well, but {} cannot be run",
        self::missing().join(", ")
    );
    Ok(())
}

/// The Debian packages of the browsers and drivers that are not there.
fn missing() -> Vec<&'static str> {
    SYSTEM_TOOLS.iter().filter(|tool| tool.found().is_none()).map(|tool| tool.package).collect()
}

/// Installs the programs that come from crates.io.
pub(crate) fn cargo_tools(places: &Places, reporter: &Reporter) -> Result<()> {
    for tool in CARGO_TOOLS {
        let found = says(tool.program);
        if tool.is_wanting(found.as_deref()) {
            cargo_tool(places, reporter, &tool)?;
        } else {
            reporter.note(&format!("{} is there", found.unwrap_or_default()));
        }
    }
    Ok(())
}

fn cargo_tool(places: &Places, reporter: &Reporter, tool: &CargoTool) -> Result<()> {
    reporter.note(&tool.by_hand());
    let mut cargo = process::cargo(places.root());
    cargo.args(["install", tool.package, "--version", tool.version]);
    if tool.is_locked {
        cargo.arg("--locked");
    }
    // Its own directory: what it builds shares nothing with the workspace, and would wait for its lock.
    cargo.env_remove("CARGO_TARGET_DIR");
    process::run(&mut cargo, reporter)?.success()?;
    if tool.is_wanting(says(tool.program).as_deref()) {
        bail!("{} {} was installed but is not found first on PATH", tool.program, tool.version);
    }
    Ok(())
}

fn apt(places: &Places, reporter: &Reporter, arguments: &[&str]) -> Result<()> {
    let mut command = process::program("apt-get", places.root());
    command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    process::run(&mut command, reporter)?.success()
}

fn is_root(places: &Places) -> bool {
    process::output(process::program("id", places.root()).arg("-u")).is_ok_and(|id| id.trim() == "0")
}
