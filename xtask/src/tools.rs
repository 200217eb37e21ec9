//! Which programs the tests need, in which version, and whether they are there. Installs nothing.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::process;

/// The version of wasm-bindgen that the workspace is pinned to; its test runner must be the same.
pub(crate) const WASM_BINDGEN: &str = "0.2.130";

/// Names under which a Chromium is looked for, best first.
const CHROMIUM: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// A program that cargo can build.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CargoTool {
    /// What is run.
    pub(crate) program: &'static str,
    /// The crate it comes from.
    pub(crate) package: &'static str,
    /// What is installed when none is there, or when an exact version is needed.
    pub(crate) version: &'static str,
    /// True: any other version that is there is replaced.
    pub(crate) is_exact: bool,
    /// False where the crate's own lockfile cannot be resolved against every registry.
    pub(crate) is_locked: bool,
}

/// The programs from crates.io that the browser tests need.
pub(crate) const CARGO_TOOLS: [CargoTool; 3] = [
    CargoTool {
        program: "wasm-pack",
        package: "wasm-pack",
        version: "0.15.1",
        is_exact: false,
        is_locked: true,
    },
    CargoTool {
        program: "wasm-bindgen",
        package: "wasm-bindgen-cli",
        version: WASM_BINDGEN,
        is_exact: true,
        is_locked: false,
    },
    CargoTool {
        program: "geckodriver",
        package: "geckodriver",
        version: "0.37.1",
        is_exact: false,
        is_locked: true,
    },
];

/// A program of the system, and the Debian package it comes in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SystemTool {
    /// Any of these names will do.
    pub(crate) programs: &'static [&'static str],
    /// What Debian calls it.
    pub(crate) package: &'static str,
}

/// The WebKit that `webdriver.json` names, where Debian puts it.
const WEBKIT: &str = "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser";

const FIREFOX: [&str; 2] = ["firefox", "firefox-esr"];

/// The programs from Debian that the browser tests need.
pub(crate) const SYSTEM_TOOLS: [SystemTool; 3] = [
    SystemTool { programs: &CHROMIUM, package: "chromium" },
    SystemTool { programs: &["chromedriver"], package: "chromium-driver" },
    SystemTool { programs: &FIREFOX, package: "firefox-esr" },
];

impl CargoTool {
    /// True: what is there (what it says to `--version`) cannot be used.
    pub(crate) fn is_wanting(&self, found: Option<&str>) -> bool {
        match found {
            None => true,
            Some(said) => self.is_exact && version_in(said) != Some(self.version),
        }
    }

    /// How to install it by hand.
    pub(crate) fn by_hand(&self) -> String {
        let locked = if self.is_locked { " --locked" } else { "" };
        format!("cargo install {} --version {}{locked}", self.package, self.version)
    }
}

impl SystemTool {
    /// The first of its names that runs.
    pub(crate) fn found(&self) -> Option<&'static str> {
        self.programs.iter().copied().find(|program| says(program).is_some())
    }
}

/// Where the Chromium is that runs.
pub(crate) fn chromium() -> Option<PathBuf> {
    place_of(&CHROMIUM)
}

/// Where the Firefox is that runs.
pub(crate) fn firefox() -> Option<PathBuf> {
    place_of(&FIREFOX)
}

fn place_of(programs: &[&str]) -> Option<PathBuf> {
    file_on_path(programs.iter().find(|program| says(program).is_some())?)
}

/// Where the driver of WebKit is, if all is there that it takes. Nobody has to install it.
pub(crate) fn webkit_driver() -> Option<PathBuf> {
    // Neither of the two knows `--version`.
    let (screen, driver) = (file_on_path("xvfb-run"), file_on_path("WebKitWebDriver"));
    screen.and(driver).filter(|_| Path::new(WEBKIT).is_file())
}

fn file_on_path(name: &str) -> Option<PathBuf> {
    process::folders().into_iter().map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// The first line a program answers to `--version`; None when it is absent or does not run.
pub(crate) fn says(name: &str) -> Option<String> {
    let mut command = process::program(name, Path::new("."));
    let output = command.arg("--version").stderr(Stdio::null()).output().ok()?;
    let said = String::from_utf8_lossy(&output.stdout);
    output.status.success().then(|| said.lines().next().unwrap_or_default().trim().to_owned())
}

/// The first word that looks like a version: `geckodriver 0.37.1 (…)` has 0.37.1.
pub(crate) fn version_in(said: &str) -> Option<&str> {
    let words = said.split_whitespace().map(|word| word.trim_start_matches('v'));
    words
        .into_iter()
        .find(|word| word.contains('.') && word.starts_with(|first: char| first.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXACT: CargoTool = CargoTool {
        program: "tool",
        package: "tool-cli",
        version: "1.2.3",
        is_exact: true,
        is_locked: false,
    };

    #[test]
    fn an_absent_tool_is_wanting() {
        assert!(EXACT.is_wanting(None));
    }

    #[test]
    fn an_exact_tool_is_wanting_in_any_other_version() {
        assert!(EXACT.is_wanting(Some("tool 1.2.4")));
        assert!(!EXACT.is_wanting(Some("tool 1.2.3 (abcdef 2026-01-01)")));
    }

    #[test]
    fn any_version_of_another_tool_will_do() {
        let tool = CargoTool { is_exact: false, ..EXACT };
        assert!(!tool.is_wanting(Some("tool 9.9.9")));
    }

    #[test]
    fn versions_are_found_behind_names_and_a_v() {
        assert_eq!(version_in("v20.20.2"), Some("20.20.2"));
        assert_eq!(version_in("wasm-opt version 132 (version_132)"), None);
        assert_eq!(version_in("geckodriver 0.37.1"), Some("0.37.1"));
    }

    #[test]
    fn the_pinned_wasm_bindgen_is_the_one_of_the_workspace() {
        let manifest = include_str!("../../Cargo.toml");
        assert!(manifest.contains(&format!("\nwasm-bindgen = \"={WASM_BINDGEN}\"\n")));
        assert!(manifest.contains(&format!("\nwasm-bindgen-cli-support = \"={WASM_BINDGEN}\"\n")));
    }
}
