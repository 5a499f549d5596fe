//! Which ConfigMaps and Secrets a pod reads, and which of their keys.

use std::collections::{BTreeMap, BTreeSet};

use crate::kinds::pods::{self, ConfigurationKind, Key};
use crate::object::field::At;

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

    fn add(&mut self, key: &Key<'_>) {
        match (self, key) {
            (keys, Key::All) => *keys = Self::All,
            (Self::Some(keys), Key::One(key)) => keys.extend(key.value.as_str().map(str::to_owned)),
            (Self::All, Key::One(_)) | (_, Key::None) => {}
        }
    }
}

/// What is read, by kind and name.
pub(super) type Reads = BTreeMap<(ConfigurationKind, String), Keys>;

/// What a pod with this `spec` reads.
pub(super) fn reads(spec: &At<'_>) -> Reads {
    let mut reads = Reads::new();
    for read in pods::reads(spec) {
        if let Some(name) = read.name.text() {
            let keys = reads.entry((read.kind, name.to_owned()));
            keys.or_insert_with(|| Keys::Some(BTreeSet::new())).add(&read.key);
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
        let found: Vec<(ConfigurationKind, String, Keys)> = reads(&At::root(&spec))
            .into_iter()
            .map(|((kind, name), keys)| (kind, name, keys))
            .collect();
        let two = Keys::Some(["a".to_owned(), "b".to_owned()].into());
        assert_eq!(
            found,
            [
                (ConfigurationKind::ConfigMap, "items".to_owned(), Keys::All),
                (ConfigurationKind::Secret, "env".to_owned(), two),
                (ConfigurationKind::Secret, "from".to_owned(), Keys::All),
                (ConfigurationKind::Secret, "projected".to_owned(), Keys::All),
                (ConfigurationKind::Secret, "volume".to_owned(), Keys::All),
            ]
        );
    }
}
