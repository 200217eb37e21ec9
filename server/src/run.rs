//! The running server: opens the database and the port, serves, purges, and ends gracefully. Handles no request.

use std::{io::Write, net::SocketAddr, sync::Arc, time::Duration};

use axum::serve::ListenerExt as _;
use thiserror::Error;
use tokio::{net::TcpListener, time::sleep};

use crate::{
    app::{AppState, Options, app},
    auth::AuthError,
    clock,
    store::{OpenError, Store},
};

/// How long requests under way may take once the server is told to end.
const GRACE: Duration = Duration::from_secs(10);

/// How often what is too old is forgotten.
const PURGE_EVERY: Duration = Duration::from_secs(60 * 60);

/// Why the server could not start or go on.
#[derive(Debug, Error)]
pub enum RunError {
    /// The database cannot be used.
    #[error("the database {url} cannot be opened: {source}")]
    Database {
        /// What was to be opened.
        url: String,
        /// Why not.
        source: OpenError,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
    /// No directory to serve.
    #[error("{} is not a directory", .0.display())]
    NoDirectory(std::path::PathBuf),
    /// The system has no entropy, or passwords cannot be hashed.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// The listener failed.
    #[error("serving failed: {0}")]
    Serve(#[from] std::io::Error),
}

/// Serves until ctrl-c or SIGTERM; prints `listening on http://…` when it can be reached.
pub async fn serve(address: SocketAddr, database: &str, options: Options) -> Result<(), RunError> {
    if let Some(directory) = options.www.as_ref().filter(|directory| !directory.is_dir()) {
        return Err(RunError::NoDirectory(directory.clone()));
    }
    let store = Store::open(database)
        .await
        .map_err(|source| RunError::Database { url: database.to_owned(), source })?;
    let state = AppState::new(store, options)?;
    let failed = |source| RunError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    // Hints and small answers must not wait for the acknowledgement of what went before. A socket that cannot be set is
    // slower, not wrong.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    // Nobody reading the line is no reason to end.
    let _ = writeln!(std::io::stdout(), "listening on http://{bound}");
    let _ = std::io::stdout().flush();

    let purging = tokio::spawn(purge_for_ever(state.clone()));
    let ending = state.clone();
    let serving = axum::serve(listener, app(state.clone())).with_graceful_shutdown(async move {
        told_to_end().await;
        ending.hub.close();
    });
    let mut presence = state.hub.join();
    let served = tokio::select! {
        served = serving => served,
        () = async { presence.closed().await; sleep(GRACE).await; } => Ok(()),
    };
    drop(presence);
    state.hub.drained(GRACE).await;
    purging.abort();
    state.store.close().await;
    served.map_err(RunError::Serve)
}

async fn purge_for_ever(state: Arc<AppState>) {
    loop {
        if let Err(error) = state.store.purge(clock::now()).await {
            tracing::error!(%error, "purging failed");
        }
        sleep(PURGE_EVERY).await;
    }
}

#[cfg(unix)]
async fn told_to_end() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return interrupted().await };
    tokio::select! {
        _ = terminate.recv() => {}
        () = interrupted() => {}
    }
}

#[cfg(not(unix))]
async fn told_to_end() {
    interrupted().await;
}

async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        // Without a handler the default action of ctrl-c ends the process.
        std::future::pending::<()>().await;
    }
}
