//! `stackanetes history`

use jiff::Timestamp;

use super::format::OutputFormat;
use super::rights::RightsHint;
use super::sets::{AllSets, OneOrAll};
use super::{Exit, context, options};
use crate::applyset::inventory::ApplySet;
use crate::applyset::journal::Journal;
use crate::cli::ui::{Ui, Verbosity};
use crate::diagnostic::error::Result;
use crate::view::{self, HistoryView, json};

/// Show the earlier syncs: what, when, by whom, and what came of it.
///
/// The latest sync comes first. `sync --revision REV` goes back to an earlier one, and shows the diff before. -v shows
/// all that is recorded of each sync.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    of: OneOrAll,
    /// What is printed: text, or a History for programs, which has all that is kept; with -A a HistoryList.
    #[arg(help_heading = "Output", long, value_name = "FORMAT", default_value = "text")]
    format: OutputFormat,
}

impl Args {
    /// The rights that it takes.
    pub(super) fn rights(&self) -> Option<RightsHint> {
        self.of.rights()
    }
}

pub(super) async fn run(args: Args, ui: &mut Ui) -> Result<Exit> {
    let OneOrAll {
        named,
        all_namespaces,
        set,
        cluster,
    } = &args.of;
    if *all_namespaces {
        return all(cluster, args.format, ui).await;
    }
    let found = context::find_set(named, set, cluster, ui).await?;
    let parent = found.parent().await?;
    ui.done();
    let syncs = parent.syncs();
    let history = view_of(&found.set, &syncs, &found.connected.name, ui);
    ui.paged(&match args.format {
        OutputFormat::Text => view::history(&history),
        OutputFormat::Json => json::pretty(&json::history(&history)),
    })?;
    Ok(Exit::Done)
}

/// The histories of all ApplySets.
async fn all(cluster: &options::ConnectionOptions, format: OutputFormat, ui: &mut Ui) -> Result<Exit> {
    let AllSets { connected, sets } = AllSets::read(cluster, ui).await?;
    let journals: Vec<(&ApplySet, Journal)> = sets.iter().map(|(set, parent)| (set, parent.syncs())).collect();
    let views: Vec<HistoryView<'_>> = journals
        .iter()
        .map(|(set, syncs)| view_of(set, syncs, &connected.name, ui))
        .collect();
    ui.paged(&match format {
        OutputFormat::Text => view::histories(&connected.name, &views),
        OutputFormat::Json => json::pretty(&json::histories(&views)),
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
