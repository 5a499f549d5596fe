//! What a reviewer of a plan must not overlook, in the order in which it is told.

use std::collections::BTreeSet;

use super::{Action, Backup, Lost, Plan, Reason, Restarts, Step, Work, is_container, is_precious};
use crate::kinds::jobs::IRREVERSIBLE;
use crate::kinds::pods::{self, PodLabels};
use crate::kinds::privilege::{Breadth, Privilege};
use crate::kinds::traffic::Opening;
use crate::object::field::FieldPath;
use crate::object::selection::LabelSelector;
use crate::object::{GroupKind, ObjectRef};

/// Something that a sync would do, and that may do harm.
#[derive(Debug, Clone)]
pub enum Danger<'a> {
    /// A Job runs that does what cannot be undone.
    Irreversible(&'a Step, Undoing<'a>),
    /// Data goes, or what may hold it.
    Data(&'a Step),
    /// A NetworkPolicy goes, and not all pods with it that it isolates.
    Opens(&'a Step),
    /// Something else is deleted.
    Deletes(&'a Step),
    /// Something is deleted and made anew.
    Replaces(&'a Step),
    /// Somebody may do what they could not do before.
    Grants(&'a Step, &'a BTreeSet<Privilege>),
    /// A NetworkPolicy lets through what it did not.
    Widens(&'a Step, &'a BTreeSet<Opening>),
    /// Nobody serves while the only pod starts anew.
    Gap(&'a Step),
    /// A restart takes away more pods at once than this PodDisruptionBudget of git allows.
    Budget(&'a Step, &'a ObjectRef),
    /// Pods restart on every node that a DaemonSet selects.
    Nodes(&'a Step),
}

/// What is known of a Job that does what cannot be undone.
#[derive(Debug, Clone, Copy)]
pub struct Undoing<'a> {
    /// What it does, in its own words; nothing where these are secret.
    pub reason: Option<&'a str>,
    /// Whether that is backed up before.
    pub backup: Backup<'a>,
}

impl<'a> Danger<'a> {
    /// All that there are in `plan`, the worst kind first, and of what somebody may do the worst.
    pub fn all(plan: &'a Plan) -> Vec<Self> {
        let parent = plan.facts.parent.as_ref();
        let was_synced = parent.is_some_and(|parent| parent.completed.is_some());
        // What takes the place of another under a new name is there before that goes.
        let renamed = plan.steps.iter().filter_map(|step| match &step.reason {
            Reason::Renamed(old) => Some(old),
            _ => None,
        });
        let renamed: Vec<&ObjectRef> = renamed.collect();
        let steps = plan.steps.iter().filter(|step| step.action.writes());
        let mut all: Vec<Self> = steps
            .clone()
            .flat_map(|step| Self::of(step, plan, was_synced))
            .collect();
        all.extend(steps.flat_map(|step| crossed(step, plan)));
        all.retain(|danger| !matches!(danger, Self::Opens(step) if renamed.contains(&&step.reference)));
        all.sort_by_key(|danger| (danger.rank(), danger.severity(), danger.is_backed_up()));
        all
    }

    fn of(step: &'a Step, plan: &'a Plan, was_synced: bool) -> Vec<Self> {
        let kind = &step.reference.kind;
        // In the first sync of all there is nothing that anybody could want back.
        let runs = matches!(step.reason, Reason::Runs(_)) || step.action == Action::Create && was_synced;
        let irreversible = irreversible(step, plan).filter(|_| runs);
        let goes = match step.action {
            Action::Delete if is_precious(kind) || is_container(&step.reference) || is_volume(kind) => {
                Some(Self::Data(step))
            }
            Action::Delete if is_policy(kind) && !goes_with_its_pods(step, plan) => Some(Self::Opens(step)),
            Action::Delete => Some(Self::Deletes(step)),
            Action::Replace if loses_data(step) => Some(Self::Data(step)),
            Action::Replace if !matches!(step.reason, Reason::Runs(_)) => Some(Self::Replaces(step)),
            Action::Create
            | Action::Update
            | Action::Replace
            | Action::Orphan
            | Action::Conflict
            | Action::Refused
            | Action::Skip
            | Action::Keep => None,
        };
        let grants = Some(Self::Grants(step, &step.grants)).filter(|_| !step.grants.is_empty());
        let widens = Some(Self::Widens(step, &step.opens)).filter(|_| !step.opens.is_empty());
        let gap = Some(Self::Gap(step)).filter(|_| is_gap(step));
        let nodes = Some(Self::Nodes(step)).filter(|_| matches!(step.restarts, Some(Restarts::Daemons(_))));
        let all = [irreversible, goes, grants, widens, gap, nodes];
        all.into_iter().flatten().collect()
    }

    /// The step that does it.
    pub fn step(&self) -> &'a Step {
        match self {
            Self::Irreversible(step, _)
            | Self::Data(step)
            | Self::Opens(step)
            | Self::Deletes(step)
            | Self::Replaces(step)
            | Self::Grants(step, _)
            | Self::Widens(step, _)
            | Self::Gap(step)
            | Self::Budget(step, _)
            | Self::Nodes(step) => step,
        }
    }

    /// What programs know it by.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Irreversible(..) => "irreversible",
            Self::Data(_) => "dataGoes",
            Self::Opens(_) => "networkPolicyGoes",
            Self::Deletes(_) => "deletes",
            Self::Replaces(_) => "replaces",
            Self::Grants(..) => "grants",
            Self::Widens(..) => "networkPolicyWidens",
            Self::Gap(_) => "gap",
            Self::Budget(..) => "disruptionBudget",
            Self::Nodes(_) => "everyNode",
        }
    }

    /// How much somebody may do by it, at most; nothing where nobody may do more than before.
    pub fn severity(&self) -> Option<Breadth> {
        match self {
            Self::Grants(_, privileges) => privileges.iter().map(Privilege::severity).min(),
            Self::Irreversible(..)
            | Self::Data(_)
            | Self::Opens(_)
            | Self::Deletes(_)
            | Self::Replaces(_)
            | Self::Widens(..)
            | Self::Gap(_)
            | Self::Budget(..)
            | Self::Nodes(_) => None,
        }
    }

    /// Whether what cannot be undone is backed up before: what is not is told first.
    fn is_backed_up(&self) -> bool {
        matches!(self, Self::Irreversible(_, undoing) if matches!(undoing.backup, Backup::RunsBefore(_)))
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Irreversible(..) => 0,
            Self::Data(_) => 1,
            Self::Deletes(_) => 2,
            Self::Replaces(_) => 3,
            Self::Grants(..) => 4,
            Self::Opens(_) => 5,
            Self::Widens(..) => 6,
            Self::Gap(_) => 7,
            Self::Budget(..) => 8,
            Self::Nodes(_) => 9,
        }
    }
}

