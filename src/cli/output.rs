//! `stackanetes output`

use super::{Exit, options};
use crate::cli::ui::Ui;
use crate::diagnostic::error::Result;
use crate::source;

/// Print a text that the directory gives out by name (in stackanetes.yaml, under outputs). Needs no
/// cluster.
#[derive(Debug, clap::Args)]
#[command(allow_missing_positional = true)]
pub(super) struct Args {
    #[command(flatten)]
    directory: options::Directory,
    /// The name of the text.
    #[arg(value_name = "NAME", required = true)]
    name: String,
}

pub(super) fn run(args: &Args, ui: &mut Ui) -> Result<Exit> {
    ui.result(&source::output(
        &args.directory.path,
        args.directory.revision.as_deref(),
        &args.directory.inputs(),
        &args.name,
    )?)?;
    Ok(Exit::Done)
}
