//! `stackanetes output`

use std::path::Path;

use super::{Exit, candidates, options};
use crate::cli::ui::Ui;
use crate::diagnostic::error::Result;
use crate::source;

/// Print a text that the directory gives out by name (in stackanetes.yaml, under outputs). Needs no
/// cluster.
#[derive(Debug, clap::Args)]
#[command(
    allow_missing_positional = true,
    override_usage = "stackanetes output [OPTIONS] <NAME> [DIR]",
    mut_arg("path", |path| path.index(1).add(candidates::outputs()))
)]
pub(super) struct Args {
    #[command(flatten)]
    directory: options::DirectoryOptions,
    /// The name of the text. It may stand before DIR or after it.
    #[arg(index = 2, value_name = "NAME", required = true, add = candidates::outputs())]
    name: String,
}

impl Args {
    /// Which of the two is which: the second is the directory where it is one and the first is not.
    fn directory_and_name(&self) -> (&Path, &str) {
        let (first, second) = (&self.directory.path, Path::new(&self.name));
        match first.to_str() {
            Some(name) if !first.is_dir() && second.is_dir() => (second, name),
            _ => (first, &self.name),
        }
    }
}

pub(super) fn run(args: &Args, ui: &mut Ui) -> Result<Exit> {
    let revision = args.directory.revision.as_deref();
    let (directory, name) = args.directory_and_name();
    ui.result(&source::output(directory, revision, &args.directory.inputs()?, name)?)?;
    Ok(Exit::Done)
}
