//! Objects move from one ApplySet to another: nothing is deleted, nothing restarts, and each set knows what is its own.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::bed::{Bed, config_map, definition, deployment, secret, with_metadata};
use crate::control_plane::{ControlPlane, kubectl_program};
use crate::proxy::{Proxy, Then};

const CLAIM: &str = "apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}, storageClassName: none}
";

/// A Deployment whose pods read a Secret and a ConfigMap of the directory.
const READER: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: example/web:1
          envFrom: [{secretRef: {name: password}}, {configMapRef: {name: settings}}]
";

const JOB: &str = "apiVersion: batch/v1
kind: Job
metadata: {name: migrate, annotations: {stackanetes.io/inputs: image}}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: main, image: example/migrate:1}]
";

/// The UID of each object and its pod template. The generation of a Deployment tells nothing: the server counts changes of
/// annotations too.
fn identities(bed: &Bed, kinds: &str) -> BTreeMap<String, Value> {
    let listed = bed.kubectl(&["get", kinds, "--output=json"]);
    let listed: Value = serde_json::from_str(&listed).expect("JSON");
    let objects = listed["items"].as_array().expect("a list").iter();
    let told = objects.map(|object| {
        let metadata = &object["metadata"];
        let name = format!("{}/{}", object["kind"], metadata["name"]);
        let template = &object["spec"]["template"];
        (name, json!([metadata["uid"], template]))
    });
    told.collect()
}

/// The ApplySet that an object says it is part of.
fn part_of(bed: &Bed, kind: &str, name: &str) -> String {
    let object = bed.get(kind, name).expect("it is there");
    let id = &object["metadata"]["labels"]["applyset.kubernetes.io/part-of"];
    id.as_str().unwrap_or_default().to_owned()
}

fn rename_to(bed: &Bed, name: &str) {
    let namespace = &bed.namespace;
    bed.write("stackanetes.yaml", &format!("name: {name}\nnamespace: {namespace}\n"));
}

#[test]
fn a_renamed_set_takes_over_all_that_git_wants_and_nothing_starts_anew() {
    let bed = Bed::on(ControlPlane::full(), "take-rename");
    bed.write("web.yaml", READER);
    bed.write("password.yaml", &secret("password"));
    bed.write("job.yaml", JOB);
    bed.write_config_map("settings", &[("mode", "slow")]);
    bed.write_config_map("dropped", &[("a", "1")]);
    bed.commit("All");
    bed.synced().shows("complete: 5 created");
    // As its time to live does: only the parent knows that it has run.
    bed.kubectl(&["delete", "job", "migrate"]);
    let before = identities(&bed, "deployments,replicasets,pods,secrets,configmaps");
    rename_to(&bed, "new");
    bed.remove("dropped.yaml");
    bed.commit("Another name");
    bed.diff()
        .exits(1)
        .shows("? skip Deployment take-rename/web it is part of another ApplySet, take-rename (ConfigMap take-rename/stackanetes-take-rename)")
        .shows("; pass --take-from take-rename/take-rename to take them over");
    let take = ["--take-from", "take-rename/take-rename"];
    bed.run(&["diff", take[0], take[1]])
        .exits(1)
        .shows("~ update Deployment take-rename/web taken over from the ApplySet take-rename/take-rename; nothing else changes")
        .shows("3 to update; 1 unchanged")
        .shows("takes over 3 objects from the ApplySet take-rename (ConfigMap take-rename/stackanetes-take-rename); 1 object stays with it: ConfigMap take-rename/dropped")
        .shows_not("restarts")
        .shows_not("runs again");
    let json = bed.run(&["diff", "--format", "json", take[0], take[1]]).exits(1);
    let plan: Value = serde_json::from_str(&json.stdout).expect("JSON");
    let takeover = &plan["takeovers"][0];
    assert_eq!(
        (takeover["objects"].as_u64(), &takeover["allKnown"]),
        (Some(3), &json!(true))
    );
    assert_eq!(plan["steps"][0]["takenFrom"], takeover["from"]);
    bed.run(&["sync", "--yes", take[0], take[1]])
        .exits(0)
        .shows("complete: 3 updated, 1 unchanged");
    let mut after = identities(&bed, "deployments,replicasets,pods,secrets,configmaps");
    let key = |set: &str| bed.get("secret", &format!("stackanetes-{set}-key")).expect("a key")["data"].clone();
    assert_eq!(
        key("new"),
        key("take-rename"),
        "the digests that pods are told are made with it"
    );
    after.retain(|name, _| before.contains_key(name));
    assert_eq!(after, before);
    // It is told by our parent now, too, that the Job has run.
    bed.diff().exits(0).shows("in sync: 4 objects");
    bed.run(&["status", "-A"])
        .shows("take-rename/new")
        .shows("take-rename/take-rename");
    bed.run(&["history"]).exits(0).shows("3 updated, 1 unchanged");
    // What is left of the old set is what git dropped.
    let old = ["delete", "--name", "take-rename", "--namespace", "take-rename", "--yes"];
    bed.run(&old)
        .exits(0)
        .shows("- delete ConfigMap take-rename/dropped")
        .shows("1 to delete")
        .shows("the ApplySet take-rename is gone");
    assert!(bed.get("secret", "stackanetes-take-rename-key").is_none());
    bed.diff().exits(0).shows("in sync: 4 objects");
}

