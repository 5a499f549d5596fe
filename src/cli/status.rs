//! `stackanetes status`

use futures::StreamExt as _;
use jiff::Timestamp;

use super::context::FoundSet;
use super::format::Format;
use super::rights::Rights;
use super::{Exit, context, options};
use crate::cli::ui::{Ui, Verbosity};
use crate::diagnostic::error::Result;
use crate::kinds::health;
use crate::observe::{self, Query};
use crate::view::{self, StatusView, json};

/// Show what is synced, when and by whom, and how each object is.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    named: options::Named,
    /// Show all ApplySets of the cluster, in short.
    #[arg(short = 'A', long, conflicts_with_all = ["directory", "environment", "name", "namespace"])]
    all_namespaces: bool,
    #[command(flatten)]
    set: options::Set,
    #[command(flatten)]
    cluster: options::Cluster,
    /// What is printed: text, or a Status for programs, which has all objects; with -A a StatusList.
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
        return all(&args.cluster, args.format, ui).await;
    }
    let found = context::find_set(&args.named, &args.set, &args.cluster, ui).await?;
    let FoundSet {
        connected,
        set,
        discovery,
    } = found;
    let cluster = &*connected.cluster;
    let query = Query::about_members(&set, connected.concurrency);
    let parent = observe::read_parent(cluster, &set, &discovery).await?;
    let found = observe::read_members(cluster, &query, &discovery, parent.as_ref()).await?;
    let found = found.ok_or_else(|| context::never_synced(&set, &connected.name))?;
    let explained = futures::stream::iter(&found.live)
        .map(async |(resource, object)| {
            let health = observe::explained(cluster, &discovery, resource, object, health::of(object)).await;
            (object.reference(), health)
        })
        .buffered(connected.concurrency);
    let members: Vec<_> = explained.collect().await;
    let outdated: Vec<_> = found
        .live
        .iter()
        .filter_map(|(_, object)| Some((object.reference(), health::outdated_pods(object)?)))
        .collect();
    ui.done();
    let status = StatusView {
        set: &set,
        cluster: &connected.name,
        parent: parent.as_ref(),
        members: &members,
        outdated: &outdated,
        not_compared: &found.not_compared,
        forgotten: found.forgotten.as_ref(),
        now: Timestamp::now(),
        whole: ui.verbosity() == Verbosity::Verbose,
    };
    ui.result(&match args.format {
        Format::Text => view::status(&status),
        Format::Json => json::pretty(&json::status(&status)),
    })?;
    Ok(if status.is_current() { Exit::Done } else { Exit::Differs })
}

/// All ApplySets. How their objects are is not asked.
async fn all(cluster: &options::Cluster, format: Format, ui: &mut Ui) -> Result<Exit> {
    ui.doing("connecting");
    let connected = context::connect(cluster, ui).await?;
    let discovery = observe::discover(&*connected.cluster).await?;
    let sets = observe::read_parents(&*connected.cluster, &discovery).await?;
    ui.done();
    ui.result(&match format {
        Format::Text => view::statuses(&connected.name, &sets, Timestamp::now()),
        Format::Json => json::pretty(&json::statuses(&connected.name, &sets)),
    })?;
    Ok(Exit::Done)
}
