//! Objects that others applied become ours, with what they left behind; and fields that we applied in an
//! earlier version of a kind.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use futures::stream::BoxStream;
use serde_json::{Value, json};
use stackanetes::cluster::{
    Answer, Apply, Cluster, ClusterError, Deletion, Discovery, Failure, Judge, Patch, Persist, Resource, Scope,
    WatchEvent,
};
use stackanetes::object::{GroupVersionKind, LiveObject, ObjectRef};
use stackanetes::ssa::schema::Schema;

use crate::bed::{Bed, config_map, deployment, with_metadata};
use crate::races::sync_through;

const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// A manifest that may be adopted.
fn adopted(manifest: &str) -> String {
    with_metadata(manifest, "  annotations: {stackanetes.io/adopt: allowed}\n")
}

/// Who owns anything of an object: name, operation, version.
fn managers(object: &Value) -> Vec<String> {
    let entries = object["metadata"]["managedFields"].as_array().expect("managed fields");
    let mut told: Vec<String> = entries
        .iter()
        .map(|entry| {
            let text = |key: &str| entry[key].as_str().unwrap_or_default();
            format!("{} {} {}", text("manager"), text("operation"), text("apiVersion"))
        })
        .collect();
    told.sort();
    told
}

#[test]
fn what_kubectl_apply_left_behind_goes_as_the_diff_says() {
    let bed = Bed::new("migrate-kubectl");
    let theirs = deployment("web", 3, "nginx").replace("spec:\n  replicas", "spec:\n  minReadySeconds: 5\n  replicas");
    let theirs = with_metadata(&theirs, "  labels: {old: \"yes\", app: web}\n");
    bed.kubectl_stdin(&["apply", "-f", "-"], &theirs);
    bed.kubectl_stdin(&["apply", "-f", "-"], &theirs.replace("replicas: 3", "replicas: 4"));
    let git = deployment("web", 4, "nginx:2").replace("            - name: SECOND\n              value: two\n", "");
    bed.write("web.yaml", &adopted(&git));
    bed.diff()
        .exits(1)
        .shows("~ update Deployment migrate-kubectl/web")
        .shows("the fields of kubectl-client-side-apply become ours takeover")
        .shows(&format!(
            "metadata.annotations[{LAST_APPLIED}] goes takeover: from kubectl-client-side-apply"
        ))
        .shows("metadata.labels.old - yes takeover: from kubectl-client-side-apply")
        .shows("spec.minReadySeconds - 5 takeover: from kubectl-client-side-apply")
        .shows("spec.template.spec.containers[web].env[SECOND]")
        .shows("- nginx + nginx:2 takeover: from kubectl-client-side-apply")
        .shows_not("last-applied-configuration] - {");
    bed.run(&["sync", "--yes", "--timeout", "0s"])
        .shows_not("differs from the plan");
    let web = bed.get("deployment", "web").expect("it is there");
    assert_eq!(web["metadata"]["annotations"][LAST_APPLIED], Value::Null);
    assert_eq!(web["metadata"]["labels"]["old"], Value::Null);
    assert_eq!(web["spec"]["minReadySeconds"], Value::Null);
    assert_eq!(
        web["spec"]["template"]["spec"]["containers"][0]["env"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );
    assert_eq!(managers(&web), ["stackanetes Apply apps/v1"]);
    bed.diff().exits(0);
    bed.run(&["diff", "--verify"]).exits(0);
}

#[test]
fn what_goes_is_set_to_its_default_as_the_diff_says() {
    let bed = Bed::new("migrate-default");
    bed.kubectl_stdin(&["apply", "-f", "-"], &deployment("web", 3, "nginx"));
    bed.write(
        "web.yaml",
        &adopted(&deployment("web", 3, "nginx").replace("  replicas: 3\n", "")),
    );
    bed.diff()
        .exits(1)
        .shows("spec.replicas desired/web.yaml:6 - 3 + 1 takeover: from kubectl-client-side-apply");
    bed.run(&["sync", "--yes", "--timeout", "0s"])
        .shows_not("differs from the plan");
    assert_eq!(
        bed.get("deployment", "web").expect("it is there")["spec"]["replicas"],
        1
    );
}

#[test]
fn where_nothing_but_owners_change_it_is_told_too_and_what_others_own_stays() {
    let bed = Bed::new("migrate-same");
    bed.kubectl_stdin(&["apply", "-f", "-"], &config_map("settings", &[("mode", "fast")]));
    bed.patch("team-b", "configmap", "settings", &json!({"data": {"theirs": "kept"}}));
    bed.write("settings.yaml", &adopted(&config_map("settings", &[("mode", "fast")])));
    bed.diff()
        .exits(1)
        .shows("goes takeover: from kubectl-client-side-apply")
        .shows_not("data.mode");
    bed.synced();
    let settings = bed.get("configmap", "settings").expect("it is there");
    assert_eq!(settings["data"], json!({"mode": "fast", "theirs": "kept"}));
    assert_eq!(managers(&settings), ["stackanetes Apply v1", "team-b Update v1"]);
    // Somebody goes back to kubectl apply: that is seen, and undone.
    bed.kubectl_stdin(
        &["apply", "-f", "-"],
        &config_map("settings", &[("mode", "slow"), ("more", "yes")]),
    );
    bed.diff()
        .exits(1)
        .shows("data.mode desired/settings.yaml:7 - slow + fast drift: kubectl-client-side-apply,")
        .shows("data.more - yes takeover: from kubectl-client-side-apply");
    bed.synced();
    bed.diff().exits(0);
}

#[test]
fn the_managers_that_a_person_names_are_migrated_and_no_others() {
    let bed = Bed::new("migrate-named");
    let apply = |manager: &str, data: &[(&str, &str)]| {
        let manager = format!("--field-manager={manager}");
        bed.kubectl_stdin(
            &["apply", "--server-side", &manager, "-f", "-"],
            &config_map("settings", data),
        );
    };
    apply("argocd-controller", &[("mode", "fast"), ("old", "argo")]);
    apply("other", &[("theirs", "kept")]);
    bed.patch("helm", "configmap", "settings", &json!({"data": {"chart": "x"}}));
    bed.write("settings.yaml", &adopted(&config_map("settings", &[("mode", "slow")])));
    bed.diff()
        .exits(1)
        .shows("+ slow takeover: from argocd-controller")
        .shows_not("data.old")
        .shows_not("become ours");
    let name = &bed.namespace;
    bed.write(
        "stackanetes.yaml",
        &format!("name: {name}\nnamespace: {name}\nmigrate: [argocd-controller, helm]\n"),
    );
    bed.diff()
        .exits(1)
        .shows("data.chart - x takeover: from helm")
        .shows("data.old - argo takeover: from argocd-controller");
    let run = bed.run(&["sync", "--yes"]).shows_not("differs from the plan");
    let settings = bed.get("configmap", "settings").expect("it is there");
    assert_eq!(
        settings["data"],
        json!({"mode": "slow", "theirs": "kept"}),
        "{}",
        run.stdout
    );
    bed.diff().exits(0);
}

#[test]
fn an_earlier_name_of_our_own_is_migrated() {
    let bed = Bed::new("migrate-renamed");
    bed.write_config_map("settings", &[("mode", "fast"), ("old", "yes")]);
    bed.run(&["sync", "--yes", "--field-manager", "former"]).exits(0);
    bed.write_config_map("settings", &[("mode", "fast")]);
    let name = &bed.namespace;
    bed.write(
        "stackanetes.yaml",
        &format!("name: {name}\nnamespace: {name}\nmigrate: [former]\n"),
    );
    bed.diff()
        .exits(1)
        .shows("the fields of former become ours")
        .shows("data.old - yes");
    bed.synced();
    let settings = bed.get("configmap", "settings").expect("it is there");
    assert_eq!(
        (&settings["data"], managers(&settings)),
        (&json!({"mode": "fast"}), vec!["stackanetes Apply v1".to_owned()])
    );
}

/// A cluster in which everything can be done but to store what is applied.
struct Cut(Arc<dyn Cluster>);

#[async_trait]
impl Cluster for Cut {
    fn address(&self) -> String {
        self.0.address()
    }
    fn judge(&self) -> Judge {
        self.0.judge()
    }
    async fn discover(&self) -> Result<Discovery, ClusterError> {
        self.0.discover().await
    }
    async fn schema(&self, kinds: &BTreeSet<GroupVersionKind>) -> Result<Schema, ClusterError> {
        self.0.schema(kinds).await
    }
    async fn list(&self, resource: &Resource, scope: &Scope, selector: &str) -> Result<Vec<LiveObject>, ClusterError> {
        self.0.list(resource, scope, selector).await
    }
    async fn get(&self, resource: &Resource, reference: &ObjectRef) -> Result<Option<LiveObject>, ClusterError> {
        self.0.get(resource, reference).await
    }
    async fn apply(&self, resource: &Resource, apply: &Apply<'_>) -> Result<Answer, ClusterError> {
        if apply.persist == Persist::Stored && apply.reference.name == "settings" {
            return Err(ClusterError::new(Failure::Unreachable, "cut"));
        }
        self.0.apply(resource, apply).await
    }
    async fn create(&self, resource: &Resource, object: &Value, manager: &str) -> Result<LiveObject, ClusterError> {
        self.0.create(resource, object, manager).await
    }
    async fn replace(&self, resource: &Resource, object: &Value, manager: &str) -> Result<LiveObject, ClusterError> {
        self.0.replace(resource, object, manager).await
    }
    async fn patch(&self, resource: &Resource, patch: &Patch<'_>) -> Result<LiveObject, ClusterError> {
        self.0.patch(resource, patch).await
    }
    async fn delete(&self, resource: &Resource, deletion: &Deletion<'_>) -> Result<(), ClusterError> {
        self.0.delete(resource, deletion).await
    }
    async fn events(&self, reference: &ObjectRef, uid: &str) -> Result<Vec<LiveObject>, ClusterError> {
        self.0.events(reference, uid).await
    }
    fn watch(
        &self,
        resource: &Resource,
        scope: &Scope,
        selector: &str,
    ) -> BoxStream<'static, Result<WatchEvent, ClusterError>> {
        self.0.watch(resource, scope, selector)
    }
}

