//! From other tools to this one, and back: no pod restarts, and nothing is deleted.

mod helm;
mod kubectl;
mod orphan;
mod reconcilers;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::bed::Bed;
use crate::control_plane::ControlPlane;

/// What the namespace of a bed holds, as [`standing_in`] says.
fn standing(bed: &Bed) -> BTreeMap<String, Value> {
    standing_in(bed.plane, &bed.namespace)
}

/// What a namespace holds, by kind and name: which object it is, and all of it that a controller acts on. What tools
/// keep for themselves is left out, and so is the generation of a Deployment, which an API server counts up for
/// annotations too.
pub fn standing_in(plane: &ControlPlane, namespace: &str) -> BTreeMap<String, Value> {
    const KINDS: &str =
        "deployments,statefulsets,replicasets,pods,configmaps,secrets,services,podtemplates,serviceaccounts";
    let list = plane.kubectl(&["get", KINDS, "--namespace", namespace, "--output=json"]);
    let list: Value = serde_json::from_str(&list.expect_success()).expect("JSON");
    let objects = list["items"].as_array().expect("a list").iter();
    let named = objects.map(|object| {
        let name = format!("{} {}", object["kind"], object["metadata"]["name"]).replace('"', "");
        let mut metadata = object["metadata"].clone();
        if object["kind"] == "Deployment" {
            metadata["generation"] = Value::Null;
        }
        let kept = json!([
            metadata["uid"],
            metadata["generation"],
            metadata["deletionTimestamp"],
            object["spec"],
            object["data"],
            object["template"],
        ]);
        (name, kept)
    });
    let is_a_record = |name: &str| name.contains(" stackanetes-") || name.contains(" sh.helm.release.");
    named.filter(|(name, _)| !is_a_record(name)).collect()
}

/// Whether nothing of what there was has changed, and nothing has come.
#[track_caller]
fn is_unchanged(bed: &Bed, before: &BTreeMap<String, Value>) {
    let after = standing(bed);
    for (name, object) in before {
        assert_eq!(after.get(name), Some(object), "{name}");
    }
    assert!(after.keys().eq(before.keys()), "{:?}", after.keys());
}

/// Two pods that read a ConfigMap, behind a Service: what is moved to and fro.
const SHOP: [(&str, &str); 3] = [
    (
        "settings.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  mode: fast\n  size: \"3\"\n",
    ),
    (
        "web.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 2\n  selector: {matchLabels: {app: web}}\n  \
         template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n        - name: web\n          image: example/web:1\n          \
         envFrom: [{configMapRef: {name: settings}}]\n",
    ),
    (
        "service.yaml",
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  selector: {app: web}\n  ports: [{port: 80}]\n",
    ),
];

/// A namespace with running pods, and a directory that has what is to be taken over.
fn shop(name: &str, settings: &str) -> Bed {
    let bed = Bed::on(ControlPlane::full(), name);
    bed.write(
        "stackanetes.yaml",
        &format!("name: {name}\nnamespace: {name}\nrollout: ignore\n{settings}"),
    );
    for (path, text) in SHOP {
        bed.write(path, text);
    }
    bed
}

/// The manifests as one text, for other tools.
fn manifests() -> String {
    SHOP.map(|(_, text)| text).join("---\n")
}

/// Waits until the pods run.
fn rolled_out(bed: &Bed) {
    bed.kubectl(&["rollout", "status", "deployment/web", "--timeout=120s"]);
}

/// Takes all over, and gives all up again: nothing of it changes an object.
fn taken_over_and_given_up(bed: &Bed) {
    let before = standing(bed);
    assert!(before.len() >= 6, "{:?}", before.keys());
    bed.run(&["diff", "--adopt"])
        .exits(1)
        .shows_not("restarts")
        .shows_not("to delete");
    is_unchanged(bed, &before);
    bed.run(&["sync", "--yes", "--adopt", "--timeout", "60s"]).exits(0);
    is_unchanged(bed, &before);
    bed.diff().exits(0).shows("in sync: 3 objects");
    let owned = bed.get("configmap", "settings").expect("it stays");
    let owners = owned["metadata"]["managedFields"].as_array().expect("a list");
    assert_eq!(
        owners.iter().map(|entry| &entry["manager"]).collect::<Vec<_>>(),
        ["stackanetes"]
    );
    bed.run(&["delete", "--orphan", "--yes"]).exits(0).shows("3 orphaned");
    is_unchanged(bed, &before);
}
