//! Builds the demo, puts its folder together and serves it. The browser tests use the same folder.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, ensure};

use crate::places::Places;
use crate::process::{self, Reporter};
use crate::serve::{self, Server};
use crate::steps::{Steps, say};
use crate::{extension, files, install, npm, wasm};

/// The package that the server is built from, and the name of its program.
pub(crate) const SERVER: &str = "syncline-server";
/// A data set of some thousand documents, for the demo's import button.
const DATA: &str = "node_modules/vega-datasets/data/movies.json";

/// Builds what the demo needs, and serves it until this program is ended.
pub(crate) fn run(places: &Places, port: u16, is_served: bool) -> Result<ExitCode> {
    if is_served {
        serve::needs_free(port)?;
    }
    let mut steps = Steps::new("Building the Syncline demo", if is_served { 6 } else { 5 });
    steps.step("Installing what is missing", |reporter| {
        install::toolchain(places, reporter)?;
        npm::packages(places, reporter)
    })?;
    steps.step("Compiling the package to WebAssembly", |reporter| wasm::compile(places, reporter))?;
    steps.step("Binding it to JavaScript", |reporter| wasm::bind(places, reporter))?;
    let server = steps.step("Compiling the server", |reporter| server(places, reporter))?;
    let folder = places.built("demo");
    steps.step("Putting the demo together", |_| assemble(places, &folder))?;
    if !is_served {
        say(&format!("Built in {}: {}", steps.elapsed(), places.shown(&folder)));
        return Ok(ExitCode::SUCCESS);
    }
    let running = steps.step("Starting the server", |_| start(places, &server, &folder, port))?;
    say(&format!("\nReady after {}. Open\n", steps.elapsed()));
    say(&format!("    http://localhost:{port}        the demo"));
    say(&format!("    http://localhost:{port}/lab    two devices side by side"));
    say("\nCtrl-C ends it.");
    ensure!(running.wait()?, "the server failed");
    Ok(ExitCode::SUCCESS)
}

/// Compiles the server and returns its program.
pub(crate) fn server(places: &Places, reporter: &Reporter) -> Result<PathBuf> {
    places.cargo(reporter, &["build", "--package", SERVER, "--bin", SERVER])?;
    Ok(places.built("debug").join(SERVER))
}

/// Puts a folder together that the server can serve: `www`, the package under `/pkg`, the data set under `/data`.
/// The extension gets copies of its own of the package and of what it shares with the demo, since it must hold everything it runs;
/// it is there twice, for Chromium and for Firefox, which differ in their manifests alone.
pub(crate) fn assemble(places: &Places, folder: &Path) -> Result<()> {
    files::emptied(folder)?;
    files::copy_tree(&places.source("www"), folder)?;
    files::copy_tree(&places.source("pkg"), &folder.join("pkg"))?;
    let extension = folder.join("extension");
    if extension.is_dir() {
        for (from, to) in [("pkg", "pkg"), ("www/js", "js"), ("www/css", "css")] {
            files::copy_tree(&places.source(from), &extension.join(to))?;
        }
        extension::for_firefox(&extension, &folder.join("extension-firefox"))?;
    }
    files::copy(&places.source(DATA), &folder.join("data/movies.json"))
}

fn start(places: &Places, server: &Path, folder: &Path, port: u16) -> Result<Server> {
    let mut command = process::program(server, places.root());
    command.arg("serve").args(["--listen", &serve::address(port).to_string()]);
    command.arg("--database").arg(serve::database(&places.built("demo.sqlite")));
    command.arg("--www").arg(folder);
    Server::start(&mut command, port)
}
