//! The application: its state, its routes and the layers around them. Opens no port.

use std::{path::PathBuf, sync::Arc};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{
        Method,
        header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, DATE, ETAG, IF_NONE_MATCH, RETRY_AFTER},
    },
    middleware::map_response,
};
use syncline_protocol::Limits;
use tower_http::{
    compression::CompressionLayer,
    cors::{Any, CorsLayer},
    decompression::RequestDecompressionLayer,
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer},
    trace::TraceLayer,
};

use crate::{
    auth::{AuthError, Keys, Passwords},
    errors,
    live::{Hub, Timing},
    routes,
    store::Store,
    www,
};

/// What an operator may choose.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// A directory of files to serve beside the API.
    pub www: Option<PathBuf>,
    /// The limits that requests must keep.
    pub limits: Limits,
}

/// What every request handler shares.
#[derive(Debug)]
pub struct AppState {
    pub(crate) store: Store,
    pub(crate) keys: Keys,
    pub(crate) passwords: Passwords,
    pub(crate) hub: Hub,
    pub(crate) timing: Timing,
    pub(crate) options: Options,
}

impl AppState {
    /// Makes the state over an open store, whose secret signs the access tokens.
    pub fn new(store: Store, options: Options) -> Result<Arc<Self>, AuthError> {
        let keys = Keys::new(store.secret());
        let passwords = Passwords::new()?;
        Ok(Arc::new(Self { store, keys, passwords, hub: Hub::default(), timing: Timing::default(), options }))
    }
}

/// The whole application as one service.
pub fn app(state: Arc<AppState>) -> Router {
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers([AUTHORIZATION, CONTENT_TYPE, CONTENT_ENCODING, IF_NONE_MATCH])
        .expose_headers([ETAG, RETRY_AFTER, DATE])
        .max_age(std::time::Duration::from_secs(86_400));
    let routes = match &state.options.www {
        Some(directory) => routes::all().fallback_service(www::files(directory)),
        None => routes::all(),
    };
    // Each layer wraps those above it.
    routes
        .layer(DefaultBodyLimit::max(state.options.limits.bytes))
        .layer(RequestDecompressionLayer::new())
        .layer(map_response(errors::shape))
        .layer(CompressionLayer::new())
        .layer(cors)
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(TraceLayer::new_for_http())
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
        .with_state(state)
}
