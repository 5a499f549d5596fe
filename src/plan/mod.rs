//! Decides what a sync would do: one plan, which the diff shows and the sync executes.
//!
//! A pure function of what was observed and of the policy. No step is decided anywhere else.

mod adoption;
mod backup;
pub mod compare;
mod dangers;
mod decide;
mod drift;
mod edits;
mod fields;
mod followers;
mod immutable;
pub mod migrate;
mod mistake;
mod observed;
pub mod order;
mod orphan;
mod ownership;
mod policy;
mod prune;
mod recurring_drift;
mod refusals;
mod renamed;
mod same;
mod saved;
mod step;
mod takeover;
#[cfg(test)]
mod tests;
mod tolerated;
mod warning;

use self::refusals::Grounds;
use crate::applyset::parent::Record;
use crate::applyset::source::{Checkout, Source};
use crate::object::{self, ObjectRef};
use crate::plan::order::rank;

pub use adoption::{Adoptable, Adopting, Adoption};
pub use backup::Backup;
pub use dangers::{Danger, Undoing};
pub use decide::{Decision, Proved, decide};
pub use drift::Drift;
pub use edits::{Edits, WideEdit};
pub use fields::{SameFields, SharedField, SharedFields};
pub use followers::Followers;
pub use immutable::{Lost, Obstacle, Permit, Replacement, fixed_fields, is_container};
pub use mistake::CertainMistake;
pub use observed::{
    Answered, Facts, Forgotten, Idle, Immutable, LastSeen, Lineage, Missing, NoBase, NotCompared, Observation,
    Observed, ParentGap, Past, RefusedBy, Rollback, Unpredicted, Untried, Unverified,
};
pub use orphan::{OrphanWork, patch as orphan_patch};
pub use ownership::{NoSet, OtherSet, Ownership, claim};
pub use policy::{Conflicts, Elsewhere, Empty, ExpectedEnvironment, GoingBack, Policy, Prune, SecretDefaults, Whose};
pub use prune::{Budget, Contained, Contents, NoBudget, Unseen, is_precious, is_same_delete, may_go, names_kind};
pub use recurring_drift::RecurringDrift;
pub use same::{Hunk, SameLines, SharedHunk};
pub use saved::{
    API_VERSION, ApplySetName, KIND, MadeOf, Moved, OtherPart, SavedChange, SavedPlan, SavedStep, SavedVersion,
};
pub use step::{
    Action, ApplyWork, DeleteWork, InSync, Keep, ObjectVersion, Plan, Reason, Refusal, Restarts, Step, Work,
};
pub use takeover::{Former, FormerJobs, FormerSet, Takeover};
pub use tolerated::Tolerated;
pub use warning::Warning;

