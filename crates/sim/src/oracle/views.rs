//! What users could see, and had switched on, at each point of a device's log, to compare answers with. Reads nothing itself.

use std::collections::BTreeMap;

use syncline_protocol::CollectionName;
use syncline_store::Sequence;

use crate::service::RecordKey;

/// Every document that was ever to be seen, by the entry that made it so.
#[derive(Debug, Default)]
pub(crate) struct Views(BTreeMap<RecordKey, Vec<(Sequence, Option<String>)>>);

impl Views {
    /// Notes what is to be seen from an entry on.
    pub(crate) fn note(&mut self, sequence: Sequence, key: &RecordKey, doc: Option<&str>) {
        let seen = self.0.entry(key.clone()).or_default();
        if seen.last().and_then(|(_, last)| last.as_deref()) != doc {
            seen.push((sequence, doc.map(str::to_owned)));
        }
    }

    /// The document as of an entry.
    pub(crate) fn at(&self, key: &RecordKey, sequence: Sequence) -> Option<&str> {
        let seen = self.0.get(key)?;
        let (_, doc) = seen.iter().rev().find(|(at, _)| *at <= sequence)?;
        doc.as_deref()
    }

    /// All documents of a collection as of an entry, by id.
    pub(crate) fn all_at(&self, collection: &CollectionName, sequence: Sequence) -> Vec<(&RecordKey, &str)> {
        let keys = self.0.keys().filter(|(name, _)| name == collection);
        keys.filter_map(|key| Some((key, self.at(key, sequence)?))).collect()
    }

    /// Whether `is_so` held at any entry from `first` to `last`.
    pub(crate) fn was(first: Sequence, last: Sequence, mut is_so: impl FnMut(Sequence) -> bool) -> bool {
        (first.0..=last.0).any(|number| is_so(Sequence(number)))
    }
}

/// Whether sync of a collection was on, by the entry that switched it.
#[derive(Debug, Default)]
pub(crate) struct Settings(BTreeMap<CollectionName, Vec<(Sequence, bool)>>);

impl Settings {
    /// Notes what is so from an entry on.
    pub(crate) fn note(&mut self, sequence: Sequence, name: &CollectionName, is_enabled: bool) {
        self.0.entry(name.clone()).or_default().push((sequence, is_enabled));
    }

    /// Whether it was on as of an entry.
    pub(crate) fn at(&self, name: &CollectionName, sequence: Sequence) -> bool {
        let noted = self.0.get(name).and_then(|noted| noted.iter().rev().find(|(at, _)| *at <= sequence));
        noted.is_some_and(|(_, is_enabled)| *is_enabled)
    }
}
