//! The version that a document's text says it has: a member `$v`, which travels wherever the document does. Migrates nothing.

use serde::Deserialize;

/// The member of a document that says its version.
pub const VERSION_MARK: &str = "$v";

#[derive(Deserialize)]
struct Marked {
    #[serde(default, rename = "$v")]
    version: u32,
}

/// The version of a document; one without a mark, or with one that is none, has version 0.
pub fn version_of(text: &str) -> u32 {
    // Most texts are not marked, and to look for the mark costs less than to parse them.
    if !text.contains(r#""$v""#) {
        return 0;
    }
    serde_json::from_str::<Marked>(text).map_or(0, |marked| marked.version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_member_of_the_document_itself_is_its_version() {
        assert_eq!(version_of(r#"{"id":"a","$v":3}"#), 3);
        assert_eq!(version_of(r#"{"id":"a"}"#), 0);
        assert_eq!(version_of(r#"{"id":"a","in":{"$v":3}}"#), 0);
        assert_eq!(version_of(r#"{"id":"a","$v":"3"}"#), 0);
        assert_eq!(version_of(r#"{"id":"\"$v\":3"}"#), 0);
    }
}
