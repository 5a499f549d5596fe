//! What the pods of an object are made from, and what they read.

mod reads;

use serde_json::Value;
use smol_str::SmolStr;

use crate::object::field::At;
use crate::object::selection::LabelSelector;
use crate::object::{GroupKind, ObjectRef};

pub(crate) use reads::{ConfigurationKind, Read, ReadKey, reads};

/// What the pods of an object are made from; a Pod is its own template.
#[derive(Debug, Clone)]
pub(crate) struct PodTemplate<'a> {
    /// Metadata and spec together.
    pub(crate) whole: At<'a>,
    /// The labels of the pods.
    pub(crate) labels: At<'a>,
    /// What the pods are.
    pub(crate) spec: At<'a>,
}

impl<'a> PodTemplate<'a> {
    /// Of the object `value` of this kind; none where objects of the kind make no pods by themselves. Where the
    /// object leaves its template out, that is empty.
    pub(crate) fn of(kind: &GroupKind, value: &'a Value) -> Option<Self> {
        Some(Self::at(value, Self::path(kind)?))
    }

    /// The template of a known kind; of a kind that is not known it is what stands where a Deployment has its own,
    /// which is where Argo's Rollout and Knative's Service have it. If something else is there, its pods are nothing.
    pub(crate) fn assumed(kind: &GroupKind, value: &'a Value) -> Self {
        Self::at(value, Self::path(kind).unwrap_or(&["spec", "template"]))
    }

    fn at(value: &'a Value, path: &[&str]) -> Self {
        let whole = At::root(value).at(path);
        Self {
            labels: whole.at(&["metadata", "labels"]),
            spec: whole.field("spec"),
            whole,
        }
    }

    /// The template of a known kind, to be changed; none where the object leaves it out.
    pub(crate) fn of_mut<'v>(kind: &GroupKind, value: &'v mut Value) -> Option<&'v mut Value> {
        let mut path = Self::path(kind)?.iter();
        path.try_fold(value, |value, name| value.get_mut(*name))
    }

    /// The fields that lead to it in objects of this kind.
    pub(crate) fn path(kind: &GroupKind) -> Option<&'static [&'static str]> {
        match (kind.group.as_str(), kind.kind.as_str()) {
            ("", "Pod") => Some(&[]),
            ("", "PodTemplate") => Some(&["template"]),
            ("", "ReplicationController")
            | ("apps", "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet")
            | ("batch", "Job") => Some(&["spec", "template"]),
            ("batch", "CronJob") => Some(&["spec", "jobTemplate", "spec", "template"]),
            _ => None,
        }
    }

    /// An annotation of the pods.
    pub(crate) fn annotation(&self, key: &str) -> Option<&'a str> {
        self.whole.at(&["metadata", "annotations"]).value.get(key)?.as_str()
    }

    /// The containers of every sort.
    pub(crate) fn containers(&self) -> Vec<At<'a>> {
        containers(&self.spec)
    }
}

/// The labels of the pods that an object makes, and their namespace.
#[derive(Debug, Clone)]
pub struct PodLabels {
    namespace: Option<SmolStr>,
    labels: Value,
}

impl PodLabels {
    /// Those of the object `value`; none where it makes no pods.
    pub fn of(reference: &ObjectRef, value: &Value) -> Option<Self> {
        let template = PodTemplate::of(&reference.kind, value).filter(|_| run(&reference.kind))?;
        Some(Self {
            namespace: reference.namespace.clone(),
            labels: template.labels.value.clone(),
        })
    }

    /// Whether a selector of an object in this namespace selects the pods.
    pub fn are_selected(&self, namespace: Option<&str>, selector: &LabelSelector) -> bool {
        self.namespace.as_deref() == namespace && selector.matches(|key| self.labels.get(key)?.as_str())
    }
}

/// Whether objects of this kind are, or lead to, pods that run; a PodTemplate leads to none.
pub(crate) fn run(kind: &GroupKind) -> bool {
    PodTemplate::path(kind).is_some() && !is_mere_template(kind)
}

/// Whether objects of this kind hold a template, and run no pods.
pub(crate) fn is_mere_template(kind: &GroupKind) -> bool {
    kind.is("", "PodTemplate")
}

/// Whether a controller replaces the pods of an object of this kind when their template changes.
pub(crate) fn rolls_out(kind: &GroupKind) -> bool {
    kind.group == "apps" && ["Deployment", "StatefulSet", "DaemonSet"].contains(&kind.kind.as_str())
}

/// The containers of a pod with this spec.
fn containers<'a>(spec: &At<'a>) -> Vec<At<'a>> {
    let lists = ["initContainers", "containers"];
    lists.iter().flat_map(|list| spec.field(list).items()).collect()
}
