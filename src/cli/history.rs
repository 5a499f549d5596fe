//! `stackanetes history`

use jiff::Timestamp;

use super::format::Format;
use super::rights::Rights;
use super::{Exit, context, options};
use crate::cli::ui::{Ui, Verbosity};
use crate::diagnostic::error::Result;
use crate::view::{self, HistoryView, json};

/// Show the earlier syncs: what, when, by whom, and what came of it.
///
/// The latest stands first. `sync --revision REV` goes back to one, with its diff first. -v shows all that is
/// kept of each.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    named: options::Named,
    #[command(flatten)]
    set: options::Set,
    #[command(flatten)]
    cluster: options::Cluster,
    /// What is printed: text, or a History for programs, which has all that is kept.
    #[arg(help_heading = "Output", long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

impl Args {
    /// The rights that it takes.
    pub(super) fn rights(&self) -> Rights {
        Rights::to_read(&self.named, &self.set)
    }
}

pub(super) async fn run(args: Args, ui: &mut Ui) -> Result<Exit> {
    let found = context::find_set(&args.named, &args.set, &args.cluster, ui).await?;
    let parent = found.parent().await?;
    ui.done();
    let history = HistoryView {
        set: &found.set,
        cluster: &found.connected.name,
        syncs: &parent.syncs(),
        now: Timestamp::now(),
        whole: ui.verbosity() == Verbosity::Verbose,
    };
    ui.result(&match args.format {
        Format::Text => view::history(&history),
        Format::Json => json::pretty(&json::history(&history)),
    })?;
    Ok(Exit::Done)
}
