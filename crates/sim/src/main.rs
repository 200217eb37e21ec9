//! Plays seeds and says what was met: `--seeds N [--from S]` for many, `--seed S` for one with its trace, `--planted` to see
//! that deliberate bugs are found.

use std::{ops::ControlFlow, process::ExitCode, time::Instant};

use clap::Parser;
use mimalloc::MiMalloc;
use syncline_sim::{Counts, Planted, Played, hunt_all, play, play_all, workload};

/// A world is a great many small allocations: with this allocator it takes a quarter less time.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// From so many seeds on, everything that can happen must have happened.
const MANY: u64 = 1_000;

/// Words of progress in a run, however long it is.
const WORDS: u64 = 20;

/// Seeds that a planted bug may take to be found.
const HUNTED: u64 = 20_000;

/// Characters of a finding in the table of planted bugs.
const WIDTH: usize = 120;

/// After so many failures the rest would say the same.
const MOST_FAILURES: usize = 60;

/// Plays worlds.
#[derive(Debug, Parser)]
#[command(name = "syncline-sim")]
struct Arguments {
    /// How many seeds.
    #[arg(long, required_unless_present_any = ["seed", "planted", "workload"], conflicts_with_all = ["seed", "planted"])]
    seeds: Option<u64>,
    /// The first of them.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// One seed alone, with everything that happens.
    #[arg(long)]
    seed: Option<u64>,
    /// Plants one deliberate bug after the other and looks whether a seed finds it; with a seed, the one of that name alone.
    #[arg(long, value_name = "BUG", num_args = 0..=1, default_missing_value = "")]
    planted: Option<String>,
    /// Measures how many conflicts need a person, in place of worlds of trouble.
    #[arg(long, conflicts_with_all = ["seeds", "planted"])]
    workload: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.workload {
        return if measure(arguments.seed) { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    let is_good = match (arguments.seed, &arguments.planted) {
        (Some(seed), None) => play_one(seed, &play(seed, true)),
        (Some(seed), Some(name)) => match Planted::all().into_iter().find(|bug| bug.name() == *name) {
            Some(bug) => play_one(seed, &bug.play(seed, true)),
            None => no_such_bug(name),
        },
        (None, Some(_)) => hunt(),
        (None, None) => play_many(arguments.from, arguments.seeds.unwrap_or_default()),
    };
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Prints what became of the conflicts of the workload.
fn measure(seed: Option<u64>) -> bool {
    let (text, is_met) = workload(seed).unwrap_or_else(|finding| (format!("{finding}\n"), false));
    print!("{text}");
    let missed = if is_met { Vec::new() } else { vec!["the limit of the workload".to_owned()] };
    print_end(u64::from(is_met), &missed)
}

fn no_such_bug(name: &str) -> bool {
    let names: Vec<String> = Planted::all().into_iter().map(Planted::name).collect();
    println!("there is no planted bug \"{name}\"; there are: {}", names.join(", "));
    false
}

/// Hunts every planted bug, and prints which seed found it and what that saw.
fn hunt() -> bool {
    // A bug may well make the engine panic: that finds it, and is not worth a line.
    std::panic::set_hook(Box::new(|_| {}));
    let began = Instant::now();
    let (mut found, mut missed) = (0, Vec::new());
    hunt_all(HUNTED, |bug, end| match end {
        Some((seed, finding)) => {
            found += 1;
            let finding: String = finding.lines().next().unwrap_or_default().chars().take(WIDTH).collect();
            println!("{:<24} found by seed {seed:>4}: {finding}", bug.name());
        }
        None => {
            println!("{:<24} NOT FOUND by {HUNTED} seeds: {}", bug.name(), bug.what());
            missed.push(format!("{} was not found", bug.name()));
        }
    });
    println!("{found} planted bugs found in {:.1} s", began.elapsed().as_secs_f64());
    print_end(found, &missed)
}

fn play_one(seed: u64, played: &Played) -> bool {
    println!("{}", played.trace);
    print_counts(&played.counts);
    if let Some(finding) = &played.finding {
        println!("seed {seed} failed: {finding}");
    }
    print_end(u64::from(played.finding.is_none()), Vec::from_iter(played.finding.clone()).as_slice())
}

fn play_many(from: u64, seeds: u64) -> bool {
    let began = Instant::now();
    let (mut counts, mut passed, mut failed) = (Counts::default(), 0_u64, Vec::new());
    let word = seeds.div_ceil(WORDS).max(1);
    play_all(from..from.saturating_add(seeds), |seed, played| {
        counts.add(&played.counts);
        match played.finding {
            None => passed = passed.saturating_add(1),
            Some(finding) => {
                let failure = format!("seed {seed} failed: {finding}");
                println!("{failure}");
                failed.push(failure);
                println!("again, with all that happens: cargo xtask sim --seed {seed}");
            }
        }
        let done = passed.saturating_add(failed.len() as u64);
        if done % word == 0 {
            println!("{done} of {seeds} seeds in {:.0} s", began.elapsed().as_secs_f64());
        }
        if failed.len() < MOST_FAILURES {
            return ControlFlow::Continue(());
        }
        println!("that is enough");
        ControlFlow::Break(())
    });
    print_counts(&counts);
    println!("{seeds} seeds in {:.1} s", began.elapsed().as_secs_f64());
    let missing = if seeds >= MANY { counts.missing() } else { Vec::new() };
    failed.extend(missing.into_iter().map(|what| format!("never met: {what}")));
    print_end(passed, &failed)
}

fn print_counts(counts: &Counts) {
    for (what, number) in counts.rows() {
        println!("{number:>12}  {what}");
    }
}

/// Prints what failed once more, where it is looked for, and the sums.
fn print_end(passed: u64, failures: &[String]) -> bool {
    if !failures.is_empty() {
        println!("failures:");
        failures.iter().for_each(|failure| println!("{failure}"));
    }
    println!("{passed} passed, {} failed", failures.len());
    failures.is_empty()
}
