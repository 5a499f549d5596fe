//! The printed roles are what a preview and a sync take, and no more.

mod given;

use serde_json::{Value, json};

use self::given::{Given, Right};
use crate::bed::{Bed, config_map, namespace, with_metadata};
use crate::check::folder;
use crate::control_plane::ControlPlane;

pub use self::given::user;

const WORKLOADS: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      nodeSelector: {openstack-control-plane: enabled}
      containers: [{name: main, image: one, envFrom: [{secretRef: {name: plain}}]}]
---
apiVersion: batch/v1
kind: Job
metadata:
  name: migrate
  annotations: {stackanetes.io/inputs: Secret/plain}
spec:
  backoffLimit: 0
  template:
    metadata: {labels: {app: migrate}}
    spec:
      restartPolicy: Never
      containers: [{name: main, image: one}]
";

const ACCESS: &str = "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader}
rules: [{apiGroups: [''], resources: [pods], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reader}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects: [{kind: User, name: somebody, apiGroup: rbac.authorization.k8s.io}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: viewer}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects: [{kind: User, name: somebody, apiGroup: rbac.authorization.k8s.io}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: roles-nodes}
rules:
  - {apiGroups: [''], resources: [nodes], resourceNames: [one], verbs: [list]}
  - {nonResourceURLs: [/metrics], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: roles-nodes}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: roles-nodes}
subjects: [{kind: User, name: somebody, apiGroup: rbac.authorization.k8s.io}]
";

const DEFINITION: &str = "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.roles.example.com}
spec:
  group: roles.example.com
  scope: Namespaced
  names: {plural: widgets, kind: Widget}
  versions:
    - name: v1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {size: {type: integer}}}}}}
";

const WIDGET: &str = "apiVersion: roles.example.com/v1\nkind: Widget\nmetadata: {name: first}\nspec: {size: 1}\n";
const PRIORITY: &str =
    "apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: roles-first}\nvalue: 1\n";
const AUTOSCALER: &str = "apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec: {maxReplicas: 3, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}
";

/// A directory with some of everything, in namespaces that are not there yet: `NAME` and `NAME-other`.
fn topology(name: &str, other: &str) -> Bed {
    let bed = Bed::without_namespace(ControlPlane::full(), name);
    bed.write("namespace.yaml", &namespace(name));
    bed.write("other/namespace.yaml", &namespace(other));
    let elsewhere = with_metadata(
        &config_map("elsewhere", &[("a", "1")]),
        &format!("  namespace: {other}\n"),
    );
    bed.write("other/map.yaml", &elsewhere);
    bed.write_config_map("settings", &[("a", "1")]);
    let secrets = "secrets:\n  - {name: plain, values: {a: swordfish}}\n  - {name: made, generate: {b: {length: 9}}}\n";
    bed.write("app/component.yaml", secrets);
    bed.write("app/workloads.yaml", WORKLOADS);
    bed.write("access.yaml", ACCESS);
    bed.write("definition.yaml", DEFINITION);
    bed.write("widget.yaml", WIDGET);
    bed.write("priority.yaml", PRIORITY);
    bed
}

const WHOLE: &str = "roles-whole";
const OTHER: &str = "roles-other";

fn right(namespace: Option<&str>, group: &str, resource: &str, name: Option<&str>, verb: &str) -> Right {
    Right {
        namespace: namespace.map(str::to_owned),
        group: group.to_owned(),
        resource: resource.to_owned(),
        name: name.map(str::to_owned),
        verb: verb.to_owned(),
    }
}

#[test]
fn a_preview_and_a_sync_run_as_exactly_the_printed_roles() {
    let bed = topology(WHOLE, OTHER);
    let precious = ["--prune-kind", "CustomResourceDefinition"];
    let sync = Given::to_new_user(&bed, "sync", &[WHOLE, OTHER], &precious);
    let preview = Given::to_new_user(&bed, "preview", &[WHOLE, OTHER], &[]);
    let handed_on = nothing_is_written_without_what_is_handed_on(&sync);
    into_empty_namespaces(&preview, &sync);
    a_change_beside_an_autoscaler(&preview, &sync);
    everything_but_one_goes(&sync);

    // Each other right was used by a request that was not refused.
    let unused = sync.unused();
    let unused: Vec<&Right> = unused.iter().filter(|right| !handed_on.contains(right)).collect();
    assert!(unused.is_empty(), "{unused:#?}");
    let unused = preview.unused();
    assert!(unused.is_empty(), "{unused:#?}");
    let asked = preview.user.audit();
    let mut answered = asked.iter().filter(|request| request.code != 403);
    assert!(answered.all(|request| request.resource != "secrets" && !request.is_write()));
}

