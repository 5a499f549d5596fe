//! What cannot be changed once an object is there: only a new one, in the place of the old, can have it.
//!
//! It is found from what the API server says to a dry-run of the change ([`fixed_fields`]). A replacement
//! costs something ([`Lost`]), so it is done only where it is allowed ([`Permit`]).

use std::str::FromStr;

use serde_json::Value;

use super::decide::{compared, ended, replaced};
use super::{Action, ApplyWork, Conflicts, Decision, Immutable, Policy, Reason, Step, Tolerated, Untried, Warning};
use crate::applyset::inventory;
use crate::cluster::{CauseKind, ClusterError, Failure, Propagation};
use crate::kinds::generate;
use crate::object::field::{FieldPath, ManagedFields};
use crate::object::shown::ShownPath;
use crate::object::{DesiredObject, LiveObject, NameParts, NoObjectName, ObjectRef};
use crate::plan::compare::{self, Sides};
use crate::source::rules::Ruled;

/// The fields that cannot be changed, where the server refuses an apply for that alone.
///
/// It says all that is wrong at once, so where every cause is one of these the object is otherwise valid,
/// as far as an update of it can be.
pub fn fixed_fields(error: &ClusterError) -> Option<Vec<FieldPath>> {
    let is_refused = error.failure == Failure::Invalid && !error.causes.is_empty();
    let fields = error.causes.iter().map(|cause| {
        let path = cause.path.as_ref().filter(|_| cause.kind == CauseKind::Immutable)?;
        // Who an object is, is no reason to make it another.
        (!path.is_under(&["metadata"])).then(|| path.clone())
    });
    is_refused.then(|| fields.collect()).flatten()
}

/// An object that may be replaced, as a person names it: `KIND/NAME` or `KIND/NAMESPACE/NAME`.
///
/// ```
/// use stackanetes::plan::Permit;
///
/// let permit: Permit = "StatefulSet/openstack/rabbitmq".parse().unwrap();
/// assert_eq!(permit.to_string(), "StatefulSet/openstack/rabbitmq");
/// assert!("rabbitmq".parse::<Permit>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permit {
    kind: String,
    namespace: Option<String>,
    name: String,
}

impl Permit {
    /// The kind that it names.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Whether this object may be replaced.
    pub fn is_for(&self, object: &ObjectRef) -> bool {
        (self.kind == object.kind.kind || self.kind == object.kind.to_string())
            && self.name == object.name
            && (self.namespace.is_none() || self.namespace.as_deref() == object.namespace.as_deref())
    }
}

impl FromStr for Permit {
    type Err = NoObjectName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let NameParts { kind, namespace, name } = NameParts::of(text)?;
        Ok(Self {
            kind: kind.to_owned(),
            namespace: namespace.map(str::to_owned),
            name: name.to_owned(),
        })
    }
}

impl std::fmt::Display for Permit {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}/", self.kind)?;
        if let Some(namespace) = &self.namespace {
            write!(out, "{namespace}/")?;
        }
        out.write_str(&self.name)
    }
}

/// Why an object is to be replaced, what that costs, and what stands in its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    /// The fields that cannot be changed.
    pub fields: Vec<ShownPath>,
    /// What is lost, and what is not although one may fear it.
    pub lost: Vec<Lost>,
    /// What stands in the way; none where it is done.
    pub obstacle: Option<Obstacle>,
}

/// What a replacement does to what hangs on the object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lost {
    /// All its pods end before the first new one starts.
    Pods,
    /// Its pods run on, and become the new one's.
    PodsStay,
    /// Its volume claims stay as they are, whatever their templates say.
    ClaimsStay,
    /// A Service gets another cluster IP.
    Address,
    /// A Service gets other node ports.
    NodePorts,
    /// A load balancer is made anew.
    LoadBalancer,
    /// Its subjects have no rights for a moment.
    Rights,
    /// Pods that start in the meantime wait for it.
    Configuration,
    /// Values that were made in the cluster are made anew.
    Generated,
    /// What is in the volume, unless that is retained.
    Data,
    /// The object is not there for a moment.
    Moment,
}

/// What keeps an object from being replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// Nobody allowed it.
    NotAllowed,
    /// All that it holds would go with it: of a Namespace, and of a CustomResourceDefinition.
    Contents,
    /// Its claims, and their data, would go with it, as its retention policy says.
    Claims,
    /// Whether the server would accept the new one could not be found out.
    Unasked(Untried),
}

/// What an object that can only be replaced is decided by, besides what was found.
pub(super) struct ReplacementContext<'a> {
    live: Option<&'a LiveObject>,
    ruled: &'a Ruled,
    policy: &'a Policy,
}

impl<'a> ReplacementContext<'a> {
    /// The live object, what rules did with what is sent, and what is allowed.
    pub(super) fn new(live: Option<&'a LiveObject>, ruled: &'a Ruled, policy: &'a Policy) -> Self {
        Self { live, ruled, policy }
    }
}

