//! Plays seeds and says what was met: `--seeds N [--from S]` for many, `--seed S` for one with its trace.

use std::{ops::ControlFlow, process::ExitCode, time::Instant};

use clap::Parser;
use syncline_sim::{Counts, play, play_all};

/// From so many seeds on, everything that can happen must have happened.
const MANY: u64 = 1_000;

/// Words of progress in a run, however long it is.
const WORDS: u64 = 20;

/// After so many failures the rest would say the same.
const MOST_FAILURES: u64 = 60;

/// Plays worlds.
#[derive(Debug, Parser)]
#[command(name = "syncline-sim")]
struct Arguments {
    /// How many seeds.
    #[arg(long, required_unless_present = "seed", conflicts_with = "seed")]
    seeds: Option<u64>,
    /// The first of them.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// One seed alone, with everything that happens.
    #[arg(long)]
    seed: Option<u64>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let is_good = match (arguments.seed, arguments.seeds) {
        (Some(seed), _) => play_one(seed),
        (None, seeds) => play_many(arguments.from, seeds.unwrap_or_default()),
    };
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn play_one(seed: u64) -> bool {
    let played = play(seed, true);
    println!("{}", played.trace);
    print_counts(&played.counts);
    if let Some(finding) = &played.finding {
        println!("seed {seed} failed: {finding}");
    }
    print_end(u64::from(played.finding.is_none()), u64::from(played.finding.is_some()))
}

fn play_many(from: u64, seeds: u64) -> bool {
    let began = Instant::now();
    let (mut counts, mut passed, mut failed) = (Counts::default(), 0_u64, 0_u64);
    let word = seeds.div_ceil(WORDS).max(1);
    play_all(from..from.saturating_add(seeds), |seed, played| {
        counts.add(&played.counts);
        match played.finding {
            None => passed = passed.saturating_add(1),
            Some(finding) => {
                failed = failed.saturating_add(1);
                println!("seed {seed} failed: {finding}");
                println!("again, with all that happens: cargo xtask sim --seed {seed}");
            }
        }
        let done = passed.saturating_add(failed);
        if done % word == 0 {
            println!("{done} of {seeds} seeds in {:.0} s", began.elapsed().as_secs_f64());
        }
        if failed < MOST_FAILURES {
            return ControlFlow::Continue(());
        }
        println!("that is enough");
        ControlFlow::Break(())
    });
    print_counts(&counts);
    println!("{seeds} seeds in {:.1} s", began.elapsed().as_secs_f64());
    let missing = if seeds >= MANY { counts.missing() } else { Vec::new() };
    for what in &missing {
        println!("never met: {what}");
    }
    print_end(passed, failed.saturating_add(missing.len() as u64))
}

fn print_counts(counts: &Counts) {
    for (what, number) in counts.rows() {
        println!("{number:>12}  {what}");
    }
}

fn print_end(passed: u64, failed: u64) -> bool {
    println!("{passed} passed, {failed} failed");
    failed == 0
}
