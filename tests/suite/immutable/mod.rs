//! What cannot be changed is replaced where that is allowed, and left alone otherwise.

mod kinds;
mod workloads;

use serde_json::{Value, json};

use crate::bed::{Bed, Run, config_map, with_metadata};
use crate::control_plane::{AuditEvent, ControlPlane, Rule};

/// One object in two forms, of which the first cannot be changed to the second.
struct Case<'a> {
    kind: &'a str,
    name: &'a str,
    first: String,
    second: String,
    /// The fields of the plan.
    fields: &'a str,
    /// What the plan says is lost.
    lost: &'a str,
}

impl Case<'_> {
    fn live(&self, bed: &Bed) -> Value {
        bed.get(self.kind, self.name).expect("it is there")
    }

    fn uid(&self, bed: &Bed) -> Value {
        self.live(bed)["metadata"]["uid"].clone()
    }

    fn shown(&self, bed: &Bed) -> String {
        // What is cluster-scoped ignores the namespace that it is asked for in.
        match self.live(bed)["metadata"]["namespace"].as_str() {
            Some(namespace) => format!("{} {namespace}/{}", self.kind, self.name),
            None => format!("{} {}", self.kind, self.name),
        }
    }

    /// Plan, refusal, and the replacement once it is allowed. The object before and after.
    #[track_caller]
    fn is_replaced_only_where_allowed(&self, bed: &Bed) -> (Value, Value) {
        let Case {
            kind,
            name,
            fields,
            lost,
            ..
        } = self;
        bed.write("subject.yaml", &self.first);
        bed.synced();
        let before = self.live(bed);
        bed.write("subject.yaml", &self.second);
        let shown = self.shown(bed);
        bed.diff()
            .exits(1)
            .shows(&format!(
                "! refused {shown} {fields} cannot be changed if it is replaced, {lost}"
            ))
            .shows(&format!(
                "replace it: --replace {kind}/{name}, or stackanetes.io/replace: allowed on its manifest"
            ))
            .shows("1 refused");
        let requests = bed.audited(|| {
            bed.sync()
                .exits(1)
                .shows(&format!("refused {shown}: it cannot be changed"));
        });
        assert!(!writes(&requests).contains(&"delete"), "{requests:?}");
        assert_eq!(self.uid(bed), before["metadata"]["uid"]);

        let permit = format!("{kind}/{name}");
        bed.run(&["diff", "--replace", &permit])
            .exits(1)
            .shows(&format!("± replace {shown} {fields} cannot be changed {lost}"))
            .shows("1 to replace");
        let requests = bed.audited(|| {
            bed.run(&["sync", "--yes", "--timeout", "60s", "--replace", &permit])
                .exits(0)
                .shows("1 replaced")
                .shows_not("mismatch");
        });
        assert_bound(&requests);
        assert_ne!(self.uid(bed), before["metadata"]["uid"]);
        bed.diff().exits(0).shows("in sync:");
        (before, self.live(bed))
    }
}

/// The writes of objects, without what the sync keeps for itself.
fn of_objects(requests: &[AuditEvent]) -> impl Iterator<Item = &AuditEvent> {
    let is_own = |request: &AuditEvent| request.name.starts_with("stackanetes-");
    let writes = requests.iter().filter(|request| request.is_write());
    writes.filter(move |request| !is_own(request))
}

/// Their verbs.
fn writes(requests: &[AuditEvent]) -> Vec<&str> {
    of_objects(requests).map(|request| request.verb.as_str()).collect()
}

/// The old one is deleted as it was seen, and the new one made only where there is none.
#[track_caller]
fn assert_bound(requests: &[AuditEvent]) {
    assert_eq!(writes(requests), ["delete", "patch"], "{requests:?}");
    let delete = requests
        .iter()
        .find(|request| request.verb == "delete")
        .expect("a delete");
    let preconditions = &delete.request["preconditions"];
    assert!(preconditions["uid"].is_string() && preconditions["resourceVersion"].is_string());
    let create = of_objects(requests).find(|request| request.verb == "patch");
    let metadata = &create.expect("a create").request["metadata"];
    assert_eq!(
        (&metadata["uid"], &metadata["resourceVersion"]),
        (&Value::Null, &json!("1"))
    );
}

