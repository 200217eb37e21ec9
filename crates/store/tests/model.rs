//! Random plans of several contexts on one disk, with faults and crashes at every await, against a map in memory.
//!
//! Every plan counts up one row and so takes its place in one order. In that order a `BTreeMap` decides the same plans
//! again: it has to come to the same outcomes, the same rows at every moment that was looked at, and the same rows in the end.
//! Then some bytes go bad, and what is left goes on.
//!
//! A case is a plan or a look whose answer is compared with the map's. `STORE_SEEDS` sets how many schedules are run, of some
//! fifty cases each; `STORE_FROM` from which seed on.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, unreachable_pub, reason = "tests")]

mod model {
    pub mod damage;
    pub mod met;
    pub mod op;
    pub mod reader;
    pub mod world;
}
mod support;

use model::met::Met;
use model::world::World;

/// As many as make 100,000 cases.
const SEEDS: u64 = 2_000;
const CASES: usize = 100_000;

#[allow(clippy::disallowed_methods, reason = "whoever replays a seed says so in the environment")]
fn seeds() -> std::ops::Range<u64> {
    let count = std::env::var("STORE_SEEDS").ok().and_then(|count| count.parse().ok());
    let from = std::env::var("STORE_FROM").ok().and_then(|from| from.parse().ok()).unwrap_or(0);
    from..from + count.unwrap_or(SEEDS)
}

#[test]
fn every_schedule_of_plans_faults_and_crashes_is_that_of_one_map() {
    let mut met = Met::default();
    for seed in seeds() {
        let run = std::panic::catch_unwind(|| World::new(seed).run());
        match run {
            Ok(world) => met.join(&world),
            Err(panic) => {
                eprintln!("seed {seed} failed: replay with STORE_FROM={seed} STORE_SEEDS=1");
                std::panic::resume_unwind(panic);
            }
        }
    }
    println!("{met:?}");
    if seeds().end - seeds().start >= SEEDS {
        met.assert_nothing_was_missed();
        assert!(met.cases() >= CASES, "{met:?}");
    }
}
