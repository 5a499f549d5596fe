//! How a command that fails says so to programs: with `--format json` by a document on standard output, besides what
//! people read on standard error.

use std::ffi::OsString;

use anstream::ColorChoice;
use clap::ArgMatches;

use super::Exit;
use crate::cli::ui::{Ui, Verbosity};
use crate::diagnostic::error::Error;
use crate::view::{self, json};

/// What a program that started the command reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ErrorFormat {
    /// Nothing: the text is for people.
    Text,
    /// One document.
    Document,
    /// Documents, one a line.
    Lines,
    /// JUnit's XML.
    Junit,
}

impl ErrorFormat {
    /// The format of errors for a command line that was understood.
    pub(super) fn of(matches: &ArgMatches) -> Self {
        let Some((command, matches)) = matches.subcommand() else {
            return Self::Text;
        };
        let mut format = matches.try_get_raw("format").ok().flatten().into_iter().flatten();
        Self::of_command(command, format.next().and_then(|format| format.to_str()))
    }

    /// The format of errors for a command line that was refused, as far as it can be told.
    fn of_refused(args: &[OsString]) -> Self {
        let mut words = args.iter().filter_map(|arg| arg.to_str());
        let command = words.clone().find(|word| ["sync", "delete"].contains(word));
        let format = words.find_map(|word| word.strip_prefix("--format"));
        let format = match format {
            Some("") => words.next(),
            format => format.and_then(|format| format.strip_prefix('=')),
        };
        Self::of_command(command.unwrap_or_default(), format)
    }

    fn of_command(command: &str, format: Option<&str>) -> Self {
        match (command, format) {
            ("sync" | "delete", Some("json")) => Self::Lines,
            (_, Some("json")) => Self::Document,
            ("sync", Some("junit")) => Self::Junit,
            _ => Self::Text,
        }
    }

    /// Tells programs of an error.
    pub(super) fn tell(self, error: &Error, ui: &mut Ui) {
        let document = || json::failure(error, Exit::Failed.code());
        let text = match self {
            Self::Text => return,
            Self::Document => json::pretty(&document()),
            Self::Lines => json::line(&document()),
            Self::Junit => view::failure_junit(error),
        };
        if let Err(error) = ui.result(&text) {
            ui.error(&error);
        }
    }
}

/// Tells programs of a command line that is refused: people are told by clap.
pub(super) fn refused(refused: &clap::Error, args: &[OsString]) {
    if refused.exit_code() == 0 {
        return; // a help that was asked for
    }
    let mut ui = Ui::new(ColorChoice::Never, Verbosity::Quiet);
    ErrorFormat::of_refused(args).tell(&as_error(refused), &mut ui);
}

/// What clap says, in parts: the first paragraph is what is wrong, a tip is what to do.
fn as_error(refused: &clap::Error) -> Error {
    let text = refused.render().to_string();
    let message = text.split("\n\n").next().unwrap_or_default();
    let message = message.strip_prefix("error: ").unwrap_or(message).trim();
    let tips = text.lines().filter_map(|line| line.trim().strip_prefix("tip: "));
    tips.fold(Error::new(message), Error::hint)
}
