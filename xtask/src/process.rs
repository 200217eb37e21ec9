//! Runs other programs: where they are looked for, how their output is shown and kept, when they failed.
//! Does not know what they are run for.

use std::collections::VecDeque;
use std::env;
use std::io::{BufRead, BufReader, PipeReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};

use crate::steps::{say, spoken};

/// How long a program may be silent before a line says that it is still running.
const PATIENCE: Duration = Duration::from_secs(15);
/// How many lines of a failed program's output an error repeats.
const LAST_LINES: usize = 60;

/// How the output of a program is shown while it runs.
#[derive(Clone, Debug)]
pub(crate) struct Reporter {
    name: &'static str,
    is_streamed: bool,
}

impl Reporter {
    /// Keeps output and shows it only when the program fails. A line from time to time says how far it is.
    pub(crate) const fn quiet(name: &'static str) -> Self {
        Self { name, is_streamed: false }
    }

    /// Shows output line by line, behind the name.
    pub(crate) const fn streamed(&self) -> Self {
        Self { name: self.name, is_streamed: true }
    }

    /// Shows a line of our own.
    pub(crate) fn note(&self, line: &str) {
        if self.name.is_empty() {
            say(&format!("      {line}"));
        } else {
            say(&format!("{:<8} | {line}", self.name));
        }
    }
}

/// A program that ran to its end.
#[derive(Debug)]
pub(crate) struct Finished {
    /// What was run, for messages.
    pub(crate) shown: String,
    /// Every line it wrote, to either stream, in order.
    pub(crate) lines: Vec<String>,
    status: ExitStatus,
    was_streamed: bool,
}

impl Finished {
    /// True: it ended with status 0.
    pub(crate) fn is_success(&self) -> bool {
        self.status.success()
    }

    /// An error with the program's output unless it ended with status 0.
    pub(crate) fn success(&self) -> Result<()> {
        if self.is_success() {
            return Ok(());
        }
        let how = format!("`{}` failed ({})", self.shown, self.status);
        if self.was_streamed {
            bail!("{how}; its output is above");
        }
        let mut last = VecDeque::from_iter(&self.lines);
        let hidden = last.len().saturating_sub(LAST_LINES);
        last.drain(..hidden);
        let last = last.into_iter().map(|line| format!("  {line}\n")).collect::<String>();
        Err(anyhow!("{how}. Its output ended with:\n{last}"))
    }
}

/// A command that finds programs where cargo installs them, and reads nothing from the terminal.
pub(crate) fn program(name: impl AsRef<Path>, folder: &Path) -> Command {
    let mut command = Command::new(name.as_ref());
    command.current_dir(folder).stdin(Stdio::null()).env("NO_COLOR", "1");
    if let Ok(path) = env::join_paths(folders()) {
        command.env("PATH", path);
    }
    command
}

/// Cargo, in the toolchain that runs this.
pub(crate) fn cargo(folder: &Path) -> Command {
    program(env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from), folder)
}

/// Where programs are looked for: PATH, then where cargo installs them.
pub(crate) fn folders() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let home = env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo")));
    env::split_paths(&path).chain(home.map(|home| home.join("bin"))).collect()
}

/// What a program writes to its standard output; an error unless it ends well.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let shown = shown(command);
    let output = command.output().with_context(|| format!("`{shown}` could not be started"))?;
    if !output.status.success() {
        bail!("`{shown}` failed ({}): {}", output.status, String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a program to its end, with its output shown as the reporter says.
pub(crate) fn run(command: &mut Command, reporter: &Reporter) -> Result<Finished> {
    let shown = shown(command);
    let (ours, theirs) = std::io::pipe().context("no pipe could be made")?;
    command.stdout(theirs.try_clone().context("no pipe could be made")?).stderr(theirs);
    let started = command.spawn();
    // The command holds the writing end: the reading one would never end.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = started.with_context(|| format!("`{shown}` could not be started"))?;
    let lines = follow(&lines_of(ours), reporter);
    let status = child.wait().with_context(|| format!("`{shown}` could not be waited for"))?;
    Ok(Finished { shown, lines, status, was_streamed: reporter.is_streamed })
}

fn lines_of(pipe: PipeReader) -> Receiver<String> {
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
            if send.send(String::from_utf8_lossy(&line).trim_end().to_owned()).is_err() {
                break;
            }
        }
    });
    receive
}

fn follow(heard: &Receiver<String>, reporter: &Reporter) -> Vec<String> {
    let (began, mut last_word) = (Instant::now(), Instant::now());
    let mut lines: Vec<String> = Vec::new();
    loop {
        match heard.recv_timeout(PATIENCE.saturating_sub(last_word.elapsed())) {
            Ok(line) => {
                if reporter.is_streamed {
                    reporter.note(&line);
                    last_word = Instant::now();
                }
                lines.push(line);
            }
            Err(RecvTimeoutError::Timeout) => {
                let at = lines.iter().rev().find(|line| !line.is_empty());
                let at = at.map(|line| format!(": {}", line.trim())).unwrap_or_default();
                reporter.note(&format!("... {}{at}", spoken(began.elapsed())));
                last_word = Instant::now();
            }
            Err(RecvTimeoutError::Disconnected) => return lines,
        }
    }
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str()).to_string_lossy().into_owned();
    let arguments = command.get_args().map(|argument| argument.to_string_lossy().into_owned());
    std::iter::once(name).chain(arguments).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Finished {
        run(program("sh", Path::new(".")).args(["-c", script]), &Reporter::quiet("")).unwrap()
    }

    #[test]
    fn both_streams_are_kept_in_order() {
        let finished = shell("echo one; echo two >&2; echo three");
        assert_eq!(finished.lines, ["one", "two", "three"]);
        assert!(finished.success().is_ok());
    }

    #[test]
    fn a_failure_names_the_command_and_repeats_its_output() {
        let error = shell("echo why; exit 3").success().unwrap_err().to_string();
        assert!(error.contains("sh -c"), "{error}");
        assert!(error.contains("why"), "{error}");
        assert!(error.contains('3'), "{error}");
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let error = run(&mut program("no-such-program", Path::new(".")), &Reporter::quiet("")).unwrap_err();
        assert!(error.to_string().contains("no-such-program"), "{error}");
    }
}
