//! What is in a cluster: objects, and the pods of each workload.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::bed::Bed;

/// A kind, a namespace (empty where there is none) and a name.
pub type Name = (String, String, String);

/// What is in a cluster at one moment.
pub struct Seen {
    objects: BTreeMap<Name, Value>,
    /// The UIDs of the pods of each Deployment, StatefulSet and DaemonSet, without those that are being deleted.
    pub pods: BTreeMap<Name, BTreeSet<String>>,
}

/// An object at one moment.
pub struct Version {
    pub uid: String,
    /// What people and tools write of it, and not what the server and its controllers say of how it fares.
    pub written: Value,
}

impl Seen {
    /// All that is there now, of whatever kind.
    pub fn now(bed: &Bed) -> Self {
        let resources = bed.plane.kubectl(&["api-resources", "--verbs=list", "--output=name"]);
        let resources = resources.expect_success();
        // Which come and go by themselves.
        let resources: Vec<&str> = resources
            .lines()
            .filter(|name| !name.contains("event") && *name != "endpoints")
            .collect();
        let list = ["get", &resources.join(","), "--all-namespaces", "--output=json"];
        let list = bed.plane.kubectl(&list).expect_success();
        let mut list: Value = serde_json::from_str(&list).expect("kubectl prints JSON");
        let mut seen = Self {
            objects: BTreeMap::new(),
            pods: BTreeMap::new(),
        };
        for object in list["items"].as_array_mut().expect("a list").drain(..) {
            if let Some(workload) = workload(&object) {
                seen.pods
                    .entry(workload)
                    .or_default()
                    .insert(text(&object["metadata"]["uid"]));
            }
            seen.objects.insert(name(&object), object);
        }
        seen
    }

    /// An object as it is, if it is there.
    pub fn version(&self, name: &Name) -> Option<Version> {
        let mut written = self.objects.get(name)?.clone();
        let uid = text(&written["metadata"]["uid"]);
        written["status"].take();
        written["metadata"]["resourceVersion"].take();
        Some(Version { uid, written })
    }

    /// The names of the members of ApplySets; what controllers make of them may have their labels.
    pub fn members(&self) -> impl Iterator<Item = &Name> {
        let members = self.objects.iter().filter(|(_, object)| {
            let metadata = &object["metadata"];
            !metadata["labels"]["applyset.kubernetes.io/part-of"].is_null() && metadata["ownerReferences"].is_null()
        });
        members.map(|(name, _)| name)
    }
}

/// The workload of a pod that is not being deleted, but for Jobs, which end by themselves.
fn workload(object: &Value) -> Option<Name> {
    let metadata = &object["metadata"];
    if object["kind"] != "Pod" || !metadata["deletionTimestamp"].is_null() {
        return None;
    }
    let owner = &metadata["ownerReferences"][0];
    let (kind, name) = match owner["kind"].as_str()? {
        "ReplicaSet" => {
            let hash = format!("-{}", text(&metadata["labels"]["pod-template-hash"]));
            let name = text(&owner["name"]);
            ("Deployment", name.strip_suffix(&hash)?.to_owned())
        }
        kind @ ("StatefulSet" | "DaemonSet") => (kind, text(&owner["name"])),
        _ => return None,
    };
    Some((kind.to_owned(), text(&metadata["namespace"]), name))
}

fn name(object: &Value) -> Name {
    let metadata = &object["metadata"];
    (
        text(&object["kind"]),
        text(&metadata["namespace"]),
        text(&metadata["name"]),
    )
}

/// A string; empty where there is none.
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