#[test]
fn an_edit_of_several_objects_does_not_hide_that_they_are_taken_over() {
    let bed = Bed::new("take-edit");
    let names = ["one", "two", "three"];
    bed.write("parameters.yaml", "shop:\n  mode: slow\n");
    bed.write(
        "parameters.schema.json",
        r#"{"properties": {"shop": {"properties": {"mode": {"type": "string"}}}}}"#,
    );
    for name in names {
        bed.write_config_map(name, &[("mode", "${{ shop.mode }}")]);
    }
    bed.commit("All");
    bed.synced();
    rename_to(&bed, "new");
    bed.write("parameters.yaml", "shop:\n  mode: fast\n");
    bed.commit("Another name, and another mode");
    let mut diff = bed.run(&["diff", "--take-from", "take-edit/take-edit"]).exits(1);
    diff = diff.shows("shop.mode: slow → fast");
    for name in names {
        diff = diff.shows(&format!(
            "~ update ConfigMap take-edit/{name} taken over from the ApplySet take-edit/take-edit"
        ));
    }
}

#[test]
fn a_set_that_is_left_with_nothing_is_removed_by_the_command_that_the_diff_says() {
    let bed = Bed::new("take-empty");
    bed.write_config_map("settings", &[("mode", "slow")]);
    bed.commit("One");
    bed.synced();
    rename_to(&bed, "new");
    bed.commit("Another name");
    let sync = ["sync", "--yes", "--take-from", "take-empty/take-empty"];
    bed.run(&sync)
        .exits(0)
        .shows("takes over 1 object from the ApplySet take-empty (ConfigMap take-empty/stackanetes-take-empty); no object is left in it then: remove it with `stackanetes delete --name take-empty --namespace take-empty`");
    // Nothing is left to be taken over, and that is no mistake.
    bed.run(&sync)
        .exits(0)
        .shows("in sync: 1 object")
        .shows("no object that git wants is to be taken over from the ApplySet take-empty")
        .shows("no object is left in it: remove it with");
    let requests = bed.audited(|| {
        bed.run(&["delete", "--name", "take-empty", "--namespace", "take-empty", "--yes"])
            .exits(0)
            .shows("the ApplySet take-empty is gone");
    });
    let deleted = requests.iter().filter(|request| request.verb == "delete");
    let deleted: Vec<&str> = deleted.map(|request| request.uri.as_str()).collect();
    assert_eq!(deleted.len(), 2, "the parent and the Lease: {deleted:?}");
    bed.run(&sync).exits(0).shows("is to be taken over from the ApplySet");
    bed.diff().exits(0).shows("in sync: 1 object");
}

