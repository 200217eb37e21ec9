//! Counts tests by what the runners say at their end. Runs no test.

use std::iter::Sum;

/// How many lines about failures are kept of a runner.
const MOST_LINES: usize = 80;

/// How many tests passed and failed, and what is said of those that failed.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Tally {
    /// Those that passed.
    pub(crate) passed: usize,
    /// Those that failed, were cut short, or could not begin.
    pub(crate) failed: usize,
    /// The lines that say which failed and why.
    pub(crate) failures: Vec<String>,
}

impl Tally {
    /// One thing that passed.
    pub(crate) const PASS: Self = Self { passed: 1, failed: 0, failures: Vec::new() };
    /// One thing that failed.
    pub(crate) const FAIL: Self = Self { passed: 0, failed: 1, failures: Vec::new() };

    /// What a runner's output sums up to. A runner that ended badly has a failure, whatever it says.
    pub(crate) fn of(lines: &[String], is_success: bool) -> Self {
        let said = lines.iter().filter_map(|line| cargo_line(line).or_else(|| node_line(line))).sum::<Self>();
        let failed = if is_success { said.failed } else { said.failed.max(1) };
        let failures = if failed == 0 { Vec::new() } else { failures(lines) };
        Self { failed, failures, ..said }
    }
}

impl Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |one, other| Self {
            passed: one.passed.saturating_add(other.passed),
            failed: one.failed.saturating_add(other.failed),
            failures: [one.failures, other.failures].concat(),
        })
    }
}

/// What a runner says of failures: all after its own heading, or else how its output ended.
fn failures(lines: &[String]) -> Vec<String> {
    let is_heading = |line: &String| matches!(line.trim(), "failures:" | "✖ failing tests:");
    let from_heading = lines.iter().position(is_heading).and_then(|at| lines.get(at..));
    from_heading.map_or_else(
        || lines.iter().skip(lines.len().saturating_sub(MOST_LINES)).cloned().collect(),
        |lines| lines.iter().take(MOST_LINES).cloned().collect(),
    )
}

/// `test result: ok. 12 passed; 0 failed; …`, as cargo's and wasm-bindgen's runners end each binary.
fn cargo_line(line: &str) -> Option<Tally> {
    let (_, counts) = line.trim().strip_prefix("test result: ")?.split_once(". ")?;
    let count = |name: &str| -> Option<usize> {
        let part = counts.split(';').find_map(|part| part.trim().strip_suffix(name))?;
        part.trim().parse().ok()
    };
    Some(Tally { passed: count(" passed")?, failed: count(" failed")?, failures: Vec::new() })
}

/// `# pass 12` (tap) or `ℹ pass 12` (spec), as Node's runner ends; a cancelled test is a failed one.
fn node_line(line: &str) -> Option<Tally> {
    let line = line.strip_prefix("# ").or_else(|| line.strip_prefix("ℹ "))?;
    let (name, count) = line.split_once(' ')?;
    let count = count.trim().parse().ok()?;
    match name {
        "pass" => Some(Tally { passed: count, ..Tally::default() }),
        "fail" | "cancelled" => Some(Tally { failed: count, ..Tally::default() }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(text: &str, is_success: bool) -> Tally {
        Tally::of(&text.lines().map(str::to_owned).collect::<Vec<_>>(), is_success)
    }

    fn counts(text: &str, is_success: bool) -> [usize; 2] {
        let tally = tally(text, is_success);
        [tally.passed, tally.failed]
    }

    #[test]
    fn the_binaries_of_a_cargo_run_are_summed() {
        let text = "running 3 tests\ntest result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured\n\
                    test result: ok. 4 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.1s";
        assert_eq!(counts(text, false), [6, 1]);
    }

    #[test]
    fn both_of_nodes_reporters_are_understood() {
        let spec = "ℹ tests 7\nℹ pass 5\nℹ fail 1\nℹ cancelled 1\nℹ skipped 0";
        let tap = "# tests 7\n# pass 5\n# fail 1\n# cancelled 1\n# skipped 0";
        assert_eq!(counts(spec, false), [5, 2]);
        assert_eq!(counts(tap, false), [5, 2]);
    }

    #[test]
    fn a_runner_that_ended_badly_has_a_failure() {
        assert_eq!(counts("error: could not compile", false), [0, 1]);
        assert_eq!(counts("test result: ok. 4 passed; 0 failed", false), [4, 1]);
    }

    #[test]
    fn what_a_runner_says_of_failures_is_kept() {
        let text = "✔ one\n✖ two\nℹ pass 1\nℹ fail 1\n✖ failing tests:\n✖ two\n  expected 1";
        assert_eq!(tally(text, false).failures, ["✖ failing tests:", "✖ two", "  expected 1"]);
        assert_eq!(tally("ℹ pass 1\nℹ fail 0", true).failures, Vec::<String>::new());
        assert_eq!(tally("seed 7 failed", false).failures, ["seed 7 failed"]);
    }

    #[test]
    fn a_runner_that_says_nothing_ran_nothing() {
        assert_eq!(tally("all quiet", true), Tally::default());
    }
}
