//! Brings a collection up to the app's version before anything asks for its fields, and what comes from the server before it is
//! applied. How, the app says; what is written back, `WriteMigrated` decides.

use std::collections::{BTreeMap, BTreeSet};

use syncline_protocol::{CollectionName, JsonText, RecordId, RemoteRecord};
use syncline_store::{Commit, Read, Value, View};

use super::{client::Client, shared::Shared};
use crate::{
    gather::Gather as _,
    model::{
        Base, Error, Event, QueueRow, Table, collection_of, doc_of_base, doc_of_queue, read_row, record_of,
        version_of,
    },
    plan::{MigratedRecord, WriteMigrated},
    ports::{Events as _, Host, Migrator as _},
};

/// Pages that are looked through at once.
const PAGES: usize = 8;

impl<H: Host> Shared<H> {
    /// The version that documents of a collection are brought up to; 0: none.
    pub(super) fn schema_version(&self, name: &CollectionName) -> u32 {
        self.options.collections.get(name).map_or(0, |options| options.schema_version)
    }

    /// A document as the app's version has it; `None`: it is so already, or the app cannot say, which it is told.
    pub(super) fn migrated(&self, name: &CollectionName, record: &RecordId, text: &str) -> Option<String> {
        let (from, to) = (version_of(text), self.schema_version(name));
        if from >= to {
            return None;
        }
        match self.host.migrator().migrate(name, text, from) {
            Ok(migrated) => Some(migrated),
            Err(thrown) => {
                // Told once: it is met again at every look.
                if self.unmigrated.borrow_mut().insert((name.clone(), record.clone())) {
                    self.host.events().emit(Event::Error(Error::unmigrated(name, record, from, &thrown)));
                }
                None
            }
        }
    }

    /// Takes in that a document was written that is older than this app: by an older app, or as it was sent before.
    pub(super) fn note_older(&self, commit: &Commit) {
        if self.options.collections.values().all(|options| options.schema_version == 0) {
            return;
        }
        for (key, value) in &commit.writes {
            let Some((table, name, _)) = record_of(key) else { continue };
            let doc = |value: &Value| match table {
                Table::Base => doc_of_base(value).map(<[u8]>::to_vec),
                _ => doc_of_queue(value).map(<[u8]>::to_vec),
            };
            let version = self.schema_version(&name);
            let text = value.as_ref().filter(|_| version > 0).and_then(doc);
            let text = text.and_then(|bytes| String::from_utf8(bytes).ok());
            if text.is_some_and(|text| version_of(&text) < version) {
                self.is_migrated.borrow_mut().remove(&name);
                self.older_heard.set(self.older_heard.get().wrapping_add(1));
            }
        }
    }

    /// Takes in that any document may have been written that is older than this app.
    pub(super) fn note_any_older(&self) {
        self.is_migrated.borrow_mut().clear();
        self.older_heard.set(self.older_heard.get().wrapping_add(1));
    }

    /// Brings a record that came from the server up to the app's version.
    pub(super) fn migrate_incoming(&self, name: &CollectionName, record: &mut RemoteRecord) {
        if self.schema_version(name) == 0 {
            return;
        }
        let Some(data) = &record.data else { return };
        if let Some(text) = self.migrated(name, &record.id, data.as_str())
            && let Ok(data) = JsonText::parse(text)
        {
            record.data = Some(data);
        }
    }
}

impl<H: Host> Client<H> {
    /// Brings a collection up to the app's version, unless it is.
    pub(super) async fn ensure_migrated(&self, name: &CollectionName) -> Result<(), Error> {
        if self.shared.schema_version(name) == 0 || self.shared.is_migrated.borrow().contains(name) {
            return Ok(());
        }
        let heard = self.shared.older_heard.get();
        for table in [Table::Base, Table::Queue] {
            let Read::Range { start, end } = collection_of(table, name) else { continue };
            let mut next = Some(start);
            while let Some(start) = next {
                let to =
                    self.database.stride(&start, PAGES).filter(|to| end.as_ref().is_none_or(|end| to < end));
                let part = Read::Range { start, end: to.clone().or_else(|| end.clone()) };
                self.migrate_part(name, &part).await?;
                next = to;
            }
        }
        // What was written meanwhile may lie behind the look: then the next one begins anew.
        if self.shared.older_heard.get() == heard {
            self.shared.is_migrated.borrow_mut().insert(name.clone());
        }
        Ok(())
    }

    async fn migrate_part(&self, name: &CollectionName, part: &Read) -> Result<(), Error> {
        let version = self.shared.schema_version(name);
        let old =
            self.database.read(std::slice::from_ref(part), |view| old_texts(view, part, version)).await??;
        let mut records = Vec::new();
        for (record, texts) in old {
            let texts: BTreeMap<String, String> = texts
                .into_iter()
                .filter_map(|text| {
                    self.shared.migrated(name, &record, &text).map(|migrated| (text, migrated))
                })
                .gather();
            if !texts.is_empty() {
                records.push(MigratedRecord { record, texts, fresh: self.shared.change_id() });
            }
        }
        if records.is_empty() {
            return Ok(());
        }
        self.run_plan(WriteMigrated { collection: name.clone(), records }).await
    }
}

/// The texts of a part that are older than a version, by record.
fn old_texts(
    view: &dyn View,
    part: &Read,
    version: u32,
) -> Result<BTreeMap<RecordId, BTreeSet<String>>, Error> {
    let Read::Range { start, end } = part else { return Ok(BTreeMap::new()) };
    let mut old = BTreeMap::<RecordId, BTreeSet<String>>::new();
    for (key, value) in view.range(start, end.as_ref()) {
        let Some((table, _, record)) = record_of(&key) else { continue };
        let mut texts: Vec<String> = Vec::new();
        if table == Table::Base {
            texts.push(read_row::<Base<'_>>(&value)?.doc.into_owned());
        } else {
            let row: QueueRow<'_> = read_row(&value)?;
            let common = row.overtaken.and_then(|overtaken| overtaken.common);
            let edits = [Some(row.change), row.next];
            texts.extend(edits.into_iter().flatten().filter_map(|edit| edit.doc).map(|doc| doc.into_owned()));
            texts.extend(common.map(|common| common.doc.into_owned()));
        }
        texts.retain(|text| version_of(text) < version);
        if !texts.is_empty() {
            old.entry(record).or_default().extend(texts);
        }
    }
    Ok(old)
}
