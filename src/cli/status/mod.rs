//! `stackanetes status`

mod drift;

use std::pin::pin;
use std::time::Duration;

use futures::StreamExt as _;
use jiff::Timestamp;
use serde_json::Value;

use super::context::{FoundSet, Planned};
use super::format::OutputFormat;
use super::rights::RightsHint;
use super::sets::{AllSets, OneOrAll};
use super::signal::interrupted;
use super::{Exit, context, options};
use crate::applyset::parent::Parent;
use crate::cli::ui::{Ui, Verbosity};
use crate::diagnostic::error::Result;
use crate::kinds::health::{self, Health};
use crate::object::{NamedObjects, ObjectRef};
use crate::observe::{self, MemberSearch, Query};
use crate::view::{self, StatusView, json};

/// How long until the cluster is asked again with `--watch`.
const INTERVAL: Duration = Duration::from_secs(5);

/// Show what is synced, when and by whom, and how each object is.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    of: OneOrAll,
    /// Show only these objects, Current ones too: deployment/web, 'configmap/*'.
    ///
    /// KIND/NAMESPACE/NAME names an object of one namespace. KIND is a kind, its plural or its short name, with or
    /// without its group. All other objects are counted, and the exit code is about all of them.
    #[arg(help_heading = "Output", value_name = "KIND/NAME", conflicts_with = "all_namespaces")]
    only: Vec<NamedObjects>,
    /// Show the status again whenever it has changed, until Ctrl-C.
    #[arg(help_heading = "Status", short, long, conflicts_with = "all_namespaces")]
    watch: bool,
    /// Show also what others have changed since the last sync.
    ///
    /// For this, DIR is read as it is in the commit that was synced last, and compared with the cluster as in a diff.
    #[arg(help_heading = "Status", long, conflicts_with_all = ["all_namespaces", "watch"])]
    drift: bool,
    /// The name under which fields are applied; with --drift.
    #[arg(help_heading = "Status", long, value_name = "NAME", default_value = options::FIELD_MANAGER, requires = "drift")]
    field_manager: String,
    /// What is printed: text, or a Status for programs, which has the Current objects too; with -A a StatusList.
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
    options::refuse_object_as_directory(&named.directory, "status")?;
    let found = context::find_set(named, set, cluster, ui).await?;
    if args.watch {
        return watch(&args, &found, ui).await;
    }
    let seen = look(&found).await?;
    let planned = if args.drift {
        Some(drift::plan(&args, seen.parent.as_ref(), ui).await?)
    } else {
        None
    };
    ui.done();
    let drifted = planned.as_ref().map(|Planned { plan, .. }| plan.drifted());
    let status = StatusView {
        drift: drifted.as_deref(),
        ..view_of(&found, &seen, &args.only, ui)
    };
    ui.paged(&match args.format {
        OutputFormat::Text => view::status(&status),
        OutputFormat::Json => json::pretty(&json::status(&status)),
    })?;
    let has_drifted = drifted.as_ref().is_some_and(|drifted| !drifted.is_empty());
    Ok(if status.is_current() && !has_drifted {
        Exit::Done
    } else {
        Exit::Differs
    })
}

/// What the cluster says of a set.
struct SetStatus {
    parent: Option<Parent>,
    found: MemberSearch,
    members: Vec<(ObjectRef, Health)>,
    outdated: Vec<(ObjectRef, (i64, i64))>,
    idle: Vec<(ObjectRef, Vec<(String, String)>)>,
}

/// Asks for the members of a set, and why those are not Current that are not.
async fn look(set: &FoundSet) -> Result<SetStatus> {
    let FoundSet {
        connected,
        set,
        discovery,
    } = set;
    let cluster = &*connected.cluster;
    let query = Query::about_members(set, connected.concurrency);
    let parent = observe::read_parent(cluster, set, discovery).await?;
    let found = observe::read_members(cluster, &query, discovery, parent.as_ref()).await?;
    let found = found.ok_or_else(|| context::never_synced(set, &connected.name))?;
    let explained = futures::stream::iter(&found.live)
        .map(async |(resource, object)| {
            let health = observe::explained(cluster, discovery, resource, object, health::of(object)).await;
            (object.reference(), health)
        })
        .buffered(connected.concurrency);
    let members: Vec<_> = explained.collect().await;
    let outdated = found
        .live
        .iter()
        .filter_map(|(_, object)| Some((object.reference(), health::outdated_pods(object)?)))
        .collect();
    let live = found.live.iter().map(|(_, object)| object);
    let idle = live.filter_map(|object| Some((object.reference(), health::nodes_wanted(object)?)));
    Ok(SetStatus {
        parent,
        idle: idle.collect(),
        found,
        members,
        outdated,
    })
}

fn view_of<'a>(set: &'a FoundSet, seen: &'a SetStatus, only: &'a [NamedObjects], ui: &Ui) -> StatusView<'a> {
    StatusView {
        set: &set.set,
        cluster: &set.connected.name,
        parent: seen.parent.as_ref(),
        members: &seen.members,
        outdated: &seen.outdated,
        idle: &seen.idle,
        drift: None,
        not_compared: &seen.found.not_compared,
        forgotten: seen.found.forgotten.as_ref(),
        only,
        now: Timestamp::now(),
        whole: ui.verbosity() == Verbosity::Verbose,
    }
}

/// Shows a status whenever it is another than before, until somebody ends it. That time goes by changes nothing.
async fn watch(args: &Args, set: &FoundSet, ui: &mut Ui) -> Result<Exit> {
    let mut shown: Option<Value> = None;
    let mut ended = pin!(interrupted());
    loop {
        let seen = tokio::select! {
            seen = look(set) => seen?,
            () = &mut ended => return Ok(Exit::Interrupted),
        };
        let status = view_of(set, &seen, &args.only, ui);
        let document = json::status(&status);
        if shown.as_ref() != Some(&document) {
            match args.format {
                OutputFormat::Text => ui.redraw(&view::status(&status))?,
                OutputFormat::Json => ui.result(&json::line(&document))?,
            }
            shown = Some(document);
        }
        tokio::select! {
            () = tokio::time::sleep(INTERVAL) => {}
            () = &mut ended => return Ok(Exit::Interrupted),
        }
    }
}

/// All ApplySets. How their objects are is not asked.
async fn all(cluster: &options::ConnectionOptions, format: OutputFormat, ui: &mut Ui) -> Result<Exit> {
    let AllSets { connected, sets } = AllSets::read(cluster, ui).await?;
    ui.paged(&match format {
        OutputFormat::Text => view::statuses(&connected.name, &sets, Timestamp::now()),
        OutputFormat::Json => json::pretty(&json::statuses(&connected.name, &sets)),
    })?;
    Ok(Exit::Done)
}