/// What a Job says of itself that cannot be undone.
fn irreversible<'a>(step: &'a Step, plan: &'a Plan) -> Option<Danger<'a>> {
    let Work::Apply(work) = &step.work else { return None };
    let reason = work.desired.annotation(IRREVERSIBLE)?.trim();
    let path = FieldPath::of(&["metadata", "annotations", IRREVERSIBLE]);
    let is_secret = work.desired.origins.is_secret(&path);
    let undoing = Undoing {
        reason: Some(reason).filter(|_| !is_secret),
        backup: Backup::of(step, plan),
    };
    Some(Danger::Irreversible(step, undoing))
}

/// The disruption budgets that a restart crosses.
fn crossed<'a>(step: &'a Step, plan: &'a Plan) -> impl Iterator<Item = Danger<'a>> {
    let restarted = match (&step.work, step.restarts) {
        (Work::Apply(work), Some(Restarts::Pods(Some(pods)))) => Some((&work.desired.value, pods)),
        _ => None,
    };
    let budgets = restarted
        .into_iter()
        .flat_map(|restarted| plan.facts.budgets.iter().map(move |budget| (budget, restarted)));
    let crossed = budgets.filter(|(budget, (value, pods))| budget.is_crossed(&step.reference, value, *pods));
    crossed.map(|(budget, _)| Danger::Budget(step, &budget.reference))
}

fn is_policy(kind: &GroupKind) -> bool {
    kind.is("networking.k8s.io", "NetworkPolicy")
}

/// Whether the pods that a NetworkPolicy isolates go with it, so that nobody gets through to more pods than before: some
/// do, git has no other, and no workload of the namespace stays that git does not have. One that selects all pods of its
/// namespace isolates those of others, too.
fn goes_with_its_pods(step: &Step, plan: &Plan) -> bool {
    let Work::Delete(policy) = &step.work else { return false };
    let selector = LabelSelector::in_object(&policy.live.value()["spec"]["podSelector"]);
    let Some(selector) = selector.filter(|selector| !selector.is_empty()) else {
        return false;
    };
    let namespace = step.reference.namespace.as_deref();
    let are_selected = |pods: &PodLabels| pods.are_selected(namespace, &selector);
    let goes = |other: &Step| match &other.work {
        Work::Delete(work) => PodLabels::of(&other.reference, work.live.value())
            .as_ref()
            .is_some_and(are_selected),
        Work::Apply(_) | Work::Nothing | Work::Orphan(_) | Work::Await(_) => false,
    };
    let stays = |other: &Step| {
        matches!(other.action, Action::Keep | Action::Orphan)
            && pods::run(&other.reference.kind)
            && other.reference.namespace.as_deref() == namespace
    };
    plan.steps.iter().any(goes) && !plan.steps.iter().any(stays) && !plan.facts.pods.iter().any(are_selected)
}

fn is_volume(kind: &GroupKind) -> bool {
    kind.is("", "PersistentVolume") || kind.is("apps", "StatefulSet")
}

fn loses_data(step: &Step) -> bool {
    matches!(&step.reason, Reason::Immutable(replacement) if replacement.lost.contains(&Lost::Data))
}

/// Whether the only pod of a workload starts anew. A Deployment brings the new one up first, where it may.
fn is_gap(step: &Step) -> bool {
    let Work::Apply(work) = &step.work else { return false };
    let strategy = work.desired.value.pointer("/spec/strategy/type");
    let recreates = strategy.and_then(serde_json::Value::as_str) == Some("Recreate");
    let is_single = step.restarts == Some(Restarts::Pods(Some(1)));
    is_single && step.reference.kind.is("apps", "StatefulSet")
        || recreates && matches!(step.restarts, Some(Restarts::Pods(count)) if count != Some(0))
}
