//! Why a program made no objects.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use super::declared::{DeclaredProgram, Program};
use crate::diagnostic::error::Error;
use crate::diagnostic::visible::visible;

/// How many lines of what a program complained of are told: the last ones, where the reason is.
const LINES: usize = 12;
const IGNORED: &str = "files that git ignores are not given to it: it sees what every clone of the commit has";

/// Why a program made no objects.
#[derive(Debug, thiserror::Error)]
pub(super) enum ProgramFailure {
    /// Nobody allowed programs.
    #[error("it is a program that is run on files which a commit may change")]
    NotAllowed,
    /// None of these programs is in `PATH`.
    #[error("there is no program {} in PATH", names.join(" or "))]
    NotFound { names: &'static [&'static str] },
    /// The program could not be started.
    #[error("{} cannot be started: {error}", program.display())]
    Start { program: PathBuf, error: io::Error },
    /// The program was killed, as it took longer than this.
    #[error("it did not end within {} s, and was killed", limit.as_secs())]
    TimedOut { limit: Duration },
    /// The program was killed, as it printed more than so many bytes.
    #[error("it printed more than {} MiB, and was killed", most >> 20)]
    TooMuch { most: u64 },
    /// The program ended with an error, and said this on standard error.
    #[error("{status}{}", last_lines(said))]
    Exit { status: ExitStatus, said: String },
    /// The program ended with an error, and what it said is not told.
    #[error("{status}")]
    Unsaid { status: ExitStatus, command: String },
    /// All programs of the command together ran as long as they may.
    #[error("all programs of one command together have {} s, which are used up", limit.as_secs())]
    UsedUp { limit: Duration },
    /// The program printed bytes that are not UTF-8.
    #[error("what it printed is not UTF-8 text")]
    NotText,
    /// The copy of the files could not be made, or its output not be read.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl ProgramFailure {
    /// This failure, with the path of the directory instead of that of its copy.
    pub(super) fn seen_from(self, copy: &Path, directory: &str) -> Self {
        match self {
            Self::Exit { status, said } => {
                let real = copy.canonicalize().unwrap_or_else(|_| copy.to_owned());
                let said = [real.as_path(), copy]
                    .iter()
                    .fold(said, |said, copy| said.replace(&*copy.to_string_lossy(), directory));
                Self::Exit { status, said }
            }
            other => other,
        }
    }

    /// This failure, without anything that the program said, which may quote a Secret. `command` says it again.
    pub(super) fn without_output(self, command: String) -> Self {
        match self {
            Self::Exit { status, .. } => Self::Unsaid { status, command },
            other => other,
        }
    }

    /// The error that a user reads of it, at the place that declares the program.
    pub(super) fn of(self, declared: &DeclaredProgram) -> Error {
        let key = match declared.program {
            Program::Kustomize { .. } => "kustomize",
            Program::Helm(_) => "helm",
        };
        let hint = self.hint();
        let message = match self {
            Self::NotAllowed => format!("running {key} is not allowed"),
            _ => format!("{key} made no objects"),
        };
        let error = Error::new(message).at(declared.place.clone(), "").because(self);
        hint.into_iter().fold(error, Error::hint)
    }

    /// What helps, if that is known.
    fn hint(&self) -> Option<String> {
        match self {
            Self::NotAllowed => Some(
                "if you trust whoever can change these files, pass --allow-programs, or set STACKANETES_ALLOW_PROGRAMS=1"
                    .into(),
            ),
            Self::NotFound { names } => Some(format!("install {}; `stackanetes help kustomize-and-helm`", names[0])),
            Self::TimedOut { .. } => Some(
                "all programs of a command have 300 s together, and each 60 s; none of them can reach the network".into(),
            ),
            Self::Exit { .. } => {
                Some(IGNORED.into())
            }
            Self::Unsaid { command, .. } => Some(format!(
                "what it said is not shown, as it may quote a Secret: run `{command}` yourself; {IGNORED}"
            )),
            Self::UsedUp { .. } => {
                Some("`--component` and fewer commits need fewer runs; or pipe what the program prints into `-f -`".into())
            }
            Self::Start { .. } | Self::TooMuch { .. } | Self::NotText | Self::Io(_) => None,
        }
    }
}

/// The last lines of what a program said, harmless to a terminal.
fn last_lines(said: &str) -> String {
    let said = visible(said.trim());
    let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = &lines[lines.len().saturating_sub(LINES)..];
    last.iter().flat_map(|line| ["\n  ", line]).collect()
}
