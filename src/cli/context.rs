//! From what was typed to what is meant: the desired state, the cluster, and the plan between them.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;

use super::findings::{Checking, FoundMistakes};
use super::options;
use crate::applyset::inventory::ApplySet;
use crate::applyset::parent::Parent;
use crate::cli::ui::{Ui, Verbosity};
use crate::cluster::{Cluster, ClusterError, Discovery, Kubernetes, Sandbox};
use crate::diagnostic::error::{Error, Result};
use crate::diagnostic::names::counted;
use crate::diagnostic::nearest::key_hint;
use crate::object::commit::Commit;
use crate::object::selection::Selection;
use crate::observe::history::{self, DirectoryInputs};
use crate::observe::{self, ClosedFiles, Observations, Query, Served, ServerView};
use crate::plan::compare::Blame;
use crate::plan::{self, Elsewhere, Plan, Policy};
use crate::source::parameters::SetByHand;
use crate::source::{self, Desired, Revision};
use crate::view::{self, Against, Detail, Heading, Pruning};

/// A plan and everything it was made from.
pub(super) struct Planned {
    pub(super) plan: Plan,
    /// What of git's history stands behind its changes.
    pub(super) blame: Blame,
    pub(super) cluster: Arc<dyn Cluster>,
    pub(super) cluster_name: String,
    pub(super) query: Query,
    pub(super) served: Served,
    pub(super) revision: Option<Revision>,
    /// The commit that is checked out where standard input was read from.
    pub(super) piped_at: Option<Commit>,
    pub(super) environment: Option<String>,
    pub(super) by_hand: SetByHand,
    pub(super) not_selected: usize,
    pub(super) pruning: Pruning,
    pub(super) findings: FoundMistakes,
}

/// Reads the desired state, asks the cluster, and plans.
pub(super) async fn plan_directory(
    desired: &options::DesiredOptions,
    cluster: &options::ConnectionOptions,
    safety: &options::Safety,
    ui: &mut Ui,
) -> Result<Planned> {
    let read = read(&desired.source, safety.allow_empty)?;
    plan_read(read, desired, cluster, safety, ui).await
}

/// Asks the cluster, and plans the desired state that was read.
pub(super) async fn plan_read(
    read: Desired,
    desired: &options::DesiredOptions,
    cluster: &options::ConnectionOptions,
    safety: &options::Safety,
    ui: &mut Ui,
) -> Result<Planned> {
    for warning in view::warnings(&read) {
        ui.warning(&warning);
    }
    let asked = PlanRequest {
        desired,
        safety,
        selection: desired.selection(),
        checking: if desired.no_check {
            Checking::Off
        } else {
            Checking::SinceLastSync
        },
    };
    known_components(&read, &asked.selection)?;
    ui.activity("connecting");
    let connected = connect(cluster, ui).await?;
    plan_against(read, connected, asked, ui).await
}

/// What was asked of a plan, besides the desired state and the cluster.
pub(super) struct PlanRequest<'a> {
    pub(super) desired: &'a options::DesiredOptions,
    pub(super) safety: &'a options::Safety,
    pub(super) selection: Selection,
    pub(super) checking: Checking,
}

