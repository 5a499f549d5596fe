//! `stackanetes history`

use std::path::PathBuf;

use jiff::Timestamp;

use super::{Exit, options, setting};
use crate::error::Result;
use crate::observe;
use crate::ui::{Ui, Verbosity};
use crate::view::{self, HistoryView};

/// Show the earlier syncs: what, when, by whom, and what came of it.
///
/// The latest stands first. `sync --revision REV` goes back to one, with its diff first. -v shows all that is
/// kept of each.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The directory whose stackanetes.yaml names the ApplySet.
    #[arg(value_name = "DIR", default_value = "desired")]
    directory: PathBuf,
    #[command(flatten)]
    set: options::Set,
    #[command(flatten)]
    cluster: options::Cluster,
}

pub(super) async fn run(args: Args, ui: &mut Ui) -> Result<Exit> {
    let settings = setting::named(&args.directory, &args.set)?;
    ui.doing("connecting");
    let connected = setting::connect(&args.cluster).await?;
    let cluster = &*connected.cluster;
    let set = setting::applyset(&args.set, &settings, &connected.default_namespace).ok_or_else(setting::no_name)?;
    let discovery = cluster.discover().await;
    let discovery = discovery.map_err(|error| observe::failed("discover what the cluster serves", error))?;
    let parent = observe::read_parent(cluster, &set, &discovery).await?;
    let parent = parent.ok_or_else(|| setting::never_synced(&set, &connected.name))?;
    ui.done();
    ui.result(&view::history(&HistoryView {
        set: &set,
        cluster: &connected.name,
        syncs: &parent.syncs(),
        now: Timestamp::now(),
        whole: ui.verbosity() == Verbosity::Verbose,
    }))?;
    Ok(Exit::Done)
}
