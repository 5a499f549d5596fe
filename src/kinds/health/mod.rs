//! How an object is doing, in the words of
//! [kstatus](https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md).
//!
//! Four rules differ: a Job is Current when it has completed, not when it has started, since what
//! waits for a Job waits for its work; an APIService is Current when it is available; a Deployment
//! that is paused is Current, as a Job that is suspended is: its spec asks for nothing else; and a
//! HorizontalPodAutoscaler is Current whatever its controller has seen: it notes that only once it has found what
//! it scales.

mod hindrance;
mod pods;

use std::fmt;

use serde_json::Value;

use crate::diagnostic::names::counted;
use crate::kinds::termination;
use crate::object::LiveObject;

pub use hindrance::Hindrance;
pub use pods::{Unready, last_event, runs_pods, unready_pod};

/// The status of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// The object is what its spec asks for.
    Current,
    /// The object is on its way to Current.
    InProgress,
    /// The object will not get there by itself.
    Failed,
    /// The object is being deleted.
    Terminating,
    /// The cluster has no such object.
    NotFound,
    /// Nobody can tell how the object is.
    Unknown,
}

/// Whether a Job has completed. One that is suspended is Current, and has not.
pub fn is_complete(job: &LiveObject) -> bool {
    ObjectFields(job.value()).is_true("Complete").is_some()
}

/// Whether a Job has failed for good.
pub fn has_failed(job: &LiveObject) -> bool {
    ObjectFields(job.value()).is_true("Failed").is_some()
}

impl fmt::Display for Status {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, out)
    }
}

/// A status and what explains it.
///
/// ```
/// use serde_json::json;
/// use stackanetes::kinds::health;
/// use stackanetes::object::LiveObject;
///
/// let claim = LiveObject::new(json!({
///     "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"}, "status": {"phase": "Pending"},
/// }));
/// let health = health::of(&claim);
/// assert!(!health.is_current());
/// assert_eq!(health.to_string(), "InProgress: phase Pending");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Health {
    /// The status.
    pub status: Status,
    /// Why, in a few words; empty for what is Current.
    pub message: String,
}

impl Health {
    /// The health of an object that is as it should be.
    pub fn current() -> Self {
        Self {
            status: Status::Current,
            message: String::new(),
        }
    }

    fn new(status: Status, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
        }
    }

    pub(crate) fn in_progress(message: impl Into<String>) -> Self {
        Self::new(Status::InProgress, message)
    }

    /// Whether the status is [`Status::Current`].
    pub fn is_current(&self) -> bool {
        self.status == Status::Current
    }
}

/// `InProgress: 1 of 3 replicas available`
impl fmt::Display for Health {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.status)?;
        if !self.message.is_empty() {
            write!(out, ": {}", self.message)?;
        }
        Ok(())
    }
}

/// How a live object is doing.
pub fn of(live: &LiveObject) -> Health {
    let object_ref = live.reference();
    let object = ObjectFields(live.value());
    if object.text("/metadata/deletionTimestamp").is_some() {
        let waits = termination::waits_for(&termination::remainders(live));
        let waits = waits.map(|waits| format!("; {waits}")).unwrap_or_default();
        return Health::new(Status::Terminating, format!("being deleted{waits}"));
    }
    let is_scaler = object_ref.kind.is("autoscaling", "HorizontalPodAutoscaler");
    if let Some(stale) = object.not_yet_observed().filter(|_| !is_scaler) {
        return stale;
    }
    match (object_ref.kind.group.as_str(), object_ref.kind.kind.as_str()) {
        ("apps", "Deployment") => object.deployment(),
        ("apps", "StatefulSet") => object.stateful_set(),
        ("apps", "DaemonSet") => object.daemon_set(),
        ("apps", "ReplicaSet") => object.replica_set(),
        ("batch", "Job") => object.job(),
        ("", "Pod") => object.pod(),
        ("", "PersistentVolumeClaim") => object.phase("Bound"),
        ("", "Namespace") => object.phase("Active"),
        ("", "Service") => object.service(),
        ("apiregistration.k8s.io", "APIService") => object.once("Available"),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => object.custom_resource_definition(),
        _ => object.by_conditions(),
    }
}

/// Whether a Deployment says that its pods cannot be created, by the condition `ReplicaFailure`.
pub fn refuses_pods(object: &LiveObject) -> bool {
    ObjectFields(object.value()).is_true("ReplicaFailure").is_some()
}