/// Asks the cluster, and plans what was read.
pub(super) async fn plan_against(
    read: Desired,
    connected: Connected,
    asked: PlanRequest<'_>,
    ui: &mut Ui,
) -> Result<Planned> {
    let PlanRequest {
        desired,
        safety,
        selection,
        checking,
    } = asked;
    let findings = checking.check(
        &read,
        &namespace(&desired.set, &read.settings, &connected.default_namespace),
    );
    let Desired {
        settings,
        manifests,
        components,
        rollouts,
        revision,
        environment,
        set: by_hand,
        closed,
        secret_defaults,
        ..
    } = read;
    let Connected {
        cluster,
        name: cluster_name,
        reached,
        default_namespace,
        concurrency,
    } = connected;
    let set = applyset(&desired.set, &settings, &default_namespace);
    let policy = Policy {
        elsewhere: elsewhere(&settings, environment.as_deref(), reached.as_ref()),
        ..safety.policy(&desired.field_manager, environment.as_deref())
    };
    can_take(set.as_ref(), &policy)?;
    let directory = DirectoryInputs {
        path: desired.source.path().map(std::path::Path::to_owned),
        inputs: desired.source.inputs()?,
        by_hand: by_hand.clone(),
        revision: revision.clone(),
        namespace: desired.set.namespace.clone(),
        default_namespace: default_namespace.clone(),
    };
    let query = Query {
        namespace: namespace(&desired.set, &settings, &default_namespace),
        set,
        revision: revision.as_ref().map(|revision| revision.commit.clone()),
        selection,
        rollouts,
        verify: desired.verify,
        rules: settings.rules.clone(),
        migrate: settings.migrate.clone(),
        closed: (!closed.is_empty()).then(|| ClosedFiles {
            files: closed,
            directory: directory.clone(),
        }),
        // A sandbox takes any.
        secret_defaults: reached.as_ref().map_or_else(Vec::new, |_| secret_defaults),
        findings,
        // A sandbox has no nodes and no classes.
        prerequisites: reached.is_some(),
        policy,
        concurrency,
    };
    ui.activity(&comparing(manifests.len(), &cluster_name));
    let Observations { mut observed, served } = observe::observe(&*cluster, manifests, &components, &query).await?;
    let not_selected = observed.not_selected;
    let (lineage, history) = history::look(&observed, &query.selection, &directory, &served.discovery);
    let server = ServerView {
        cluster: &*cluster,
        discovery: &served.discovery,
        schema: &served.schema,
    };
    observe::take_ownerless(&server, &mut observed.objects, &lineage.pasts, &query).await?;
    let plan = plan::plan(observed, lineage, &query.policy);
    let blame = history.map(|history| history.explain(&plan, &served.discovery));
    let findings = checking.findings(query.findings.clone(), &plan, &directory);
    ui.done();
    let pruning = match (safety.no_prune, query.selection.is_everything()) {
        (true, _) => Pruning::Off,
        (false, true) => Pruning::Members,
        (false, false) => Pruning::Selected {
            in_namespace: query.selection.namespace.is_some(),
        },
    };
    Ok(Planned {
        plan,
        blame: blame.unwrap_or_default(),
        cluster,
        cluster_name,
        query,
        served,
        revision,
        piped_at: desired.source.path().is_none().then(source::head_commit).flatten(),
        environment,
        by_hand,
        not_selected,
        pruning,
        findings,
    })
}

/// What is being done: `comparing 2 objects with prod`.
fn comparing(objects: usize, cluster: &str) -> String {
    format!("comparing {} with {cluster}", counted(objects, "object"))
}

impl Planned {
    pub(super) fn heading(&self, ui: &Ui) -> Heading<'_> {
        Heading {
            against: Against::Cluster(&self.cluster_name),
            revision: self.revision.as_ref(),
            piped_at: self.piped_at.as_ref(),
            now: Timestamp::now(),
            detail: detail(ui),
            environment: self.environment.as_deref(),
            elsewhere: &[],
            not_selected: self.not_selected,
            pruning: self.pruning,
            blame: &self.blame,
            only: &[],
            checks: self.findings.as_checks(),
        }
    }
}

/// How much is shown of each object of a plan.
pub(super) fn detail(ui: &Ui) -> Detail {
    match ui.verbosity() {
        Verbosity::Verbose => Detail::Whole,
        _ => Detail::Fields,
    }
}

/// Objects are taken over only by an ApplySet, and from another one.
fn can_take(set: Option<&ApplySet>, policy: &Policy) -> Result<()> {
    let Some(set) = set else {
        return if policy.take_from.is_empty() {
            Ok(())
        } else {
            Err(
                Error::new("there is no ApplySet that could take objects over: it has no name")
                    .hint("pass --name NAME, or write a name into stackanetes.yaml"),
            )
        };
    };
    let id = set.id();
    if policy.take_from.iter().any(|other| other.id == id) {
        let message = format!(
            "--take-from names the ApplySet that is synced: {}/{}",
            set.namespace, set.name
        );
        return Err(Error::new(message).hint("name the ApplySet that has the objects now"));
    }
    Ok(())
}

