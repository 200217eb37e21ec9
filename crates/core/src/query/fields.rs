//! Picks a few fields out of a document's text without reading the rest of it. Compares nothing.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::FieldPath;
use crate::model::{Error, ErrorCode};

/// The fields that somebody wants to know, by their places.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fields {
    paths: Vec<FieldPath>,
}

/// What a document has in each wanted field, by the same places.
pub type Picked = Vec<Option<Value>>;

impl Fields {
    /// The place of a path, which is wanted from here on.
    pub fn want(&mut self, path: &FieldPath) -> usize {
        self.paths.iter().position(|known| known == path).unwrap_or_else(|| {
            self.paths.push(path.clone());
            self.paths.len().saturating_sub(1)
        })
    }

    /// Picks the fields out of a document's text.
    pub fn pick(&self, text: &str) -> Result<Picked, Error> {
        let mut picked = vec![None; self.paths.len()];
        let wanted: Vec<(usize, &[String])> =
            self.paths.iter().enumerate().map(|(place, path)| (place, path.names())).collect();
        let mut deserializer = serde_json::Deserializer::from_str(text);
        Picker { wanted, picked: &mut picked }
            .deserialize(&mut deserializer)
            .map_err(|error| Error::new(ErrorCode::StorageCorrupt, error.to_string()))?;
        Ok(picked)
    }
}

/// Walks one object; `wanted` are places and what is left of their paths.
struct Picker<'p, 'v> {
    wanted: Vec<(usize, &'p [String])>,
    picked: &'v mut Picked,
}

impl<'de> DeserializeSeed<'de> for Picker<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Picker<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            let mut below = Vec::new();
            let mut ends = Vec::new();
            for (place, path) in &self.wanted {
                match path.split_first() {
                    Some((first, [])) if *first == name => ends.push(*place),
                    Some((first, rest)) if *first == name => below.push((*place, rest)),
                    _ => {}
                }
            }
            if ends.is_empty() && below.is_empty() {
                map.next_value::<IgnoredAny>()?;
            } else if ends.is_empty() {
                map.next_value_seed(Picker { wanted: below, picked: self.picked })?;
            } else {
                let value: Value = map.next_value()?;
                for (place, rest) in below {
                    let found = rest.iter().try_fold(&value, |value, name| value.get(name));
                    keep(self.picked, place, found.cloned());
                }
                for place in ends {
                    keep(self.picked, place, Some(value.clone()));
                }
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        Ok(())
    }
}

fn keep(picked: &mut Picked, place: usize, value: Option<Value>) {
    if let Some(slot) = picked.get_mut(place) {
        *slot = value;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_are_picked_as_if_the_whole_document_was_read() {
        let text = r#"{"s":"a\"b","o":{"x":{"y":1},"z":[{"x":2}]},"n":null,"l":[1,{"o":2}],"t":true}"#;
        let whole: Value = serde_json::from_str(text).unwrap();
        let mut fields = Fields::default();
        let paths: Vec<FieldPath> = ["s", "o.x.y", "o.x", "o", "n", "l", "l.o", "t", "gone", "s.x", "n.x"]
            .into_iter()
            .map(FieldPath::parse)
            .collect();
        let places: Vec<usize> = paths.iter().map(|path| fields.want(path)).collect();
        let picked = fields.pick(text).unwrap();
        for (path, place) in paths.iter().zip(places) {
            assert_eq!(picked[place].as_ref(), path.of(&whole), "{path:?}");
        }
    }

    #[test]
    fn a_path_wanted_twice_has_one_place_and_a_torn_text_is_an_error() {
        let mut fields = Fields::default();
        let path = FieldPath::parse("a.b");
        assert_eq!((fields.want(&path), fields.want(&path)), (0, 0));
        assert!(fields.pick(r#"{"a":{"b":1"#).is_err());
        assert_eq!(fields.pick("[1]").unwrap(), [None]);
        assert_eq!(fields.pick(r#"{"a":{"b":7}}"#).unwrap(), [Some(json!(7))]);
    }
}
