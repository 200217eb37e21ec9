//! A server's address, checked when given. Sends nothing.

use crate::model::Error;

/// An `http:` or `https:` address without a query, to which paths are added.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Address(String);

impl Address {
    /// Checks an address; an error names `backend.url`.
    pub fn parse(url: &str) -> Result<Self, Error> {
        let wrong = |what: &str| Err(Error::argument("backend.url", format!("`{url}` {what}")));
        let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        let Some(rest) = rest else { return wrong("must begin with http:// or https://") };
        let host = rest.split('/').next().unwrap_or_default();
        if host.is_empty() || host.starts_with(':') {
            return wrong("names no host");
        }
        if url.contains(|letter: char| letter.is_whitespace() || letter == '?' || letter == '#') {
            return wrong("must have no spaces, query or fragment");
        }
        Ok(Self(url.trim_end_matches('/').to_owned()))
    }

    /// The address of a path below it.
    pub fn http(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// The same for a socket: `ws:` for `http:`, `wss:` for `https:`.
    pub fn socket(&self, path: &str) -> String {
        format!("ws{}{path}", self.0.strip_prefix("http").unwrap_or(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_address_is_named() {
        for url in ["", "localhost", "ftp://x", "http://", "http:///x", "https://x y", "http://x?y"] {
            let error = Address::parse(url).unwrap_err();
            assert!(error.message.starts_with("backend.url"), "{}", error.message);
        }
    }

    #[test]
    fn paths_are_added_for_requests_and_sockets() {
        let address = Address::parse("https://x.test/api/").unwrap();
        assert_eq!(address.http("/v1/push"), "https://x.test/api/v1/push");
        assert_eq!(address.socket("/v1/live"), "wss://x.test/api/v1/live");
    }
}