/// Decides about an object that can only be replaced.
pub(super) fn decide(
    mut step: Step,
    mut work: ApplyWork,
    found: Immutable,
    around: &ReplacementContext<'_>,
) -> Decision {
    let ReplacementContext { live, ruled, policy } = *around;
    let Immutable {
        fields,
        replacement: answer,
        warnings,
    } = found;
    step.warnings.extend(Warning::server(warnings));
    let Some(live) = live else {
        return Decision::Step(Box::new(step));
    };
    // The new one is as git says, whole: nothing is left aside.
    (step.tolerated, step.moved) = (Tolerated::default(), None);
    let mut conflicts = false;
    if let Ok(object) = &answer {
        let sides = Sides {
            desired: &work.desired,
            base: work.past.base.as_deref(),
            live,
            answer: object,
            ruled,
            migration: None,
        };
        let comparison = compared(&sides, &policy.field_manager);
        conflicts = policy.conflicts == Conflicts::Stop && comparison.conflicts().next().is_some();
        step.changes = comparison.changes;
        step.changes
            .retain(|change| !is_made_again(&work.desired, live, &change.path));
        if step.changes.iter().any(|change| change.guessed) {
            step.guess.clone_from(&work.past.unknown);
        }
    }
    let dependents = Dependents::of(live, &work.desired);
    let obstacle = obstacle(&work.desired, live, &answer, dependents, policy);
    step.action = match &obstacle {
        Some(_) => Action::Refused,
        None if conflicts => Action::Conflict,
        None => Action::Replace,
    };
    if step.action == Action::Replace {
        step.changes = replaced(step.changes);
    }
    let due = generate::due(&work.desired, answer.as_ref().ok());
    let due = due.filter(|_| step.action != Action::Refused);
    step.generates = due.into_iter().flat_map(|due| due.make).collect();
    let shown = |path| ShownPath::of(path, [&work.desired]);
    step.reason = Reason::Immutable(Box::new(Replacement {
        fields: fields.iter().map(shown).collect(),
        lost: lost(&work.desired, live, dependents),
        obstacle,
    }));
    work.dependents = match dependents {
        Dependents::Stay => Propagation::Orphan,
        Dependents::EndFirst => Propagation::Foreground,
        Dependents::Nobody => Propagation::Background,
    };
    work.predicted = answer.ok();
    ended(step, work, Some(live))
}

fn obstacle(
    desired: &DesiredObject,
    live: &LiveObject,
    answer: &Result<LiveObject, Untried>,
    dependents: Dependents,
    policy: &Policy,
) -> Option<Obstacle> {
    let kind = &desired.reference.kind;
    let claims_go = kind.is("apps", "StatefulSet")
        && dependents != Dependents::Stay
        && text(live, "/spec/persistentVolumeClaimRetentionPolicy/whenDeleted") == Some("Delete");
    // A ConfigMap of ours holds nothing that git did not hold, and nothing ends with it.
    let is_applied = ManagedFields::of(live).applied_by(&policy.field_manager).is_some();
    let is_allowed = kind.is("", "ConfigMap") && is_applied
        || desired.annotation(inventory::REPLACE) == Some("allowed")
        || policy.replace.iter().any(|permit| permit.is_for(&desired.reference));
    if is_container(&desired.reference) {
        Some(Obstacle::Contents)
    } else if claims_go {
        Some(Obstacle::Claims)
    } else if let Err(why) = answer {
        Some(Obstacle::Unasked(*why))
    } else {
        (!is_allowed).then_some(Obstacle::NotAllowed)
    }
}

/// Whether other objects live in this one, and go with it.
pub fn is_container(object: &ObjectRef) -> bool {
    object.kind.is("", "Namespace") || crate::object::is_definition(&object.kind)
}

/// What becomes of the pods of an object that is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dependents {
    /// No object depends on it.
    Nobody,
    /// What depends on it stays, and is owned by nobody.
    Stay,
    /// The dependents end before the new object is made: it would not know them, or run beside them.
    EndFirst,
}

impl Dependents {
    fn of(live: &LiveObject, desired: &DesiredObject) -> Self {
        let kind = &desired.reference.kind;
        if !matches!(kind.group.as_str(), "apps" | "batch") && !kind.is("", "ReplicationController") {
            return Self::Nobody;
        }
        // A StatefulSet adopts pods that its selector selects, and cannot give them volumes that they do
        // not have (`storageMatches` in `pkg/controller/statefulset`).
        let names = |object: &Value| -> Vec<String> {
            let templates = object.pointer("/spec/volumeClaimTemplates").and_then(Value::as_array);
            let names = templates.into_iter().flatten();
            let mut names: Vec<String> = names
                .filter_map(|claim| claim.pointer("/metadata/name")?.as_str().map(str::to_owned))
                .collect();
            names.sort();
            names
        };
        let knows_them = live.value().pointer("/spec/selector") == desired.value.pointer("/spec/selector")
            && names(live.value()) == names(&desired.value);
        if kind.is("apps", "StatefulSet") && knows_them {
            Self::Stay
        } else {
            Self::EndFirst
        }
    }
}