#[test]
fn a_sync_that_ends_between_migration_and_apply_is_taken_up_by_the_next() {
    let bed = Bed::new("migrate-cut");
    bed.kubectl_stdin(
        &["apply", "-f", "-"],
        &config_map("settings", &[("mode", "fast"), ("old", "yes")]),
    );
    bed.write("settings.yaml", &adopted(&config_map("settings", &[("mode", "slow")])));
    let (outcomes, _) = sync_through(&bed, |cluster| Arc::new(Cut(cluster)), || ());
    assert_eq!(outcomes.len(), 1, "{outcomes:?}");
    let between = bed.get("configmap", "settings").expect("it is there");
    assert_eq!(managers(&between), ["stackanetes Apply v1"], "it was migrated");
    assert_eq!(
        between["data"],
        json!({"mode": "fast", "old": "yes"}),
        "and not applied"
    );
    bed.diff()
        .exits(1)
        .shows("data.old - yes")
        .shows("- fast + slow")
        .shows_not("conflict");
    bed.synced();
    let after = bed.get("configmap", "settings").expect("it is there");
    assert_eq!(after["data"], json!({"mode": "slow"}));
    assert_eq!(after["metadata"]["annotations"][LAST_APPLIED], Value::Null);
    bed.diff().exits(0);
}