/// What git's roles hold, and what it binds, a sync must hold: without any one of it nothing is written.
fn nothing_is_written_without_what_is_handed_on(sync: &Given<'_>) -> [Right; 5] {
    let rbac = "rbac.authorization.k8s.io";
    let handed_on = [
        right(None, "", "nodes", Some("one"), "list"),
        right(None, rbac, "clusterroles", Some("roles-nodes"), "bind"),
        right(Some(WHOLE), "", "pods", None, "get"),
        right(Some(WHOLE), rbac, "clusterroles", Some("view"), "bind"),
        right(Some(WHOLE), rbac, "roles", Some("reader"), "bind"),
    ];
    for right in &handed_on {
        sync.without(right, || sync.run(&["diff"]).exits(1).shows("the server refuses"));
    }
    assert!(sync.bed.get("configmap", "settings").is_none());
    handed_on
}

/// Of what is still to come, a preview knows all but the Secrets. A sync tells why something is not Current,
/// and then it becomes so.
fn into_empty_namespaces(preview: &Given<'_>, sync: &Given<'_>) {
    let bed = sync.bed;
    let nowhere = WORKLOADS.replace("control-plane: enabled", "control-plane: nowhere");
    bed.write("app/workloads.yaml", &nowhere);
    bed.commit("First");
    let run = preview.run(&["diff", "-v"]).exits(1);
    run.shows("? not compared Secret")
        .shows("+ create ConfigMap roles-whole/settings unverified: you may not write it")
        .shows("+ create Widget roles-whole/first unverified")
        .hides(&["swordfish"]);

    let run = sync.run(&["sync", "--yes", "--timeout", "4s"]).exits(1);
    run.shows("last event: FailedScheduling").hides(&["swordfish"]);
    for resource in ["pods", "events"] {
        let list = right(Some(WHOLE), "", resource, None, "list");
        let run = sync.without(&list, || sync.run(&["sync", "--yes", "--timeout", "1s"]));
        run.exits(1).shows_not("FailedScheduling");
    }
    bed.write("app/workloads.yaml", WORKLOADS);
    bed.commit("Second");
    let run = sync.run(&["sync", "--yes", "--timeout", "60s"]).exits(0);
    run.shows_not("skip").hides(&["swordfish"]);
    sync.run(&["diff"]).exits(0).shows("in sync:");
}

/// What an autoscaler does is nobody's drift. A plan that another user has saved is executed.
fn a_change_beside_an_autoscaler(preview: &Given<'_>, sync: &Given<'_>) {
    let bed = sync.bed;
    bed.kubectl_stdin(&["create", "-f", "-"], AUTOSCALER);
    let two = json!({"spec": {"replicas": 2}}).to_string();
    let scale = ["patch", "deployment", "web", "--subresource=scale", "--type=merge"];
    let by = ["--field-manager=autoscaler", "--patch", &two];
    bed.kubectl(&[&scale[..], &by].concat());
    bed.write("app/workloads.yaml", &WORKLOADS.replace("image: one", "image: two"));
    bed.write("widget.yaml", &WIDGET.replace("size: 1", "size: 2"));
    bed.write("second.yaml", &WIDGET.replace("first", "second"));
    bed.write("access.yaml", &ACCESS.replace("name: somebody", "name: somebody-else"));
    bed.commit("Third");

    let run = preview.run(&["diff"]).exits(1).hides(&["swordfish"]);
    run.shows("~ update Deployment roles-whole/web").shows_not("! conflict");
    let autoscalers = right(Some(WHOLE), "autoscaling", "horizontalpodautoscalers", None, "list");
    let run = preview.without(&autoscalers, || preview.run(&["diff"]));
    run.exits(1).shows("! conflict Deployment");
    preview.run(&["diff", "--out", "preview.json"]).exits(1);
    bed.run(&["diff", "--out", "plan.json"]).exits(1);
    sync.run(&["sync", "--plan", "plan.json", "--timeout", "60s"]).exits(0);
}

/// All is pruned but the namespace in which the role is.
fn everything_but_one_goes(sync: &Given<'_>) {
    let bed = sync.bed;
    for file in ["access", "definition", "widget", "second", "priority", "settings"] {
        bed.remove(&format!("{file}.yaml"));
    }
    for file in ["app/component", "app/workloads", "other/namespace", "other/map"] {
        bed.remove(&format!("{file}.yaml"));
    }
    bed.write_config_map("left", &[("a", "1")]);
    bed.commit("Last");
    let whole = ["sync", "--yes", "--timeout", "60s", "--max-prune", "100%"];
    let precious = ["--prune-kind", "Secret", "--prune-kind", "CustomResourceDefinition"];
    let run = sync.run(&[&whole[..], &precious].concat());
    run.exits(0).shows("= keep Namespace roles-other");
    assert!(bed.get("deployment", "web").is_none());
    assert!(bed.plane.get("priorityclass", None, "roles-first").is_none());
}

