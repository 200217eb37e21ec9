//! Brings documents up to the version that the app knows.

use syncline_protocol::CollectionName;

/// What the app says of older documents.
///
/// # Contract
/// Pure: the same document of the same version always comes out the same, on every device. What comes out is the JSON text of
/// an object with the same id, marked with the collection's version. An error is what the app threw, in words.
pub trait Migrator {
    /// Brings a document of a lower version up to the collection's.
    fn migrate(&self, collection: &CollectionName, doc: &str, from: u32) -> Result<String, String>;
}

/// An app whose documents have no versions.
impl Migrator for () {
    fn migrate(&self, _collection: &CollectionName, doc: &str, _from: u32) -> Result<String, String> {
        Ok(doc.to_owned())
    }
}
