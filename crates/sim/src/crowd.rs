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

use crate::{Played, play};

/// Plays seeds and hands over each as it ends, in whatever order that is, until it is told that that is enough.
///
/// What is handed over is the same on any number of threads; only its order is not.
pub fn play_all(seeds: Range<u64>, is_enough: impl FnMut(u64, Played) -> ControlFlow<()>) {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    play_on(cores, seeds, |seed| play(seed, false), is_enough);
}

/// Plays seeds on so many threads, each by `play`.
pub(crate) fn play_on(
    threads: usize,
    seeds: Range<u64>,
    play: impl Fn(u64) -> Played + Sync,
    mut is_enough: impl FnMut(u64, Played) -> ControlFlow<()>,
) {
    let end = seeds.end;
    let (next, is_over) = (AtomicU64::new(seeds.start), AtomicBool::new(false));
    // A few worlds that nobody has looked at yet: more would only be memory.
    let (sender, receiver) = mpsc::sync_channel(threads.saturating_mul(4));
    thread::scope(|scope| {
        for _ in 0..threads {
            let (sender, next, is_over, play) = (sender.clone(), &next, &is_over, &play);
            scope.spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end || sender.send((seed, play(seed))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        for (seed, played) in receiver.iter() {
            if is_enough(seed, played).is_break() {
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
        play_on(
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
        play_on(
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
