//! Edits of what is no manifest: rules, what components make, and another ApplySet.

use serde_json::{Value, json};

use super::Generator;
use crate::histories::step::{Id, NAME, Step};

/// What `stackanetes.yaml` may say of fields and managers.
fn settings() -> [Value; 8] {
    [
        json!({}),
        json!({"ignore": [{"kind": "ConfigMap", "fields": ["data.mode"]}]}),
        json!({"ignore": [{"kind": "Deployment", "fields": ["spec.replicas"]}, {"kind": "Service", "fields": ["spec.selector"]}]}),
        json!({"ignore": [{"fields": ["metadata.labels.tier"]}], "take": [{"kind": "Role", "manager": "operator"}]}),
        json!({"yield": [{"kind": "Deployment", "fields": ["spec.replicas", "spec.minReadySeconds"]}]}),
        json!({"yield": [{"manager": "operator"}], "take": [{"manager": "team-b"}]}),
        json!({"take": [{"kind": "ConfigMap", "fields": ["data"]}, {"manager": "kube-controller-manager"}]}),
        json!({"ignore": [{"manager": "team-b", "kind": "ConfigMap"}], "yield": [{"kind": "ServiceAccount", "fields": ["automountServiceAccountToken"]}]}),
    ]
}

/// A Secret that a component makes, as git has it.
#[derive(Debug, Clone, Copy)]
pub struct Made {
    component: &'static str,
    rotation: u64,
    /// Whether there is one more value than at least.
    has_more: bool,
    user: &'static str,
}

impl Generator {
    pub(super) fn rule(&mut self) {
        let settings = self.random.pick(&settings()).clone();
        self.steps.push(Step::Settings(settings));
    }

    /// A Secret with generated values comes, is changed, moves to another component, or goes.
    pub(super) fn make(&mut self) {
        let before = self.made;
        let first = Made {
            component: "front",
            rotation: 0,
            has_more: false,
            user: "admin",
        };
        let mut made = before.unwrap_or(first);
        match self.random.below(100) {
            0..=24 => made.rotation += 1,
            25..=44 => made.has_more = !made.has_more,
            45..=59 => made.component = if made.component == "front" { "back" } else { "front" },
            60..=79 => made.user = *self.random.pick(&["root", "admin"]),
            _ => {}
        }
        self.made = (before.is_none() || self.random.percent(80)).then_some(made);
        for component in ["front", "back"] {
            let secrets: Vec<Value> = self
                .made
                .filter(|made| made.component == component)
                .iter()
                .map(Made::declared)
                .collect();
            self.steps.push(Step::Component {
                name: component.to_owned(),
                says: json!({"secrets": secrets}),
            });
        }
    }

    /// The Secret that a component makes, if there is one.
    pub fn made(&self) -> Option<Id> {
        self.made.map(|_| Id {
            kind: "Secret".to_owned(),
            namespace: NAME.to_owned(),
            name: "made".to_owned(),
        })
    }

    /// Another ApplySet, which may want what this one has.
    pub(super) fn second(&mut self) {
        let names = ["second-1", "second-2", "configmap-1", "configmap-2", "configmap-3"];
        let mut objects = Vec::new();
        for name in names {
            if self.random.percent(40) {
                let value = *self.random.pick(&["1", "2"]);
                objects.push(json!({"apiVersion": "v1", "kind": "ConfigMap",
                    "metadata": {"name": name, "namespace": NAME}, "data": {"second": value}}));
            }
        }
        self.steps.push(Step::Second(objects));
    }
}

impl Made {
    fn declared(&self) -> Value {
        let mut generate = json!({"password": {"length": 24, "rotation": self.rotation}});
        if self.has_more {
            generate["token"] = json!({"bytes": 24, "rotation": self.rotation});
        }
        json!({"name": "made", "values": {"user": self.user}, "generate": generate})
    }
}
