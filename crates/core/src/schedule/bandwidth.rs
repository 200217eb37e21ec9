//! How traffic keeps below a bound: a token bucket, and pages of the size that goes with it. Sends nothing and waits for nothing.

use syncline_protocol::Millis;

/// Seconds for which one request may use up all there is.
const REQUEST_SECONDS: u64 = 2;
/// What a request takes beside its bodies, in bytes: its headers and those of its answer, roughly.
const OVERHEAD: u64 = 600;
/// What a record takes in a page before any has come, in bytes.
const LIKELY_RECORD: u64 = 1_000;

/// The bytes of one request at most, where a bandwidth is kept: more would shut out everything else for too long.
pub fn request_bytes(bandwidth: u64) -> u64 {
    bandwidth.saturating_mul(REQUEST_SECONDS)
}

/// A token bucket (Turner, "New directions in communications", IEEE Communications Magazine, 1986) that may be in debt: how
/// much an answer brings is only known once it is here, and what comes after it waits for that. It holds one second's worth.
#[derive(Clone, Copy, Debug)]
pub struct Bucket {
    /// Bytes per second, at least one.
    rate: u64,
    /// Thousandths of bytes; below zero: debt.
    level: i128,
    /// When the level was so.
    at: Millis,
}

impl Bucket {
    /// A full one.
    pub fn new(bandwidth: u64, now: Millis) -> Self {
        let rate = bandwidth.max(1);
        Self { rate, level: i128::from(rate) * 1_000, at: now }
    }

    /// Milliseconds until the next request may go.
    pub fn wait(&mut self, now: Millis) -> u64 {
        self.fill(now);
        let debt = self.level.min(0).unsigned_abs();
        u64::try_from(debt.div_ceil(u128::from(self.rate))).unwrap_or(u64::MAX)
    }

    /// Takes out what a request took, both ways.
    pub fn spend(&mut self, bytes: u64, now: Millis) {
        self.fill(now);
        self.level -= i128::from(bytes.saturating_add(OVERHEAD)) * 1_000;
    }

    /// `now` may jump either way: back, and no time has passed; ahead, and a debt is forgiven.
    fn fill(&mut self, now: Millis) {
        let passed = i128::from(now.since(self.at).max(0));
        self.at = now;
        self.level = (self.level + passed * i128::from(self.rate)).min(i128::from(self.rate) * 1_000);
    }
}

/// How many records a page may have, by what the last ones took.
#[derive(Clone, Copy, Debug)]
pub struct PageSize {
    record: u64,
}

impl Default for PageSize {
    fn default() -> Self {
        Self { record: LIKELY_RECORD }
    }
}

impl PageSize {
    /// Records of each of that many collections in one answer.
    pub fn limit(self, bandwidth: u64, collections: usize) -> usize {
        let records = request_bytes(bandwidth).checked_div(self.record).unwrap_or_default();
        let records = usize::try_from(records).unwrap_or(usize::MAX);
        records.checked_div(collections).unwrap_or_default().max(1)
    }

    /// Takes in what that many records took.
    pub fn handle_page(&mut self, bytes: u64, records: u64) {
        // At most twice as many in the next: one small record says little of those behind it.
        if let Some(record) = bytes.checked_div(records) {
            self.record = record.max(self.record / 2).max(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_s_worth_goes_at_once_and_a_debt_is_waited_for() {
        let mut bucket = Bucket::new(1_000, Millis(0));
        assert_eq!(bucket.wait(Millis(0)), 0);
        bucket.spend(3_400, Millis(0));
        assert_eq!(bucket.wait(Millis(0)), 3_000, "4,000 with the headers, of which 1,000 were saved");
        assert_eq!(bucket.wait(Millis(2_999)), 1);
        assert_eq!(bucket.wait(Millis(3_000)), 0);
        assert_eq!(bucket.wait(Millis(900_000)), 0);
        bucket.spend(1_400, Millis(900_000));
        assert_eq!(bucket.wait(Millis(900_000)), 1_000, "no more than a second's worth is saved");
    }

    #[test]
    fn a_clock_that_jumps_makes_no_wait_longer() {
        let mut bucket = Bucket::new(1_000, Millis(50_000));
        bucket.spend(2_400, Millis(50_000));
        assert_eq!(bucket.wait(Millis(0)), 2_000);
        assert_eq!(bucket.wait(Millis(2_000)), 0);
    }

    #[test]
    fn whatever_is_sent_keeps_below_the_bound() {
        let mut bucket = Bucket::new(5_000, Millis(0));
        let (mut now, mut sent) = (0_u64, 0_u64);
        for step in 0..200_u64 {
            now += bucket.wait(Millis(i64::try_from(now).unwrap()));
            let bytes = (step * 7_919) % 10_000;
            sent += bytes;
            bucket.spend(bytes, Millis(i64::try_from(now).unwrap()));
        }
        let (least, most) = (now * 5 - 200 * 700, now * 5 + 15_000);
        assert!((least..most).contains(&sent), "{sent} bytes in {now} ms");
    }

    #[test]
    fn pages_become_as_large_as_their_records_allow() {
        let mut size = PageSize::default();
        assert_eq!(size.limit(10_000, 1), 20);
        size.handle_page(20 * 4_000, 20);
        assert_eq!(size.limit(10_000, 1), 5);
        assert_eq!(size.limit(10_000, 2), 2);
        assert_eq!(size.limit(10, 1), 1, "one record goes however large it is");
        size.handle_page(100, 1);
        assert_eq!(size.limit(10_000, 1), 10, "not all at once");
        size.handle_page(300, 0);
        assert_eq!(size.limit(10_000, 1), 10);
    }
}