/// Decides what a sync would do.
///
/// It is a function of its arguments only, so each decision can be tried without a cluster. Here git has nothing, and the
/// ApplySet has a member:
///
/// ```
/// use serde_json::json;
/// use stackanetes::cluster::Resource;
/// use stackanetes::object::{GroupVersionKind, LiveObject};
/// use stackanetes::plan::{Action, Empty, Facts, Lineage, Observed, Policy, Refusal, plan};
///
/// let member = LiveObject::new(json!({
///     "apiVersion": "v1",
///     "kind": "ConfigMap",
///     "metadata": {
///         "name": "settings", "namespace": "shop",
///         "managedFields": [{"manager": "stackanetes", "operation": "Apply", "apiVersion": "v1", "fieldsV1": {}}],
///     },
/// }));
/// let resource = Resource {
///     gvk: GroupVersionKind::new("v1", "ConfigMap"),
///     plural: "configmaps".into(),
///     namespaced: true,
///     listable: true,
/// };
/// let observed = || Observed {
///     facts: Facts::default(),
///     proved: Vec::new(),
///     objects: Vec::new(),
///     dropped: vec![(resource.clone(), member.clone())],
///     contents: Vec::new(),
///     not_selected: 0,
///     pending: Vec::new(),
/// };
///
/// let refused = plan(observed(), Lineage::default(), &Policy::default());
/// assert_eq!(refused.steps[0].action, Action::Delete);
/// assert_eq!(refused.refusals, [Refusal::Empty]);
///
/// let policy = Policy { empty: Empty::Meant, ..Policy::default() };
/// assert!(plan(observed(), Lineage::default(), &policy).refusals.is_empty());
/// ```
pub fn plan(observed: Observed, mut lineage: Lineage, policy: &Policy) -> Plan {
    let desired_count = observed.proved.len() + observed.objects.len();
    let not_compared: usize = observed.facts.not_compared.iter().map(|kind| kind.desired.len()).sum();
    let members = desired_count + not_compared + observed.dropped.len();

    let unknown = refusals::unknown(&observed);
    let masked = masked(&observed);
    let mut steps = Vec::new();
    let mut unchanged: Vec<InSync> = observed.proved.into_iter().map(|proved| proved.settled).collect();
    for observation in observed.objects {
        let past = lineage.pasts.remove(&observation.desired.reference).unwrap_or_default();
        match decide(observation, past, policy) {
            Decision::Step(step) => steps.push(*step),
            Decision::Unchanged(settled) => unchanged.push(*settled),
        }
    }
    let deletes = match policy.prune {
        Prune::Dropped | Prune::Everything => prune::steps(observed.dropped, &observed.contents, policy),
        Prune::Orphan => orphan::steps(observed.dropped, policy),
        Prune::Nothing => Vec::new(),
    };
    steps.extend(deletes);
    sort(&mut steps);
    let writes = |step: &&mut Step| matches!(step.action, Action::Create | Action::Update | Action::Replace);
    for step in steps.iter_mut().filter(writes) {
        let missing = observed.facts.missing.get(&step.reference).into_iter().flatten();
        step.warnings.extend(missing.cloned().map(Warning::Missing));
    }
    renamed::note(&mut steps);

    let grounds = Grounds {
        facts: &observed.facts,
        lineage: &lineage,
        steps: &steps,
        wanted: desired_count + not_compared + observed.not_selected,
        members,
        unknown,
    };
    let refusals = grounds.refusals(policy);
    let source = source_afterwards(&observed.facts, lineage.source, policy);
    Plan {
        facts: observed.facts,
        steps,
        unchanged,
        dissolves: policy.prune.dissolves(),
        refusals,
        back: lineage.back,
        source,
        masked,
    }
}

/// Whose set it is once the plan is carried out. What is left of one that goes stays whose it was, and so does one of
/// which nobody can tell whether it is another's.
fn source_afterwards(facts: &Facts, now: Option<Checkout>, policy: &Policy) -> Option<Source> {
    let is_unknown = now.as_ref().is_some_and(|now| now.unconfirmed.is_some()) && policy.whose == Whose::Ours;
    let last = facts.parent.as_ref().and_then(|parent| parent.attempted.as_ref());
    match last.and_then(Record::known_source) {
        Some((last, commit)) if is_unknown || policy.prune.dissolves() => Some(Source {
            confirmed: Some(commit.clone()),
            ..last.clone()
        }),
        _ => now.map(|now| now.source),
    }
}

/// The Secrets of which git gives values that nobody knows in the cluster.
fn masked(observed: &Observed) -> Vec<ObjectRef> {
    let objects = observed.objects.iter();
    let masked = objects.filter(|observation| {
        let live = observation.live.as_ref();
        let mut keys = live.into_iter().flat_map(object::masked_keys);
        keys.any(|key| observation.desired.value["data"].get(key).is_some())
    });
    masked
        .map(|observation| observation.desired.reference.clone())
        .collect()
}

/// Sorts steps as they are executed and shown: writes by rank and name, deletes after them and the
/// other way round.
fn sort(steps: &mut [Step]) {
    let late = |step: &Step| matches!(step.action, Action::Delete | Action::Keep);
    steps.sort_by(|a, b| {
        let by_rank = rank(&a.reference.kind).cmp(&rank(&b.reference.kind));
        late(a)
            .cmp(&late(b))
            .then(if late(a) { by_rank.reverse() } else { by_rank })
            .then_with(|| a.reference.cmp(&b.reference))
    });
}
