//! Says what a command is doing, step by step, and how long each step and all of them took.
//! Runs nothing by itself.

use std::io::Write;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::process::Reporter;

/// The numbered steps of one command.
#[derive(Debug)]
pub(crate) struct Steps {
    total: usize,
    done: usize,
    began: Instant,
}

impl Steps {
    /// Announces a command of so many steps.
    pub(crate) fn new(what: &str, total: usize) -> Self {
        say(what);
        Self { total, done: 0, began: Instant::now() }
    }

    /// Does one step, between a line that says what and one that says how long it took.
    pub(crate) fn step<T>(&mut self, what: &str, work: impl FnOnce(&Reporter) -> Result<T>) -> Result<T> {
        self.done = self.done.saturating_add(1);
        say(&format!("[{}/{}] {what}", self.done, self.total));
        let began = Instant::now();
        let result = work(&Reporter::quiet("")).with_context(|| format!("step \"{what}\""))?;
        say(&format!("      done in {}", spoken(began.elapsed())));
        Ok(result)
    }

    /// How long everything so far took.
    pub(crate) fn elapsed(&self) -> String {
        spoken(self.began.elapsed())
    }
}

/// Writes a line. A reader that went away is no reason to stop.
pub(crate) fn say(line: &str) {
    if cfg!(test) {
        // What tests make it say stays with the test.
        return println!("{line}");
    }
    let mut out = std::io::stdout().lock();
    let _gone = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// A duration as one would say it: `0.4 s`, `48 s`, `3 min 05 s`.
pub(crate) fn spoken(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..10 => format!("{:.1} s", duration.as_secs_f64()),
        10..60 => format!("{seconds} s"),
        _ => format!("{} min {:02} s", seconds.div_euclid(60), seconds.rem_euclid(60)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_spoken_in_the_unit_that_fits() {
        let told = [400, 48_900, 185_000].map(|ms| spoken(Duration::from_millis(ms)));
        assert_eq!(told, ["0.4 s", "48 s", "3 min 05 s"]);
    }

    #[test]
    fn a_failed_step_is_named_in_the_error() {
        let error = Steps::new("trying", 1).step("the only one", |_| -> Result<()> { anyhow::bail!("no") });
        assert_eq!(format!("{:#}", error.unwrap_err()), "step \"the only one\": no");
    }
}