#[test]
fn without_any_one_right_something_is_not_done() {
    let name = "roles-least";
    let bed = Bed::new(name);
    bed.write_config_map("settings", &[("a", "0")]);
    bed.write_config_map("new-0", &[("a", "1")]);
    bed.commit("First");
    let sync = Given::to_new_user(&bed, "sync", &[name], &[]);
    sync.run(&["sync", "--yes"]).exits(0).shows("2 created");
    let rights = sync.rights();
    assert_eq!(rights.len(), 10, "{rights:#?}");
    for (number, right) in (1..).zip(&rights) {
        // One to create, one to change, one to prune; and a Lease to take, or to make.
        bed.write_config_map(&format!("new-{number}"), &[("a", "1")]);
        bed.write_config_map("settings", &[("a", &number.to_string())]);
        bed.remove(&format!("new-{}.yaml", number - 1));
        bed.commit("Next");
        if (right.resource.as_str(), right.verb.as_str()) == ("leases", "create") {
            bed.kubectl(&["delete", "lease", &format!("stackanetes-{name}")]);
        }
        bed.run(&["diff", "--out", "plan.json"]).exits(1);
        let args = ["sync", "--plan", "plan.json", "--timeout", "5s"];
        // What is gone before it is listed is never watched, so that a quick deletion may do without.
        let may_do_without = right.verb == "watch";
        sync.without(right, || {
            let code = sync.run(&args).code;
            assert!(code != 0 || may_do_without, "{right:?}");
        });
        sync.run(&["sync", "--yes"]).exits(0);
        bed.diff().exits(0);
    }
}

#[test]
fn what_cannot_be_known_without_a_cluster_is_an_error_and_one_that_is_named_knows_it() {
    let bed = Bed::new("roles-unknown");
    let definition = DEFINITION.replace("roles.example.com", "roles-unknown.example.com");
    let widget = WIDGET.replace("roles.example.com", "roles-unknown.example.com");
    bed.write("definition.yaml", &definition);
    bed.synced();
    bed.remove("definition.yaml");
    bed.write("widget.yaml", &widget);
    let kubeconfig = bed.user.kubeconfig.display().to_string();
    bed.run(&["roles", "--for", "sync"])
        .exits(2)
        .complains("nothing here defines the kind roles-unknown.example.com/v1 Widget")
        .complains("desired/widget.yaml:1:1")
        .complains("--context NAME");
    bed.run(&["roles", "--for", "sync", "--kubeconfig", &kubeconfig])
        .exits(0)
        .shows("apiGroups: - roles-unknown.example.com resources: - widgets verbs: - create")
        .shows_not("Binding");
    bed.remove("stackanetes.yaml");
    bed.remove("widget.yaml");
    bed.write_config_map("settings", &[("a", "1")]);
    bed.run(&["roles", "--for", "sync"])
        .exits(2)
        .complains("no ApplySet is named");
    bed.run(&[
        "roles",
        "--for",
        "preview",
        "--name",
        "some",
        "-n",
        "there",
        "--service-account",
        "ci/bot",
    ])
    .exits(0)
    .shows("kind: RoleBinding metadata: name: stackanetes-some-preview namespace: there")
    .shows("subjects: - kind: ServiceAccount name: bot namespace: ci");
    bed.run(&["roles", "--for", "all", "--name", "some"])
        .exits(2)
        .complains("[possible values: preview, sync]");
    bed.run(&["roles", "--for", "sync", "--name", "some", "--service-account", "bot"])
        .exits(2)
        .complains("write NAMESPACE/NAME");
    bed.run(&["roles", "--for", "sync", "--name", "some", "--prune-kind", "Widgett"])
        .exits(2)
        .complains("does not know the kind Widgett");
}

#[test]
fn what_is_cluster_scoped_and_cannot_be_changed_is_left_to_who_may_try_a_new_one() {
    let name = "roles-replace";
    let bed = Bed::new(name);
    let priority = PRIORITY.replace(
        "{name: roles-first}",
        "{name: roles-replaced, annotations: {stackanetes.io/replace: allowed}}",
    );
    bed.write("priority.yaml", &priority);
    bed.commit("First");
    let sync = Given::to_new_user(&bed, "sync", &[name], &[]);
    sync.run(&["sync", "--yes"]).exits(0);
    bed.write("priority.yaml", &priority.replace("value: 1", "value: 2"));
    bed.commit("Second");
    let run = sync.run(&["sync", "--yes"]);
    assert_ne!(run.code, 0, "{run:?}");
    run.shows("you may not create it");
    let live = bed
        .plane
        .get("priorityclass", None, "roles-replaced")
        .expect("it is still there");
    assert_eq!(live["value"], 1);
    bed.run(&["sync", "--yes"]).exits(0).shows("1 replaced");
}

#[test]
fn programs_are_told_the_objects_that_are_printed_for_people() {
    let dir = folder(
        "roles-json",
        &[("settings.yaml", &config_map("settings", &[("a", "1")]))],
    );
    let roles = |format: &str| {
        let args = [
            "roles", "--for", "sync", "--name", "shop", "--user", "jane", "--format", format,
        ];
        crate::check::run(&dir, &args).exits(0).stdout
    };
    let told: Value = serde_json::from_str(&roles("json")).expect("JSON");
    assert_eq!((&told["kind"], &told["purpose"]), (&json!("RoleList"), &json!("sync")));
    assert_eq!(told["applySet"], json!({"name": "shop", "namespace": "default"}));
    let printed = roles("text");
    let printed = printed
        .split("---\n")
        .map(|text| serde_saphyr::from_str::<Value>(text).expect("YAML"));
    assert_eq!(told["objects"], Value::Array(printed.collect()));
}
