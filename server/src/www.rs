//! Static files beside the API. Renders nothing and lists no directory.

use std::path::Path;

use axum::{
    Router,
    http::{
        HeaderValue,
        header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS},
    },
};
use tower_http::{services::ServeDir, set_header::SetResponseHeaderLayer};

/// Serves a directory: `/lab` is `lab/index.html` or `lab.html`. Files are asked for again each time and answered
/// 304 where they are as before, so that a rebuilt page is never mixed with an old module.
pub(crate) fn files(directory: &Path) -> Router {
    Router::new()
        .fallback_service(ServeDir::new(directory).html_as_default_extension(true))
        .layer(SetResponseHeaderLayer::if_not_present(CACHE_CONTROL, HeaderValue::from_static("no-cache")))
        .layer(SetResponseHeaderLayer::if_not_present(
            X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ))
}
