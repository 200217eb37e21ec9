//! What really happened at the server: each effect, in order, with the change that had it. Checks the server's own promises.

use std::collections::{BTreeMap, BTreeSet};

use syncline_protocol::{Change, ChangeId, CollectionName, DeviceId, Millis, PushResult, RecordId, Version};
use syncline_server::decide::StoredRecord;

use crate::counts::Which;

/// Which record.
pub(crate) type RecordKey = (CollectionName, RecordId);

/// One effect: a record's state at one version.
#[derive(Clone, Debug)]
pub(crate) struct Deed {
    pub(crate) version: u64,
    pub(crate) position: u64,
    pub(crate) edited_at: Millis,
    pub(crate) device: DeviceId,
    /// The document's text; `None`: deleted.
    pub(crate) doc: Option<String>,
}

/// Everything that happened.
#[derive(Default)]
pub(crate) struct History {
    records: BTreeMap<RecordKey, Vec<Deed>>,
    sent: BTreeMap<ChangeId, Change>,
    applied: BTreeMap<ChangeId, u64>,
    conflicting: BTreeSet<ChangeId>,
    refused: BTreeSet<ChangeId>,
    pub(crate) purges: u64,
    is_excused: bool,
}

impl History {
    /// From here on a change may come again as another one: a disk went bad with what it knew of it.
    pub(crate) fn excuse(&mut self) {
        self.is_excused = true;
    }

    /// A change arrives: the same id always means the same change.
    pub(crate) fn arrive(&mut self, change: &Change) -> Result<(), String> {
        match self.sent.get(&change.id) {
            Some(before) if before != change && !self.is_excused => {
                Err(format!("a change was sent again as another one: {before:?} and then {change:?}"))
            }
            Some(_) => Ok(()),
            None => {
                self.sent.insert(change.id.clone(), change.clone());
                Ok(())
            }
        }
    }

    /// A change was answered; `before` and `after` are the record around it. Gives what is to be counted.
    pub(crate) fn answer(
        &mut self,
        change: &Change,
        result: &PushResult,
        before: Option<&StoredRecord>,
        after: Option<&StoredRecord>,
    ) -> Result<Vec<Which>, String> {
        let has_effect = before != after;
        match result {
            PushResult::Applied { version: Version::Number(version), .. } if has_effect => {
                self.take_effect(change, *version, after)
            }
            PushResult::Applied { version, .. } => match self.applied.get(&change.id) {
                Some(first) if Version::Number(*first) == *version => {
                    Ok(vec![|counts| &mut counts.answered_again])
                }
                _ => Err(format!("{} was answered as applied and had no effect", change.id)),
            },
            _ if has_effect => Err(format!("{} had an effect and was answered {result:?}", change.id)),
            PushResult::Conflict { .. } if self.applied.contains_key(&change.id) => {
                Err(format!("{} was applied and then answered as a conflict", change.id))
            }
            PushResult::Conflict { .. } => {
                self.conflicting.insert(change.id.clone());
                Ok(vec![|counts| &mut counts.conflicts])
            }
            PushResult::Rejected { .. } => {
                self.refused.insert(change.id.clone());
                Ok(vec![|counts| &mut counts.rejections])
            }
            PushResult::InDoubt { .. } => Err(format!("the server doubts {}", change.id)),
        }
    }

    fn take_effect(
        &mut self,
        change: &Change,
        version: u64,
        after: Option<&StoredRecord>,
    ) -> Result<Vec<Which>, String> {
        if self.applied.insert(change.id.clone(), version).is_some() {
            return Err(format!("{} took effect twice", change.id));
        }
        let key = (change.collection.clone(), change.record.clone());
        let deeds = self.records.entry(key).or_default();
        let last = deeds.last();
        let is_on_current = match (&change.base, last) {
            (None, None) => true,
            (None, Some(last)) => last.doc.is_none(),
            (Some(base), Some(last)) => *base == Version::Number(last.version),
            (Some(_), None) => false,
        };
        if !is_on_current || last.is_some_and(|last| last.version >= version) {
            return Err(format!("{change:?} took effect as version {version} on {last:?}"));
        }
        let text = change.data.as_ref().map(|data| data.as_str().to_owned());
        let Some(after) = after.filter(|after| {
            after.data.as_ref().map(|data| data.as_str()) == text.as_deref() && after.version == version
        }) else {
            return Err(format!("{change:?} was answered as applied, and the record is {after:?}"));
        };
        deeds.push(Deed {
            version,
            position: after.position,
            edited_at: after.edited_at,
            device: after.device.clone(),
            doc: text,
        });
        let mut counted: Vec<Which> = vec![|counts| &mut counts.applied];
        if self.conflicting.contains(&change.id) {
            counted.push(|counts| &mut counts.revived);
        }
        Ok(counted)
    }

    /// The states of one record, oldest first.
    pub(crate) fn deeds(&self, key: &RecordKey) -> &[Deed] {
        self.records.get(key).map_or(&[], Vec::as_slice)
    }

    /// Each record with its latest state.
    pub(crate) fn latest(&self) -> impl Iterator<Item = (&RecordKey, &Deed)> {
        self.records.iter().filter_map(|(key, deeds)| Some((key, deeds.last()?)))
    }

    /// The version that a change made, if it had its effect.
    pub(crate) fn applied(&self, change: &ChangeId) -> Option<u64> {
        self.applied.get(change).copied()
    }

    /// Whether a change was ever answered as a conflict.
    pub(crate) fn is_conflicting(&self, change: &ChangeId) -> bool {
        self.conflicting.contains(change)
    }

    /// Whether a change was refused for good.
    pub(crate) fn is_refused(&self, change: &ChangeId) -> bool {
        self.refused.contains(change)
    }
}
