//! What cannot be changed is replaced where that is allowed, and left alone otherwise.

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

#[test]
fn a_service_that_becomes_headless() {
    let bed = Bed::new("fixed-service");
    let case = Case {
        kind: "Service",
        name: "web",
        first: service(""),
        second: service("  clusterIP: None\n"),
        fields: "spec.clusterIPs[0]",
        lost: "it is gone for a moment",
    };
    let (_, after) = case.is_replaced_only_where_allowed(&bed);
    assert_eq!(after["spec"]["clusterIP"], "None");
}

#[test]
fn a_service_that_gets_another_address_and_keeps_its_port() {
    let bed = Bed::new("fixed-address");
    let fixed = |address: &str| {
        service(&format!("  type: NodePort\n  clusterIP: {address}\n"))
            .replace("port: 80,", "port: 80, nodePort: 31847,")
    };
    let case = Case {
        kind: "Service",
        name: "web",
        first: fixed("10.96.200.1"),
        second: fixed("10.96.200.2"),
        fields: "spec.clusterIPs[0]",
        lost: "it is gone for a moment",
    };
    let (_, after) = case.is_replaced_only_where_allowed(&bed);
    assert_eq!(after["spec"]["clusterIP"], "10.96.200.2");
    assert_eq!(after["spec"]["ports"][0]["nodePort"], 31847);
    // An address that no Service can have: the server says so only of a new one.
    bed.write("subject.yaml", &fixed("10.200.0.1"));
    let before = case.uid(&bed);
    bed.run(&["sync", "--yes", "--replace", "Service/web"])
        .exits(1)
        .shows("the server refuses Service fixed-address/web")
        .shows("not in the valid range");
    assert_eq!(case.uid(&bed), before);
}

#[test]
fn a_binding_to_another_role() {
    let bed = Bed::new("fixed-role");
    let binding = |role: &str| {
        format!(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: readers
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {role}}}
subjects: [{{apiGroup: rbac.authorization.k8s.io, kind: User, name: jo}}]
"
        )
    };
    let case = Case {
        kind: "RoleBinding",
        name: "readers",
        first: binding("view"),
        second: binding("edit"),
        fields: "roleRef",
        lost: "its subjects have no such rights for a moment",
    };
    let (_, after) = case.is_replaced_only_where_allowed(&bed);
    assert_eq!(after["roleRef"]["name"], "edit");
}

#[test]
fn a_storage_class_with_other_parameters() {
    let bed = Bed::new("fixed-class");
    let class = |tier: &str| {
        format!(
            "apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: fixed-class
provisioner: example.com/disk
parameters: {{tier: {tier}}}
"
        )
    };
    let case = Case {
        kind: "StorageClass",
        name: "fixed-class",
        first: class("slow"),
        second: class("fast"),
        fields: "parameters",
        lost: "it is gone for a moment",
    };
    let (_, after) = case.is_replaced_only_where_allowed(&bed);
    assert_eq!(after["parameters"]["tier"], "fast");
}

#[test]
fn an_immutable_secret() {
    let bed = Bed::new("fixed-secret");
    let secret = |password: &str| {
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: login\nimmutable: true\nstringData:\n  password: {password}\n"
        )
    };
    let case = Case {
        kind: "Secret",
        name: "login",
        first: secret("correct-horse"),
        second: secret("battery-staple"),
        fields: "data",
        lost: "pods that start meanwhile wait for it",
    };
    case.is_replaced_only_where_allowed(&bed);
    bed.write("subject.yaml", &secret("another-one"));
    bed.diff().exits(1).hides(&[
        "battery-staple",
        "another-one",
        "YW5vdGhlci1vbmU",
        "YmF0dGVyeS1zdGFwbGU",
    ]);
}

/// Nothing ends with a ConfigMap, and git has all that it holds.
#[test]
fn an_immutable_config_map_is_replaced_without_asking() {
    let bed = Bed::new("fixed-config");
    let sealed = |value: &str| format!("{}immutable: true\n", config_map("settings", &[("a", value)]));
    bed.write("subject.yaml", &sealed("1"));
    bed.synced();
    let uid = |bed: &Bed| bed.get("configmap", "settings").expect("it is there")["metadata"]["uid"].clone();
    let before = uid(&bed);
    bed.write("subject.yaml", &sealed("2"));
    bed.diff()
        .exits(1)
        .shows("± replace ConfigMap fixed-config/settings data cannot be changed pods that start meanwhile wait for it")
        .shows("data.a desired/subject.yaml:6 - 1 + 2");
    let requests = bed.audited(|| drop(bed.synced().shows("1 replaced").shows_not("mismatch")));
    assert_bound(&requests);
    assert_ne!(uid(&bed), before);

    // What would be invalid anew leaves the old one alone.
    let before = uid(&bed);
    bed.write("subject.yaml", &sealed("3").replace("  a:", "  a/b: x\n  a:"));
    bed.sync().exits(1).shows("a valid config key must consist of");
    assert_eq!(uid(&bed), before);
    // To be no longer immutable takes a new one, too.
    bed.write("subject.yaml", &config_map("settings", &[("a", "2")]));
    bed.synced().shows("1 replaced");
}