/// How many pods of a workload are still of an earlier template, and of how many, where nothing replaces
/// them but somebody who deletes them (`OnDelete`). None where there is none.
pub fn outdated_pods(object: &LiveObject) -> Option<(i64, i64)> {
    let kind = object.reference().kind;
    let object = ObjectFields(object.value());
    if object.text("/spec/updateStrategy/type") != Some("OnDelete") || object.not_yet_observed().is_some() {
        return None;
    }
    let (all, updated) = if kind.is("apps", "DaemonSet") {
        (
            object.count("/status/currentNumberScheduled"),
            object.count("/status/updatedNumberScheduled"),
        )
    } else if kind.is("apps", "StatefulSet") {
        // Once all are updated, only the name of the revision counts.
        let same = object.text("/status/currentRevision") == object.text("/status/updateRevision");
        let all = object.count("/status/replicas");
        let updated = object.count("/status/updatedReplicas");
        (all, if same { all } else { updated })
    } else {
        return None;
    };
    (updated < all).then_some((all - updated, all))
}

/// The labels that a node must have for a DaemonSet that runs on none, in their order. None for one that runs, or of which
/// it is not known yet.
pub fn nodes_wanted(object: &LiveObject) -> Option<Vec<(String, String)>> {
    let status = ObjectFields(object.value());
    let is_idle = object.reference().kind.is("apps", "DaemonSet")
        && status.not_yet_observed().is_none()
        && status.count("/status/desiredNumberScheduled") == 0;
    let selector = object.value().pointer("/spec/template/spec/nodeSelector");
    let labels = selector.and_then(Value::as_object).into_iter().flatten();
    let labels = labels.map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned()));
    is_idle.then(|| labels.collect())
}

struct ObjectFields<'a>(&'a Value);

