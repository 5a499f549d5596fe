//! `stackanetes roles`

use std::sync::Arc;

use super::format::OutputFormat;
use super::{Exit, context, options};
use crate::cli::ui::Ui;
use crate::cluster::{Cluster, Discovery, built_in_kinds};
use crate::diagnostic::error::{Error, Result};
use crate::kinds::definition::Definition;
use crate::kinds::jobs;
use crate::object::GroupKind;
use crate::observe;
use crate::roles::{self, Needs, Purpose, Subject};
use crate::source::{Manifest, Settings};
use crate::view;

/// Print the roles that a diff or a sync of this directory takes, and no more, as YAML.
///
/// This needs a cluster only if the directory has objects of kinds that neither Kubernetes nor the directory defines:
/// name one that has these kinds with --context or --kubeconfig. The namespaces of the directory are printed too, since
/// a role can only be in a namespace that exists.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    source: options::SourceOptions,
    #[command(flatten)]
    set: options::Set,
    #[command(flatten)]
    cluster: options::Reach,
    /// What the roles are for.
    #[arg(help_heading = "Roles", long = "for", value_name = "PURPOSE")]
    purpose: PurposeName,
    /// Bind the roles to this user. May be repeated, as may the other two.
    #[arg(help_heading = "Roles", long, value_name = "NAME")]
    user: Vec<String>,
    /// Bind the roles to this group.
    #[arg(help_heading = "Roles", long, value_name = "NAME")]
    group: Vec<String>,
    /// Bind the roles to this ServiceAccount.
    #[arg(help_heading = "Roles", long, value_name = "NAMESPACE/NAME", value_parser = service_account)]
    service_account: Vec<Subject>,
    /// Let a sync with the same option delete objects of this kind, which are kept by default: PersistentVolumeClaim,
    /// CustomResourceDefinition.
    #[arg(help_heading = "Roles", hide_short_help = true, long, value_name = "KIND")]
    prune_kind: Vec<String>,
    /// What is printed.
    ///
    /// YAML for `kubectl apply`, or a RoleList for programs.
    #[arg(help_heading = "Output", long, value_name = "FORMAT", default_value = "text")]
    format: OutputFormat,
}

/// What roles are for, as it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum PurposeName {
    /// A diff of all but Secrets, without the right to write anything.
    Preview,
    /// A diff and a sync.
    Sync,
}

impl PurposeName {
    fn meant(self) -> Purpose {
        match self {
            Self::Preview => Purpose::Preview,
            Self::Sync => Purpose::Sync,
        }
    }

    /// The word for it in the names of roles.
    fn word(self) -> &'static str {
        match self {
            Self::Preview => "preview",
            Self::Sync => "sync",
        }
    }
}

fn service_account(text: &str) -> Result<Subject, &'static str> {
    match text.split_once('/') {
        Some((namespace, name)) if !namespace.is_empty() && Settings::refuse_name(name).is_none() => {
            Ok(Subject::ServiceAccount {
                namespace: namespace.to_owned(),
                name: name.to_owned(),
            })
        }
        _ => Err("write NAMESPACE/NAME"),
    }
}

pub(super) async fn run(args: Args, ui: &mut Ui) -> Result<Exit> {
    let desired = context::read(&args.source, false)?;
    for warning in view::warnings(&desired) {
        ui.warning(&warning);
    }
    let (discovery, default_namespace) = kinds(&args.cluster, ui).await?;
    let set = context::applyset(&args.set, &desired.settings, &default_namespace).ok_or_else(context::no_name)?;
    let namespace = context::namespace(&args.set, &desired.settings, &default_namespace);
    if !args.cluster.is_named() {
        must_know(&desired.manifests, &discovery)?;
    }
    let objects = observe::resolve_all(desired.manifests, &discovery, &namespace)?;
    observe::check_kinds(&args.prune_kind, &discovery)?;
    let alone = || objects.iter().map(|(object, _)| object);
    let declared = jobs::declared(alone())?;
    let needs = Needs {
        set: &set,
        key: observe::needs_key(alone(), &declared, desired.rollouts),
        objects: &objects,
        prune_kinds: &args.prune_kind,
    };
    let purpose = args.purpose.word();
    let name = format!("stackanetes-{}-{purpose}", set.name);
    let users = args.user.into_iter().map(Subject::User);
    let groups = args.group.into_iter().map(Subject::Group);
    let subjects: Vec<Subject> = users.chain(groups).chain(args.service_account).collect();
    let mut all = needs.namespaces();
    all.extend(roles::objects(&needs.rights(args.purpose.meant()), &name, &subjects));
    ui.paged(&match args.format {
        OutputFormat::Text => view::roles(&all),
        OutputFormat::Json => view::json::pretty(&view::json::roles(&set, purpose, &all)),
    })?;
    Ok(Exit::Done)
}

/// The kinds that there are, of the cluster that is named or of every one; and the namespace of what names
/// none.
async fn kinds(options: &options::Reach, ui: &mut Ui) -> Result<(Discovery, String)> {
    if !options.is_named() {
        return Ok((built_in_kinds(), "default".to_owned()));
    }
    let connected = context::connect(&options.clone().whole(), ui).await?;
    let cluster: Arc<dyn Cluster> = connected.cluster;
    let discovery = observe::discover(&*cluster).await?;
    Ok((discovery, connected.default_namespace))
}

/// What no cluster was asked about must be Kubernetes' own or defined in the directory.
fn must_know(manifests: &[Manifest], discovery: &Discovery) -> Result<()> {
    let defined: Vec<GroupKind> = manifests
        .iter()
        .filter_map(|manifest| Definition::of(&manifest.gvk.group_kind, &manifest.value)?.kind())
        .collect();
    let unknown = manifests.iter().filter(|manifest| {
        let kind = &manifest.gvk.group_kind;
        discovery.preferred(kind).is_none() && !defined.contains(kind)
    });
    let errors = unknown.map(|manifest| {
        Error::new(format!(
            "nothing here defines the kind {}, so its rights have no name",
            manifest.gvk
        ))
        .at(manifest.place.clone(), "")
        .hint("name a cluster that knows it: --context NAME; or add its CustomResourceDefinition to the directory")
    });
    Error::join(errors).map_or(Ok(()), Err)
}
