//! The status that controllers would give an object in the end: everything becomes Current at once.

use serde_json::{Map, Value, json};

use crate::kinds::definition::{Definition, Version};
use crate::ssa::schema::Kind;

/// The status of an object that was written; none where it stays as it is.
///
/// `now` is the time of what happens only now; what happened before keeps its times.
pub(super) fn of(kind: Kind<'_>, object: &Value, now: &str) -> Option<Value> {
    let view = View { object, now };
    let group_kind = &kind.gvk().group_kind;
    let mut status = match (group_kind.group.as_str(), group_kind.kind.as_str()) {
        ("apps", "Deployment") => view.deployment(),
        ("apps", "StatefulSet") => view.replicas(&[
            "readyReplicas",
            "currentReplicas",
            "updatedReplicas",
            "availableReplicas",
        ]),
        ("apps", "ReplicaSet") | ("", "ReplicationController") => {
            view.replicas(&["fullyLabeledReplicas", "readyReplicas", "availableReplicas"])
        }
        ("apps", "DaemonSet") => daemon_set(),
        ("batch", "Job") => view.job()?,
        ("", "Pod") => view.pod(),
        ("", "PersistentVolumeClaim") => view.claim(),
        ("", "PersistentVolume") => json!({"phase": "Available"}),
        ("", "Namespace") => json!({"phase": "Active"}),
        ("apiregistration.k8s.io", "APIService") => json!({"conditions": [view.condition("Available", "Passed")]}),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => view.definition(),
        _ => {
            // Of a recorded object: its controller, were there one, would have seen it by now.
            object.pointer("/status/observedGeneration")?;
            object.get("status")?.clone()
        }
    };
    let generation = object.pointer("/metadata/generation");
    let observes =
        matches!(group_kind.group.as_str(), "apps") || object.pointer("/status/observedGeneration").is_some();
    if let (true, Some(generation)) = (observes, generation) {
        status["observedGeneration"] = generation.clone();
    }
    (object.get("status") != Some(&status)).then_some(status)
}

/// As on one node.
fn daemon_set() -> Value {
    json!({
        "currentNumberScheduled": 1,
        "desiredNumberScheduled": 1,
        "numberAvailable": 1,
        "numberMisscheduled": 0,
        "numberReady": 1,
        "updatedNumberScheduled": 1,
    })
}

struct View<'a> {
    object: &'a Value,
    now: &'a str,
}

