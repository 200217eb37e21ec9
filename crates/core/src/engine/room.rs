//! What the store is to do by itself: keeps the log short, lets writers wait where it outgrows memory, and reads pages ahead where
//! that is worth it. Folds nothing itself, and chooses no page.

use std::{cell::Cell, pin::pin};

use futures::{channel::oneshot, future::select};

use super::client::Client;
use crate::ports::{Clock as _, Host};

/// How long a compaction that is due waits, in milliseconds.
const COMPACTION_DELAY: u64 = 20;
/// How long it rests between two slices, in milliseconds. Chromium's LevelDB sorts what was written in the background, and
/// stops writers that are much faster than that (<https://github.com/google/leveldb/blob/main/doc/impl.md>, "Timing").
const COMPACTION_REST: u64 = 4;
/// How long a writer lets a compaction go first at most, in milliseconds. Behind that it waits for the slice under way, and nobody
/// is to wait for longer than 50.
const PATIENCE: u64 = 10;

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
            let slice = Cell::new(None);
            let next_slice = async || {
                if let Some((bytes, began)) = slice.take() {
                    client.rest_after_slice(bytes, began).await;
                }
                let bytes = client.shared.slice_size.get().bytes(client.database.is_log_overgrown());
                slice.set(Some((bytes, client.shared.host.clock().microseconds())));
                bytes
            };
            // A compaction that failed is due again at the next commit, and costs nothing but memory until then.
            drop(client.database.compact_in_slices(next_slice).await);
            client.shared.is_compacting.set(false);
            client.let_write();
        }));
    }

    async fn rest_after_slice(&self, bytes: usize, began: u64) {
        if self.database.is_log_overgrown() {
            return;
        }
        let clock = self.shared.host.clock();
        let mut size = self.shared.slice_size.get();
        size.handle_slice(bytes, clock.microseconds().saturating_sub(began));
        self.shared.slice_size.set(size);
        self.let_write();
        clock.sleep(COMPACTION_REST).await;
    }

    /// Reads pages ahead where that is worth it. Whoever missed one was answered; what cannot be read is said when it is asked for.
    pub(super) fn read_ahead_if_due(&self) {
        if self.database.is_read_ahead_due() {
            let database = self.database.clone();
            self.shared.host.spawn(Box::pin(async move { drop(database.read_ahead().await) }));
        }
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
