//! What every document that is kept says of itself: its record's id. Checks nothing else of it.
//!
//! The package finds a document by its field `id`, and other programs may have left it out or set another one.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::{Map, Value};
use syncline_protocol::{JsonText, RecordId, RemoteRecord};

#[derive(Deserialize)]
struct Identified<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
}

/// Gives the document of a record that came from a server its id.
pub(crate) fn identify(record: &mut RemoteRecord) {
    let Some(data) = &record.data else { return };
    if let Cow::Owned(text) = identified(data.as_str(), &record.id)
        && let Ok(data) = JsonText::parse(text)
    {
        record.data = Some(data);
    }
}

/// A document's JSON text with its record's id in the field `id`, unchanged where it is there already. A value that is no
/// object, which no app of ours writes, becomes the field `data` of one.
pub(crate) fn identified<'a>(text: &'a str, record: &RecordId) -> Cow<'a, str> {
    if serde_json::from_str::<Identified<'_>>(text).is_ok_and(|doc| doc.id == record.as_str()) {
        return Cow::Borrowed(text);
    }
    let mut fields = match serde_json::from_str(text) {
        Ok(Value::Object(fields)) => fields,
        Ok(data) => Map::from_iter([("data".to_owned(), data)]),
        // No JSON at all stays what it is: whoever reads it says so.
        Err(_) => return Cow::Borrowed(text),
    };
    fields.insert("id".to_owned(), record.as_str().into());
    Cow::Owned(Value::Object(fields).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_a(text: &str) -> String {
        identified(text, &RecordId::trusted("a")).into_owned()
    }

    #[test]
    fn a_document_that_has_its_id_stays_byte_for_byte() {
        let text = r#"{ "n": 1.50, "id": "\u0061" }"#;
        assert_eq!(of_a(text), text);
    }

    #[test]
    fn a_document_without_its_id_gets_it() {
        assert_eq!(of_a(r#"{"n":1}"#), r#"{"n":1,"id":"a"}"#);
        assert_eq!(of_a(r#"{"id":"b","n":1}"#), r#"{"id":"a","n":1}"#);
        assert_eq!(of_a(r#"{"id":7}"#), r#"{"id":"a"}"#);
        assert_eq!(of_a(r#"{"id":"a","id":"b"}"#), r#"{"id":"a"}"#, "the last one counts");
        assert_eq!(of_a("[1]"), r#"{"data":[1],"id":"a"}"#);
    }
}
