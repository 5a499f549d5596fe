//! `sync` does what the plan says, in order, once at a time, and remembers it.

use serde_json::json;

use crate::bed::{Bed, config_map, definition_of, deployment, wait_until, with_metadata};

#[test]
fn a_sync_without_yes_and_without_a_terminal_changes_nothing() {
    let bed = Bed::new("sync-ask");
    bed.write_config_map("settings", &[("a", "1")]);
    bed.run(&["sync"])
        .exits(2)
        .complains("cannot prompt")
        .complains("--yes");
    assert!(bed.get("configmap", "settings").is_none());
}

#[test]
fn the_parent_and_the_lease_come_before_everything_else() {
    let bed = Bed::new("sync-parent");
    bed.write_config_map("settings", &[("a", "1")]);
    let commit = bed.commit("Settings for all");
    let requests = bed.audited(|| drop(bed.synced()));
    let writes: Vec<_> = requests
        .iter()
        .filter(|request| request.is_write())
        .map(|request| (request.resource.as_str(), request.name.as_str()))
        .collect();
    assert_eq!(
        writes,
        [
            ("leases", ""),
            ("configmaps", "stackanetes-sync-parent"),
            ("configmaps", "settings"),
            ("configmaps", "stackanetes-sync-parent"),
            ("leases", "stackanetes-sync-parent"),
        ]
        .map(|(resource, name)| (resource, if name.is_empty() { writes[0].1 } else { name }))
    );
    let parent = bed.get("configmap", "stackanetes-sync-parent").expect("it is there");
    assert_eq!(
        parent["metadata"]["annotations"]["applyset.kubernetes.io/contains-group-kinds"],
        "ConfigMap"
    );
    let completed: serde_json::Value =
        serde_json::from_str(parent["data"]["completed"].as_str().expect("text")).expect("JSON");
    assert_eq!(
        (&completed["revision"], &completed["subject"], &completed["objects"]),
        (&json!(commit), &json!("Settings for all"), &json!(1))
    );
    let member = bed.get("configmap", "settings").expect("it is there");
    assert_eq!(
        member["metadata"]["annotations"]["stackanetes.io/revision"],
        json!(commit)
    );
    bed.run(&["status"])
        .exits(0)
        .shows(&format!("synced {} Settings for all,", &commit[..7]))
        .shows("objects 1, 1 Current");
}

#[test]
fn a_sync_with_nothing_to_do_writes_nothing() {
    let bed = Bed::new("sync-nothing");
    bed.write_config_map("settings", &[("a", "1")]);
    bed.commit("Settings");
    bed.synced();
    let requests = bed.audited(|| drop(bed.synced().shows("complete: 1 unchanged")));
    let writes: Vec<_> = requests.iter().filter(|request| request.is_write()).collect();
    assert!(writes.is_empty(), "{writes:?}");
}

#[test]
fn a_second_sync_is_told_who_holds_the_lease() {
    let bed = Bed::new("sync-lease");
    bed.write_config_map("settings", &[("a", "1")]);
    bed.synced();
    bed.write_config_map("settings", &[("a", "2")]);
    let lease = "stackanetes-sync-lease";
    let now = jiff::Timestamp::now();
    let hold = |time: jiff::Timestamp| {
        let time = format!("{time:.6}");
        let patch =
            json!({"spec": {"holderIdentity": "alice@laptop/1", "renewTime": time, "leaseDurationSeconds": 30}});
        bed.kubectl(&["patch", "lease", lease, "--type=merge", "--patch", &patch.to_string()]);
    };
    hold(now);
    bed.sync()
        .exits(2)
        .complains("the ApplySet sync-lease is being synced by alice@laptop/1")
        .shows_not("complete:");
    assert_eq!(bed.get("configmap", "settings").expect("it is there")["data"]["a"], "1");
    // A holder that does not renew it has died: it is taken over.
    hold(now - jiff::SignedDuration::from_secs(31));
    bed.synced();
    assert_eq!(bed.lease_holder(), "", "it is given back");
    let lease = bed.get("lease", lease).expect("it is there");
    assert_eq!(lease["spec"]["leaseTransitions"], 1);
}

#[test]
fn what_depends_on_something_waits_for_it() {
    let bed = Bed::new("sync-order");
    let depends = |name: &str, on: &str| {
        let annotation =
            format!("  annotations:\n    config.kubernetes.io/depends-on: /namespaces/sync-order/ConfigMap/{on}\n");
        with_metadata(&config_map(name, &[("v", "1")]), &annotation)
    };
    bed.write("a.yaml", &depends("a", "b"));
    bed.write("b.yaml", &depends("b", "c"));
    bed.write("c.yaml", &config_map("c", &[("v", "1")]));
    let requests = bed.audited(|| drop(bed.synced()));
    let order: Vec<_> = requests
        .iter()
        .filter(|request| request.is_write() && request.name.len() == 1)
        .map(|request| request.name.as_str())
        .collect();
    assert_eq!(order, ["c", "b", "a"]);
}

