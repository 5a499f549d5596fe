//! `stackanetes history`

use jiff::Timestamp;

use super::format::Format;
use super::rights::Rights;
use super::{Exit, context, options};
use crate::applyset::inventory::ApplySet;
use crate::applyset::journal::Journal;
use crate::cli::ui::{Ui, Verbosity};
use crate::diagnostic::error::Result;
use crate::observe;
use crate::view::{self, HistoryView, json};

/// Show the earlier syncs: what, when, by whom, and what came of it.
///
/// The latest stands first. `sync --revision REV` goes back to one, with its diff first. -v shows all that is
/// kept of each.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    named: options::Named,
    /// Show those of all ApplySets of the cluster.
    #[arg(short = 'A', long, conflicts_with_all = ["directory", "environment", "name", "namespace"])]
    all_namespaces: bool,
    #[command(flatten)]
    set: options::Set,
    #[command(flatten)]
    cluster: options::Cluster,
    /// What is printed: text, or a History for programs, which has all that is kept; with -A a HistoryList.
    #[arg(help_heading = "Output", long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

impl Args {
    /// The rights that it takes; those of many sets no role is made for.
    pub(super) fn rights(&self) -> Option<Rights> {
        (!self.all_namespaces).then(|| Rights::to_read(&self.named, &self.set))
    }
}

pub(super) async fn run(args: Args, ui: &mut Ui) -> Result<Exit> {
    if args.all_namespaces {
        return all(&args, ui).await;
    }
    let found = context::find_set(&args.named, &args.set, &args.cluster, ui).await?;
    let parent = found.parent().await?;
    ui.done();
    let syncs = parent.syncs();
    let history = view_of(&found.set, &syncs, &found.connected.name, ui);
    ui.result(&match args.format {
        Format::Text => view::history(&history),
        Format::Json => json::pretty(&json::history(&history)),
    })?;
    Ok(Exit::Done)
}

/// The histories of all ApplySets.
async fn all(args: &Args, ui: &mut Ui) -> Result<Exit> {
    ui.doing("connecting");
    let connected = context::connect(&args.cluster, ui).await?;
    let discovery = observe::discover(&*connected.cluster).await?;
    let sets = observe::read_parents(&*connected.cluster, &discovery).await?;
    ui.done();
    let journals: Vec<(&ApplySet, Journal)> = sets.iter().map(|(set, parent)| (set, parent.syncs())).collect();
    let views: Vec<HistoryView<'_>> = journals
        .iter()
        .map(|(set, syncs)| view_of(set, syncs, &connected.name, ui))
        .collect();
    ui.result(&match args.format {
        Format::Text => views.iter().map(view::history).collect::<Vec<_>>().join("\n"),
        Format::Json => json::pretty(&json::histories(&views)),
    })?;
    Ok(Exit::Done)
}

fn view_of<'a>(set: &'a ApplySet, syncs: &'a Journal, cluster: &'a str, ui: &Ui) -> HistoryView<'a> {
    HistoryView {
        set,
        cluster,
        syncs,
        now: Timestamp::now(),
        whole: ui.verbosity() == Verbosity::Verbose,
    }
}
