//! The rules of the house that no compiler checks: sizes of files, what may be named where, the JavaScript edge.
//! Reads the tree; changes nothing.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use syn::{ImplItem, Item};

use crate::places::Places;
use crate::{files, imports, process};

/// A file longer than this is split.
const LONGEST: usize = 500;
/// What counts as code by its ending.
const CODE: [&str; 5] = ["rs", "js", "mjs", "ts", "css"];
/// Folders that hold what others wrote or what was generated.
const FOREIGN: [&str; 4] = [".git", "node_modules", "target", "wasm"];
/// The feature that makes deliberate bugs possible, and the one package that may turn it on.
const PLANTED: &str = "planted";
const SIMULATION: &str = "syncline-sim";
/// Crates that decide, and so know no browser, no clock and no chance.
const PURE: [&str; 2] = ["syncline-core", "syncline-store"];
/// What these must not be built on.
const IMPURE: [&str; 7] = ["chrono", "gloo-timers", "js-sys", "rand", "time", "wasm-bindgen", "web-sys"];

/// An error that lists every finding, unless there is none.
pub(crate) fn check(places: &Places) -> Result<()> {
    let mut findings = Vec::new();
    for file in files::below(places.root(), &is_ours)? {
        let name = places.shown(&file);
        let is_code = CODE.iter().any(|ending| file.extension().is_some_and(|found| found == *ending));
        if is_code {
            let text = fs::read_to_string(&file).with_context(|| format!("{name} cannot be read"))?;
            findings.extend(too_long(&name, &text));
            findings.extend(imports::upward(&name, &text)?);
            if name.starts_with("src/") && name.ends_with(".rs") {
                findings.extend(exclusive_exports(&name, &text)?);
            }
        }
    }
    let metadata = metadata(places)?;
    findings.extend(impure_dependencies(&metadata));
    findings.extend(planted_bugs(&metadata));
    if findings.is_empty() {
        return Ok(());
    }
    bail!("rules of the house are broken:\n  {}", findings.join("\n  "))
}

fn is_ours(folder: &Path) -> bool {
    !FOREIGN.iter().any(|name| folder.ends_with(name))
}

fn metadata(places: &Places) -> Result<serde_json::Value> {
    let mut cargo = process::cargo(places.root());
    let said = process::output(cargo.args(["metadata", "--no-deps", "--format-version", "1"]))?;
    serde_json::from_str(&said).context("cargo metadata did not answer with JSON")
}

fn too_long(name: &str, text: &str) -> Option<String> {
    let lines = text.lines().count();
    (lines > LONGEST).then(|| format!("{name} has {lines} lines: split it at {LONGEST}"))
}

/// An exported method with `&mut self` panics when JavaScript calls back into it, or calls it while it waits.
fn exclusive_exports(name: &str, text: &str) -> Result<Vec<String>> {
    let file = syn::parse_file(text).with_context(|| format!("{name} cannot be parsed"))?;
    let mut findings = Vec::new();
    for item in &file.items {
        let Item::Impl(block) = item else { continue };
        let is_exported = block.attrs.iter().any(|attribute| attribute.path().is_ident("wasm_bindgen"));
        for member in block.items.iter().filter(|_| is_exported) {
            let ImplItem::Fn(method) = member else { continue };
            let receiver = method.sig.receiver();
            if receiver.is_some_and(|own| own.reference.is_some() && own.mutability.is_some()) {
                findings.push(format!("{name}: `{}` is exported with `&mut self`", method.sig.ident));
            }
        }
    }
    Ok(findings)
}

/// Dependencies beside those for tests that would let a pure crate see the world.
fn impure_dependencies(metadata: &serde_json::Value) -> Vec<String> {
    let text = |value: &serde_json::Value, field: &str| {
        value.get(field).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
    };
    let list = |value: &serde_json::Value, field: &str| {
        value.get(field).and_then(serde_json::Value::as_array).cloned().unwrap_or_default()
    };
    let mut findings = Vec::new();
    for package in list(metadata, "packages") {
        let name = text(&package, "name");
        for dependency in list(&package, "dependencies") {
            let needed = text(&dependency, "name");
            let is_for_tests = text(&dependency, "kind") == "dev";
            if PURE.contains(&name.as_str()) && IMPURE.contains(&needed.as_str()) && !is_for_tests {
                findings.push(format!("{name} depends on {needed}: what decides does not see the world"));
            }
        }
    }
    findings
}

/// Packages that turn deliberate bugs on, beside the simulation: a default of theirs, or a dependency that asks for it.
fn planted_bugs(metadata: &serde_json::Value) -> Vec<String> {
    let holds = |list: Option<&serde_json::Value>| {
        let names = list.and_then(serde_json::Value::as_array).into_iter().flatten();
        names.filter_map(serde_json::Value::as_str).any(|name| name.ends_with(PLANTED))
    };
    let packages = metadata.get("packages").and_then(serde_json::Value::as_array);
    let mut findings = Vec::new();
    for package in packages.into_iter().flatten() {
        let name = package.get("name").and_then(serde_json::Value::as_str).unwrap_or_default();
        let dependencies = package.get("dependencies").and_then(serde_json::Value::as_array);
        let is_asked = dependencies.into_iter().flatten().any(|dependency| holds(dependency.get("features")));
        let is_default = holds(package.pointer("/features/default"));
        if name != SIMULATION && (is_asked || is_default) {
            findings
                .push(format!("{name} turns the feature `{PLANTED}` on, which is for the simulation alone"));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_file_is_too_long_from_501_lines_on() {
        assert_eq!(too_long("a.rs", &"line\n".repeat(500)), None);
        assert!(too_long("a.rs", &"line\n".repeat(501)).is_some());
    }

    #[test]
    fn an_exported_method_with_exclusive_self_is_found() {
        let text = "#[wasm_bindgen]\nimpl Client { pub fn ok(&self) {} pub fn bad(&mut self) {} }";
        assert_eq!(
            exclusive_exports("src/a.rs", text).unwrap(),
            ["src/a.rs: `bad` is exported with `&mut self`"]
        );
    }

    #[test]
    fn a_method_that_is_not_exported_may_have_exclusive_self() {
        let text = "impl Client { pub fn fine(&mut self) {} }";
        assert!(exclusive_exports("src/a.rs", text).unwrap().is_empty());
    }

    #[test]
    fn nobody_but_the_simulation_plants_bugs() {
        let package = |name: &str, default: &[&str], asked: &[&str]| {
            let dependency = json!({"name": "syncline-core", "features": asked});
            json!({"packages": [{"name": name, "features": {"default": default}, "dependencies": [dependency]}]})
        };
        assert!(planted_bugs(&package("syncline", &[], &["conformance"])).is_empty());
        assert!(planted_bugs(&package("syncline-sim", &["planted"], &["planted"])).is_empty());
        assert_eq!(planted_bugs(&package("syncline", &[], &["planted"])).len(), 1);
        assert_eq!(planted_bugs(&package("syncline-core", &["syncline-store/planted"], &[])).len(), 1);
    }

    #[test]
    fn a_pure_crate_may_be_impure_in_tests_alone() {
        let metadata = |kind: serde_json::Value| {
            let dependency = json!({"name": "rand", "kind": kind});
            json!({"packages": [{"name": "syncline-core", "dependencies": [dependency]}]})
        };
        assert!(impure_dependencies(&metadata(json!("dev"))).is_empty());
        assert_eq!(impure_dependencies(&metadata(json!(null))).len(), 1);
    }
}
