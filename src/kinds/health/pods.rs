//! Why pods are not ready, as far as the pods and the Events about them tell.

use serde_json::Value;

use super::{Hindrance, ObjectFields};
use crate::object::{GroupKind, LiveObject};

/// What a container waits for in the ordinary course of things.
const ORDINARY: [&str; 2] = ["ContainerCreating", "PodInitializing"];

/// Whether objects of this kind are Current or not by the pods that they run, or are pods.
pub fn runs_pods(kind: &GroupKind) -> bool {
    let workloads = ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"];
    workloads.iter().any(|workload| kind.is("apps", workload)) || kind.is("batch", "Job") || kind.is("", "Pod")
}

/// A pod that is not ready, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Unready<'a> {
    /// The pod.
    pub pod: &'a LiveObject,
    /// What is wrong with it: `pod web-1: container main: ImagePullBackOff`.
    pub problem: String,
    /// Whether that keeps it from ever being ready.
    pub hindrance: Option<Hindrance>,
}

/// The pod that tells most about why those that should be ready are not, and what it tells.
///
/// ```
/// use serde_json::json;
/// use stackanetes::kinds::health::{self, Hindrance};
/// use stackanetes::object::LiveObject;
///
/// let pod = LiveObject::new(json!({
///     "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web-1"},
///     "status": {"phase": "Pending", "containerStatuses": [{"name": "main", "state": {"waiting":
///         {"reason": "ImagePullBackOff", "message": "back-off pulling image \"nginx:42\""}}}]},
/// }));
/// let pods = [pod];
/// let unready = health::unready_pod(&pods).unwrap();
/// assert_eq!(unready.problem, "pod web-1: container main: ImagePullBackOff, back-off pulling image \"nginx:42\"");
/// assert_eq!(unready.hindrance, Some(Hindrance::ImageUnavailable));
/// ```
pub fn unready_pod(pods: &[LiveObject]) -> Option<Unready<'_>> {
    let told = pods.iter().filter(|pod| pod.deletion_timestamp().is_none());
    let told = told.filter_map(|pod| Some((pod, trouble(&ObjectFields(pod.value()))?)));
    // Of those that tell the same much, the youngest: it is of the latest template.
    let age = |pod: &LiveObject| pod.value().pointer("/metadata/creationTimestamp").map(Value::to_string);
    let name = |pod: &LiveObject| pod.reference().name;
    let (pod, trouble) = told.max_by(|(one, a), (other, b)| {
        let by_age = || age(one).cmp(&age(other));
        let by_name = || name(other).cmp(&name(one));
        a.weight.cmp(&b.weight).then_with(by_age).then_with(by_name)
    })?;
    Some(Unready {
        pod,
        problem: format!("pod {}: {}", name(pod), trouble.text),
        hindrance: trouble.hindrance,
    })
}

/// What an Event says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventMessage {
    /// The reason in one word: `FailedScheduling`.
    pub reason: String,
    /// The message, a sentence; empty where it says no more.
    pub message: String,
}

impl EventMessage {
    /// The reason and the message as one text, beside `others`: what they say already is not said again.
    pub fn beside(&self, others: &[&str]) -> String {
        let is_said = others.iter().any(|other| other.contains(&self.message));
        joined(&self.reason, if is_said { "" } else { &self.message })
    }
}

/// What the latest of some Events says. A warning counts more than any other.
pub fn last_event(events: &[LiveObject]) -> Option<EventMessage> {
    let key = |event: &&LiveObject| {
        let view = ObjectFields(event.value());
        let times = [
            "/series/lastObservedTime",
            "/lastTimestamp",
            "/eventTime",
            "/metadata/creationTimestamp",
        ];
        let time = times.iter().find_map(|pointer| view.text(pointer)).unwrap_or_default();
        (view.text("/type") == Some("Warning"), time.to_owned())
    };
    let event = ObjectFields(events.iter().max_by_key(key)?.value());
    let text = |pointer: &str| event.text(pointer).unwrap_or_default().trim();
    // Newer Events have a note in the place of a message.
    let message = [text("/message"), text("/note")]
        .into_iter()
        .find(|text| !text.is_empty());
    Some(EventMessage {
        reason: text("/reason").to_owned(),
        message: message.unwrap_or_default().trim_end_matches('.').to_owned(),
    })
}

/// What is wrong with a pod, and how much that explains.
struct Trouble {
    weight: u8,
    text: String,
    hindrance: Option<Hindrance>,
}