#[test]
fn what_changes_between_plan_and_migration_is_planned_again() {
    let bed = Bed::new("migrate-race");
    bed.kubectl_stdin(
        &["apply", "-f", "-"],
        &config_map("settings", &[("mode", "fast"), ("old", "yes")]),
    );
    bed.write("settings.yaml", &adopted(&config_map("settings", &[("mode", "slow")])));
    let (outcomes, result) = sync_through(
        &bed,
        |cluster| cluster,
        || {
            bed.patch("team-b", "configmap", "settings", &json!({"data": {"theirs": "kept"}}));
        },
    );
    result.expect("it is synced");
    assert!(format!("{outcomes:?}").contains("Updated"), "{outcomes:?}");
    let settings = bed.get("configmap", "settings").expect("it is there");
    assert_eq!(settings["data"], json!({"mode": "slow", "theirs": "kept"}));
}

#[test]
fn a_later_version_of_a_kind_moves_our_fields_and_the_diff_says_so() {
    let bed = Bed::new("migrate-version");
    let first = "apiVersion: autoscaling/v1\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\nspec:\n  \
                 scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n  maxReplicas: 9\n  minReplicas: 2\n  \
                 targetCPUUtilizationPercentage: 50\n";
    bed.write("web.yaml", first);
    bed.synced();
    let second = "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\nspec:\n  \
                  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n  maxReplicas: 9\n  metrics:\n    \
                  - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}\n";
    bed.write("web.yaml", second);
    bed.diff()
        .exits(1)
        .shows("our fields, recorded as autoscaling/v1, move to autoscaling/v2")
        .shows("spec.minReplicas - 2 + 1");
    bed.synced();
    let web = bed.get("hpa", "web").expect("it is there");
    assert_eq!(managers(&web), ["stackanetes Apply autoscaling/v2"]);
    bed.diff().exits(0);
}

