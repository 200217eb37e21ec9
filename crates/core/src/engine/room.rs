//! Keeps the log short: compacts it when that is due, and lets writers wait where it outgrows memory. Folds nothing itself.

use std::pin::pin;

use futures::{channel::oneshot, future::select};

use super::client::Client;
use crate::ports::{Clock as _, Host};

/// How long a compaction that is due waits, in milliseconds.
const COMPACTION_DELAY: u64 = 20;
/// How long it rests between two slices, in milliseconds. Chromium's LevelDB sorts what was written in the background, and
/// stops writers that are much faster than that (<https://github.com/google/leveldb/blob/main/doc/impl.md>, "Timing").
const COMPACTION_REST: u64 = 4;
/// How long a writer lets a compaction go first at most, in milliseconds. Nobody is to wait for one longer than 50.
const PATIENCE: u64 = 30;

impl<H: Host> Client<H> {
    /// Begins a compaction where one is due and none is under way.
    pub(super) fn compact_if_due(&self) {
        if !self.database.is_compaction_due() || self.shared.is_compacting.replace(true) {
            return;
        }
        let client = self.clone();
        self.shared.host.spawn(Box::pin(async move {
            // Whoever waits for the commit that made it due goes first.
            client.shared.host.clock().sleep(COMPACTION_DELAY).await;
            // It sets aside what is damaged, so whatever can be saved is saved before.
            client.handle_damage().await;
            // A compaction that failed is due again at the next commit, and costs nothing but memory until then.
            let rest = async || {
                if !client.database.is_log_overgrown() {
                    client.let_write();
                    client.shared.host.clock().sleep(COMPACTION_REST).await;
                }
            };
            drop(client.database.compact_resting(rest).await);
            client.shared.is_compacting.set(false);
            client.let_write();
        }));
    }

    /// Lets the compaction that is under way go first for a moment where the log takes more memory than there is for it: who
    /// writes faster than pages can be written would fill the memory otherwise.
    pub(super) async fn make_room(&self) {
        if !self.shared.is_compacting.get() || !self.database.is_log_overgrown() {
            return;
        }
        let (sender, room) = oneshot::channel();
        self.shared.waiting_for_room.borrow_mut().push(sender);
        let patience = pin!(self.shared.host.clock().sleep(PATIENCE));
        select(room, patience).await;
    }

    fn let_write(&self) {
        self.shared.waiting_for_room.take().into_iter().for_each(|writer| {
            let _is_waiting = writer.send(());
        });
    }
}