fn lost(desired: &DesiredObject, live: &LiveObject, dependents: Dependents) -> Vec<Lost> {
    let kind = &desired.reference.kind;
    let mut lost = match dependents {
        Dependents::Stay => vec![Lost::PodsStay],
        Dependents::EndFirst => vec![Lost::Pods],
        Dependents::Nobody => Vec::new(),
    };
    match (kind.group.as_str(), kind.kind.as_str()) {
        ("apps", "StatefulSet") if live.value().pointer("/spec/volumeClaimTemplates/0").is_some() => {
            lost.push(Lost::ClaimsStay);
        }
        ("", "Service") => lost.extend(addresses(desired, live)),
        ("rbac.authorization.k8s.io", _) => lost.push(Lost::Rights),
        ("", "ConfigMap" | "Secret") => {
            lost.push(Lost::Configuration);
            lost.extend((!generate::noted(live).is_empty()).then_some(Lost::Generated));
        }
        ("", "PersistentVolumeClaim" | "PersistentVolume") => lost.push(Lost::Data),
        _ => {}
    }
    if lost.is_empty() {
        lost.push(Lost::Moment);
    }
    lost
}

fn addresses(desired: &DesiredObject, live: &LiveObject) -> Vec<Lost> {
    let of = |pointer: &str| desired.value.pointer(pointer);
    let is_balanced = text(live, "/spec/type") == Some("LoadBalancer");
    let has_ports = is_balanced || text(live, "/spec/type") == Some("NodePort");
    let ports = of("/spec/ports").and_then(Value::as_array);
    let mut ports = ports.into_iter().flatten();
    let gives_all = ports.all(|port| port.get("nodePort").is_some());
    [
        (of("/spec/clusterIP").is_none(), Lost::Address),
        (has_ports && !gives_all, Lost::NodePorts),
        (is_balanced, Lost::LoadBalancer),
    ]
    .into_iter()
    .filter_map(|(is_lost, lost)| is_lost.then_some(lost))
    .collect()
}

/// Whether the server, or a controller, makes this field anew, and in its own way: another value at every
/// request. What is lost by it is told otherwise.
fn is_made_again(desired: &DesiredObject, live: &LiveObject, path: &FieldPath) -> bool {
    const NOTES: [&str; 2] = [
        "deployment.kubernetes.io/revision",
        "deprecated.daemonset.template.generation",
    ];
    let is_note = NOTES
        .iter()
        .any(|note| path.is_under(&["metadata", "annotations", note]));
    let is_service = live.reference().kind.is("", "Service");
    let is_allocated = is_service && compare::is_allocated(path) && path.find(&desired.value).is_none();
    let mut made = desired.generate.iter();
    is_note || is_allocated || made.any(|made| path.is_under(&["data", &made.key]))
}

fn text<'a>(object: &'a LiveObject, pointer: &str) -> Option<&'a str> {
    object.value().pointer(pointer).and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::FieldCause;

    fn refused(failure: Failure, causes: &[(&str, CauseKind)]) -> ClusterError {
        let causes = causes.iter().map(|(path, kind)| FieldCause {
            path: Some(FieldPath::of(&path.split('.').collect::<Vec<_>>())),
            kind: *kind,
            message: String::new(),
        });
        ClusterError {
            causes: causes.collect(),
            ..ClusterError::new(failure, "it is invalid")
        }
    }

    #[test]
    fn only_what_is_wrong_with_nothing_else_can_be_replaced() {
        let selector = ("spec.selector", CauseKind::Immutable);
        let image = ("spec.template", CauseKind::Required);
        let found = |causes: &[_]| fixed_fields(&refused(Failure::Invalid, causes));
        assert_eq!(found(&[selector]), Some(vec![FieldPath::of(&["spec", "selector"])]));
        assert_eq!(found(&[selector, image]), None);
        assert_eq!(found(&[]), None);
        assert_eq!(found(&[("metadata.uid", CauseKind::Immutable)]), None);
        assert_eq!(fixed_fields(&refused(Failure::Denied, &[selector])), None);
    }

    #[test]
    fn a_permit_is_for_one_kind_and_name_and_for_one_namespace_if_it_says_so() {
        let object = crate::testing::reference("apps/StatefulSet", Some("a"), "x");
        let permits = |text: &str| text.parse::<Permit>().expect("a permit").is_for(&object);
        assert!(permits("StatefulSet/x") && permits("StatefulSet/a/x") && permits("StatefulSet.apps/x"));
        assert!(!permits("StatefulSet/b/x") && !permits("Deployment/x") && !permits("StatefulSet/y"));
        assert!("StatefulSet/".parse::<Permit>().is_err());
    }
}
