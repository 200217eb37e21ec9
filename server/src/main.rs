//! The command line. Starts what it is told to and says how it went; everything else is the library's.

use std::{net::SocketAddr, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};
use syncline_server::{Options, serve};
use tracing_subscriber::{filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

/// The reference server of syncline/1.
#[derive(Debug, Parser)]
#[command(name = "syncline-server", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves until it is told to stop (ctrl-c or SIGTERM).
    Serve {
        /// Where to listen; port 0 takes a free one.
        #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8787")]
        listen: SocketAddr,
        /// The database, made where it is missing.
        #[arg(long, value_name = "URL", default_value = "sqlite://syncline.db")]
        database: String,
        /// A directory of files to serve beside the API.
        #[arg(long, value_name = "DIR")]
        www: Option<PathBuf>,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    log_to_stderr();
    let Command::Serve { listen, database, www } = Cli::parse().command;
    match serve(listen, &database, Options { www, ..Options::default() }).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Logs what `RUST_LOG` asks for (like `info,tower_http=debug`), warnings by default.
fn log_to_stderr() {
    let wanted = std::env::var("RUST_LOG").ok().and_then(|text| text.parse::<Targets>().ok());
    let targets = wanted.unwrap_or_else(|| Targets::new().with_default(tracing::Level::WARN));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    tracing_subscriber::registry().with(targets).with(lines).init();
}