/// The components that are asked for must be there.
pub(super) fn known_components(read: &Desired, selection: &Selection) -> Result<()> {
    let components = &read.components;
    let Some(name) = selection.components.iter().find(|name| !components.contains_key(*name)) else {
        return Ok(());
    };
    let error = Error::new(format!("there is no component {name}"));
    let known: Vec<&str> = components.keys().map(String::as_str).collect();
    Err(match known.as_slice() {
        [] => error.hint("a component is a folder at the top of the directory that holds a component.yaml"),
        known => error.hint(key_hint(known, name)),
    })
}

/// Reads the desired state.
pub(super) fn read(source: &options::SourceOptions, allow_empty: bool) -> Result<Desired> {
    let read = match (source.path(), source.revision()) {
        (Some(path), Some(revision)) => source::at_revision(path, revision, &source.inputs()?)?,
        (Some(path), None) if source.is_file() && !path.exists() => {
            return Err(Error::new(format!("there is no file {}", path.display()))
                .hint("pass a file that exists, or `-f -` for standard input"));
        }
        (Some(path), None) => {
            let inputs = source.inputs()?;
            with_hint_if_missing(path, "-f FILE reads a file, and `-f -` standard input", || {
                source::directory(path, &inputs)
            })?
        }
        (None, _) => source::standard_input(&source.inputs()?.identities)?,
    };
    if read.manifests.is_empty() && !allow_empty {
        return Err(Error::new(format!("there is no manifest in {}", read.name))
            .hint("manifests are files that end in .yaml, .yml or .json; pass --allow-empty to delete all members"));
    }
    Ok(read)
}

/// What is read from a directory; where there is none, the error says what else can be named.
fn with_hint_if_missing<T>(directory: &Path, hint: &str, read: impl FnOnce() -> Result<T>) -> Result<T> {
    read().map_err(|error| if directory.exists() { error } else { error.hint(hint) })
}

/// A cluster, and what is to be known of it besides.
pub(super) struct Connected {
    pub(super) cluster: Arc<dyn Cluster>,
    /// What a person calls it.
    pub(super) name: String,
    /// How an API server was reached; nothing for a sandbox, which is nobody's cluster.
    pub(super) reached: Option<ReachedServer>,
    /// The namespace of what names none.
    pub(super) default_namespace: String,
    /// How many requests to have under way at once.
    pub(super) concurrency: usize,
}

/// How an API server was reached.
pub(super) struct ReachedServer {
    /// The context of the kubeconfig, where it is the context's own server.
    context: Option<String>,
    /// The URL of the server.
    server: String,
}

/// Whether this is another cluster than those that the environment belongs to.
pub(super) fn elsewhere(
    settings: &source::Settings,
    environment: Option<&str>,
    reached: Option<&ReachedServer>,
) -> Option<Elsewhere> {
    let ReachedServer { context, server } = reached?;
    let allowed = settings.contexts.of(environment)?;
    (!source::is_among(allowed, context.as_deref(), server)).then(|| Elsewhere {
        environment: environment.map(str::to_owned),
        cluster: context.clone().unwrap_or_else(|| server.clone()),
        allowed: allowed.to_vec(),
    })
}

