//! Which ConfigMaps and Secrets a pod reads, and which of their keys.

use serde_json::Value;

use crate::object::GroupKind;
use crate::object::field::At;

/// What holds configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ConfigurationKind {
    ConfigMap,
    Secret,
}

impl ConfigurationKind {
    pub(crate) fn group_kind(self) -> GroupKind {
        match self {
            Self::ConfigMap => GroupKind::new("", "ConfigMap"),
            Self::Secret => GroupKind::new("", "Secret"),
        }
    }

    pub(crate) fn of(kind: &GroupKind) -> Option<Self> {
        [Self::ConfigMap, Self::Secret]
            .into_iter()
            .find(|other| other.group_kind() == *kind)
    }
}

/// What of it is read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ReadKey<'a> {
    All,
    One(At<'a>),
    None,
}

/// One place of a pod's spec that reads configuration.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Read<'a> {
    pub(crate) kind: ConfigurationKind,
    /// The name of what is read.
    pub(crate) name: At<'a>,
    pub(crate) key: ReadKey<'a>,
    /// Whether the pod starts without it.
    pub(crate) optional: bool,
}

/// What a pod with this `spec` reads.
pub(crate) fn reads<'a>(spec: &At<'a>) -> Vec<Read<'a>> {
    let mut reads = Vec::new();
    for volume in spec.field("volumes").items() {
        source(&volume, "secretName", &mut reads);
        for projected in volume.at(&["projected", "sources"]).items() {
            source(&projected, "name", &mut reads);
        }
    }
    for container in super::containers(spec) {
        for from in container.field("envFrom").items() {
            for (kind, field) in [
                (ConfigurationKind::ConfigMap, "configMapRef"),
                (ConfigurationKind::Secret, "secretRef"),
            ] {
                let from = from.field(field);
                add(kind, &from, "name", ReadKey::All, &mut reads);
            }
        }
        for variable in container.field("env").items() {
            for (kind, field) in [
                (ConfigurationKind::ConfigMap, "configMapKeyRef"),
                (ConfigurationKind::Secret, "secretKeyRef"),
            ] {
                let from = variable.at(&["valueFrom", field]);
                let key = from.field("key");
                let key = key.text().map_or(ReadKey::None, |_| ReadKey::One(key.clone()));
                add(kind, &from, "name", key, &mut reads);
            }
        }
    }
    reads
}

/// What a volume, or one of its projected sources, holds. A Secret's name stands in another field.
fn source<'a>(source: &At<'a>, secret_name: &str, reads: &mut Vec<Read<'a>>) {
    for (kind, field, name) in [
        (ConfigurationKind::ConfigMap, "configMap", "name"),
        (ConfigurationKind::Secret, "secret", secret_name),
    ] {
        let from = source.field(field);
        let items = from.field("items");
        let all = if items.value.is_array() {
            ReadKey::None
        } else {
            ReadKey::All
        };
        add(kind, &from, name, all, reads);
        for key in items.items().iter().map(|item| item.field("key")) {
            add(kind, &from, name, ReadKey::One(key), reads);
        }
    }
}

fn add<'a>(kind: ConfigurationKind, from: &At<'a>, name: &str, key: ReadKey<'a>, reads: &mut Vec<Read<'a>>) {
    let name = from.field(name);
    if name.text().is_some() {
        let optional = from.field("optional").value == &Value::Bool(true);
        reads.push(Read {
            kind,
            name,
            key,
            optional,
        });
    }
}
