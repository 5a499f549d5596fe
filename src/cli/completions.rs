//! `stackanetes completions`

use std::ffi::OsString;

use clap_complete::env::{CompleteEnv, Shells};

use super::Exit;
use crate::cli::ui::Ui;
use crate::diagnostic::error::{Error, Result};

/// The environment variable by which the script of a shell asks what a command line can go on with.
const ASKED: &str = "STACKANETES_COMPLETE";

/// Print the completions of a shell.
///
/// To use them in bash: `source <(stackanetes completions bash)`. They complete the contexts, clusters and users of the
/// kubeconfig, the environments, components and outputs of the directory, and the chapters of the manual.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The shell.
    shell: clap_complete::Shell,
}

pub(super) fn run(args: &Args, ui: &mut Ui) -> Result<Exit> {
    let mut script = Vec::new();
    let name = args.shell.to_string();
    let shells = Shells::builtins();
    let shell = shells.completer(&name);
    let shell = shell.ok_or_else(|| Error::new(format!("there are no completions for {name}")))?;
    let written = shell.write_registration(ASKED, "stackanetes", "stackanetes", "stackanetes", &mut script);
    written.map_err(|error| Error::new("failed to write the completions").because(error))?;
    ui.result(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}

/// Answers the script of a shell, if it is what asks; whether it was.
pub(super) fn answer(args: &[OsString]) -> clap::error::Result<bool> {
    let here = std::env::current_dir().ok();
    let environment = CompleteEnv::with_factory(super::command).var(ASKED);
    environment.try_complete(args, here.as_deref())
}
