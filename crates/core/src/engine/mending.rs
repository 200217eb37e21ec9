//! What becomes of damaged parts of the database: they are mended once per device, and each context that is open then tells its
//! app. Decides nothing about rows.

use std::collections::{BTreeMap, BTreeSet};

use syncline_protocol::CollectionName;
use syncline_store::{Database, Key, Part, Read, Value, View};

use super::{client::Client, shared::Shared, watcher::Watcher};
use crate::{
    model::{Error, Event, Identity, Mended, Single, read_row},
    plan::{Damaged, Mend, is_row},
    ports::{Clock as _, Events as _, Host},
};

/// Mends what is damaged before anything is made of it: without its identity the device would be another one. Says whether
/// that has to be tried again. Fails where the identity cannot be had.
pub(super) async fn open<H: Host>(
    shared: &Shared<H>,
    database: &Database<H::Disk, Watcher<H>>,
) -> Result<bool, Error> {
    // Reading them is what finds the part that they are in damaged.
    let (has_identity, mended) =
        database.read(&keys(), |view| (view.row(&Identity::key()).is_some(), mended(view))).await?;
    // What was mended before this context was there is not its news.
    shared.told_parts.replace(mended.parts);
    match mend(shared, database).await {
        Ok(()) => Ok(false),
        Err(_) if has_identity => Ok(true),
        Err(error) => Err(error),
    }
}

/// Mends what no context of this device has mended. What turns out damaged meanwhile is mended too.
async fn mend<H: Host>(shared: &Shared<H>, database: &Database<H::Disk, Watcher<H>>) -> Result<(), Error> {
    loop {
        let damaged = database.corruptions();
        if damaged.is_empty() {
            return Ok(());
        }
        let mended = database.read(&keys(), mended).await?.parts;
        let new: Vec<Part> = damaged.into_iter().filter(|part| !mended.contains(part)).collect();
        if new.is_empty() {
            return Ok(());
        }
        let mut parts = Vec::with_capacity(new.len());
        for part in new {
            parts.push(remains(database, part).await?);
        }
        let collections: Vec<CollectionName> = shared.options.collections.keys().cloned().collect();
        database.run(Mend { collections, parts }).await??;
    }
}

/// What is left of a part, and what is at the same keys.
async fn remains<H: Host>(database: &Database<H::Disk, Watcher<H>>, part: Part) -> Result<Damaged, Error> {
    let salvaged = database.salvage(part, is_row).await?;
    let reads: Vec<Read> = salvaged.rows.keys().cloned().map(Read::Key).collect();
    let seen = |view: &dyn View| -> BTreeMap<Key, Value> {
        salvaged.rows.keys().filter_map(|key| Some((key.clone(), view.row(key)?))).collect()
    };
    let seen = database.read(&reads, seen).await?;
    Ok(Damaged { part, salvaged, seen })
}

fn keys() -> [Read; 2] {
    [Read::Key(Identity::key()), Read::Key(Mended::key())]
}

fn mended(view: &dyn View) -> Mended {
    view.row(&Mended::key()).and_then(|row| read_row(&row).ok()).unwrap_or_default()
}

impl<H: Host> Client<H> {
    /// Mends what turned out damaged.
    pub(super) async fn mend(&self) -> Result<(), Error> {
        mend(&self.shared, &self.database).await
    }

    /// Takes in that this context met damage. Where it cannot be mended, the app is told why, and the next cycle tries again.
    pub(super) async fn handle_damage(&self) {
        if let Err(error) = self.mend().await {
            self.shared.host.events().emit(Event::Error(error));
        }
    }

    /// Takes in that a context of this device has mended something. What is damaged on the disk may be whole in the memory of
    /// this one, so it looks again: it must not take for there what the others have lost.
    pub(super) async fn handle_mended(&self, is_own: bool) -> Result<(), Error> {
        if !is_own {
            self.database.read_anew().await?;
            self.freshen_mirror().await?;
        }
        let mended: BTreeSet<Part> = self.database.read(&keys(), mended).await?.parts;
        let news: Vec<Part> = mended.difference(&self.shared.told_parts.borrow()).copied().collect();
        self.shared.told_parts.replace(mended);
        if !news.is_empty() {
            let client = self.clone();
            self.shared.host.spawn(Box::pin(async move { client.tell(news).await }));
        }
        Ok(())
    }

    async fn tell(&self, parts: Vec<Part>) {
        // Most damage is met while the database is opened, and an app listens once that is done.
        self.shared.host.clock().sleep(0).await;
        for part in parts.into_iter().filter(|_| !self.is_closed()) {
            self.shared.host.events().emit(Event::Error(Error::damaged(part)));
        }
    }
}