#[test]
fn a_set_is_split_and_each_part_leaves_the_other_alone() {
    let bed = Bed::new("take-split");
    bed.write("web.yaml", &deployment("web", 0, "nginx"));
    bed.write("claim.yaml", CLAIM);
    bed.write_config_map("settings", &[("mode", "slow")]);
    bed.commit("All");
    let sync = ["sync", "--yes", "--wait=false"];
    bed.run(&sync).exits(0);
    let kinds = "deployments,persistentvolumeclaims,configmaps";
    let before = identities(&bed, kinds);
    let other = bed.dir.join("storage");
    fs::create_dir_all(&other).expect("a directory of our own");
    let settings = "name: storage\nnamespace: take-split\n";
    fs::write(other.join("stackanetes.yaml"), settings).expect("a file of our own");
    fs::write(other.join("claim.yaml"), CLAIM).expect("a file of our own");
    bed.commit("Storage apart");
    // As long as the first directory has it too, it is told whose it is.
    let take = ["--take-from", "take-split/take-split"];
    bed.run(&[&["sync", "storage", "--yes", "--wait=false"][..], &take].concat())
        .exits(0)
        .shows("~ update PersistentVolumeClaim take-split/data taken over")
        .shows("2 objects stay with it: ConfigMap take-split/settings, Deployment take-split/web");
    bed.diff()
        .exits(1)
        .shows("1 object is part of another ApplySet, storage (ConfigMap take-split/stackanetes-storage); pass --take-from take-split/storage to take it over")
        .shows_not("delete");
    bed.remove("claim.yaml");
    bed.commit("Storage is elsewhere");
    bed.run(&sync).exits(0).shows_not("delete");
    bed.diff().exits(0).shows("in sync: 2 objects");
    bed.run(&["diff", "storage"]).exits(0).shows("in sync: 1 object");
    let mut after = identities(&bed, kinds);
    after.retain(|name, _| before.contains_key(name));
    assert_eq!(after, before);
}

/// What `kubectl apply --prune --applyset` does with these manifests.
fn kubectl_apply_set(bed: &Bed, more: &[&str], manifests: &str) -> String {
    kubectl_apply_to(bed, "--applyset=secrets/team", more, manifests)
}

/// The same for any parent.
fn kubectl_apply_to(bed: &Bed, parent: &str, more: &[&str], manifests: &str) -> String {
    let args = ["apply", parent, "--prune", "--namespace", &bed.namespace, "-f", "-"];
    let mut command = kubectl_program();
    command
        .args(args)
        .args(more)
        .env_clear()
        .env("KUBECTL_APPLYSET", "true")
        .env("HOME", &bed.dir)
        .env("KUBECONFIG", bed.plane.admin_kubeconfig())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("kubectl can be run");
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin.write_all(manifests.as_bytes()).expect("it reads");
    drop(stdin);
    let run = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{said}");
    String::from_utf8_lossy(&run.stdout).into_owned()
}

