//! `stackanetes snapshot`

use std::path::PathBuf;

use jiff::Timestamp;

use super::context::FoundSet;
use super::rights::RightsHint;
use super::{Exit, context, options};
use crate::cli::ui::Ui;
use crate::cluster::{Sandbox, Snapshot};
use crate::diagnostic::error::{Error, Result};
use crate::observe::Query;
use crate::observe::snapshot::{self, Gathered};
use crate::view;

/// Record what is synced, as it is in the cluster, in a directory that `--sandbox` reads.
///
/// A snapshot holds the members of the ApplySet, its parent, their namespaces and the definitions of their kinds, each
/// object in a file. The values of Secrets are masked, and a diff of the snapshot does not compare them. Secret values
/// in objects of other kinds are recorded as they are.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    named: options::NamingDirectory,
    /// The directory that the snapshot is written into: an empty one, or one that does not exist yet.
    #[arg(help_heading = "Snapshot", long, value_name = "SNAPSHOT")]
    to: PathBuf,
    #[command(flatten)]
    set: options::Set,
    #[command(flatten)]
    cluster: options::ConnectionOptions,
}

impl Args {
    /// The rights that it takes.
    pub(super) fn rights(&self) -> RightsHint {
        RightsHint::to_read(&self.named, &self.set)
    }
}

pub(super) async fn run(args: Args, ui: &mut Ui) -> Result<Exit> {
    let found = context::find_set(&args.named, &args.set, &args.cluster, ui).await?;
    let FoundSet {
        connected,
        set,
        discovery,
    } = found;
    let cluster = &*connected.cluster;
    ui.activity(&format!("reading {}", connected.name));
    let query = Query::about_members(&set, connected.concurrency);
    let gathered = snapshot::gather(cluster, &set, &query, &discovery).await?;
    let Gathered {
        objects,
        hidden,
        forgotten,
        undefined,
    } = gathered.ok_or_else(|| context::never_synced(&set, &connected.name))?;
    if let Some(kind) = undefined.first() {
        return Err(Error::new(format!(
            "no CustomResourceDefinition that you may read defines {kind}, which the ApplySet {} may hold",
            set.name
        ))
        .hint(
            "ask for the right to `get` CustomResourceDefinitions; objects of another API server cannot be recorded",
        ));
    }
    let snapshot = Snapshot {
        cluster: connected.name.clone(),
        server: discovery.server_version.clone(),
        time: Timestamp::now().to_string(),
        hidden: hidden.iter().map(ToString::to_string).collect(),
    };
    Sandbox::record(
        &args.to,
        snapshot,
        objects.values().map(|(resource, object)| (resource, object)),
    )?;
    ui.done();
    for kind in &hidden {
        ui.warning(&format!(
            "{} may not be listed: a diff of the snapshot does not compare them",
            kind.kind
        ));
    }
    if let Some(forgotten) = &forgotten {
        ui.warning(&view::forgotten(&set, forgotten));
    }
    ui.result(&view::snapshot(&set, &connected.name, &args.to, objects.keys()))?;
    Ok(Exit::Done)
}
