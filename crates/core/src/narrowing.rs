//! Which change of a batch a server refuses: how large the next batch is, and what becomes of a change that was refused alone.
//! Sends nothing.
//!
//! A request that is refused as a whole says nothing about the changes in it: the address may be wrong, or a gateway in
//! between. So a push of nothing asks first whether pushes are taken at all. Where they are, the batch is halved until the
//! change stands alone that it was refused for.

use syncline_protocol::ProblemCode;

use crate::{
    model::{Error, ErrorCode, Retry},
    planted::{self, Bug},
};

/// So often a batch may fail for a reason that passes by itself before something in it is suspected.
const PATIENCE: u32 = 3;
/// A batch that is too large goes out again in so many parts.
const PARTS: usize = 4;

/// What to do about a push that failed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// Send again: the next batch is smaller.
    Again,
    /// Send nothing first, and ask again if that was answered.
    AskFirst,
    /// It is not about single changes.
    Fail,
    /// The one change waits for the next cycle, and lets the others pass.
    HoldBack,
    /// The one change is refused for good.
    Refuse(ProblemCode),
}

/// How large the batches of one cycle are.
#[derive(Clone, Copy, Debug)]
pub struct Narrowing {
    /// Changes and bytes of documents in a batch, where nothing speaks against it.
    most: (usize, usize),
    max_changes: usize,
    max_bytes: usize,
    /// How many changes, first in line, hold one that is refused; 0: none is known.
    suspects: usize,
    /// Whether pushes were taken since the last failure that a broken connection could explain.
    is_taken: bool,
}

impl Narrowing {
    /// Begins with batches of that many changes and bytes of documents.
    pub fn new(max_changes: usize, max_bytes: usize) -> Self {
        let most = (max_changes, max_bytes);
        Self { most, max_changes, max_bytes, suspects: 0, is_taken: false }
    }

    /// Changes in the next batch at most.
    pub fn max_changes(&self) -> usize {
        if self.suspects == 0 { self.max_changes } else { self.suspects.div_ceil(2).min(self.max_changes) }
    }

    /// Bytes of documents in the next batch at most.
    pub fn max_bytes(&self) -> usize {
        self.max_bytes
    }

    /// A push of that many changes was answered.
    pub fn handle_answer(&mut self, changes: usize) {
        self.is_taken = true;
        self.suspects = self.suspects.saturating_sub(changes);
    }

    /// A push of that many changes failed, the one sent most often for that many times.
    pub fn handle_failure(&mut self, error: &Error, changes: usize, attempts: u32) -> Verdict {
        match error.retry {
            Retry::Smaller if planted::is(Bug::TooLargeNotNarrowed) => Verdict::Fail,
            Retry::Smaller if changes > 1 => {
                self.max_changes = changes.min(self.max_changes).div_ceil(PARTS);
                self.max_bytes = self.max_bytes.div_ceil(PARTS);
                Verdict::Again
            }
            Retry::Apart(_) | Retry::Smaller if !self.is_taken => Verdict::AskFirst,
            Retry::Smaller => self.alone(Verdict::Refuse(ProblemCode::TooLarge)),
            Retry::Apart(ProblemCode::Conflict) => self.narrow(changes, Verdict::HoldBack),
            Retry::Apart(reason) => self.narrow(changes, Verdict::Refuse(reason)),
            Retry::Later if attempts > PATIENCE && may_be_of_a_change(error.code) => {
                if !self.is_taken {
                    return Verdict::AskFirst;
                }
                self.is_taken = false;
                self.narrow(changes, Verdict::HoldBack)
            }
            Retry::After(_) | Retry::Later | Retry::Never => Verdict::Fail,
        }
    }

    fn narrow(&mut self, changes: usize, of_one: Verdict) -> Verdict {
        if changes <= 1 {
            return self.alone(of_one);
        }
        self.suspects = changes;
        Verdict::Again
    }

    /// The change is found that batches were made smaller for.
    fn alone(&mut self, verdict: Verdict) -> Verdict {
        self.suspects = 0;
        (self.max_changes, self.max_bytes) = self.most;
        verdict
    }
}