const PORT: &str = "  selector: {app: web}\n  ports: [{port: 80, name: http}]\n";

fn service(spec: &str) -> String {
    format!("apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n{spec}{PORT}")
}

fn workload(kind: &str, selector: &str, more: &str) -> String {
    format!(
        "apiVersion: apps/v1
kind: {kind}
metadata:
  name: web
spec:
  replicas: 2
  selector: {{matchLabels: {{app: {selector}}}}}
  template:
    metadata: {{labels: {{app: {selector}}}}}
    spec:
      containers: [{{name: main, image: one}}]
{more}"
    )
}

/// What another manager holds is a conflict first, whatever else is allowed.
#[test]
fn a_replacement_takes_nothing_from_another_manager_unseen() {
    let bed = Bed::on(ControlPlane::full(), "fixed-scaled");
    bed.write("subject.yaml", &workload("Deployment", "web", ""));
    bed.synced();
    let scaled =
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {"replicas": 1}});
    bed.kubectl_stdin(
        &[
            "apply",
            "--server-side",
            "--force-conflicts",
            "--field-manager=scaler",
            "-f",
            "-",
        ],
        &scaled.to_string(),
    );
    bed.write("subject.yaml", &workload("Deployment", "site", ""));
    bed.run(&["sync", "--yes", "--replace", "Deployment/web"])
        .exits(1)
        .shows("! conflict Deployment fixed-scaled/web")
        .shows("spec.replicas git says 2; scaler says 1");
    bed.run(&["sync", "--yes", "--replace", "Deployment/web", "--force-conflicts"])
        .exits(0)
        .shows("1 replaced");
    bed.diff().exits(0);
}

#[test]
fn the_annotation_allows_it_and_what_depends_on_a_refused_one_waits() {
    let bed = Bed::new("fixed-annotated");
    let depends = "  annotations:\n    config.kubernetes.io/depends-on: /namespaces/fixed-annotated/Service/web\n";
    bed.write("service.yaml", &service(""));
    bed.write(
        "after.yaml",
        &with_metadata(&config_map("after", &[("a", "1")]), depends),
    );
    bed.write_config_map("beside", &[("a", "1")]);
    bed.write_config_map("dropped", &[("a", "1")]);
    bed.synced();
    bed.write("service.yaml", &service("  clusterIP: None\n"));
    bed.write(
        "after.yaml",
        &with_metadata(&config_map("after", &[("a", "2")]), depends),
    );
    bed.write_config_map("beside", &[("a", "2")]);
    bed.remove("dropped.yaml");
    bed.sync()
        .exits(1)
        .shows("not started ConfigMap fixed-annotated/after: it depends on Service fixed-annotated/web")
        .shows("1 updated")
        .shows("nothing was pruned");
    assert!(bed.get("configmap", "dropped").is_some());
    let allowed = with_metadata(
        &service("  clusterIP: None\n"),
        "  annotations: {stackanetes.io/replace: allowed}\n",
    );
    bed.write("service.yaml", &allowed);
    bed.synced().shows("1 updated, 1 replaced, 1 deleted");
    bed.diff().exits(0);
}

#[test]
fn a_permit_must_be_for_something() {
    let bed = Bed::new("fixed-permit");
    bed.write("service.yaml", &service(""));
    let wrong = |permit: &str| bed.run(&["diff", "--replace", permit]).exits(2);
    wrong("Service/wep")
        .complains("there is no such object")
        .complains("did you mean Service/web?");
    wrong("web").complains("write KIND/NAME");
    bed.run(&["diff", "--replace", "Service/web", "-l", "tier=x"])
        .exits(2)
        .complains("--replace Service/web: it is not selected");
}