#[test]
fn an_immutable_config_map_that_is_not_ours_is_not_deleted_by_adopting_it() {
    let bed = Bed::new("fixed-adopted");
    let theirs = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"},
        "immutable": true, "data": {"a": "theirs"}});
    bed.kubectl_stdin(&["create", "-f", "-"], &theirs.to_string());
    bed.write("settings.yaml", &config_map("settings", &[("a", "ours")]));
    bed.run(&["sync", "--yes", "--adopt"])
        .exits(1)
        .shows("! refused ConfigMap fixed-adopted/settings");
    let live = || bed.get("configmap", "settings").expect("it is there");
    assert_eq!(live()["data"]["a"], "theirs");
    bed.run(&["sync", "--yes", "--adopt", "--replace", "ConfigMap/settings"])
        .exits(0)
        .shows("1 replaced");
    assert_eq!(live()["data"]["a"], "ours");
}

#[test]
fn a_secret_of_another_type_has_its_generated_values_made_anew() {
    let bed = Bed::new("fixed-generated");
    let declare = |kind: &str| {
        let text = format!(
            "secrets:\n  - name: login\n    type: example.com/{kind}\n    generate: {{password: {{length: 12}}}}\n"
        );
        bed.write("login/component.yaml", &text);
    };
    declare("one");
    bed.synced();
    let password = || bed.get("secret", "login").expect("it is there")["data"]["password"].clone();
    let before = password();
    declare("two");
    bed.diff()
        .exits(1)
        .shows("type cannot be changed if it is replaced, pods that start meanwhile wait for it; its generated values are made anew");
    bed.run(&["sync", "--yes", "--replace", "Secret/login"])
        .exits(0)
        .shows("data.password generated in the cluster")
        .shows("1 replaced")
        .shows_not("mismatch");
    assert!(password().is_string() && password() != before);
    bed.diff().exits(0);
}

