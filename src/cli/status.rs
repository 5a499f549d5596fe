//! `stackanetes status`

use std::path::PathBuf;

use jiff::Timestamp;

use super::{Exit, options, setting};
use crate::cluster::Cluster as _;
use crate::error::{Error, Result};
use crate::health;
use crate::observe::{self, Question};
use crate::plan::Policy;
use crate::selection::Selection;
use crate::source::{self, Settings};
use crate::ui::{Ui, Verbosity};
use crate::view::{self, StatusView};

/// Show what is synced, when and by whom, and how each object is.
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
    let settings = match args.set.name {
        Some(_) if !args.directory.exists() => Settings::default(),
        _ => source::settings(&args.directory)?,
    };
    ui.doing("connecting");
    let cluster = setting::connect(&args.cluster).await?;
    let set = setting::applyset(&args.set, &settings, cluster.default_namespace()).ok_or_else(|| {
        Error::new("no ApplySet is named").hint("give --name NAME, or a DIR whose stackanetes.yaml has a name")
    })?;
    let discovery = cluster
        .discover()
        .await
        .map_err(|error| observe::failed("discover what the cluster serves", error))?;
    let parent = observe::read_parent(&cluster, &set, &discovery).await?.ok_or_else(|| {
        Error::new(format!(
            "the ApplySet {} was never synced to {} in namespace {}",
            set.name,
            cluster.context_name(),
            set.namespace
        ))
        .hint("check --name, -n and --context, or run `stackanetes sync`")
    })?;
    let question = Question {
        set: Some(set.clone()),
        namespace: set.namespace.clone(),
        revision: None,
        selection: Selection {
            namespace: args.set.namespace.clone(),
            ..Selection::default()
        },
        rollouts: false,
        verify: false,
        rules: Vec::new(),
        migrate: Vec::new(),
        policy: Policy::default(),
        concurrency: args.cluster.concurrency.into(),
    };
    let (live, not_compared) = observe::read_members(&cluster, &question, &discovery, &parent).await?;
    let members: Vec<_> = live
        .iter()
        .map(|(_, object)| (object.reference(), health::of(object)))
        .collect();
    ui.done();
    ui.result(&view::status(&StatusView {
        set: &set,
        cluster: cluster.context_name(),
        parent: &parent,
        members: &members,
        not_compared: &not_compared,
        now: Timestamp::now(),
        whole: ui.verbosity() == Verbosity::Verbose,
    }))?;
    let all_current = not_compared.is_empty() && members.iter().all(|(_, health)| health.is_current());
    Ok(if all_current { Exit::Done } else { Exit::Differs })
}
