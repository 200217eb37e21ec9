//! What this context has done since it was opened, as numbers. Measures nothing itself.

use serde::Serialize;

use crate::model::SyncReport;

/// Durations that are kept of each kind: the last ones, by whose order percentiles are told.
const KEPT: usize = 256;

/// The middle and the slow end of some durations, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Percentiles {
    /// Half of them took no longer.
    pub p50: f64,
    /// 95 of 100 took no longer.
    pub p95: f64,
}

/// The numbers as the app sees them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Metrics {
    /// Cycles that ended well.
    pub syncs: u64,
    /// Cycles that failed.
    pub failures: u64,
    /// Changes the server took.
    pub pushed: u64,
    /// Records that came down.
    pub pulled: u64,
    /// Conflicts met.
    pub conflicts: u64,
    /// Conflicts resolved by a strategy.
    pub resolved_automatically: u64,
    /// Cycles after one that failed, and rounds after the first.
    pub retries: u64,
    /// Bytes of request bodies.
    pub bytes_sent: u64,
    /// Bytes of answer bodies.
    pub bytes_received: u64,
    /// How long cycles took that ended well.
    pub sync_ms: Percentiles,
    /// How long writes of the app took to be durable.
    pub commit_ms: Percentiles,
}

/// Keeps the numbers.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    sums: Metrics,
    syncs: Durations,
    commits: Durations,
    has_failed: bool,
}

/// How a cycle ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CycleEnd {
    /// With an error.
    Failed,
    /// Half-way, because somebody stopped it.
    Stopped,
    /// Well.
    Done,
}

impl Meter {
    /// Takes in a cycle and what it did, however it ended.
    pub fn handle_cycle(&mut self, report: &SyncReport, end: CycleEnd) {
        let sums = &mut self.sums;
        let retries = report.retries.saturating_add(u64::from(self.has_failed));
        for (sum, number) in [
            (&mut sums.syncs, u64::from(end == CycleEnd::Done)),
            (&mut sums.failures, u64::from(end == CycleEnd::Failed)),
            (&mut sums.pushed, report.pushed),
            (&mut sums.pulled, report.pulled),
            (&mut sums.conflicts, report.conflicts),
            (&mut sums.resolved_automatically, report.resolved),
            (&mut sums.retries, retries),
            (&mut sums.bytes_sent, report.bytes_sent),
            (&mut sums.bytes_received, report.bytes_received),
        ] {
            *sum = sum.saturating_add(number);
        }
        self.has_failed = end == CycleEnd::Failed;
        if end == CycleEnd::Done {
            self.syncs.add(report.duration_ms.saturating_mul(1_000));
        }
    }

    /// Takes in how many microseconds a write of the app took.
    pub fn handle_commit(&mut self, microseconds: u64) {
        self.commits.add(microseconds);
    }

    /// The numbers.
    pub fn metrics(&self) -> Metrics {
        Metrics { sync_ms: self.syncs.percentiles(), commit_ms: self.commits.percentiles(), ..self.sums }
    }
}

/// The last durations of one kind, in microseconds.
#[derive(Clone, Debug, Default)]
struct Durations {
    kept: Vec<u64>,
    next: usize,
}

impl Durations {
    fn add(&mut self, microseconds: u64) {
        match self.kept.get_mut(self.next) {
            Some(oldest) => *oldest = microseconds,
            None => self.kept.push(microseconds),
        }
        self.next = self.next.saturating_add(1) % KEPT;
    }

    fn percentiles(&self) -> Percentiles {
        let mut sorted = self.kept.clone();
        sorted.sort_unstable();
        // The nearest rank: the smallest that so many are no longer than.
        let rank = |percent: usize| (sorted.len() * percent).div_ceil(100).saturating_sub(1);
        #[allow(clippy::cast_precision_loss, reason = "durations are far below 2^52 microseconds")]
        let at = |percent| sorted.get(rank(percent)).map_or(0.0, |duration| *duration as f64 / 1_000.0);
        Percentiles { p50: at(50), p95: at(95) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_last_durations_by_their_rank() {
        let mut meter = Meter::default();
        assert_eq!(meter.metrics(), Metrics::default());
        for duration in (1..=100).rev() {
            meter.handle_commit(duration * 1_000);
        }
        assert_eq!(meter.metrics().commit_ms, Percentiles { p50: 50.0, p95: 95.0 });
        (0..KEPT).for_each(|_| meter.handle_commit(250));
        assert_eq!(meter.metrics().commit_ms, Percentiles { p50: 0.25, p95: 0.25 });
    }

    #[test]
    fn cycles_count_by_how_they_ended_and_what_they_did_counts_always() {
        let mut meter = Meter::default();
        let report =
            SyncReport { pushed: 2, bytes_sent: 30, retries: 1, duration_ms: 40, ..SyncReport::default() };
        meter.handle_cycle(&report, CycleEnd::Failed);
        meter.handle_cycle(&report, CycleEnd::Done);
        meter.handle_cycle(&report, CycleEnd::Stopped);
        let metrics = meter.metrics();
        assert_eq!((metrics.syncs, metrics.failures, metrics.pushed, metrics.bytes_sent), (1, 1, 6, 90));
        assert_eq!(metrics.retries, 4, "each had a second round, and one came after a failure");
        assert_eq!(metrics.sync_ms, Percentiles { p50: 40.0, p95: 40.0 });
    }
}
