//! Plays many seeds, as many at once as the machine has cores. Each world stays on one thread, so a seed is played as if alone.

use std::{
    num::NonZero,
    ops::{ControlFlow, Range},
    sync::{
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc,
    },
    thread,
};

use crate::{Planted, Played, play};

/// Plays seeds and hands over each as it ends, in whatever order that is, until it is told that that is enough.
///
/// What is handed over is the same on any number of threads; only its order is not.
pub fn play_all(seeds: Range<u64>, is_enough: impl FnMut(u64, Played) -> ControlFlow<()>) {
    for_each(cores(), seeds, |seed| play(seed, false), is_enough);
}

/// Hunts every planted bug by so many seeds each, and hands over which one found it, and what.
pub fn hunt_all(seeds: u64, mut hunted: impl FnMut(Planted, Option<(u64, String)>)) {
    let bugs = Planted::all();
    let number = u64::try_from(bugs.len()).unwrap_or(u64::MAX);
    let bug_at = |number: u64| usize::try_from(number).ok().and_then(|place| bugs.get(place).copied());
    let hunt = |number| bug_at(number).map(|bug| (bug, bug.hunt(seeds)));
    for_each(cores(), 0..number, hunt, |_, end| {
        if let Some((bug, found)) = end {
            hunted(bug, found);
        }
        ControlFlow::Continue(())
    });
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// Does a work for each number, on so many threads, and hands over what comes of it as it ends.
fn for_each<T: Send>(
    threads: usize,
    numbers: Range<u64>,
    work: impl Fn(u64) -> T + Sync,
    mut is_enough: impl FnMut(u64, T) -> ControlFlow<()>,
) {
    let end = numbers.end;
    let (next, is_over) = (AtomicU64::new(numbers.start), AtomicBool::new(false));
    // A few that nobody has looked at yet: more would only be memory.
    let (sender, receiver) = mpsc::sync_channel(threads.saturating_mul(4));
    thread::scope(|scope| {
        for _ in 0..threads {
            let (sender, next, is_over, work) = (sender.clone(), &next, &is_over, &work);
            scope.spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= end || sender.send((number, work(number))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        for (number, done) in &receiver {
            if is_enough(number, done).is_break() {
                is_over.store(true, Ordering::Relaxed);
                break;
            }
        }
        // Whoever still waits to hand something over is let go.
        drop(receiver);
    });
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn played(threads: usize) -> BTreeMap<u64, (crate::Counts, Option<String>)> {
        let mut all = BTreeMap::new();
        for_each(
            threads,
            40..52,
            |seed| play(seed, false),
            |seed, played| {
                all.insert(seed, (played.counts, played.finding));
                ControlFlow::Continue(())
            },
        );
        all
    }

    #[test]
    fn every_seed_is_played_once_and_as_if_alone() {
        let (alone, together) = (played(1), played(3));
        assert_eq!(alone.len(), 12);
        assert_eq!(alone, together);
    }

    #[test]
    fn enough_is_enough() {
        let mut ended = 0;
        for_each(
            2,
            0..u64::MAX,
            |seed| play(seed, false),
            |_, _| {
                ended += 1;
                if ended == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            },
        );
        assert_eq!(ended, 3);
    }
}
