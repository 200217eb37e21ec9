//! One request, one response.

use crate::model::Error;

/// How a resource is asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Method {
    /// Reads.
    Get,
    /// Sends.
    Post,
    /// Sets.
    Put,
}

/// What is asked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HttpRequest {
    /// How.
    pub method: Method,
    /// The whole address.
    pub url: String,
    /// Names and values.
    pub headers: Vec<(&'static str, String)>,
    /// The bytes sent.
    pub body: Option<Vec<u8>>,
}

/// What was answered.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct HttpResponse {
    /// The status code.
    pub status: u16,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The bytes that came.
    pub body: Vec<u8>,
}

impl HttpResponse {
    /// A header's value by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Carries requests.
///
/// # Contract
/// `Ok` for every response, whatever its status; `Err` (`network`, `timeout`, `offline`) where there was none, and then the
/// request may or may not have been carried out. Dropping the future gives the request up.
#[allow(async_fn_in_trait, reason = "everything is on one thread")]
pub trait Http {
    /// Sends one and waits for its response.
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, Error>;
}
