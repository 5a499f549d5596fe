//! Which ConfigMaps and Secrets a pod reads, and which of their keys.

use std::collections::{BTreeMap, BTreeSet};

use crate::kinds::pods::{self, ConfigurationKind, ReadKey};
use crate::object::field::At;

/// Which keys are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ReadKeys {
    All,
    Some(BTreeSet<String>),
}

impl ReadKeys {
    pub(super) fn contain(&self, key: &str) -> bool {
        match self {
            Self::All => true,
            Self::Some(keys) => keys.contains(key),
        }
    }

    fn add(&mut self, key: &ReadKey<'_>) {
        match (self, key) {
            (keys, ReadKey::All) => *keys = Self::All,
            (Self::Some(keys), ReadKey::One(key)) => keys.extend(key.value.as_str().map(str::to_owned)),
            (Self::All, ReadKey::One(_)) | (_, ReadKey::None) => {}
        }
    }
}

/// What is read, by kind and name.
pub(super) type ConfigurationReads = BTreeMap<(ConfigurationKind, String), ReadKeys>;

/// What a pod with this `spec` reads.
pub(super) fn reads(spec: &At<'_>) -> ConfigurationReads {
    let mut reads = ConfigurationReads::new();
    for read in pods::reads(spec) {
        if let Some(name) = read.name.text() {
            let keys = reads.entry((read.kind, name.to_owned()));
            keys.or_insert_with(|| ReadKeys::Some(BTreeSet::new())).add(&read.key);
        }
    }
    reads
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
        let found: Vec<(ConfigurationKind, String, ReadKeys)> = reads(&At::root(&spec))
            .into_iter()
            .map(|((kind, name), keys)| (kind, name, keys))
            .collect();
        let two = ReadKeys::Some(["a".to_owned(), "b".to_owned()].into());
        assert_eq!(
            found,
            [
                (ConfigurationKind::ConfigMap, "items".to_owned(), ReadKeys::All),
                (ConfigurationKind::Secret, "env".to_owned(), two),
                (ConfigurationKind::Secret, "from".to_owned(), ReadKeys::All),
                (ConfigurationKind::Secret, "projected".to_owned(), ReadKeys::All),
                (ConfigurationKind::Secret, "volume".to_owned(), ReadKeys::All),
            ]
        );
    }
}