fn trouble(pod: &ObjectFields<'_>) -> Option<Trouble> {
    match pod.text("/status/phase") {
        Some("Succeeded") => return None,
        Some("Running") if pod.is_true("Ready").is_some() => return None,
        _ => {}
    }
    let statuses = ["initContainerStatuses", "containerStatuses"]
        .into_iter()
        .flat_map(|list| {
            let what = if list.starts_with("init") {
                "init container"
            } else {
                "container"
            };
            let statuses = pod.0.pointer(&format!("/status/{list}")).and_then(Value::as_array);
            statuses
                .into_iter()
                .flatten()
                .map(move |status| (what, ObjectFields(status)))
        });
    let mut found: Vec<Trouble> = statuses
        .filter_map(|(what, status)| of_container(what, &status))
        .collect();
    if let Some(("False", message)) = pod.condition("PodScheduled") {
        let is_unschedulable = pod.reason("PodScheduled") == Some("Unschedulable");
        found.push(Trouble {
            weight: 4,
            text: joined("not scheduled", message),
            hindrance: is_unschedulable.then_some(Hindrance::Unschedulable),
        });
    }
    if pod.text("/status/phase") == Some("Failed") {
        let reason = pod.text("/status/reason").unwrap_or("it failed");
        found.push(Trouble {
            weight: 2,
            text: joined(reason, pod.text("/status/message").unwrap_or_default()),
            hindrance: None,
        });
    }
    found.push(Trouble {
        weight: 0,
        text: format!("phase {}", pod.text("/status/phase").unwrap_or("unknown")),
        hindrance: None,
    });
    // The first of those that explain most: containers are told in the order in which they start.
    let most = found.iter().map(|trouble| trouble.weight).max()?;
    found.into_iter().find(|trouble| trouble.weight == most)
}

/// What a container waits for, or how it ended. What it said in the end is not told: it may be its log.
fn of_container(what: &str, status: &ObjectFields<'_>) -> Option<Trouble> {
    let name = status.text("/name").unwrap_or_default();
    let told = |weight, text: String| {
        Some(Trouble {
            weight,
            text: format!("{what} {name}: {text}"),
            hindrance: status.text("/state/waiting/reason").and_then(Hindrance::of_container),
        })
    };
    let ended = ["/state/terminated", "/lastState/terminated"]
        .into_iter()
        .find_map(|state| {
            let code = status.number(&format!("{state}/exitCode")).filter(|code| *code != 0)?;
            let reason = status
                .text(&format!("{state}/reason"))
                .filter(|reason| *reason != "Error");
            Some(format!(
                "exit code {code}{}",
                reason.map(|reason| format!(" ({reason})")).unwrap_or_default()
            ))
        });
    if let Some(reason) = status.text("/state/waiting/reason") {
        if ORDINARY.contains(&reason) && ended.is_none() {
            return told(1, reason.to_owned());
        }
        let message = status.text("/state/waiting/message").unwrap_or_default();
        let waits = joined(reason, message);
        return told(
            5,
            ended.map_or(waits.clone(), |ended| format!("{waits}; before that, {ended}")),
        );
    }
    if let Some(ended) = ended {
        return told(3, ended);
    }
    let runs = status.0.pointer("/state/running").is_some() && status.0.get("ready") == Some(&Value::Bool(false));
    if runs && what == "container" {
        told(2, "runs and is not ready".to_owned())
    } else {
        None
    }
}