/// Connects to the cluster that the options name, or opens the sandbox.
pub(super) async fn connect(options: &options::ConnectionOptions, ui: &mut Ui) -> Result<Connected> {
    let concurrency = options.reach.concurrency.into();
    if let Some(directory) = &options.reach.sandbox {
        let sandbox = Sandbox::open(directory)?;
        return Ok(Connected {
            name: sandbox_name(&sandbox, directory),
            reached: None,
            default_namespace: Sandbox::DEFAULT_NAMESPACE.to_owned(),
            cluster: Arc::new(sandbox),
            concurrency,
        });
    }
    let failed = |error: ClusterError| observe::failed("connect to a cluster", error);
    let kubernetes = Kubernetes::connect(&options.connection()).await.map_err(failed)?;
    if kubernetes.skips_verification() {
        let server = kubernetes.server();
        ui.warning(&format!(
            "the certificate of {server} is not verified: whoever is on the way to it may read and change everything"
        ));
    }
    Ok(Connected {
        name: kubernetes.context_name().to_owned(),
        reached: Some(ReachedServer {
            context: kubernetes.context().map(str::to_owned),
            server: kubernetes.server().to_owned(),
        }),
        default_namespace: kubernetes.default_namespace().to_owned(),
        cluster: Arc::new(kubernetes),
        concurrency,
    })
}

/// `the sandbox try`, `the snapshot monday of prod`
fn sandbox_name(sandbox: &Sandbox, directory: &Path) -> String {
    let directory = directory.display();
    match sandbox.snapshot() {
        Some(snapshot) => format!("the snapshot {directory} of {}", snapshot.cluster),
        None => format!("the sandbox {directory}"),
    }
}

/// The ApplySet that is meant, if one is: by option, else by `stackanetes.yaml`.
///
/// Its parent stands in the namespace of manifests that name none.
pub(super) fn applyset(set: &options::Set, settings: &source::Settings, default_namespace: &str) -> Option<ApplySet> {
    let name = set.name.clone().or_else(|| settings.name.clone())?;
    Some(ApplySet {
        name,
        namespace: namespace(set, settings, default_namespace),
    })
}

/// The settings of a directory, which may be missing where the ApplySet is named.
pub(super) fn settings_of(named: &options::NamingDirectory, set: &options::Set) -> Result<source::Settings> {
    match set.name {
        Some(_) if !named.directory.exists() => Ok(source::Settings::default()),
        _ => with_hint_if_missing(&named.directory, "or pass --name NAME", || {
            source::settings(&named.directory, named.environment.as_deref())
        }),
    }
}

/// An ApplySet that the options name, and the cluster that it is in.
pub(super) struct FoundSet {
    pub(super) connected: Connected,
    pub(super) set: ApplySet,
    pub(super) discovery: Discovery,
}

impl FoundSet {
    /// Its parent, without which it was never synced.
    pub(super) async fn parent(&self) -> Result<Parent> {
        let parent = observe::read_parent(&*self.connected.cluster, &self.set, &self.discovery).await?;
        parent.ok_or_else(|| never_synced(&self.set, &self.connected.name))
    }
}

/// Connects to the cluster, and finds out which ApplySet is meant there.
pub(super) async fn find_set(
    directory: &options::NamingDirectory,
    set: &options::Set,
    cluster: &options::ConnectionOptions,
    ui: &mut Ui,
) -> Result<FoundSet> {
    let settings = settings_of(directory, set)?;
    ui.activity("connecting");
    let connected = connect(cluster, ui).await?;
    let set = applyset(set, &settings, &connected.default_namespace).ok_or_else(no_name)?;
    let discovery = observe::discover(&*connected.cluster).await?;
    Ok(FoundSet {
        connected,
        set,
        discovery,
    })
}

/// Nothing names the ApplySet.
pub(super) fn no_name() -> Error {
    Error::new("no ApplySet is named").hint("pass --name NAME, or a DIR whose stackanetes.yaml has a name")
}

/// There is no parent of the ApplySet.
pub(super) fn never_synced(set: &ApplySet, cluster: &str) -> Error {
    Error::new(format!(
        "the ApplySet {} was never synced to {cluster} in namespace {}",
        set.name, set.namespace
    ))
    .hint("check --name, -n, --context and --sandbox, or run `stackanetes sync`")
}

/// The namespace of manifests that name none: by option, else by `stackanetes.yaml`, else the context's.
pub(super) fn namespace(set: &options::Set, settings: &source::Settings, default_namespace: &str) -> String {
    let namespace = set.namespace.clone().or_else(|| settings.namespace.clone());
    namespace.unwrap_or_else(|| default_namespace.to_owned())
}
