//! What apps asked for and what they were told of it. An attempt is open until its context answers or dies. Explains nothing.

use std::collections::BTreeMap;

use serde_json::Value;
use syncline_core::{
    engine::Intent,
    model::{Error, ErrorCode},
    plan::{Choice, EditKind},
};
use syncline_protocol::{ChangeId, CollectionName, Millis, merge_patch};
use syncline_store::Sequence;

use super::views::{Settings, Views};
use crate::{service::RecordKey, tasks::Owner};

/// What an app asks for.
#[derive(Clone, Debug)]
pub(crate) enum Ask {
    /// Agrees to what a pull of a collection would delete.
    Confirm(CollectionName),
    /// Gives up a change.
    Discard(ChangeId),
    /// Switches sync of collections on or off.
    Enable(Vec<CollectionName>, bool),
    /// Puts a parked change back, with another document.
    Requeue(ChangeId, String),
    /// Chooses how a conflict ends.
    Resolve(ChangeId, Choice),
    /// Edits records, all or none.
    Write(Vec<Intent>),
}

impl Ask {
    /// Whether no other attempt can leave what this one leaves: a value that is used once is there after it.
    fn is_unique(&self) -> bool {
        match self {
            Self::Write(intents) => {
                let last: BTreeMap<_, _> = intents
                    .iter()
                    .map(|intent| ((&intent.collection, &intent.record), &intent.kind))
                    .collect();
                last.values().any(|kind| **kind != EditKind::Delete)
            }
            Self::Requeue(..) => true,
            Self::Confirm(_) | Self::Discard(_) | Self::Enable(..) | Self::Resolve(..) => false,
        }
    }

    /// How many edits of a record it asks for.
    pub(crate) fn edits_of(&self, key: &RecordKey) -> usize {
        let Self::Write(intents) = self else { return 1 };
        intents.iter().filter(|intent| (&intent.collection, &intent.record) == (&key.0, &key.1)).count()
    }

    /// Whether it puts a whole document at a record.
    pub(crate) fn puts(&self, key: &RecordKey) -> bool {
        let Self::Write(intents) = self else { return false };
        intents.iter().any(|intent| {
            (&intent.collection, &intent.record) == (&key.0, &key.1)
                && matches!(intent.kind, EditKind::Put(_))
        })
    }
}

/// One attempt.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    pub(crate) owner: Owner,
    pub(crate) ask: Ask,
    /// When, by the device's clock.
    pub(crate) asked_at: Millis,
    /// Where in the log it is.
    pub(crate) durable: Option<Sequence>,
}

/// All attempts on one device.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    open: BTreeMap<u64, Attempt>,
    next: u64,
}

impl Journal {
    /// Opens an attempt.
    pub(crate) fn begin(&mut self, owner: Owner, ask: Ask, asked_at: Millis) -> u64 {
        self.next = self.next.saturating_add(1);
        self.open.insert(self.next, Attempt { owner, ask, asked_at, durable: None });
        self.next
    }

    /// The attempts of a context that may still happen. One that cannot be told from others like it may be behind several
    /// commits, so it stays among them.
    pub(crate) fn open_of(&mut self, owner: Owner) -> impl Iterator<Item = &mut Attempt> {
        self.open.values_mut().filter(move |attempt| {
            attempt.owner == owner && (attempt.durable.is_none() || !attempt.ask.is_unique())
        })
    }

    /// A context died: what it had not done it will not do. Gives how many attempts were open, and durable.
    pub(crate) fn bury(&mut self, owner: Owner) -> (u64, u64) {
        let (dead, living) = std::mem::take(&mut self.open)
            .into_iter()
            .partition(|(_, attempt): &(u64, Attempt)| attempt.owner == owner);
        self.open = living;
        let dead: BTreeMap<u64, Attempt> = dead;
        let writes = || dead.values().filter(|attempt| matches!(attempt.ask, Ask::Write(_)));
        let durable = writes().filter(|attempt| attempt.durable.is_some()).count();
        (writes().count() as u64, durable as u64)
    }