#[test]
fn objects_of_an_apply_set_of_kubectl_are_taken_over_with_their_fields() {
    let ways: [(&str, &[&str], &str); 3] = [
        ("take-kubectl-server", &["--server-side"], "kubectl"),
        (
            "take-kubectl-named",
            &["--server-side", "--field-manager=deployer"],
            "deployer",
        ),
        ("take-kubectl-client", &[], "kubectl-client-side-apply"),
    ];
    for (name, way, manager) in ways {
        let bed = Bed::new(name);
        let web = deployment("web", 0, "nginx");
        let settings = config_map("settings", &[("mode", "slow"), ("old", "yes")]);
        let rest = config_map("rest", &[("a", "1")]);
        let all = [web.as_str(), CLAIM, &settings, &rest].join("---\n");
        kubectl_apply_set(&bed, way, &all);
        let kinds = "deployments,persistentvolumeclaims,configmaps";
        let before = identities(&bed, kinds);
        bed.write("web.yaml", &web);
        bed.write("claim.yaml", CLAIM);
        bed.write_config_map("settings", &[("mode", "slow")]);
        bed.commit("Ours now");
        let id = part_of(&bed, "configmap", "settings");
        bed.diff().exits(1).shows(&format!(
            "3 objects are part of another ApplySet, that of Secret {name}/team; pass --take-from {id} to take them over"
        ));
        let sync = ["sync", "--yes", "--wait=false", "--take-from", &id];
        bed.run(&sync)
            .exits(0)
            .shows(&format!("the fields of {manager} become ours"))
            .shows(&format!("data.old - yes takeover: from {manager}"))
            .shows(&format!("takes over 3 objects from the ApplySet that of Secret {name}/team; 1 object stays with it: ConfigMap {name}/rest"))
            .shows_not("restarts");
        let settings = bed.get("configmap", "settings").expect("it is there");
        assert_eq!(
            settings["data"],
            json!({"mode": "slow"}),
            "{manager} let go of what git does not have"
        );
        let mut after = identities(&bed, kinds);
        after.retain(|name, _| before.contains_key(name));
        assert_eq!(after, before);
        bed.diff().exits(0).shows("in sync: 3 objects");
        // kubectl prunes nothing that is not part of its set any more.
        let pruned = kubectl_apply_set(&bed, way, &rest);
        assert!(!pruned.contains("pruned"), "{pruned}");
        bed.diff().exits(0).shows("in sync: 3 objects");
    }
}

#[test]
fn the_parent_of_an_apply_set_of_kubectl_is_found_in_a_custom_kind_and_no_other_object_passes_for_it() {
    let bed = Bed::new("take-custom");
    let teams = definition("sets.example.com", "Team", "Cluster");
    let is_parent_type = "  labels: {applyset.kubernetes.io/is-parent-type: \"true\"}\n";
    bed.kubectl_stdin(&["create", "-f", "-"], &with_metadata(&teams, is_parent_type));
    bed.kubectl(&["wait", "--for=condition=Established", "crd/teams.sets.example.com"]);
    // kubectl takes only what somebody has made into a parent of its own.
    let parent = "apiVersion: sets.example.com/v1
kind: Team
metadata:
  name: blue
  labels: {applyset.kubernetes.io/id: applyset-hE9MtjOlQzWhtR5CrRBlqU3V94udFhHgxXhVYADGsOA-v1}
  annotations:
    applyset.kubernetes.io/tooling: kubectl/v1.31
    applyset.kubernetes.io/contains-group-kinds: \"\"
";
    bed.kubectl_stdin(&["create", "-f", "-"], parent);
    let all = [config_map("settings", &[("a", "1")]), config_map("rest", &[("a", "1")])].join("---\n");
    let way = ["--server-side"];
    kubectl_apply_to(&bed, "--applyset=teams.sets.example.com/blue", &way, &all);
    bed.write_config_map("settings", &[("a", "1")]);
    let id = part_of(&bed, "configmap", "settings");
    // It would say that there are no members anywhere.
    bed.kubectl(&["create", "configmap", "liar"]);
    bed.kubectl(&["label", "configmap", "liar", &format!("applyset.kubernetes.io/id={id}")]);
    bed.kubectl(&[
        "annotate",
        "configmap",
        "liar",
        "applyset.kubernetes.io/contains-group-kinds=",
    ]);
    bed.run(&["sync", "--yes", "--take-from", &id]).exits(0).shows(
        "takes over 1 object from the ApplySet that of Team blue; 1 object stays with it: ConfigMap take-custom/rest",
    );
    bed.diff().exits(0);
}

