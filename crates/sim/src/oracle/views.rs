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

    /// Whether there was no document at the end of the entry `first`, or after any commit from there to the end of `last`.
    pub(crate) fn was_absent(&self, key: &RecordKey, first: Sequence, last: Sequence) -> bool {
        let seen = self.0.get(key).map(Vec::as_slice).unwrap_or_default();
        let mut meanwhile = seen.iter().filter(|(at, _)| *at > first && *at <= last);
        self.at(key, first).is_none() || meanwhile.any(|(_, doc)| doc.is_none())
    }

    /// Whether `is_so` held at any entry from `first` to `last`.
    pub(crate) fn was(first: Sequence, last: Sequence, mut is_so: impl FnMut(Sequence) -> bool) -> bool {
        (first.0..=last.0).any(|number| is_so(Sequence(number)))
    }
}

/// Whether something was so of collections, by the commits that changed it: sync was on, somebody was waited for.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    commits: u64,
    noted: BTreeMap<CollectionName, Vec<Noted>>,
}

#[derive(Debug)]
struct Noted {
    sequence: Sequence,
    /// An entry may have several, each decided on what the one before it left.
    commit: u64,
    is_so: bool,
}

impl Settings {
    /// Notes what is so from a commit on.
    pub(crate) fn note<'a>(
        &mut self,
        sequence: Sequence,
        changed: impl Iterator<Item = (&'a CollectionName, bool)>,
    ) {
        self.commits = self.commits.saturating_add(1);
        let commit = self.commits;
        for (name, is_so) in changed {
            self.noted.entry(name.clone()).or_default().push(Noted { sequence, commit, is_so });
        }
    }

    /// Whether it was `is_so` of all of these at once, at the end of the entry `first` or after any commit from there to the end
    /// of `last`.
    pub(crate) fn was(&self, names: &[CollectionName], is_so: bool, first: Sequence, last: Sequence) -> bool {
        let noted = || names.iter().filter_map(|name| self.noted.get(name)).flatten();
        let before = noted().filter(|noted| noted.sequence <= first).map(|noted| noted.commit).max();
        let meanwhile = noted().filter(|noted| noted.sequence > first && noted.sequence <= last);
        let mut moments = [before.unwrap_or_default()].into_iter().chain(meanwhile.map(|noted| noted.commit));
        moments.any(|moment| names.iter().all(|name| self.at(name, moment) == is_so))
    }

    fn at(&self, name: &CollectionName, commit: u64) -> bool {
        let noted = self.noted.get(name);
        let last = noted.and_then(|noted| noted.iter().rev().find(|noted| noted.commit <= commit));
        last.is_some_and(|noted| noted.is_so)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(name: &str) -> CollectionName {
        CollectionName::parse(name).unwrap()
    }

    #[test]
    fn what_was_so_between_two_commits_of_one_entry_is_known() {
        let (notes, tasks) = (name("notes"), name("tasks"));
        let (before, entry) = (Sequence(2), Sequence(3));
        let mut settings = Settings::default();
        settings.note(entry, [(&notes, true), (&tasks, true)].into_iter());
        settings.note(entry, [(&tasks, false)].into_iter());
        let both = [notes.clone(), tasks];
        assert!(settings.was(&both, true, before, entry));
        assert!(settings.was(&both, false, before, entry), "before the entry");
        assert!(!settings.was(&both, true, entry, entry), "not at its end");
        assert!(!settings.was(&[notes], false, entry, entry));
    }

    #[test]
    fn a_record_was_absent_between_two_commits_of_one_entry() {
        let key = (name("notes"), syncline_protocol::RecordId::trusted("a"));
        let mut views = Views::default();
        views.note(Sequence(1), &key, Some("1"));
        views.note(Sequence(3), &key, None);
        views.note(Sequence(3), &key, Some("2"));
        assert!(views.was_absent(&key, Sequence(2), Sequence(3)));
        assert!(!views.was_absent(&key, Sequence(1), Sequence(2)));
        assert!(!views.was_absent(&key, Sequence(3), Sequence(4)));
    }
}