    /// Closes an attempt whose app was answered. After `Ok` it is durable; after an error that is not in doubt nothing
    /// happened. Where nothing had to be written, `meanwhile` says whether that was so at some moment since it was asked.
    pub(crate) fn end(
        &mut self,
        number: u64,
        told: &Result<(), Error>,
        meanwhile: &Meanwhile<'_>,
    ) -> Result<(), String> {
        let Some(Attempt { ask, durable, .. }) = self.open.remove(&number) else {
            return Err(format!("attempt {number} ended twice"));
        };
        match (told, durable) {
            (Ok(()), Some(_)) => Ok(()),
            (Ok(()), None) if meanwhile.had_nothing_to_write(&ask) => Ok(()),
            (Ok(()), None) => Err(format!("{ask:?} was acknowledged and is not in the log")),
            (Err(error), Some(_)) if ask.is_unique() && !is_in_doubt(error) => {
                Err(format!("{ask:?} is in the log and was answered {:?}: {error}", error.code))
            }
            (Err(error), _)
                if error.code == ErrorCode::NotFound && !meanwhile.had_nothing_to_update(&ask) =>
            {
                Err(format!("{ask:?} was answered: {error}, and all of it was there all the time"))
            }
            (Err(_), _) => Ok(()),
        }
    }
}

/// What the log said between a question and its answer.
pub(crate) struct Meanwhile<'a> {
    pub(crate) first: Sequence,
    pub(crate) last: Sequence,
    pub(crate) views: &'a Views,
    pub(crate) settings: &'a Settings,
    /// Which collections waited for somebody to agree to what a pull would delete.
    pub(crate) awaited: &'a Settings,
}

impl Meanwhile<'_> {
    fn was_absent(&self, intent: &Intent) -> bool {
        let key = (intent.collection.clone(), intent.record.clone());
        self.views.was_absent(&key, self.first, self.last)
    }

    /// Deleting what is not there, and switching what is so already, writes nothing.
    fn had_nothing_to_write(&self, ask: &Ask) -> bool {
        match ask {
            Ask::Write(intents) => {
                intents.iter().all(|intent| intent.kind == EditKind::Delete && self.was_absent(intent))
            }
            Ask::Enable(names, is_enabled) => self.settings.was(names, *is_enabled, self.first, self.last),
            Ask::Confirm(name) => self.awaited.was(std::slice::from_ref(name), false, self.first, self.last),
            Ask::Discard(_) | Ask::Requeue(..) | Ask::Resolve(..) => false,
        }
    }

    /// An update needs a record, which an earlier edit of the same batch may have deleted.
    fn had_nothing_to_update(&self, ask: &Ask) -> bool {
        let Ask::Write(intents) = ask else { return true };
        intents.iter().enumerate().any(|(place, intent)| {
            let is_update = matches!(intent.kind, EditKind::Update(_));
            let mut before = intents.iter().take(place);
            let is_deleted = before.any(|other| {
                other.kind == EditKind::Delete
                    && (&other.collection, &other.record) == (&intent.collection, &intent.record)
            });
            is_update && (is_deleted || self.was_absent(intent))
        })
    }
}

/// Whether an error leaves open what happened.
fn is_in_doubt(error: &Error) -> bool {
    matches!(error.code, ErrorCode::Closed | ErrorCode::StorageUnavailable)
}

/// What is to be seen of each record.
pub(crate) type Shown = BTreeMap<RecordKey, Option<String>>;

/// Plays edits in order over what was to be seen before. `None`: one of them cannot be made.
pub(crate) fn play(intents: &[Intent], seen: impl Fn(&RecordKey) -> Option<String>) -> Option<Shown> {
    let mut after = Shown::new();
    for intent in intents {
        let key = (intent.collection.clone(), intent.record.clone());
        let before = after.get(&key).cloned().unwrap_or_else(|| seen(&key));
        let doc = match &intent.kind {
            EditKind::Delete => None,
            EditKind::Put(text) => Some(text.to_string()),
            EditKind::Update(patch) => {
                let mut doc = parse(Some(&before?))?;
                merge_patch(&mut doc, patch);
                Some(doc.to_string())
            }
        };
        after.insert(key, doc);
    }
    Some(after)
}

/// Reads a document.
pub(crate) fn parse(text: Option<&str>) -> Option<Value> {
    serde_json::from_str(text?).ok()
}