impl View<'_> {
    fn at(&self, pointer: &str) -> Option<&Value> {
        self.object.pointer(pointer)
    }

    /// A number that is wanted: one, where it is not said, or is encrypted.
    fn wanted(&self, pointer: &str) -> Value {
        let number = self.at(pointer).filter(|wanted| wanted.is_number());
        number.cloned().unwrap_or_else(|| 1.into())
    }

    /// A condition that is true, since now unless it was.
    fn condition(&self, name: &str, reason: &str) -> Value {
        let conditions = self.at("/status/conditions").and_then(Value::as_array);
        let mut known = conditions.into_iter().flatten();
        let known = known.find(|condition| condition["type"] == name && condition["status"] == "True");
        known.cloned().unwrap_or_else(
            || json!({"type": name, "status": "True", "reason": reason, "message": "", "lastTransitionTime": self.now}),
        )
    }

    fn replicas(&self, counts: &[&str]) -> Value {
        let wanted = self.wanted("/spec/replicas");
        let counts = counts.iter().chain(&["replicas"]);
        Value::Object(
            counts
                .map(|name| ((*name).to_owned(), wanted.clone()))
                .collect::<Map<_, _>>(),
        )
    }

    fn deployment(&self) -> Value {
        let mut status = self.replicas(&["updatedReplicas", "readyReplicas", "availableReplicas"]);
        status["conditions"] = json!([
            self.condition("Available", "MinimumReplicasAvailable"),
            self.condition("Progressing", "NewReplicaSetAvailable"),
        ]);
        status
    }

    fn job(&self) -> Option<Value> {
        if self.at("/spec/suspend") == Some(&Value::Bool(true)) {
            return None;
        }
        let time = |name: &str| {
            self.at(&format!("/status/{name}"))
                .cloned()
                .unwrap_or_else(|| self.now.into())
        };
        Some(json!({
            "conditions": [
                self.condition("SuccessCriteriaMet", "CompletionsReached"),
                self.condition("Complete", "CompletionsReached"),
            ],
            "startTime": time("startTime"),
            "completionTime": time("completionTime"),
            "succeeded": self.wanted("/spec/completions"),
            "ready": 0,
            "terminating": 0,
            "uncountedTerminatedPods": {},
        }))
    }

    /// One that is to run runs; one that is to end has ended.
    fn pod(&self) -> Value {
        let ends = matches!(
            self.at("/spec/restartPolicy").and_then(Value::as_str),
            Some("Never" | "OnFailure")
        );
        if ends {
            return json!({"phase": "Succeeded"});
        }
        let conditions = ["Initialized", "Ready", "ContainersReady", "PodScheduled"];
        json!({"phase": "Running", "conditions": conditions.map(|name| self.condition(name, "Sandbox"))})
    }

    fn claim(&self) -> Value {
        let mut status = json!({"phase": "Bound"});
        for (field, pointer) in [
            ("accessModes", "/spec/accessModes"),
            ("capacity", "/spec/resources/requests"),
        ] {
            if let Some(value) = self.at(pointer) {
                status[field] = value.clone();
            }
        }
        status
    }

    fn definition(&self) -> Value {
        let definition = Definition::new(self.object);
        let stored = definition.versions().filter(Version::is_stored);
        let stored: Vec<&str> = stored.filter_map(|version| version.name()).collect();
        json!({
            "acceptedNames": definition.names(),
            "conditions": [
                self.condition("NamesAccepted", "NoConflicts"),
                self.condition("Established", "InitialNamesAccepted"),
            ],
            "storedVersions": stored,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::health;
    use crate::object::LiveObject;
    use crate::ssa::schema::Schema;

    fn settled(api_version: &str, kind: &str, spec: Value) -> LiveObject {
        let mut object =
            json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "a", "generation": 3}, "spec": spec});
        let kind = Schema::bundled().kind_of(&object).expect("a kind");
        if let Some(status) = of(kind, &object, "2026-01-01T00:00:00Z") {
            object["status"] = status;
        }
        assert_eq!(of(kind, &object, "2027-01-01T00:00:00Z"), None, "it stays as it is");
        LiveObject::new(object)
    }

    #[test]
    fn everything_is_current_at_once() {
        for (api_version, kind, spec) in [
            ("apps/v1", "Deployment", json!({"replicas": 3})),
            ("apps/v1", "Deployment", json!({})),
            ("apps/v1", "Deployment", json!({"replicas": 0})),
            (
                "apps/v1",
                "StatefulSet",
                json!({"replicas": 3, "updateStrategy": {"rollingUpdate": {"partition": 1}}}),
            ),
            ("apps/v1", "DaemonSet", json!({})),
            ("apps/v1", "ReplicaSet", json!({"replicas": 2})),
            ("batch/v1", "Job", json!({"completions": 2})),
            ("batch/v1", "Job", json!({"suspend": true})),
            ("v1", "Pod", json!({})),
            ("v1", "Pod", json!({"restartPolicy": "Never"})),
            (
                "v1",
                "PersistentVolumeClaim",
                json!({"resources": {"requests": {"storage": "1Gi"}}}),
            ),
            ("v1", "Namespace", json!({})),
            ("v1", "Service", json!({"type": "ClusterIP"})),
            ("apiregistration.k8s.io/v1", "APIService", json!({})),
            (
                "apiextensions.k8s.io/v1",
                "CustomResourceDefinition",
                json!({"names": {"kind": "A"}, "versions": [{"name": "v1", "storage": true}]}),
            ),
        ] {
            let object = settled(api_version, kind, spec);
            assert!(health::of(&object).is_current(), "{:?}", object.value());
        }
        assert!(health::is_complete(&settled("batch/v1", "Job", json!({}))));
    }
}
