//! Lets requests wait their turn where a bandwidth is kept, and makes them small enough. Reckons nothing itself.

use syncline_protocol::Millis;

use super::client::Client;
use crate::{
    ports::{Backend, Clock as _, Host, Traffic},
    schedule::{Bucket, PageSize, request_bytes},
};

/// What keeps the traffic of one context below a bound.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    bandwidth: u64,
    bucket: Bucket,
    page: PageSize,
    /// What had gone over the network when that was last looked at.
    seen: Traffic,
}

impl Pace {
    pub(super) fn new(bandwidth: u64, now: Millis) -> Self {
        Self {
            bandwidth,
            bucket: Bucket::new(bandwidth, now),
            page: PageSize::default(),
            seen: Traffic::default(),
        }
    }

    /// Takes in what went over the network; gives how many milliseconds the next request waits for its turn.
    fn handle_traffic(&mut self, traffic: Traffic, now: Millis) -> u64 {
        let bytes = bytes(traffic).saturating_sub(bytes(self.seen));
        if traffic.requests > self.seen.requests {
            self.bucket.spend(bytes, now);
        }
        self.seen = traffic;
        self.bucket.wait(now)
    }
}

fn bytes(traffic: Traffic) -> u64 {
    traffic.sent.saturating_add(traffic.received)
}

impl<H: Host> Client<H> {
    /// Waits until another request may go. Whatever went before, also by a cycle that was given up, is waited for.
    pub(super) async fn take_turn(&self, backend: &H::Backend) {
        loop {
            let now = self.shared.now();
            let wait = {
                let mut pace = self.shared.pace.borrow_mut();
                pace.as_mut().map_or(0, |pace| pace.handle_traffic(backend.traffic(), now))
            };
            if wait == 0 {
                return;
            }
            self.shared.host.clock().sleep(wait).await;
        }
    }

    /// Bytes of a push at most.
    pub(super) fn push_bytes(&self, most: usize) -> usize {
        let bytes = self.shared.pace.borrow().map(|pace| request_bytes(pace.bandwidth));
        bytes.map_or(most, |bytes| most.min(usize::try_from(bytes).unwrap_or(usize::MAX)))
    }

    /// Records of each of that many collections in one answer at most.
    pub(super) fn page_limit(&self, most: usize, collections: usize) -> usize {
        let limit = self.shared.pace.borrow().map(|pace| pace.page.limit(pace.bandwidth, collections));
        limit.map_or(most, |limit| most.min(limit))
    }

    /// Takes in how large the records of an answer were.
    pub(super) fn handle_page_size(&self, before: Traffic, after: Traffic, records: u64) {
        if let Some(pace) = &mut *self.shared.pace.borrow_mut() {
            pace.page.handle_page(after.received.saturating_sub(before.received), records);
        }
    }
}
