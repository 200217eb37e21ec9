//! Requests by `fetch` (gloo-net). Knows no protocol; sets no time limit.

use gloo_net::http::{Method as WebMethod, RequestBuilder, Response};
use js_sys::Uint8Array;
use syncline_core::{
    model::{Error, ErrorCode},
    ports::{self, HttpRequest, HttpResponse, Method},
};
use web_sys::AbortController;

/// The browser's `fetch`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fetch;

/// Gives the request up when dropped.
struct GiveUp(Option<AbortController>);

impl Drop for GiveUp {
    fn drop(&mut self) {
        if let Some(controller) = &self.0 {
            controller.abort();
        }
    }
}

impl ports::Http for Fetch {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, Error> {
        let give_up = GiveUp(AbortController::new().ok());
        let signal = give_up.0.as_ref().map(AbortController::signal);
        let method = match request.method {
            Method::Get => WebMethod::GET,
            Method::Post => WebMethod::POST,
            Method::Put => WebMethod::PUT,
        };
        let builder = RequestBuilder::new(&request.url).method(method).abort_signal(signal.as_ref());
        let headers = request.headers.iter();
        let builder = headers.fold(builder, |builder, (name, value)| builder.header(name, value));
        let request = match &request.body {
            Some(body) => builder.body(Uint8Array::from(body.as_slice())),
            None => builder.build(),
        };
        let response = request.map_err(failed)?.send().await.map_err(failed)?;
        read(&response).await
    }
}

async fn read(response: &Response) -> Result<HttpResponse, Error> {
    let headers =
        response.headers().entries().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
    Ok(HttpResponse { status: response.status(), headers, body: response.binary().await.map_err(failed)? })
}

/// `fetch` says only that it failed, never why: a refused connection and a missing CORS header look the same.
fn failed(error: gloo_net::Error) -> Error {
    Error::new(ErrorCode::Network, format!("the server could not be reached: {error}"))
}
