//! Which ConfigMaps and Secrets a pod reads, and which of their keys.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::object::GroupKind;

/// What holds configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    ConfigMap,
    Secret,
}

impl Kind {
    pub(super) fn group_kind(self) -> GroupKind {
        match self {
            Self::ConfigMap => GroupKind::new("", "ConfigMap"),
            Self::Secret => GroupKind::new("", "Secret"),
        }
    }
}

/// Which keys are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Keys {
    All,
    Some(BTreeSet<String>),
}

impl Keys {
    pub(super) fn contain(&self, key: &str) -> bool {
        match self {
            Self::All => true,
            Self::Some(keys) => keys.contains(key),
        }
    }

    fn add(&mut self, more: Self) {
        match (self, more) {
            (Self::Some(keys), Self::Some(more)) => keys.extend(more),
            (keys, Self::All) => *keys = Self::All,
            (Self::All, Self::Some(_)) => {}
        }
    }
}

/// What is read, by kind and name.
pub(super) type Reads = BTreeMap<(Kind, String), Keys>;

/// What a pod with this `spec` reads.
pub(super) fn reads(spec: &Value) -> Reads {
    let mut reads = Reads::new();
    for volume in items(&spec["volumes"]) {
        source(volume, "secretName", &mut reads);
        for projected in items(&volume["projected"]["sources"]) {
            source(projected, "name", &mut reads);
        }
    }
    for container in ["initContainers", "containers"]
        .iter()
        .flat_map(|list| items(&spec[*list]))
    {
        for from in items(&container["envFrom"]) {
            add(Kind::ConfigMap, &from["configMapRef"]["name"], Keys::All, &mut reads);
            add(Kind::Secret, &from["secretRef"]["name"], Keys::All, &mut reads);
        }
        for variable in items(&container["env"]) {
            let from = &variable["valueFrom"];
            for (kind, field) in [(Kind::ConfigMap, "configMapKeyRef"), (Kind::Secret, "secretKeyRef")] {
                let key = from[field]["key"].as_str().map(str::to_owned);
                add(
                    kind,
                    &from[field]["name"],
                    Keys::Some(key.into_iter().collect()),
                    &mut reads,
                );
            }
        }
    }
    reads
}

/// What a volume, or one of its projected sources, holds. A Secret's name stands in another field.
fn source(source: &Value, secret_name: &str, reads: &mut Reads) {
    for (kind, field, name) in [
        (Kind::ConfigMap, "configMap", "name"),
        (Kind::Secret, "secret", secret_name),
    ] {
        let from = &source[field];
        let keys = items(&from["items"]).filter_map(|item| item["key"].as_str().map(str::to_owned));
        let keys = match from["items"].as_array() {
            Some(_) => Keys::Some(keys.collect()),
            None => Keys::All,
        };
        add(kind, &from[name], keys, reads);
    }
}

fn add(kind: Kind, name: &Value, keys: Keys, reads: &mut Reads) {
    if let Some(name) = name.as_str() {
        let known = reads.entry((kind, name.to_owned()));
        known.or_insert_with(|| Keys::Some(BTreeSet::new())).add(keys);
    }
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_way_to_read_configuration_is_found() {
        let spec = json!({
            "initContainers": [{"envFrom": [{"secretRef": {"name": "from"}}]}],
            "containers": [{"env": [
                {"name": "A", "valueFrom": {"secretKeyRef": {"name": "env", "key": "a"}}},
                {"name": "B", "valueFrom": {"secretKeyRef": {"name": "env", "key": "b"}}},
                {"name": "C", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
            ]}],
            "volumes": [
                {"secret": {"secretName": "volume"}},
                {"configMap": {"name": "items", "items": [{"key": "k", "path": "p"}]}},
                {"projected": {"sources": [{"secret": {"name": "projected"}}, {"configMap": {"name": "items"}}]}},
                {"emptyDir": {}},
            ],
        });
        let found: Vec<(Kind, String, Keys)> = reads(&spec)
            .into_iter()
            .map(|((kind, name), keys)| (kind, name, keys))
            .collect();
        let two = Keys::Some(["a".to_owned(), "b".to_owned()].into());
        assert_eq!(
            found,
            [
                (Kind::ConfigMap, "items".to_owned(), Keys::All),
                (Kind::Secret, "env".to_owned(), two),
                (Kind::Secret, "from".to_owned(), Keys::All),
                (Kind::Secret, "projected".to_owned(), Keys::All),
                (Kind::Secret, "volume".to_owned(), Keys::All),
            ]
        );
    }
}
