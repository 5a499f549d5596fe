//! A pager for what is longer than the terminal, as git runs one (git(1), `GIT_PAGER`).

use std::env;
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::process::{Command, Stdio};

use anstream::adapter::strip_str;

use crate::cli::signal;

/// The variables that name a pager, the first one that is set first. An empty one, or `cat`, says that none is wanted.
const VARIABLES: [&str; 2] = ["STACKANETES_PAGER", "PAGER"];
/// The pager where nothing names one.
const DEFAULT: &str = "less -FRX";
/// How pagers are told to show colours and to leave what was read on the terminal, where the user did not tell them
/// otherwise: as git tells them.
const SETTINGS: [(&str, &str); 2] = [("LESS", "FRX"), ("LV", "-c")];
/// What a shell exits with when it cannot run a command (POSIX, "Exit Status for Commands").
const NOT_RUN: [i32; 2] = [126, 127];

/// A program that shows text a screen at a time.
#[derive(Debug)]
pub(super) struct Pager {
    command: OsString,
}

impl Pager {
    /// The one that the environment names, or the usual one; nothing where the environment wants none.
    pub(super) fn of_environment() -> Option<Self> {
        let command = VARIABLES.iter().find_map(env::var_os);
        let command = command.unwrap_or_else(|| DEFAULT.into());
        (!command.is_empty() && command != "cat").then_some(Self { command })
    }

    /// Shows a text until the person has read enough. Whether it was shown, which it is not if the pager does not start.
    pub(super) fn show(&self, text: &str) -> bool {
        let mut command = self.command();
        for (name, value) in SETTINGS.iter().filter(|(name, _)| env::var_os(name).is_none()) {
            command.env(name, value);
        }
        let Ok(mut child) = command.stdin(Stdio::piped()).spawn() else {
            return false;
        };
        // Ctrl-C is for the pager, which would go on without us.
        signal::outlive_interrupt();
        if let Some(mut input) = child.stdin.take() {
            // A pager may end before it has read all.
            let _ = input.write_all(text.as_bytes());
        }
        let ended = child.wait().ok().and_then(|status| status.code());
        ended.is_none_or(|code| !NOT_RUN.contains(&code))
    }

    /// A shell reads the command line, as it may have options.
    #[cfg(unix)]
    fn command(&self) -> Command {
        let mut command = Command::new("sh");
        command.arg("-c").arg(&self.command);
        command
    }

    #[cfg(not(unix))]
    fn command(&self) -> Command {
        Command::new(&self.command)
    }
}

/// Whether a text is longer than the terminal that standard output is; not where it is none.
pub(super) fn is_longer_than_terminal(text: &str) -> bool {
    let size = terminal_size::terminal_size_of(io::stdout());
    size.is_some_and(|(width, height)| rows(text, width.0.into()) >= height.0.into())
}

/// How many rows a text takes in a terminal of so many columns.
fn rows(text: &str, columns: usize) -> usize {
    let text = strip_str(text).to_string();
    let rows = text
        .lines()
        .map(|line| line.chars().count().div_ceil(columns.max(1)).max(1));
    rows.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_longer_than_the_terminal_is_wide_takes_several_rows() {
        assert_eq!(rows("", 10), 0);
        assert_eq!(rows("one\n\n\u{1b}[1m0123456789\u{1b}[0m\n", 10), 3);
        assert_eq!(rows("01234567890\n", 10), 2);
    }

    #[cfg(unix)]
    #[test]
    fn a_pager_that_does_not_start_shows_nothing() {
        let pager = |command: &str| Pager {
            command: command.into(),
        };
        assert!(!pager("exec /nowhere/less -FRX 2>/dev/null").show("text"));
        assert!(pager("exit 1").show(&"text".repeat(100_000)));
        assert!(pager("head -c 1 >/dev/null").show(&"text".repeat(100_000)));
    }
}