fn joined(reason: &str, message: &str) -> String {
    match (reason, message) {
        (reason, "") => reason.to_owned(),
        ("", message) => message.to_owned(),
        (reason, message) => format!("{reason}, {message}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pod(name: &str, created: &str, status: Value) -> LiveObject {
        LiveObject::new(json!({"apiVersion": "v1", "kind": "Pod", "metadata":
            {"name": name, "creationTimestamp": format!("2026-01-01T00:00:{created}Z")}, "status": status}))
    }

    fn why(pods: &[LiveObject]) -> String {
        unready_pod(pods).map(|unready| unready.problem).unwrap_or_default()
    }

    fn container(state: Value) -> Value {
        json!({"phase": "Running", "containerStatuses": [{"name": "main", "ready": false, "state": state}]})
    }

    #[test]
    fn the_pod_that_explains_most_is_named() {
        let ready = pod(
            "a",
            "01",
            json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}),
        );
        let creating = pod(
            "b",
            "09",
            container(json!({"waiting": {"reason": "ContainerCreating"}})),
        );
        let crashing = pod("c", "02", container(json!({"waiting": {"reason": "CrashLoopBackOff"}})));
        assert_eq!(why(std::slice::from_ref(&ready)), "");
        assert_eq!(
            why(&[ready.clone(), creating.clone()]),
            "pod b: container main: ContainerCreating"
        );
        assert_eq!(
            why(&[ready, creating, crashing]),
            "pod c: container main: CrashLoopBackOff"
        );
        let two = ["01", "03"].map(|time| pod(time, time, container(json!({"running": {}}))));
        assert_eq!(why(&two), "pod 03: container main: runs and is not ready");
    }

    #[test]
    fn how_a_container_ended_is_told_and_not_what_it_said() {
        let terminated = json!({"terminated": {"exitCode": 137, "reason": "OOMKilled", "message": "password=x"}});
        assert_eq!(
            why(&[pod("a", "01", container(terminated.clone()))]),
            "pod a: container main: exit code 137 (OOMKilled)"
        );
        let mut again = container(json!({"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s"}}));
        again["containerStatuses"][0]["lastState"] = terminated;
        assert_eq!(
            why(&[pod("a", "01", again)]),
            "pod a: container main: CrashLoopBackOff, back-off 10s; before that, exit code 137 (OOMKilled)"
        );
        let init = json!({"phase": "Pending", "initContainerStatuses":
            [{"name": "wait", "state": {"terminated": {"exitCode": 1, "reason": "Error"}}}],
            "containerStatuses": [{"name": "main", "state": {"waiting": {"reason": "PodInitializing"}}}]});
        assert_eq!(why(&[pod("a", "01", init)]), "pod a: init container wait: exit code 1");
    }

    #[test]
    fn a_pod_that_finds_no_node_says_why() {
        let status = json!({"phase": "Pending", "conditions":
            [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/2 nodes are available"}]});
        assert_eq!(
            why(&[pod("a", "01", status)]),
            "pod a: not scheduled, 0/2 nodes are available"
        );
        assert_eq!(
            why(&[pod("a", "01", json!({"phase": "Pending"}))]),
            "pod a: phase Pending"
        );
        assert_eq!(
            why(&[pod("a", "01", json!({"phase": "Failed", "reason": "Evicted"}))]),
            "pod a: Evicted"
        );
        assert_eq!(why(&[pod("a", "01", json!({"phase": "Succeeded"}))]), "");
    }

    #[test]
    fn what_passes_by_itself_hinders_nothing() {
        let hindrance = |status: Value| unready_pod(&[pod("a", "01", status)]).and_then(|unready| unready.hindrance);
        let waiting = |reason: &str| container(json!({"waiting": {"reason": reason}}));
        for (reason, expected) in [
            ("ContainerCreating", None),
            ("ErrImagePull", None),
            ("ImagePullBackOff", Some(Hindrance::ImageUnavailable)),
            ("InvalidImageName", Some(Hindrance::ImageUnavailable)),
            ("CrashLoopBackOff", Some(Hindrance::Crashing)),
            ("CreateContainerConfigError", Some(Hindrance::CannotStart)),
        ] {
            assert_eq!(hindrance(waiting(reason)), expected, "{reason}");
        }
        assert_eq!(hindrance(container(json!({"terminated": {"exitCode": 1}}))), None);
        let gated = json!({"phase": "Pending", "conditions":
            [{"type": "PodScheduled", "status": "False", "reason": "SchedulingGated", "message": "it waits"}]});
        assert_eq!(hindrance(gated), None, "whoever set the gate takes it away");
    }

    #[test]
    fn the_last_warning_counts_more_than_what_came_after() {
        let event = |kind: &str, time: &str, reason: &str| {
            LiveObject::new(
                json!({"kind": "Event", "type": kind, "reason": reason, "message": "it", "lastTimestamp": time}),
            )
        };
        let events = [
            event("Warning", "2", "Old"),
            event("Warning", "3", "Failed"),
            event("Normal", "4", "Pulling"),
        ];
        let said = |events: &[LiveObject], others: &[&str]| last_event(events).map(|said| said.beside(others));
        assert_eq!(said(&events, &["so"]).as_deref(), Some("Failed, it"));
        assert_eq!(said(&events[2..], &["so"]).as_deref(), Some("Pulling, it"));
        assert_eq!(
            said(&events, &["so says it"]).as_deref(),
            Some("Failed"),
            "it is said already"
        );
        assert_eq!(last_event(&[]), None);
    }
}