#[test]
fn a_set_that_cannot_be_taken_from_is_a_mistake_in_the_command() {
    let bed = Bed::new("take-wrong");
    bed.write_config_map("settings", &[("mode", "slow")]);
    for wrong in ["old", "take-wrong/", "Take/old", "take-wrong/old/more"] {
        bed.run(&["diff", "--take-from", wrong])
            .exits(2)
            .complains("--take-from");
    }
    bed.run(&["diff", "--take-from", "take-wrong/take-wrong"])
        .exits(2)
        .complains("error: --take-from names the ApplySet that is synced: take-wrong/take-wrong")
        .complains("hint: name the ApplySet that has the objects now");
    bed.write("stackanetes.yaml", "namespace: take-wrong\n");
    bed.run(&["diff", "--take-from", "take-wrong/old"])
        .exits(2)
        .complains("there is no ApplySet that could take objects over: it has no name");
}

/// The data of all that is there, and the set that each object is part of.
fn state(bed: &Bed) -> BTreeMap<String, Value> {
    let listed = bed.kubectl(&["get", "configmaps,secrets", "--output=json"]);
    let listed: Value = serde_json::from_str(&listed).expect("JSON");
    let objects = listed["items"].as_array().expect("a list").iter();
    let members = objects.filter(|object| object["metadata"]["labels"].is_object());
    let told = members.filter_map(|object| {
        let part_of = &object["metadata"]["labels"]["applyset.kubernetes.io/part-of"];
        let name = object["metadata"]["name"].as_str().expect("a name").to_owned();
        part_of
            .is_string()
            .then(|| (name, json!([part_of, object["metadata"]["uid"], object["data"]])))
    });
    told.collect()
}

#[test]
fn a_sync_that_is_killed_while_it_takes_over_is_finished_by_the_next_one() {
    let bed = Bed::new("take-killed");
    bed.write("password.yaml", &secret("password"));
    bed.write("reader.yaml", &READER.replace("replicas: 1", "replicas: 0"));
    for name in ["settings", "one", "two"] {
        bed.write_config_map(name, &[("a", "1")]);
    }
    let old = bed.commit("Old");
    rename_to(&bed, "new");
    let new = bed.commit("New");
    let sync = |revision: &str, from: &str| {
        let from = format!("take-killed/{from}");
        let take = ["--take-from", &from, "--revision", revision, "--lock-timeout", "60s"];
        let args = [&["sync", "--yes", "--wait=false"][..], &take].concat();
        args.into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let run = |args: &[String]| bed.run(&args.iter().map(String::as_str).collect::<Vec<_>>());
    let (there, back) = (sync(&new, "take-killed"), sync(&old, "new"));
    bed.run(&["sync", "--yes", "--wait=false", "--revision", &old]).exits(0);
    let proxy = Proxy::start(&bed.user, |_| Then::Answer);
    let args: Vec<&str> = there.iter().map(String::as_str).collect();
    bed.run_as(&proxy.kubeconfig, &args, "").exits(0).shows("5 updated");
    let expected = state(&bed);
    assert_eq!(expected.len(), 4, "{expected:?}");
    let writes = proxy.seen().iter().filter(|request| request.is_write()).count();
    for after in 1..=writes {
        run(&back).exits(0);
        let written = AtomicUsize::new(0);
        let proxy = Proxy::start(&bed.user, move |request| {
            if request.is_write() && written.fetch_add(1, Ordering::Relaxed) + 1 == after {
                Then::Cut
            } else {
                Then::Answer
            }
        });
        let killed = bed.start_as(&proxy.kubeconfig, &args);
        // Where there was less to write this time, it was done before.
        assert!(
            proxy.kill_when_cut(killed) || after == writes,
            "it ended before write {after} of {writes}"
        );
        for set in ["new", "take-killed"] {
            bed.expire_lease(set);
        }
        run(&there).exits(0);
        assert_eq!(state(&bed), expected, "killed after write {after} of {writes}");
        bed.run(&["diff", "--revision", &new]).exits(0).shows("in sync:");
    }
}