fn may_be_of_a_change(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::Network | ErrorCode::Protocol | ErrorCode::Server | ErrorCode::Timeout)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends changes by number; those refused stand alone in the end. Gives them and the number of pushes.
    fn push_all(mut waiting: Vec<u32>, bad: &[u32], refusal: &Error) -> (Vec<u32>, u32) {
        let mut narrowing = Narrowing::new(500, 1_000_000);
        let (mut refused, mut pushes) = (Vec::new(), 0);
        while !waiting.is_empty() {
            let batch: Vec<u32> = waiting.iter().copied().take(narrowing.max_changes()).collect();
            pushes += 1;
            if !batch.iter().any(|change| bad.contains(change)) {
                narrowing.handle_answer(batch.len());
                waiting.drain(..batch.len());
                continue;
            }
            let mut verdict = narrowing.handle_failure(refusal, batch.len(), 9);
            if verdict == Verdict::AskFirst {
                pushes += 1;
                narrowing.handle_answer(0);
                verdict = narrowing.handle_failure(refusal, batch.len(), 9);
            }
            match verdict {
                Verdict::Again => {}
                Verdict::HoldBack | Verdict::Refuse(_) => refused.push(waiting.remove(0)),
                Verdict::AskFirst | Verdict::Fail => panic!("{verdict:?}"),
            }
        }
        (refused, pushes)
    }

    #[test]
    fn changes_that_are_refused_are_found_by_halving() {
        for status in [400, 404, 409, 422, 500] {
            let refusal = Error::of_status(status, None, None, "");
            for bad in [vec![0], vec![499], vec![500], vec![777, 778], vec![3, 400, 999]] {
                let (refused, pushes) = push_all((0..1_000).collect(), &bad, &refusal);
                assert_eq!(refused, bad);
                assert!(pushes <= 2 + 25 * bad.len() as u32, "{status}: {pushes} pushes for {bad:?}");
            }
        }
    }

    #[test]
    fn a_server_that_takes_no_pushes_is_no_reason_to_refuse_a_change() {
        let refusal = Error::of_status(404, None, None, "");
        assert_eq!(Narrowing::new(500, 1).handle_failure(&refusal, 1, 9), Verdict::AskFirst);
    }

    #[test]
    fn what_may_pass_by_itself_is_waited_for_a_few_times() {
        let mut narrowing = Narrowing::new(500, 1);
        narrowing.handle_answer(0);
        let failure = Error::of_status(500, None, None, "");
        assert_eq!(narrowing.handle_failure(&failure, 2, PATIENCE), Verdict::Fail);
        assert_eq!(narrowing.handle_failure(&failure, 2, PATIENCE + 1), Verdict::Again);
        assert_eq!(
            narrowing.handle_failure(&failure, 1, PATIENCE + 2),
            Verdict::AskFirst,
            "is it still there?"
        );
        narrowing.handle_answer(0);
        assert_eq!(narrowing.handle_failure(&failure, 1, PATIENCE + 2), Verdict::HoldBack);
        let busy = Error::of_status(503, None, Some(1_000), "");
        assert_eq!(narrowing.handle_failure(&busy, 2, PATIENCE + 9), Verdict::Fail);
    }

    #[test]
    fn too_large_batches_become_smaller_and_one_too_large_change_is_refused() {
        let mut narrowing = Narrowing::new(500, 4_000);
        let refusal = Error::of_status(413, None, None, "");
        assert_eq!(narrowing.handle_failure(&refusal, 40, 1), Verdict::Again);
        assert_eq!((narrowing.max_changes(), narrowing.max_bytes()), (10, 1_000));
        assert_eq!(narrowing.handle_failure(&refusal, 1, 1), Verdict::AskFirst);
        narrowing.handle_answer(0);
        assert_eq!(narrowing.handle_failure(&refusal, 1, 1), Verdict::Refuse(ProblemCode::TooLarge));
    }
}
