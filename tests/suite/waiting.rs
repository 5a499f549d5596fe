//! A sync ends when what it applied does what it is for: here, where controllers make it so.

use std::io::{BufRead as _, BufReader};

use serde_json::{Value, json};

use crate::bed::{Bed, Run, config_map, deployment, namespace, wait_until, with_metadata};
use crate::control_plane::ControlPlane;

/// Syncs one object named `it` into a namespace of its own. The run, and the object right after it.
fn synced(namespace: &str, kind: &str, manifest: &str) -> (Run, Value) {
    let bed = Bed::on(ControlPlane::full(), namespace);
    bed.write("it.yaml", manifest);
    let run = bed.sync();
    let object = bed.get(kind, "it").expect("it is applied");
    if run.code == 0 {
        bed.diff().exits(0);
    }
    (run, object)
}

fn job(labels: &str) -> String {
    format!(
        "apiVersion: batch/v1
kind: Job
metadata: {{name: it}}
spec:
  backoffLimit: 0
  template:
    metadata: {{labels: {labels}}}
    spec: {{restartPolicy: Never, containers: [{{name: main, image: none}}]}}
"
    )
}

#[test]
fn a_job_is_waited_for_until_its_work_is_done() {
    let (run, job) = synced("wait-job", "job", &job("{}"));
    run.exits(0).shows("complete: 1 created");
    assert_eq!(job["status"]["succeeded"], 1, "{job}");
}

#[test]
fn a_job_that_fails_is_named() {
    let (run, _) = synced("wait-failure", "job", &job("{outcome: failure}"));
    run.exits(1).shows("not ready Job wait-failure/it: Failed");
}

#[test]
fn a_daemon_set_is_waited_for_until_it_is_on_every_node() {
    let manifest = "apiVersion: apps/v1
kind: DaemonSet
metadata: {name: it}
spec:
  selector: {matchLabels: {app: it}}
  template:
    metadata: {labels: {app: it}}
    spec: {containers: [{name: main, image: none}]}
";
    let (run, daemons) = synced("wait-daemons", "daemonset", manifest);
    run.exits(0).shows("complete: 1 created");
    assert_eq!(daemons["status"]["numberAvailable"], 2, "{daemons}");
}

#[test]
fn a_volume_claim_is_waited_for_until_it_is_bound() {
    let manifest = "apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: it}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
";
    let (run, claim) = synced("wait-claim", "persistentvolumeclaim", manifest);
    run.exits(0).shows("complete: 1 created");
    assert_eq!(claim["status"]["phase"], "Bound", "{claim}");
}

#[test]
fn a_pod_is_waited_for_until_it_is_ready() {
    let manifest = "apiVersion: v1
kind: Pod
metadata: {name: it}
spec: {containers: [{name: main, image: none}]}
";
    let (run, pod) = synced("wait-pod", "pod", manifest);
    run.exits(0).shows("complete: 1 created");
    let conditions = pod["status"]["conditions"].as_array().expect("conditions");
    let ready = conditions.iter().find(|condition| condition["type"] == "Ready");
    assert_eq!(ready.expect("it is told")["status"], json!("True"), "{pod}");
}

