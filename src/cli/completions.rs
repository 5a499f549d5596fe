//! `stackanetes completions`

use clap_complete::Shell;

use super::Exit;
use crate::cli::ui::Ui;
use crate::diagnostic::error::Result;

/// Print the completions of a shell.
///
/// For bash: `source <(stackanetes completions bash)`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The shell.
    shell: Shell,
}

pub(super) fn run(args: &Args, ui: &mut Ui) -> Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::command(), "stackanetes", &mut script);
    ui.result(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