#[test]
fn what_never_becomes_current_is_named_and_stops_only_what_depends_on_it() {
    let bed = Bed::new("sync-not-ready");
    // Nothing runs Deployments on the bare control plane.
    bed.write("web.yaml", &deployment("web", 1, "nginx"));
    let annotation = "metadata:\n  annotations:\n    config.kubernetes.io/depends-on: apps/namespaces/sync-not-ready/Deployment/web\n";
    bed.write(
        "after.yaml",
        &config_map("after", &[("a", "1")]).replace("metadata:\n", annotation),
    );
    bed.write_config_map("independent", &[("a", "1")]);
    bed.run(&["sync", "--yes", "--timeout", "2s"])
        .exits(1)
        .shows("not ready Deployment sync-not-ready/web: InProgress: its controller has not seen it")
        .shows("not started ConfigMap sync-not-ready/after: it depends on Deployment sync-not-ready/web");
    assert!(bed.get("configmap", "after").is_none() && bed.get("configmap", "independent").is_some());
    bed.run(&["status"])
        .exits(1)
        .shows("last sync never completed")
        .shows("InProgress Deployment sync-not-ready/web: its controller has not seen it");
}

#[test]
fn a_definition_and_its_instance_are_synced_in_one_run() {
    let bed = Bed::new("sync-definition");
    let gadget = "apiVersion: sync.example.com/v1\nkind: Gadget\nmetadata: {name: first}\nspec: {size: 3}\n";
    let definition = definition_of("sync.example.com", "Gadget", "{size: {type: integer}}");
    bed.write("all.yaml", &format!("{gadget}---\n{definition}"));
    bed.diff()
        .exits(1)
        .shows("Gadget sync-definition/first unverified: its CustomResourceDefinition is not there yet");
    bed.synced().shows("complete: 2 created");
    bed.diff().exits(0).shows("in sync: 2 objects");
}

#[test]
fn what_is_being_deleted_is_created_again_once_it_is_gone() {
    let bed = Bed::new("sync-terminating");
    bed.write_config_map("settings", &[("a", "1")]);
    bed.synced();
    bed.kubectl(&[
        "patch",
        "configmap",
        "settings",
        "--type=merge",
        "--patch",
        r#"{"metadata":{"finalizers":["example.com/hold"]}}"#,
    ]);
    bed.kubectl(&["delete", "configmap", "settings", "--wait=false"]);
    let old = bed.get("configmap", "settings").expect("it is held")["metadata"]["uid"].clone();
    bed.diff()
        .exits(1)
        .shows("+ create ConfigMap sync-terminating/settings once the old one is gone: it is being deleted");
    let before = bed.user.audit().len();
    std::thread::scope(|scope| {
        let sync = scope.spawn(|| bed.synced());
        wait_until("the sync watches its end", || {
            let requests = bed.user.audit().split_off(before);
            requests
                .iter()
                .any(|request| request.verb == "watch" && request.resource == "configmaps")
        });
        bed.kubectl(&[
            "patch",
            "configmap",
            "settings",
            "--type=merge",
            "--patch",
            r#"{"metadata":{"finalizers":null}}"#,
        ]);
        sync.join().expect("it syncs");
    });
    assert_ne!(
        bed.get("configmap", "settings").expect("it is there")["metadata"]["uid"],
        old
    );
    bed.diff().exits(0);
}

#[test]
fn a_set_whose_namespace_is_missing_is_refused_with_what_to_do() {
    let plane = crate::control_plane::ControlPlane::bare();
    let bed = Bed::without_namespace(plane, "sync-homeless");
    bed.write_config_map("settings", &[("a", "1")]);
    bed.sync()
        .exits(2)
        .complains("namespace sync-homeless does not exist")
        .complains("kubectl create namespace sync-homeless");
}

#[test]
fn a_sync_of_nothing_selected_is_not_remembered_as_a_sync() {
    let bed = Bed::new("sync-selected");
    bed.write_config_map("settings", &[("a", "1")]);
    let first = bed.commit("First");
    bed.synced();
    bed.write_config_map("settings", &[("a", "2")]);
    bed.commit("Second");
    bed.run(&["sync", "--yes", "-l", "nothing=here"]).exits(0);
    bed.run(&["status"])
        .shows(&format!("synced {} First", &first[..7]))
        .shows_not(" Second");
    bed.diff().exits(1).shows(&format!("last synced {}", &first[..7]));
}

#[test]
fn a_definition_that_gains_a_version_and_its_instance_in_it_are_synced_in_one_run() {
    let bed = Bed::new("sync-version");
    let version = |name: &str, storage: bool| {
        format!(
            "    - name: {name}
      served: true
      storage: {storage}
      schema: {{openAPIV3Schema: {{type: object, x-kubernetes-preserve-unknown-fields: true}}}}
"
        )
    };
    let definition = |versions: &str| {
        format!(
            "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: widgets.version.example.com
spec:
  group: version.example.com
  scope: Namespaced
  names: {{plural: widgets, singular: widget, kind: Widget, listKind: WidgetList}}
  versions:
{versions}"
        )
    };
    let widget = |version: &str| {
        format!(
            "apiVersion: version.example.com/{version}\nkind: Widget\nmetadata: {{name: first}}\nspec: {{size: 3}}\n"
        )
    };
    bed.write("definition.yaml", &definition(&version("v1", true)));
    bed.write("widget.yaml", &widget("v1"));
    bed.synced();
    let both = version("v1", true) + &version("v2", false);
    bed.write("definition.yaml", &definition(&both));
    bed.write("widget.yaml", &widget("v2"));
    bed.write("second.yaml", &widget("v2").replace("name: first", "name: second"));
    let run = bed
        .diff()
        .exits(1)
        .shows("~ update CustomResourceDefinition widgets.version.example.com")
        .shows("+ create Widget sync-version/second");
    assert!(!run.stderr.contains("error:"), "{}", run.stderr);
    bed.synced();
    bed.diff().exits(0).shows("in sync: 3 objects");
}
