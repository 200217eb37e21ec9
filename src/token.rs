//! Tokens from the app's `token` function.

use std::rc::Rc;

use syncline_core::{
    model::{Error, ErrorCode},
    ports,
};

use crate::{errors::describe, host::JsHost};

/// Asks JavaScript.
#[derive(Debug)]
pub(crate) struct TokenSource(pub(crate) Rc<JsHost>);

impl ports::TokenSource for TokenSource {
    async fn token(&self) -> Result<Option<String>, Error> {
        match self.0.token().await {
            Ok(token) => Ok(token.as_string()),
            // The app could not say: most likely it could not reach whoever gives out tokens.
            Err(thrown) => Err(Error::new(
                ErrorCode::Network,
                format!("token: the function failed: {}", describe(&thrown)),
            )),
        }
    }
}
