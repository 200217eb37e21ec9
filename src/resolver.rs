//! Verdicts of the app's functions on conflicts.

use std::rc::Rc;

use syncline_core::{
    model::{Conflict, Error, ErrorCode},
    ports::{self, Verdict},
};

use crate::{
    errors::{describe, json},
    global::property_of,
    host::JsHost,
};

/// Asks JavaScript.
#[derive(Debug)]
pub(crate) struct Resolver(pub(crate) Rc<JsHost>);

impl ports::Resolver for Resolver {
    async fn resolve(&self, conflict: &Conflict) -> Result<Verdict, Error> {
        let collection = conflict.collection.as_str();
        match self.0.resolve(collection, &json(conflict)?).await {
            Ok(verdict) => Ok(match verdict.as_string() {
                None => Verdict::NoFunction,
                Some(text) if text == "null" => Verdict::Document(None),
                Some(text) => Verdict::Document(Some(text)),
            }),
            Err(thrown) => {
                let code = property_of(&thrown, "code").and_then(|code| code.as_string());
                let is_document = code.as_deref() == Some(ErrorCode::InvalidDocument.as_str());
                let code = if is_document { ErrorCode::InvalidDocument } else { ErrorCode::InvalidArgument };
                let message =
                    format!("conflict: the function of `{collection}` failed: {}", describe(&thrown));
                Err(Error::new(code, message))
            }
        }
    }
}
