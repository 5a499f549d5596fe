//! One ApplySet, or all of a cluster: what `status` and `history` look at.

use super::context::{self, Connected};
use super::options;
use super::rights::RightsHint;
use crate::applyset::inventory::ApplySet;
use crate::applyset::parent::Parent;
use crate::cli::ui::Ui;
use crate::diagnostic::error::Result;
use crate::observe;

/// One ApplySet, or all of a cluster.
#[derive(Debug, clap::Args)]
pub(super) struct OneOrAll {
    #[command(flatten)]
    pub(super) named: options::NamingDirectory,
    /// Show all ApplySets of the cluster.
    #[arg(help_heading = "Cluster", short = 'A', long, conflicts_with_all = ["directory", "environment", "name", "namespace"])]
    pub(super) all_namespaces: bool,
    #[command(flatten)]
    pub(super) set: options::Set,
    #[command(flatten)]
    pub(super) cluster: options::ConnectionOptions,
}

impl OneOrAll {
    /// The rights that it takes to read it; those of many sets no role is made for.
    pub(super) fn rights(&self) -> Option<RightsHint> {
        (!self.all_namespaces).then(|| RightsHint::to_read(&self.named, &self.set))
    }
}

/// All ApplySets of a cluster, each with its parent.
pub(super) struct AllSets {
    pub(super) connected: Connected,
    pub(super) sets: Vec<(ApplySet, Parent)>,
}

impl AllSets {
    /// Connects to the cluster, and reads all that it has.
    pub(super) async fn read(cluster: &options::ConnectionOptions, ui: &mut Ui) -> Result<Self> {
        ui.activity("connecting");
        let connected = context::connect(cluster, ui).await?;
        let discovery = observe::discover(&*connected.cluster).await?;
        let sets = observe::read_parents(&*connected.cluster, &discovery).await?;
        ui.done();
        Ok(Self { connected, sets })
    }
}