#[test]
fn what_is_not_ready_in_time_is_named_with_its_reason() {
    let bed = Bed::on(ControlPlane::full(), "wait-reason");
    bed.write(
        "nowhere.yaml",
        "apiVersion: apps/v1
kind: Deployment
metadata: {name: nowhere}
spec:
  selector: {matchLabels: {app: nowhere}}
  template:
    metadata: {labels: {app: nowhere}}
    spec: {nodeSelector: {example.com/nowhere: \"true\"}, containers: [{name: main, image: none}]}
",
    );
    bed.write("it.yaml", &job("{outcome: failure}"));
    bed.write(
        "refused.yaml",
        "apiVersion: v1
kind: ResourceQuota
metadata: {name: none}
spec: {hard: {count/statefulsets.apps: 5, persistentvolumeclaims: 0}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: refused}
spec:
  serviceName: refused
  selector: {matchLabels: {app: refused}}
  template:
    metadata: {labels: {app: refused}}
    spec: {containers: [{name: main, image: none}]}
  volumeClaimTemplates:
    - metadata: {name: data}
      spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
",
    );
    bed.write_config_map("other", &[]);
    bed.run(&["sync", "--yes", "--timeout", "10s"])
        .exits(1)
        .shows("not ready Deployment wait-reason/nowhere: InProgress: 0 of 1 replicas available; pod nowhere-")
        .shows(": not scheduled, 0/2 nodes are available")
        .shows("last event: FailedScheduling")
        .shows("not ready Job wait-reason/it: Failed")
        .shows("container main: exit code 1")
        .shows("not ready StatefulSet wait-reason/refused: InProgress: 0 of 1 replicas created; last event: FailedCreate, ")
        .shows("exceeded quota: none");
    bed.run(&["status"])
        .exits(1)
        .shows("InProgress Deployment wait-reason/nowhere: 0 of 1 replicas available; pod nowhere-")
        .shows("last event: FailedCreate, ");
    assert!(
        bed.get("configmap", "other").is_some(),
        "what does not depend on them goes on"
    );
}

#[test]
fn status_tells_of_pods_that_wait_to_be_deleted() {
    let bed = Bed::on(ControlPlane::full(), "wait-on-delete");
    let daemons = |image: &str| {
        format!(
            "apiVersion: apps/v1
kind: DaemonSet
metadata: {{name: switch}}
spec:
  updateStrategy: {{type: OnDelete}}
  selector: {{matchLabels: {{app: switch}}}}
  template:
    metadata: {{labels: {{app: switch}}}}
    spec: {{containers: [{{name: main, image: \"{image}\"}}]}}
"
        )
    };
    bed.write("switch.yaml", &daemons("switch:1"));
    bed.synced();
    bed.run(&["status"]).exits(0).shows_not("pending");
    bed.write("switch.yaml", &daemons("switch:2"));
    bed.synced();
    let pending = "pending     DaemonSet wait-on-delete/switch: 2 of 2 pods are of an earlier template";
    bed.run(&["status"]).exits(0).shows(pending);
    bed.kubectl(&["delete", "pods", "-l", "app=switch"]);
    wait_until("the new pods are there", || {
        !bed.run(&["status"]).stdout.contains("pending")
    });
}

#[test]
fn a_claim_that_waits_for_its_first_consumer_is_not_waited_for() {
    let bed = Bed::on(ControlPlane::full(), "wait-consumer");
    bed.write(
        "class.yaml",
        "apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: wait-consumer}
provisioner: kwok.x-k8s.io/volume
volumeBindingMode: WaitForFirstConsumer
",
    );
    bed.write(
        "claim.yaml",
        "apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: it}
spec: {storageClassName: wait-consumer, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
",
    );
    bed.write(
        "after.yaml",
        "apiVersion: v1
kind: ConfigMap
metadata:
  name: after
  annotations: {config.kubernetes.io/depends-on: /namespaces/wait-consumer/PersistentVolumeClaim/it}
",
    );
    bed.run(&["sync", "--yes", "--timeout", "20s"])
        .exits(0)
        .shows("complete: 3 created");
    let claim = bed.get("persistentvolumeclaim", "it").expect("it is applied");
    assert_eq!(claim["status"]["phase"], "Pending", "{claim}");
    // Nor when nothing changes, nor in a status.
    bed.run(&["sync", "--yes", "--timeout", "20s"]).exits(0);
    bed.run(&["status"]).exits(0);
}

/// A ConfigMap that depends on the Deployment `web`.
fn after_web(namespace: &str, name: &str) -> String {
    let depends =
        format!("  annotations:\n    config.kubernetes.io/depends-on: apps/namespaces/{namespace}/Deployment/web\n");
    with_metadata(&config_map(name, &[("a", "1")]), &depends)
}

#[test]
fn without_waiting_everything_is_applied_and_what_is_not_current_is_named() {
    // Nothing runs Deployments on the bare control plane.
    let bed = Bed::new("waiting-not");
    bed.write("web.yaml", &deployment("web", 1, "nginx"));
    bed.write("after.yaml", &after_web("waiting-not", "after"));
    let sync = ["sync", "--yes", "--wait=false"];
    bed.run(&sync)
        .exits(0)
        .shows("complete: 2 created")
        .shows("not waited for: Deployment waiting-not/web (InProgress: its controller has not seen it); what depends");
    assert!(bed.get("configmap", "after").is_some());
    bed.run(&["history"]).exits(0).shows("2 created; 1 not waited for");
    bed.diff()
        .exits(0)
        .shows("in sync: 2 objects, 1 of them not Current")
        .shows("not Current: Deployment waiting-not/web (its controller has not seen it)");
    // Nor is what was there before.
    bed.run(&sync)
        .exits(0)
        .shows("complete: 2 unchanged")
        .shows("not waited for: Deployment");
    bed.run(&["sync", "--yes", "--wait=false", "--fail-fast"])
        .exits(2)
        .complains("--fail-fast cannot be used with --wait=false");
}

#[test]
fn without_waiting_nothing_is_pruned_that_what_is_not_current_may_still_use() {
    let bed = Bed::new("waiting-prunes");
    bed.write_config_map("old", &[("a", "1")]);
    bed.write_config_map("older", &[("a", "1")]);
    bed.synced();
    let sync = ["sync", "--yes", "--wait=false"];
    bed.remove("older.yaml");
    bed.run(&sync).exits(0).shows("complete: 1 deleted, 1 unchanged");
    bed.remove("old.yaml");
    bed.write("web.yaml", &deployment("web", 1, "nginx"));
    bed.run(&sync)
        .exits(1)
        .shows("incomplete: 1 created")
        .shows("nothing was pruned (1 to delete): one object that may still use it is not Current");
    assert!(bed.get("configmap", "old").is_some());
    bed.diff().exits(1).shows("- delete ConfigMap waiting-prunes/old");
}

#[test]
fn what_cannot_become_ready_is_told_of_at_once_and_ends_a_sync_that_is_to_fail_fast() {
    let bed = Bed::on(ControlPlane::full(), "waiting-fast");
    let nowhere = deployment("nowhere", 1, "a").replace(
        "    spec:\n      containers:",
        "    spec:\n      nodeSelector: {example.com/nowhere: \"true\"}\n      containers:",
    );
    bed.write("nowhere.yaml", &nowhere);
    // Much longer than any test may take.
    let sync = ["sync", "--yes", "--timeout", "1h"];
    let mut waits = bed.start(&[&sync[..], &["--format", "json"]].concat());
    let said = BufReader::new(waits.stdout.take().expect("it is piped"));
    let mut lines = said.lines().map_while(Result::ok);
    let told = lines.find(|line| line.contains(r#""hindrance":"unschedulable""#));
    assert!(
        told.is_some_and(|line| line.contains("0/2 nodes are available")),
        "it is told while it waits"
    );
    waits.kill().expect("it runs");
    waits.wait().expect("it ends");
    let fast = [&sync[..], &["--fail-fast", "--lock-timeout", "10m"]].concat();
    let pods = || bed.kubectl(&["get", "pods", "-l", "app=nowhere", "-o", "name"]);
    bed.run(&fast)
        .exits(1)
        .complains("waiting Deployment waiting-fast/nowhere: 0 of 1 replicas available; pod nowhere-")
        .shows("not ready Deployment waiting-fast/nowhere: InProgress: 0 of 1 replicas available; pod nowhere-")
        .shows(": not scheduled, 0/2 nodes are available");
    // The kubelet says so of an image that is not there.
    let pod = pods();
    let pod = pod.trim().trim_start_matches("pod/");
    let status = json!({"status": {"containerStatuses": [{"name": "nowhere", "image": "a", "imageID": "", "ready": false,
        "restartCount": 0, "state": {"waiting": {"reason": "ImagePullBackOff", "message": "back-off pulling image \"a\""}}}]}});
    let patch = status.to_string();
    bed.kubectl(&[
        "patch",
        "pod",
        pod,
        "--subresource=status",
        "--type=merge",
        "--patch",
        &patch,
    ]);
    bed.run(&fast)
        .exits(1)
        .shows("container nowhere: ImagePullBackOff, back-off pulling image");
}

#[test]
fn a_failure_is_told_once_and_what_waits_for_it_is_counted() {
    let bed = Bed::on(ControlPlane::full(), "waiting-once");
    bed.write("job.yaml", &job("{outcome: failure}"));
    let depends = |name: &str, on: &str| {
        let depends = format!("  annotations:\n    config.kubernetes.io/depends-on: {on}\n");
        bed.write(
            &format!("{name}.yaml"),
            &with_metadata(&config_map(name, &[("a", "1")]), &depends),
        );
    };
    depends("one", "batch/namespaces/waiting-once/Job/it");
    depends("two", "/namespaces/waiting-once/ConfigMap/one");
    depends("three", "/namespaces/waiting-once/ConfigMap/two");
    let run = bed
        .sync()
        .exits(1)
        .shows("not ready Job waiting-once/it: Failed")
        .shows("not started 3 objects that depend on Job waiting-once/it (-v names them)")
        .shows("incomplete: 1 not ready, 3 not started")
        .complains("not ready Job waiting-once/it")
        .complains_not("not started");
    assert_eq!(run.stdout.matches("not started").count(), 2, "{}", run.stdout);
    bed.run(&["sync", "--yes", "--timeout", "60s", "-v"])
        .exits(1)
        .shows("not started ConfigMap waiting-once/one: it depends on Job waiting-once/it")
        .shows("not started ConfigMap waiting-once/three: it depends on ConfigMap waiting-once/two");
}

/// A Secret for the token of an account that nobody makes: its controller deletes it at once.
fn token_of_nobody(name: &str) -> String {
    format!(
        "apiVersion: v1
kind: Secret
metadata:
  name: {name}
  annotations: {{kubernetes.io/service-account.name: nobody}}
type: kubernetes.io/service-account-token
"
    )
}

#[test]
fn what_is_gone_when_a_sync_ends_is_not_called_created() {
    let bed = Bed::on(ControlPlane::full(), "waiting-gone");
    bed.write_config_map("stays", &[("a", "1")]);
    bed.synced();
    bed.remove("stays.yaml");
    bed.write("token.yaml", &token_of_nobody("token"));
    bed.write_config_map("taken", &[("a", "1")]);
    let slow = deployment("slow", 1, "a").replace("  replicas:", "  minReadySeconds: 3\n  replicas:");
    bed.write("slow.yaml", &slow);
    let sync = bed.start(&["sync", "--yes", "--timeout", "60s"]);
    wait_until("the map is there", || bed.get("configmap", "taken").is_some());
    bed.kubectl(&["delete", "configmap", "taken"]);
    let run = Run::finish(sync).exits(1);
    run.shows("failed Secret waiting-gone/token: somebody deleted it once it was written")
        .shows("failed ConfigMap waiting-gone/taken: somebody deleted it")
        .shows("incomplete: 1 created, 2 failed")
        .shows("nothing was pruned (1 to delete)");
    assert!(bed.get("configmap", "stays").is_some());
}

#[test]
fn one_object_that_is_never_ready_does_not_make_later_diffs_ask_about_all_others() {
    // Nothing runs Deployments on the bare control plane.
    let bed = Bed::new("waiting-proved");
    bed.write("web.yaml", &deployment("web", 1, "nginx"));
    for name in ["a", "b", "c"] {
        bed.write_config_map(name, &[("key", name)]);
    }
    bed.commit("First");
    bed.run(&["sync", "--yes", "--timeout", "0s"])
        .exits(1)
        .shows("incomplete: 3 created, 1 not ready");
    let requests = bed.audited(|| drop(bed.diff().exits(0).shows("in sync: 4 objects")));
    let asked: Vec<_> = requests.iter().filter(|request| request.dry_run).collect();
    assert!(asked.is_empty(), "{asked:#?}");
    // What somebody changed behind our back is seen all the same.
    bed.patch("kubectl-edit", "configmap", "b", &json!({"data": {"key": "other"}}));
    bed.diff()
        .exits(1)
        .shows("~ update ConfigMap waiting-proved/b")
        .shows("drift: kubectl-edit");
}

#[test]
fn off_a_terminal_a_sync_that_waits_says_where_it_stands() {
    // Nothing runs Deployments on the bare control plane.
    let bed = Bed::new("waiting-says");
    bed.write("web.yaml", &deployment("web", 1, "nginx"));
    bed.write_config_map("settings", &[("key", "a")]);
    let run = bed.run(&["sync", "--yes", "--timeout", "33s"]).exits(1);
    let is_state =
        |line: &&str| line.starts_with("1/2  3") && line.contains("s  waiting for 1: Deployment waiting-says/web (");
    assert!(run.stderr.lines().any(|line| is_state(&line)), "{}", run.stderr);
    bed.run(&["sync", "--yes", "--quiet", "--timeout", "0s"])
        .exits(1)
        .shows_not("waiting for");
}

#[test]
fn one_object_that_the_server_refuses_does_not_make_later_diffs_ask_about_all_others() {
    let bed = Bed::new("waiting-refused");
    for name in ["a", "b", "c"] {
        bed.write_config_map(name, &[("key", name)]);
    }
    bed.write(
        "web.yaml",
        "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 70000}]}\n",
    );
    bed.commit("First");
    bed.run(&["sync", "--yes"])
        .exits(1)
        .shows("incomplete: 3 created, 1 refused");
    let requests = bed.audited(|| drop(bed.diff().exits(1).shows("3 unchanged")));
    let asked: Vec<_> = requests.iter().filter(|request| request.dry_run).collect();
    assert_eq!(asked.len(), 1, "about the Service alone: {asked:#?}");
}

#[test]
fn what_was_never_synced_but_part_by_part_is_proved_as_well() {
    let bed = Bed::new("waiting-parts");
    let names = ["a", "b", "c"];
    let labelled = |name: &str| {
        let map = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, labels: {{part: {name}}}}}\n");
        bed.write(&format!("{name}.yaml"), &map);
    };
    names.into_iter().for_each(labelled);
    bed.commit("First");
    for name in names {
        bed.run(&["sync", "--yes", "--selector", &format!("part={name}")])
            .exits(0);
    }
    let requests = bed.audited(|| drop(bed.diff().exits(0).shows("in sync: 3 objects")));
    let asked: Vec<_> = requests.iter().filter(|request| request.dry_run).collect();
    assert!(asked.is_empty(), "{asked:#?}");
}

#[test]
fn without_waiting_the_namespace_of_the_records_stays_while_something_is_not_current() {
    let bed = Bed::new("waiting-home");
    bed.write("home.yaml", &namespace("waiting-home"));
    bed.write("apps.yaml", &namespace("waiting-home-apps"));
    bed.run(&["sync", "--yes", "--adopt"]).exits(0);
    bed.remove("home.yaml");
    let web = with_metadata(&deployment("web", 1, "nginx"), "  namespace: waiting-home-apps\n");
    bed.write("web.yaml", &web);
    bed.run(&[
        "sync",
        "--yes",
        "--wait=false",
        "--prune-kind",
        "Namespace",
        "--max-prune",
        "100%",
    ])
    .exits(1)
    .shows("nothing was pruned (1 to delete): one object that may still use it is not Current");
    let home = bed.plane.get("namespace", None, "waiting-home").expect("it is there");
    assert!(home["metadata"]["deletionTimestamp"].is_null(), "{home}");
}
