//! The project's commands: reads the command line and calls the module that does the work.
//! Does no work itself.

mod bench;
mod check;
mod checks;
mod demo;
mod extension;
mod files;
mod house;
mod imports;
mod install;
mod lanes;
mod npm;
mod papers;
mod pkg;
mod places;
mod process;
mod reference;

mod serve;
mod sim;
mod steps;
mod suite;
mod tally;
mod test;
mod tools;
mod wasm;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::places::Places;

/// What one can ask of the project.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measures against hand-written IndexedDB.
    Bench(bench::Bench),
    /// Looks at everything that needs no test run: format, lints, types, rules of the house.
    Check,
    /// Builds everything, starts the server and prints the address of the demo.
    Demo {
        /// The port on 127.0.0.1.
        #[arg(long, default_value_t = 8787)]
        port: u16,
        /// Builds and stops.
        #[arg(long)]
        no_serve: bool,
    },
    /// Writes the reference of the package's API anew, from its types.
    Docs,
    /// Builds the npm package, packs it and tries the tarball in an empty project.
    Pkg,
    /// Runs the simulation, for a number of seeds or for one.
    Sim(sim::Seeds),
    /// Runs every test, and installs what that takes.
    Test {
        /// Runs this step and what it needs, instead of all; may be repeated.
        #[arg(long, value_name = "NAME")]
        only: Vec<String>,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments.command) {
        Ok(code) => code,
        Err(error) => {
            steps::say(&format!("\nerror: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode> {
    let places = Places::find()?;
    match command {
        Command::Bench(bench) => bench::run(&places, &bench),
        Command::Check => check::run(&places),
        Command::Demo { port, no_serve } => demo::run(&places, port, !no_serve),
        Command::Docs => reference::run(&places),
        Command::Pkg => pkg::run(&places),
        Command::Sim(seeds) => sim::run(&places, &seeds),
        Command::Test { only } => test::run(&places, &only),
    }
}
