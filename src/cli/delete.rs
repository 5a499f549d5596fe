//! `stackanetes delete`

use std::time::Duration;

use super::context::Planned;
use super::duration::duration;
use super::findings::FoundMistakes;
use super::format::OutputFormat;
use super::options::accept;
use super::{Exit, context, options, sync};
use crate::cli::ui::{AnsweredAt, Ui};
use crate::diagnostic::error::{Error, Result};
use crate::observe::{self, Observations, Query, history};
use crate::plan::compare::Blame;
use crate::plan::{self, Budget, Empty, Lineage, Policy, Prune, Whose};
use crate::source::Settings;
use crate::source::parameters::SetByHand;
use crate::view::{self, Pruning};

/// Delete everything that an ApplySet holds, and the ApplySet itself.
///
/// What would be deleted is shown first, and needs your confirmation unless --yes is given. Objects that a sync would
/// not prune are kept, and the ApplySet with them: PersistentVolumeClaims, CustomResourceDefinitions, Secrets with
/// generated values, and objects annotated with stackanetes.io/prune: never. They are deleted only with --prune-kind.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    named: options::NamingDirectory,
    /// The name of the ApplySet, where no stackanetes.yaml gives one.
    #[arg(long, value_name = "NAME", value_parser = |name: &str| accept(name, Settings::refuse_name))]
    name: Option<String>,
    /// The namespace of its parent, where no stackanetes.yaml gives one. Its members are deleted in every namespace.
    #[arg(short, long, value_name = "NAMESPACE", value_parser = |name: &str| accept(name, Settings::refuse_namespace))]
    namespace: Option<String>,
    #[command(flatten)]
    cluster: options::ConnectionOptions,
    /// Delete the set that DIR names even if it was synced last from another directory, or another repository.
    #[arg(help_heading = "Deletion", long)]
    switch_source: bool,
    /// Keep all objects, as they are, and delete only the ApplySet: its records, and what marks its members.
    ///
    /// This is like kubectl's --cascade=orphan. The labels, annotations and managed fields that a sync wrote are
    /// removed from the objects, and nothing restarts. Digests on pod templates stay until the next change of their
    /// workload.
    #[arg(help_heading = "Deletion", long, conflicts_with = "prune_kind")]
    orphan: bool,
    /// Delete objects of this kind too, which are kept by default.
    #[arg(help_heading = "Deletion", hide_short_help = true, long, value_name = "KIND")]
    prune_kind: Vec<String>,
    /// The name under which fields were applied.
    #[arg(
        help_heading = "Deletion",
        hide_short_help = true,
        long,
        value_name = "NAME",
        default_value = "stackanetes"
    )]
    field_manager: String,
    /// Do not ask.
    #[arg(help_heading = "Deletion", short, long)]
    yes: bool,
    /// How long an object may take to be gone: 90s, 5m, 1h.
    #[arg(help_heading = "Deletion", long, value_name = "DURATION", default_value = "5m", value_parser = duration)]
    timeout: Duration,
    /// What is printed.
    ///
    /// JSON is one document a line: the Plan, an Event for each thing that happens, and a Report at the end.
    #[arg(help_heading = "Output", long, value_name = "FORMAT", default_value = "text")]
    format: OutputFormat,
}

impl Args {
    /// What becomes of the objects.
    fn pruning(&self) -> Pruning {
        if self.orphan {
            Pruning::Orphan
        } else {
            Pruning::Everything
        }
    }

    /// The ApplySet, as it is named.
    fn set(&self) -> options::Set {
        options::Set {
            name: self.name.clone(),
            namespace: self.namespace.clone(),
        }
    }
}

pub(super) async fn run(args: Args, ui: &mut Ui) -> Result<Exit> {
    let named = args.set();
    let settings = context::settings_of(&args.named, &named)?;
    ui.activity("connecting");
    let connected = context::connect(&args.cluster, ui).await?;
    let set = context::applyset(&named, &settings, &connected.default_namespace).ok_or_else(context::no_name)?;
    let elsewhere = context::elsewhere(&settings, args.named.environment.as_deref(), connected.reached.as_ref());
    let query = Query {
        policy: Policy {
            elsewhere,
            ..policy(&args)
        },
        ..Query::about_members(&set, connected.concurrency)
    };
    ui.activity(&format!("looking for members in {}", connected.name));
    let found = observe::whole_set(&*connected.cluster, &query).await?;
    let Observations { observed, served } = found.ok_or_else(|| context::never_synced(&set, &connected.name))?;
    let lineage = Lineage {
        source: history::checked_out(&args.named.directory, observed.facts.parent.as_ref()),
        ..Lineage::default()
    };
    let plan = plan::plan(observed, lineage, &query.policy);
    ui.done();
    let last = plan.facts.parent.as_ref().and_then(|parent| parent.attempted.as_ref());
    let environment = last.and_then(|last| last.environment.clone());
    let planned = Planned {
        plan,
        blame: Blame::default(),
        cluster: connected.cluster,
        cluster_name: connected.name,
        query,
        served,
        revision: None,
        piped_at: None,
        // What is left of the set belongs to it as before.
        environment: args.named.environment.clone().or(environment),
        by_hand: SetByHand::default(),
        not_selected: 0,
        pruning: args.pruning(),
        findings: FoundMistakes::default(),
    };
    sync::show(&planned, None, args.format.into(), ui)?;
    if let Some(error) = sync::refusals(&planned, None, "nothing was changed") {
        return Err(error);
    }
    if !planned.plan.writes() && !planned.plan.steps.is_empty() {
        // All that is left is kept, and so is the ApplySet.
        return Ok(Exit::Done);
    }
    if !args.yes {
        if !Ui::can_ask(AnsweredAt::StandardInput) {
            return Err(Error::new("cannot prompt: standard input is not a terminal")
                .hint("pass --yes to delete without asking"));
        }
        if !ui.confirm(
            &view::question(&planned.plan, &planned.heading(ui)),
            AnsweredAt::StandardInput,
        )? {
            ui.warning("nothing was changed");
            return Ok(Exit::Differs);
        }
    }
    let (cluster, discovery) = (planned.cluster.clone(), planned.served.discovery.clone());
    let exit = sync::execute(planned, args.timeout, args.format, ui).await?;
    if args.format == OutputFormat::Text && observe::read_parent(&*cluster, &set, &discovery).await?.is_none() {
        ui.result(&format!("the ApplySet {} is gone\n", set.name))?;
    }
    Ok(exit)
}

/// Everything is meant to go, or nothing but the ApplySet itself.
fn policy(args: &Args) -> Policy {
    Policy {
        field_manager: args.field_manager.clone(),
        // Who gives the name of the set means that set, wherever its directory is.
        whose: if args.switch_source || args.name.is_some() {
            Whose::Anybodys
        } else {
            Whose::Ours
        },
        prune: if args.orphan { Prune::Orphan } else { Prune::Everything },
        budget: Budget::Percent(100),
        empty: Empty::Meant,
        prune_kinds: args.prune_kind.clone(),
        ..Policy::default()
    }
}
