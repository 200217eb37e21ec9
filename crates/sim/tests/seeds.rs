//! Some seeds in every run of the tests: those that once found something, and a few hundred more. The ten thousand are
//! `cargo xtask sim`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use syncline_sim::{Counts, play};

/// Seeds that once found something, and what. A seed is a schedule only for the program it was found with, so each of these
/// has a test beside what was mended as well: in `src/scenarios.rs`, or with the plan or the schedule.
const ONCE: [(u64, &str); 19] = [
    (6, "a leader that was frozen led beside the next"),
    (18, "sync ended without what another context had enabled"),
    (74, "word of the connection was missed while a call was attended to"),
    (170, "a deletion pulled back was taken for a conflict with the edit behind it"),
    (190, "sync ended with a change of another context queued"),
    (231, "a record pushed before the first pull outlived its deletion elsewhere"),
    (243, "a clock that was put back stopped the polls for a day"),
    (399, "a change put back into the queue counted as forgotten"),
    (424, "an update did not find what another context had made"),
    (894, "a deletion of what another context had made deleted nothing"),
    (3_679, "a query found nothing because its index was forgotten meanwhile"),
    (4_926, "a live answer was older than the patches before it"),
    (7_939, "a switch was ignored because the one before it was not heard of"),
    (8_547, "word of a live channel that was given up ended the polls"),
    (40_021, "what another context edited after a measure of the clock was dated by the measure"),
    (43_209, "a snapshot that started over in its middle kept what was deleted meanwhile"),
    (186_988, "a reset in the middle of a migration left older documents"),
    (425_455, "a page behind a cursor was taken for everything there is"),
    (615_434, "a change that was put back under another one's key was taken for accepted"),
];

/// Seeds at which the oracle once asked too much, and why nothing was wrong.
const UNJUST: [(u64, &str); 2] = [
    (
        606_836,
        "a caller slept through the end of its sync, and a conflict kept until then came back as a change",
    ),
    (904_717, "a live channel ended right before an edit, and the next came up right before anybody looked"),
];

#[test]
fn seeds_that_once_found_what_is_not_wrong_find_nothing() {
    for (seed, what) in UNJUST {
        assert_eq!(play(seed, false).finding, None, "seed {seed}, where {what}");
    }
}

#[test]
fn seeds_that_once_found_something_find_nothing() {
    for (seed, what) in ONCE {
        let finding = play(seed, false).finding;
        assert_eq!(finding, None, "seed {seed}, which once showed that {what}");
    }
}

#[test]
fn a_hundred_seeds_find_nothing_and_meet_what_matters() {
    let mut counts = Counts::default();
    for seed in 20_000..20_100 {
        let played = play(seed, false);
        assert_eq!(played.finding, None, "seed {seed}");
        counts.add(&played.counts);
    }
    for (what, number) in [
        ("conflicts", counts.conflicts),
        ("crashes", counts.crashes),
        ("lost answers", counts.answers_lost),
        ("duplicates", counts.duplicates),
        ("compactions", counts.compactions),
        ("merges", counts.merges),
    ] {
        assert!(number > 0, "no {what}");
    }
}

#[test]
fn a_seed_is_played_the_same_way_bit_for_bit() {
    for seed in [3, 4, 5] {
        let (one, other) = (play(seed, true), play(seed, true));
        assert!(one.trace.len() > 10_000);
        assert_eq!(one.trace, other.trace);
        assert_eq!(one.counts, other.counts);
    }
}