impl<'a> ObjectFields<'a> {
    fn text(&self, pointer: &str) -> Option<&'a str> {
        self.0.pointer(pointer).and_then(Value::as_str)
    }

    fn number(&self, pointer: &str) -> Option<i64> {
        self.0.pointer(pointer).and_then(Value::as_i64)
    }

    fn count(&self, pointer: &str) -> i64 {
        self.number(pointer).unwrap_or(0)
    }

    /// The condition of a type: whether it is true, and its message.
    fn condition(&self, condition_type: &str) -> Option<(&'a str, &'a str)> {
        let conditions = self.0.pointer("/status/conditions")?.as_array()?;
        let found = conditions
            .iter()
            .find(|condition| condition["type"] == condition_type)?;
        let text = |key: &str| found.get(key).and_then(Value::as_str).unwrap_or_default();
        let message = if text("message").is_empty() {
            text("reason")
        } else {
            text("message")
        };
        Some((text("status"), message))
    }

    /// The machine-readable reason of a condition.
    fn reason(&self, condition_type: &str) -> Option<&'a str> {
        let conditions = self.0.pointer("/status/conditions")?.as_array()?;
        let found = conditions
            .iter()
            .find(|condition| condition["type"] == condition_type)?;
        found.get("reason")?.as_str()
    }

    fn is_true(&self, condition_type: &str) -> Option<&'a str> {
        self.condition(condition_type)
            .filter(|(status, _)| *status == "True")
            .map(|(_, message)| message)
    }

    /// A status that is about an earlier spec says nothing.
    fn not_yet_observed(&self) -> Option<Health> {
        let observed = self.number("/status/observedGeneration")?;
        let generation = self.number("/metadata/generation")?;
        (observed < generation).then(|| Health::in_progress("its controller has not seen the latest spec"))
    }

    /// Nothing has written a status, and something must.
    fn no_status_yet(&self) -> Option<Health> {
        let observed = self.number("/status/observedGeneration");
        observed
            .is_none()
            .then(|| Health::in_progress("its controller has not seen it"))
    }

    fn deployment(&self) -> Health {
        if let Some(waiting) = self.no_status_yet() {
            return waiting;
        }
        if self.0.pointer("/spec/paused") == Some(&Value::Bool(true)) {
            return Health::current();
        }
        if self.reason("Progressing") == Some("ProgressDeadlineExceeded") {
            let message = self.condition("Progressing").map_or("", |(_, message)| message);
            return Health::new(Status::Failed, message);
        }
        if let Some(message) = self.is_true("ReplicaFailure") {
            return Health::in_progress(message);
        }
        let wanted = self.number("/spec/replicas").unwrap_or(1);
        self.rollout(
            wanted,
            "/status/updatedReplicas",
            "/status/replicas",
            "/status/availableReplicas",
        )
    }

    /// The three counts of a rollout: enough new pods, no old ones, all available.
    fn rollout(&self, wanted: i64, updated: &str, total: &str, available: &str) -> Health {
        let (updated, total, available) = (self.count(updated), self.count(total), self.count(available));
        if updated < wanted {
            Health::in_progress(format!("{updated} of {wanted} replicas updated"))
        } else if total > updated {
            Health::in_progress(format!("{} still there", counted(total - updated, "old replica")))
        } else if available < wanted {
            Health::in_progress(format!("{available} of {wanted} replicas available"))
        } else {
            Health::current()
        }
    }

    fn stateful_set(&self) -> Health {
        if let Some(waiting) = self.no_status_yet() {
            return waiting;
        }
        let wanted = self.number("/spec/replicas").unwrap_or(1);
        let ready = self.count("/status/readyReplicas");
        if self.count("/status/replicas") < wanted {
            return Health::in_progress(format!(
                "{} of {wanted} replicas created",
                self.count("/status/replicas")
            ));
        }
        if ready < wanted {
            return Health::in_progress(format!("{ready} of {wanted} replicas ready"));
        }
        if self.count("/status/replicas") > wanted {
            let extra = self.count("/status/replicas") - wanted;
            return Health::in_progress(format!("{} too many", counted(extra, "replica")));
        }
        if self.text("/spec/updateStrategy/type") == Some("OnDelete") {
            return Health::current();
        }
        let held_back = self.count("/spec/updateStrategy/rollingUpdate/partition");
        let (updated, to_update) = (self.count("/status/updatedReplicas"), (wanted - held_back).max(0));
        let revisions = (
            self.text("/status/currentRevision"),
            self.text("/status/updateRevision"),
        );
        if updated < to_update && revisions.0 != revisions.1 {
            return Health::in_progress(format!("{updated} of {to_update} replicas updated"));
        }
        Health::current()
    }

    fn daemon_set(&self) -> Health {
        if let Some(waiting) = self.no_status_yet() {
            return waiting;
        }
        let wanted = self.count("/status/desiredNumberScheduled");
        let updated = self.count("/status/updatedNumberScheduled");
        let available = self.count("/status/numberAvailable");
        if self.text("/spec/updateStrategy/type") != Some("OnDelete") && updated < wanted {
            Health::in_progress(format!("{updated} of {wanted} pods updated"))
        } else if available < wanted {
            Health::in_progress(format!("{available} of {wanted} pods available"))
        } else {
            Health::current()
        }
    }

    fn replica_set(&self) -> Health {
        if let Some(waiting) = self.no_status_yet() {
            return waiting;
        }
        let wanted = self.number("/spec/replicas").unwrap_or(1);
        let available = self.count("/status/availableReplicas");
        if available < wanted {
            return Health::in_progress(format!("{available} of {wanted} replicas available"));
        }
        Health::current()
    }

    fn job(&self) -> Health {
        if let Some(message) = self.is_true("Failed") {
            return Health::new(Status::Failed, message);
        }
        if self.is_true("Complete").is_some() || self.0.pointer("/spec/suspend") == Some(&Value::Bool(true)) {
            return Health::current();
        }
        let wanted = self.number("/spec/completions").unwrap_or(1);
        Health::in_progress(format!("{} of {wanted} completions", self.count("/status/succeeded")))
    }

    fn pod(&self) -> Health {
        match self.text("/status/phase") {
            Some("Succeeded") => Health::current(),
            Some("Failed") => Health::new(Status::Failed, self.text("/status/message").unwrap_or("the pod failed")),
            Some("Running") if self.is_true("Ready").is_some() => Health::current(),
            Some(phase) => {
                let why = self.condition("Ready").or_else(|| self.condition("PodScheduled"));
                let why = why.map(|(_, message)| message).filter(|message| !message.is_empty());
                Health::in_progress(why.map_or_else(|| format!("phase {phase}"), str::to_owned))
            }
            None => Health::in_progress("no phase yet"),
        }
    }

    fn phase(&self, wanted: &str) -> Health {
        match self.text("/status/phase") {
            Some(phase) if phase == wanted => Health::current(),
            Some("Lost") => Health::new(Status::Failed, "phase Lost"),
            Some(phase) => Health::in_progress(format!("phase {phase}")),
            None => Health::in_progress("no phase yet"),
        }
    }

    /// An address of its own is enough: that of a load balancer comes from outside, or never.
    fn service(&self) -> Health {
        let waits =
            self.text("/spec/type") == Some("LoadBalancer") && self.text("/spec/clusterIP").is_none_or(str::is_empty);
        if waits {
            return Health::in_progress("no cluster IP yet");
        }
        Health::current()
    }

    fn custom_resource_definition(&self) -> Health {
        if let Some(("False", message)) = self.condition("NamesAccepted") {
            return Health::new(Status::Failed, message);
        }
        match self.condition("Established") {
            Some(("True", _)) => Health::current(),
            Some((_, message)) if !message.is_empty() => Health::in_progress(message),
            _ => Health::in_progress("not established yet"),
        }
    }

    /// Any other kind, by the conditions that kstatus and the API conventions give a meaning.
    fn by_conditions(&self) -> Health {
        if let Some(message) = self.is_true("Stalled") {
            return Health::new(Status::Failed, message);
        }
        if let Some(message) = self.is_true("Reconciling") {
            return Health::in_progress(message);
        }
        self.once("Ready")
    }

    /// Current once this condition is true, and where there is none.
    fn once(&self, condition: &str) -> Health {
        match self.condition(condition) {
            None | Some(("True", _)) => Health::current(),
            Some((_, message)) => Health::in_progress(message),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::documents;

    #[test]
    fn every_recorded_object_does_as_it_says() {
        let text = include_str!("../../../fixtures/health/objects.yaml");
        let recorded = documents(text);
        assert!(recorded.len() > 10);
        for recorded in recorded {
            let health = of(&LiveObject::new(recorded["object"].clone())).to_string();
            assert_eq!(Some(health.as_str()), recorded["health"].as_str(), "{recorded}");
        }
    }

    fn deployment(status: Value) -> Value {
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a", "generation": 2},
               "spec": {"replicas": 3}, "status": status})
    }

    #[test]
    fn what_git_itself_stops_is_current() {
        let mut paused = deployment(json!({"observedGeneration": 2, "replicas": 0}));
        assert!(!of(&LiveObject::new(paused.clone())).is_current());
        paused["spec"]["paused"] = json!(true);
        assert!(of(&LiveObject::new(paused)).is_current());
        let suspended = json!({
            "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "a", "namespace": "a"},
            "spec": {"suspend": true}, "status": {},
        });
        assert!(of(&LiveObject::new(suspended)).is_current());
    }

    #[test]
    fn pods_that_nobody_replaces_are_counted() {
        let idle = |status: Value| {
            let spec = json!({"template": {"spec": {"nodeSelector": {"role": "compute"}}}});
            let object = json!({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "a", "generation": 2},
                "spec": spec, "status": status});
            nodes_wanted(&LiveObject::new(object))
        };
        let compute = Some(vec![("role".to_owned(), "compute".to_owned())]);
        assert_eq!(
            idle(json!({"observedGeneration": 2, "desiredNumberScheduled": 0})),
            compute
        );
        assert_eq!(
            idle(json!({"observedGeneration": 2, "desiredNumberScheduled": 1})),
            None
        );
        assert_eq!(
            idle(json!({"observedGeneration": 1, "desiredNumberScheduled": 0})),
            None
        );
        let outdated = |kind: &str, strategy: &str, status: Value| {
            let object = json!({"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "a", "generation": 2},
                "spec": {"updateStrategy": {"type": strategy}}, "status": status});
            outdated_pods(&LiveObject::new(object))
        };
        let daemons = json!({"observedGeneration": 2, "currentNumberScheduled": 3, "updatedNumberScheduled": 1});
        assert_eq!(outdated("DaemonSet", "OnDelete", daemons.clone()), Some((2, 3)));
        assert_eq!(outdated("DaemonSet", "RollingUpdate", daemons.clone()), None);
        let mut unseen = daemons;
        unseen["observedGeneration"] = json!(1);
        assert_eq!(outdated("DaemonSet", "OnDelete", unseen), None);
        let status = |current: &str| json!({"replicas": 3, "updatedReplicas": 1, "currentRevision": current, "updateRevision": "b"});
        assert_eq!(outdated("StatefulSet", "OnDelete", status("a")), Some((2, 3)));
        assert_eq!(outdated("StatefulSet", "OnDelete", status("b")), None);
    }
}
