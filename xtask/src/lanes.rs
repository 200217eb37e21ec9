//! Runs steps in two lanes side by side, each step after those it needs. Does not know what the steps do.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};

use crate::places::Places;
use crate::process::Reporter;
use crate::steps::{say, spoken};
use crate::tally::Tally;

/// What a step does; it answers how many tests that were.
type Work = fn(&Places, &Reporter) -> Result<Tally>;

/// One thing to do, and what must have gone well before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    /// What it is called on the command line.
    pub(crate) name: &'static str,
    /// What it does, in a few words.
    pub(crate) about: &'static str,
    /// The names of steps that must have gone well.
    pub(crate) needs: &'static [&'static str],
    /// Does it.
    pub(crate) work: Work,
    /// True: what it starts lets every other program have the processor first.
    pub(crate) is_patient: bool,
}

/// The niceness of what a patient step starts: Linux gives it what nobody else wants.
const PATIENT: i32 = 19;

/// How a step ended.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    /// The step's name.
    pub(crate) name: &'static str,
    /// What it counted.
    pub(crate) tally: Tally,
    /// How long it took.
    pub(crate) took: Duration,
    /// Why it failed, where it did.
    pub(crate) error: Option<String>,
}

/// Which steps have ended, and whether they went well.
#[derive(Debug, Default)]
struct Board {
    ended: Mutex<BTreeMap<&'static str, bool>>,
    news: Condvar,
}

impl Board {
    /// Waits until all of these have ended. The first that failed is the answer.
    fn wait_for(&self, needs: &[&'static str]) -> Option<&'static str> {
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        let is_waiting =
            |ended: &mut BTreeMap<&str, bool>| !needs.iter().all(|need| ended.contains_key(need));
        let ended = self.news.wait_while(ended, is_waiting).unwrap_or_else(PoisonError::into_inner);
        needs.iter().copied().find(|need| ended.get(need) == Some(&false))
    }

    fn note(&self, name: &'static str, went_well: bool) {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner).insert(name, went_well);
        self.news.notify_all();
    }
}

/// Runs all lanes at once and each lane's steps in order; answers when all have ended.
pub(crate) fn run(places: &Places, lanes: &[Vec<Step>]) -> Result<Vec<Ended>> {
    let board = Board::default();
    let lane = |steps: &[Step]| steps.iter().map(|step| take(places, step, &board)).collect::<Vec<_>>();
    thread::scope(|scope| {
        let threads = lanes.iter().map(|steps| scope.spawn(|| lane(steps))).collect::<Vec<_>>();
        let ended = threads.into_iter().map(|thread| thread.join().map_err(|_| anyhow!("a lane panicked")));
        Ok(ended.collect::<Result<Vec<_>>>()?.concat())
    })
}

fn take(places: &Places, step: &Step, board: &Board) -> Ended {
    let failed = board.wait_for(step.needs);
    let reporter = Reporter::quiet(step.name);
    let began = Instant::now();
    let (tally, error) = match failed {
        Some(need) => (Tally::FAIL, Some(format!("not run, because {need} failed"))),
        None => {
            reporter.note(&format!("--> {}", step.about));
            // A thread of its own: a priority that was lowered cannot be raised again.
            let thread = thread::scope(|scope| scope.spawn(|| attempt(places, step, &reporter)).join());
            thread.unwrap_or_else(|_| (Tally::FAIL, Some("it panicked".to_owned())))
        }
    };
    let took = began.elapsed();
    let result = error.as_ref().map_or("done", |_| "FAILED");
    reporter.note(&format!("{result} in {}: {} passed, {} failed", spoken(took), tally.passed, tally.failed));
    if let Some(error) = &error {
        say(&format!("{}: {error}", step.name));
    }
    board.note(step.name, error.is_none());
    Ended { name: step.name, tally, took, error }
}

fn attempt(places: &Places, step: &Step, reporter: &Reporter) -> (Tally, Option<String>) {
    if step.is_patient {
        lower_priority(reporter);
    }
    match (step.work)(places, reporter) {
        Ok(tally) if tally.failed > 0 => (tally, Some("tests failed; their output is above".to_owned())),
        Ok(tally) => (tally, None),
        Err(error) => (Tally::FAIL, Some(format!("{error:#}"))),
    }
}

/// Lowers the priority of this thread, which what it starts inherits. On Linux it is the thread's own, elsewhere all of this
/// program's, where nobody is ahead of anybody then.
fn lower_priority(reporter: &Reporter) {
    #[cfg(unix)]
    if let Err(error) = rustix::process::setpriority_process(None, PATIENT) {
        reporter.note(&format!("its priority stays as it is: {error}"));
    }
    #[cfg(not(unix))]
    let _unused = (reporter, PATIENT);
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    fn step(name: &'static str, needs: &'static [&'static str], work: Work) -> Step {
        Step { name, about: "a test", needs, work, is_patient: false }
    }

    fn well(_: &Places, _: &Reporter) -> Result<Tally> {
        Ok(Tally::PASS)
    }

    fn badly(_: &Places, _: &Reporter) -> Result<Tally> {
        bail!("broken")
    }

    fn ran(lanes: &[Vec<Step>]) -> BTreeMap<&'static str, Tally> {
        run(&Places::find().unwrap(), lanes)
            .unwrap()
            .into_iter()
            .map(|ended| (ended.name, ended.tally))
            .collect()
    }

    #[test]
    fn a_step_waits_for_what_it_needs_in_the_other_lane() {
        let lanes = [vec![step("last", &["first"], well)], vec![step("first", &[], well)]];
        assert_eq!(ran(&lanes), BTreeMap::from([("first", Tally::PASS), ("last", Tally::PASS)]));
    }

    #[test]
    fn a_step_whose_need_failed_counts_as_failed() {
        let lanes = [vec![step("broken", &[], badly), step("next", &["broken"], well)]];
        assert_eq!(ran(&lanes), BTreeMap::from([("broken", Tally::FAIL), ("next", Tally::FAIL)]));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_patient_step_lowers_its_own_priority_and_nobody_elses() {
        let niceness = || rustix::process::getpriority_process(None);
        let before = niceness().unwrap();
        let patient = |_: &Places, _: &Reporter| {
            let niceness = rustix::process::getpriority_process(None)?;
            Ok(if niceness == PATIENT { Tally::PASS } else { Tally::FAIL })
        };
        let lanes = [vec![Step { is_patient: true, ..step("patient", &[], patient) }]];
        assert_eq!(ran(&lanes), BTreeMap::from([("patient", Tally::PASS)]));
        assert_eq!(niceness(), Ok(before));
    }

    #[test]
    fn a_step_that_panics_has_failed_and_holds_nobody_up() {
        let lanes = [vec![step("next", &["mad"], well)], vec![step("mad", &[], |_, _| panic!("on purpose"))]];
        assert_eq!(ran(&lanes), BTreeMap::from([("mad", Tally::FAIL), ("next", Tally::FAIL)]));
    }
}
