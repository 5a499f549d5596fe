//! The command line: what was typed, and one file a command.

mod between;
mod candidates;
mod check;
mod completions;
mod connection;
mod context;
mod delete;
mod diff;
mod duration;
mod environments;
mod examples;
mod failure;
mod findings;
mod format;
mod help;
mod history;
mod options;
mod outfile;
mod output;
mod render;
mod rights;
mod roles;
mod saved;
mod sets;
mod signal;
mod snapshot;
mod status;
mod sync;
mod tips;
pub mod ui;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, Parser};

use crate::diagnostic::error::Result;
use failure::ErrorFormat;

/// What a command found, as its exit code tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// `diff`: nothing would change. `check`: nothing found. `status`: everything is Current. Else: done.
    Done,
    /// `diff`: something would change. `check`: something found. `status`: something is not Current.
    /// `sync`: something was not done, or the answer was no.
    Differs,
    /// The command could not run: usage, unreadable input, no cluster, refused for safety.
    Failed,
    /// Interrupted.
    Interrupted,
}

impl Exit {
    /// The number.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Differs => 1,
            Self::Failed => 2,
            Self::Interrupted => 130,
        }
    }
}

/// See what a change to a cluster would do before it does it, do it, and prune what git dropped.
///
/// The desired state is a directory of Kubernetes manifests, usually in a git repository. `diff`
/// asks the API server what a server-side apply of it would change and says why each field differs;
/// `sync` does exactly that.
#[derive(Debug, Parser)]
#[command(
    version,
    disable_help_subcommand = true,
    max_term_width = 100,
    after_help = "Exit codes: 0 nothing would change, nothing found, or done; 1 something would change, was \
found, or was not done; 2 could not run; 130 interrupted.\n\nThe manual: `stackanetes help` lists its chapters, `stackanetes \
help TOPIC` prints one."
)]
struct Args {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    output: options::OutputOptions,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Diff(diff::Args),
    Sync(sync::Args),
    Delete(delete::Args),
    Status(status::Args),
    History(history::Args),
    Snapshot(snapshot::Args),
    Check(check::Args),
    Render(render::Args),
    Roles(roles::Args),
    Output(output::Args),
    Completions(completions::Args),
    Help(help::Args),
}

impl Command {
    /// The rights that it takes in a cluster, where `stackanetes roles` prints roles with exactly them.
    fn rights(&self) -> Option<rights::RightsHint> {
        match self {
            Self::Diff(args) => Some(args.rights()),
            Self::Sync(args) => Some(args.rights()),
            Self::Status(args) => args.rights(),
            Self::History(args) => args.rights(),
            Self::Snapshot(args) => Some(args.rights()),
            Self::Delete(_)
            | Self::Check(_)
            | Self::Render(_)
            | Self::Roles(_)
            | Self::Output(_)
            | Self::Completions(_)
            | Self::Help(_) => None,
        }
    }
}

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    ExitCode::from(run_args(std::env::args_os()).code())
}