#[test]
fn a_volume_claim_is_replaced_only_by_name_and_its_loss_is_told() {
    let bed = Bed::on(ControlPlane::full(), "fixed-claim");
    let claim = |mode: &str| {
        format!(
            "apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: data
spec:
  accessModes: [{mode}]
  resources: {{requests: {{storage: 1Gi}}}}
"
        )
    };
    let case = Case {
        kind: "PersistentVolumeClaim",
        name: "data",
        first: claim("ReadWriteOnce"),
        second: claim("ReadWriteMany"),
        fields: "spec",
        lost: "its data is lost, unless the volume is retained",
    };
    case.is_replaced_only_where_allowed(&bed);
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

fn pods(bed: &Bed) -> Vec<(String, String)> {
    let pods = bed.kubectl(&["get", "pods", "--output=json"]);
    let pods: Value = serde_json::from_str(&pods).expect("kubectl prints JSON");
    let pods = pods["items"].as_array().expect("a list").iter();
    let text = |pod: &Value, key: &str| pod["metadata"][key].as_str().unwrap_or_default().to_owned();
    let mut pods: Vec<_> = pods.map(|pod| (text(pod, "name"), text(pod, "uid"))).collect();
    pods.sort();
    pods
}

#[test]
fn a_deployment_with_another_selector() {
    let bed = Bed::on(ControlPlane::full(), "fixed-deployment");
    let case = Case {
        kind: "Deployment",
        name: "web",
        first: workload("Deployment", "web", ""),
        second: workload("Deployment", "site", ""),
        fields: "spec.selector",
        lost: "all its pods end before the first new one starts",
    };
    case.is_replaced_only_where_allowed(&bed);
    assert_eq!(pods(&bed).len(), 2);
    // Invalid besides: the old one lives.
    let before = case.uid(&bed);
    bed.write(
        "subject.yaml",
        &workload("Deployment", "other", "").replace("image: one", "image: ''"),
    );
    bed.run(&["sync", "--yes", "--replace", "Deployment/web"])
        .exits(1)
        .shows("the server refuses Deployment fixed-deployment/web")
        .shows("Required value");
    assert_eq!(case.uid(&bed), before);
}

fn claims(size: &str) -> String {
    format!(
        "  serviceName: web
  volumeClaimTemplates:
    - metadata: {{name: data}}
      spec:
        accessModes: [ReadWriteOnce]
        resources: {{requests: {{storage: {size}}}}}
"
    )
}

#[test]
fn a_stateful_set_with_other_claims_keeps_its_pods() {
    let bed = Bed::on(ControlPlane::full(), "fixed-set");
    let set = |claims: &str| workload("StatefulSet", "web", claims);
    let case = Case {
        kind: "StatefulSet",
        name: "web",
        first: set(&claims("1Gi")),
        second: set(&claims("2Gi")),
        fields: "spec.volumeClaimTemplates",
        lost: "its pods run on; its volume claims stay as they are",
    };
    bed.write("subject.yaml", &case.first);
    bed.synced();
    let before = pods(&bed);
    assert_eq!(before.len(), 2);
    let (_, after) = case.is_replaced_only_where_allowed(&bed);
    assert_eq!(pods(&bed), before, "they are the same pods");
    let pod = bed.get("pod", "web-0").expect("it is there");
    assert_eq!(
        pod["metadata"]["ownerReferences"][0]["uid"], after["metadata"]["uid"],
        "and the new set's"
    );
    // A claim of another name needs other pods, and their data would go with the set by its own policy.
    let renamed = claims("2Gi").replace("name: data", "name: files");
    bed.write("subject.yaml", &set(&renamed));
    bed.diff()
        .exits(1)
        .shows("all its pods end before the first new one starts; its volume claims stay as they are");
    let going = "  persistentVolumeClaimRetentionPolicy: {whenDeleted: Delete, whenScaled: Retain}\n";
    bed.write("subject.yaml", &set(&(claims("2Gi") + going)));
    bed.synced();
    bed.write("subject.yaml", &set(&(renamed + going)));
    bed.run(&["diff", "--replace", "StatefulSet/web"])
        .exits(1)
        .shows("! refused StatefulSet fixed-set/web")
        .shows("its claims, with their data, would be deleted with it");
}

/// The server keeps what it has filled in for the old strategy, and refuses it with the new one.
#[test]
fn a_deployment_is_recreated_instead_of_rolled_without_being_replaced() {
    let bed = Bed::on(ControlPlane::full(), "fixed-strategy");
    bed.write("subject.yaml", &workload("Deployment", "web", ""));
    bed.synced();
    let live = || bed.get("deployment", "web").expect("it is there");
    let before = live();
    let recreate = "  strategy: {type: Recreate}\n";
    bed.write(
        "subject.yaml",
        &workload("Deployment", "web", recreate).replace("image: one", "image: two"),
    );
    bed.diff()
        .exits(1)
        .shows("~ update Deployment fixed-strategy/web restarts 2 pods; unverified: the server accepts it once spec.strategy.rollingUpdate is taken back")
        .shows("spec.strategy.type")
        .shows("- RollingUpdate + Recreate");
    let requests = bed.audited(|| drop(bed.synced().shows("1 updated").shows_not("mismatch")));
    assert_eq!(writes(&requests), ["patch", "patch"]);
    let after = live();
    assert_eq!(after["metadata"]["uid"], before["metadata"]["uid"]);
    assert_eq!(after["spec"]["strategy"], json!({"type": "Recreate"}));
    let managers = after["metadata"]["managedFields"].as_array().expect("managers").iter();
    let updates = managers.filter(|entry| entry["manager"] == "stackanetes" && entry["operation"] == "Update");
    assert_eq!(updates.count(), 0, "nothing is left to clean up");
    // The pods were replaced once: taking a field back is no rollout.
    assert_eq!(
        after["metadata"]["annotations"]["deployment.kubernetes.io/revision"],
        "2"
    );
    bed.diff().exits(0);
    // And back again.
    bed.write("subject.yaml", &workload("Deployment", "web", ""));
    bed.synced().shows_not("mismatch");
    assert_eq!(live()["spec"]["strategy"]["type"], "RollingUpdate");
}

#[test]
fn a_stateful_set_whose_pods_are_to_change_when_they_are_deleted() {
    let bed = Bed::on(ControlPlane::full(), "fixed-update");
    bed.write("subject.yaml", &workload("StatefulSet", "web", "  serviceName: web\n"));
    bed.synced();
    let on_delete = "  serviceName: web\n  updateStrategy: {type: OnDelete}\n";
    bed.write("subject.yaml", &workload("StatefulSet", "web", on_delete));
    bed.synced().shows("1 updated").shows_not("mismatch");
    let live = bed.get("statefulset", "web").expect("it is there");
    assert_eq!(live["spec"]["updateStrategy"], json!({"type": "OnDelete"}));
    bed.diff().exits(0);
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
