//! Dotted paths into documents. Does not compare what it finds.

use serde_json::Value;

/// A field of a document, dots going into objects: `address.city`.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct FieldPath(Vec<String>);

impl FieldPath {
    /// Reads a path.
    pub fn parse(text: &str) -> Self {
        Self(text.split('.').map(str::to_owned).collect())
    }

    /// The names from the outside in.
    pub(super) fn names(&self) -> &[String] {
        &self.0
    }

    /// What the document has there.
    pub fn of<'d>(&self, doc: &'d Value) -> Option<&'d Value> {
        self.0.iter().try_fold(doc, |value, name| value.get(name))
    }
}