/// Runs a command line; the first argument is the name of the program. What clap refuses ends the
/// process, as it does for any command.
pub fn run_args(args: impl IntoIterator<Item = OsString>) -> Exit {
    let mut args: Vec<OsString> = args.into_iter().collect();
    match completions::answer(&args) {
        Ok(true) => return Exit::Done,
        Ok(false) => {}
        Err(error) => error.exit(),
    }
    if args.len() == 1 {
        // Whoever asks for nothing wants to know what there is.
        args.push("-h".into());
    }
    let parsed = command().try_get_matches_from(&args);
    let parsed = parsed.and_then(|matches| Ok((Args::from_arg_matches(&matches)?, ErrorFormat::of(&matches))));
    let (Args { command, output }, form) = parsed.unwrap_or_else(|error| {
        let error = tips::with_tip(error, &args);
        failure::refused(&error, &args);
        error.exit()
    });
    output.start_log();
    let mut ui = output.ui();
    let rights = command.rights();
    let result = match command {
        Command::Diff(args) => block_on(diff::run(args, &mut ui)),
        Command::Sync(args) => block_on(sync::run(args, &mut ui)),
        Command::Delete(args) => block_on(delete::run(args, &mut ui)),
        Command::Status(args) => block_on(status::run(args, &mut ui)),
        Command::History(args) => block_on(history::run(args, &mut ui)),
        Command::Snapshot(args) => block_on(snapshot::run(args, &mut ui)),
        Command::Check(args) => check::run(&args, &mut ui),
        Command::Render(args) => render::run(&args, &mut ui),
        Command::Roles(args) => block_on(roles::run(args, &mut ui)),
        Command::Output(args) => output::run(&args, &mut ui),
        Command::Completions(args) => completions::run(&args, &mut ui),
        Command::Help(args) => help::run(&args, &mut ui),
    };
    ui.done();
    result.unwrap_or_else(|error| {
        let error = match rights {
            Some(rights) => rights.explain(error),
            None => error,
        };
        form.tell(&error, &mut ui);
        ui.error(&error);
        Exit::Failed
    })
}

fn block_on(command: impl Future<Output = Result<Exit>>) -> Result<Exit> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| crate::diagnostic::error::Error::new("failed to start").because(error))?;
    let result = runtime.block_on(command);
    // Requests still under way belong to watches: nobody waits for them.
    runtime.shutdown_background();
    result
}

/// The whole command.
fn command() -> clap::Command {
    let color = if options::is_color_forced() {
        clap::ColorChoice::Always
    } else {
        clap::ColorChoice::Auto
    };
    examples::with_examples(Args::command()).color(color)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_well_formed() {
        super::command().debug_assert();
    }

    /// The options of a heading that several commands have, by their names.
    const SHARED: [(&str, &[&str]); 3] = [
        (
            "Output",
            &[
                "color",
                "verbose",
                "quiet",
                "no_pager",
                "format",
                "stat",
                "out",
                "page",
                "only",
                "show_secrets",
            ],
        ),
        (
            "Desired state",
            &[
                "path",
                "directory",
                "environment",
                "all_environments",
                "set",
                "set_file",
                "set_env",
                "parameters",
                "age_key_file",
                "revision",
                "allow_programs",
                "filename",
                "name",
                "namespace",
                "selector",
                "only_namespace",
                "component",
                "verify",
                "field_manager",
                "from",
                "to",
            ],
        ),
        (
            "Cluster",
            &[
                "kubeconfig",
                "context",
                "sandbox",
                "cluster",
                "server",
                "certificate_authority",
                "insecure_skip_tls_verify",
                "token",
                "as_user",
                "as_group",
                "as_uid",
                "request_timeout",
                "concurrency",
                "user",
                "all_namespaces",
            ],
        ),
    ];

    #[test]
    fn an_option_stands_under_the_heading_of_its_subject() {
        for command in super::command().get_subcommands() {
            let name = command.get_name();
            for (heading, options) in SHARED {
                let under = command
                    .get_arguments()
                    .filter(|arg| arg.get_help_heading() == Some(heading));
                for arg in under {
                    let id = arg.get_id().as_str();
                    assert!(options.contains(&id), "{name}: {id} stands under {heading}");
                }
            }
            let mut options = command.get_arguments().filter(|arg| !arg.is_positional());
            let without = options.find(|arg| arg.get_help_heading().is_none());
            assert!(without.is_none(), "{name}: {without:?} stands under no heading");
        }
    }

    #[test]
    fn the_short_help_of_a_command_fits_a_terminal() {
        let mut whole = super::command().term_width(80);
        whole.build();
        for command in whole.get_subcommands_mut() {
            let name = command.get_name().to_owned();
            let help = command.render_help().to_string();
            let lines = help.lines().count();
            assert!(lines <= 40, "{name}: {lines} lines\n{help}");
        }
    }
}
