//! Builds the WebAssembly of the package and the JavaScript that binds it.
//! Does not optimise it for publishing: `pkg` does.

use std::path::{Path, PathBuf};

use anyhow::Result;
use wasm_bindgen_cli_support::Bindgen;

use crate::files;
use crate::install::WASM;
use crate::places::Places;
use crate::process::Reporter;

/// The name that the package's JavaScript imports.
const NAME: &str = "core";
/// The module that the build leaves in `pkg/wasm`.
pub(crate) const MODULE: &str = "pkg/wasm/core_bg.wasm";

/// Compiles the shell for browsers, as it is published.
pub(crate) fn compile(places: &Places, reporter: &Reporter) -> Result<()> {
    places.cargo(reporter, &["build", "--release", "--target", WASM, "--package", "syncline"])
}

/// Makes the bindings of what was compiled, and puts them into `pkg/wasm` unless newer ones are there.
pub(crate) fn bind(places: &Places, reporter: &Reporter) -> Result<()> {
    let (compiled, bindings) = (places.built(&format!("{WASM}/release/syncline.wasm")), bindings(places));
    if files::is_newer(&compiled, &bindings.join("core.js")) {
        files::emptied(&bindings)?;
        generate(&compiled, &bindings)?;
    } else {
        reporter.note("the bindings are up to date");
    }
    if files::is_newer(&bindings.join("core.js"), &places.source(MODULE)) {
        place(places)?;
    }
    Ok(())
}

/// Puts the bindings into `pkg/wasm` as they were made.
pub(crate) fn place(places: &Places) -> Result<()> {
    let home = places.source("pkg/wasm");
    files::emptied(&home)?;
    files::copy_tree(&bindings(places), &home)
}

/// Where the bindings are made, before anything optimises them.
pub(crate) fn bindings(places: &Places) -> PathBuf {
    places.built("bindings")
}

fn generate(module: &Path, into: &Path) -> Result<()> {
    Bindgen::new()
        .input_path(module)
        .web(true)?
        .out_name(NAME)
        .typescript(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(into)
}