#[test]
fn one_that_a_finalizer_holds_is_named_with_it_and_created_once_it_is_gone() {
    let bed = Bed::new("fixed-held");
    bed.write("service.yaml", &service(""));
    bed.synced();
    let finalizers = |value: Value| {
        bed.patch(
            "operator",
            "service",
            "web",
            &json!({"metadata": {"finalizers": value}}),
        );
    };
    finalizers(json!(["example.com/hold"]));
    bed.write("service.yaml", &service("  clusterIP: None\n"));
    bed.run(&["sync", "--yes", "--timeout", "2s", "--replace", "Service/web"])
        .exits(1)
        .shows("not deleted Service fixed-held/web: still there, held by the finalizer example.com/hold (put there by operator)");
    bed.diff()
        .exits(1)
        .shows("once the old one is gone: it is being deleted");
    finalizers(Value::Null);
    bed.synced();
    assert_eq!(
        bed.get("service", "web").expect("it is there")["spec"]["clusterIP"],
        "None"
    );
}

#[test]
fn who_may_not_create_is_told_so_and_nothing_is_deleted() {
    let bed = Bed::new("fixed-rights");
    bed.write("service.yaml", &service(""));
    bed.synced();
    bed.write("service.yaml", &service("  clusterIP: None\n"));
    let reader = ControlPlane::bare().user(&[Rule {
        groups: &[""],
        resources: &["services", "configmaps"],
        verbs: &["get", "list", "watch", "patch"],
    }]);
    bed.run_as(&reader.kubeconfig, &["diff", "--replace", "Service/web"], "")
        .exits(1)
        .shows("! refused Service fixed-rights/web spec.clusterIPs[0] cannot be changed")
        .shows("whether the server would accept the new one: you may not create it");
}

/// What a sync that was cut off between deleting and creating leaves is a state like any other.
#[test]
fn a_sync_that_ended_between_delete_and_create_is_taken_up() {
    let bed = Bed::new("fixed-cut-off");
    bed.write("service.yaml", &service(""));
    bed.synced();
    bed.write("service.yaml", &service("  clusterIP: None\n"));
    bed.kubectl(&["delete", "service", "web"]);
    bed.diff().exits(1).shows("+ create Service fixed-cut-off/web");
    bed.synced().shows("1 created");
}

#[test]
fn an_object_that_others_live_in_is_never_replaced() {
    let bed = Bed::new("fixed-definition");
    let definition = |scope: &str| {
        format!(
            "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: gadgets.fixed.example.com
spec:
  group: fixed.example.com
  scope: {scope}
  names: {{plural: gadgets, singular: gadget, kind: Gadget, listKind: GadgetList}}
  versions:
    - name: v1
      served: true
      storage: true
      schema: {{openAPIV3Schema: {{type: object}}}}
"
        )
    };
    bed.write("definition.yaml", &definition("Namespaced"));
    bed.synced();
    bed.write("definition.yaml", &definition("Cluster"));
    let permit = "CustomResourceDefinition/gadgets.fixed.example.com";
    bed.run(&["diff", "--replace", permit])
        .exits(1)
        .shows("! refused CustomResourceDefinition gadgets.fixed.example.com spec.scope cannot be changed")
        .shows("it is never replaced, since all that it holds would go with it");
}

#[test]
fn a_sandbox_refuses_and_replaces_the_same() {
    let bed = Bed::new("fixed-sandbox");
    let binding = |role: &str| {
        format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata:\n  name: x\nroleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {role}}}\n"
        )
    };
    let run = |args: &[&str]| -> Run { bed.run(&[args, &["--sandbox", "sandbox"]].concat()) };
    bed.write("namespace.yaml", &crate::bed::namespace("fixed-sandbox"));
    bed.write("binding.yaml", &binding("view"));
    run(&["sync", "--yes"]).exits(0);
    bed.write("binding.yaml", &binding("edit"));
    run(&["sync", "--yes"])
        .exits(1)
        .shows("! refused ClusterRoleBinding x roleRef cannot be changed");
    run(&["sync", "--yes", "--replace", "ClusterRoleBinding/x"])
        .exits(0)
        .shows("1 replaced");
    run(&["diff"]).exits(0);
}