fn definition(group: &str, versions: &[(&str, bool)]) -> String {
    let mut text = format!(
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: widgets.{group}}}\nspec:\n  \
         group: {group}\n  scope: Namespaced\n  names: {{kind: Widget, plural: widgets}}\n  versions:\n"
    );
    for (name, storage) in versions {
        text += &format!(
            "    - name: {name}\n      served: true\n      storage: {storage}\n      schema: {{openAPIV3Schema: {{type: object, \
             properties: {{spec: {{type: object, properties: {{size: {{type: integer}}, color: {{type: string}}}}}}}}}}}}\n"
        );
    }
    text
}

#[test]
fn fields_recorded_in_a_version_that_is_gone_are_rewritten_so_that_what_git_drops_goes() {
    let bed = Bed::new("migrate-gone");
    let group = "migrate-gone.example.com";
    let widget = |version: &str, spec: &str| {
        format!("apiVersion: {group}/{version}\nkind: Widget\nmetadata: {{name: w}}\nspec: {{{spec}}}\n")
    };
    let define = |versions: &[(&str, bool)]| {
        bed.kubectl_stdin(&["apply", "--server-side", "-f", "-"], &definition(group, versions));
        bed.kubectl(&[
            "wait",
            "--for=condition=Established",
            &format!("crd/widgets.{group}"),
            "--timeout=30s",
        ]);
    };
    define(&[("v1alpha1", true)]);
    bed.write("w.yaml", &widget("v1alpha1", "size: 1, color: red"));
    bed.synced();
    define(&[("v1alpha1", false), ("v1", true)]);
    crate::bed::wait_until("v1 is served", || {
        bed.plane
            .kubectl(&["get", &format!("widgets.v1.{group}"), "-A"])
            .status
            .success()
    });
    // Stored again, in the new version.
    bed.patch(
        "admin",
        &format!("widgets.{group}"),
        "w",
        &json!({"metadata": {"labels": {"stored": "again"}}}),
    );
    let status = json!({"status": {"storedVersions": ["v1"]}}).to_string();
    bed.kubectl(&[
        "patch",
        "crd",
        &format!("widgets.{group}"),
        "--subresource=status",
        "--type=merge",
        "--patch",
        &status,
    ]);
    define(&[("v1", true)]);
    crate::bed::wait_until("v1alpha1 is gone", || {
        !bed.plane
            .kubectl(&["get", &format!("widgets.v1alpha1.{group}"), "-A"])
            .status
            .success()
    });
    bed.write("w.yaml", &widget("v1", "size: 1"));
    let run = bed.diff().exits(1);
    run.shows(&format!(
        "our fields, recorded as {group}/v1alpha1, move to {group}/v1 migrated"
    ))
    .shows("spec.color - red");
    bed.synced();
    let object = bed.get(&format!("widgets.{group}"), "w").expect("it is there");
    assert_eq!(object["spec"], json!({"size": 1}));
    assert!(managers(&object).contains(&format!("stackanetes Apply {group}/v1")));
    bed.diff().exits(0);
    bed.kubectl(&["delete", "crd", &format!("widgets.{group}")]);
}

#[test]
fn a_sandbox_migrates_and_follows_rules_like_a_cluster() {
    let bed = Bed::new("migrate-sandbox");
    let name = &bed.namespace;
    let run = |args: &[&str]| bed.run(&[args, &["--sandbox", "box"]].concat());
    bed.write("namespace.yaml", &crate::bed::namespace(name));
    bed.write_config_map("settings", &[("mode", "fast"), ("old", "yes")]);
    run(&["sync", "--yes", "--field-manager", "former"]).exits(0);
    bed.write_config_map("settings", &[("mode", "slow")]);
    bed.write(
        "stackanetes.yaml",
        &format!(
            "name: {name}\nnamespace: {name}\nmigrate: [former]\nignore: [{{kind: ConfigMap, fields: [data.mode]}}]\n"
        ),
    );
    run(&["diff"])
        .exits(1)
        .shows("the fields of former become ours")
        .shows("data.old - yes")
        .shows("1 field ignored by desired/stackanetes.yaml:4");
    run(&["sync", "--yes"]).exits(0).shows_not("differs from the plan");
    run(&["diff"]).exits(0);
    run(&["diff", "-v"])
        .exits(0)
        .shows("data.mode git says slow; nobody else owns it yet; it stays fast");
}
