//! `stackanetes status`

use futures::StreamExt as _;
use jiff::Timestamp;

use super::context::FoundSet;
use super::rights::Rights;
use super::{Exit, context, options};
use crate::cli::ui::{Ui, Verbosity};
use crate::diagnostic::error::Result;
use crate::kinds::health;
use crate::observe::{self, Query};
use crate::view::{self, StatusView};

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
}

impl Args {
    /// The rights that it takes; those of many sets no role is made for.
    pub(super) fn rights(&self) -> Option<Rights> {
        (!self.all_namespaces).then(|| Rights::to_read(&self.named, &self.set))
    }
}

pub(super) async fn run(args: Args, ui: &mut Ui) -> Result<Exit> {
    if args.all_namespaces {
        return all(&args.cluster, ui).await;
    }
    let found = context::found(&args.named, &args.set, &args.cluster, ui).await?;
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
    ui.result(&view::status(&StatusView {
        set: &set,
        cluster: &connected.name,
        parent: parent.as_ref(),
        members: &members,
        outdated: &outdated,
        not_compared: &found.not_compared,
        forgotten: found.forgotten.as_ref(),
        now: Timestamp::now(),
        whole: ui.verbosity() == Verbosity::Verbose,
    }))?;
    let all_current = !found.may_have_more() && members.iter().all(|(_, health)| health.is_current());
    Ok(if all_current { Exit::Done } else { Exit::Differs })
}

/// All ApplySets. How their objects are is not asked.
async fn all(cluster: &options::Cluster, ui: &mut Ui) -> Result<Exit> {
    ui.doing("connecting");
    let connected = context::connect(cluster, ui).await?;
    let discovery = observe::discover(&*connected.cluster).await?;
    let sets = observe::read_parents(&*connected.cluster, &discovery).await?;
    ui.done();
    ui.result(&view::statuses(&connected.name, &sets, Timestamp::now()))?;
    Ok(Exit::Done)
}
