//! Namespaces among the objects: not ours, or on their way out.

use crate::bed::{Bed, config_map, namespace, wait_until, with_metadata};

#[test]
fn what_is_in_a_namespace_that_is_not_ours_is_synced_all_the_same() {
    // The set's own namespace, and another.
    let bed = Bed::new("namespace-theirs");
    bed.plane
        .kubectl(&["create", "namespace", "namespace-others"])
        .expect_success();
    bed.write("own.yaml", &namespace("namespace-theirs"));
    bed.write("other.yaml", &namespace("namespace-others"));
    bed.write_config_map("settings", &[("a", "1")]);
    let elsewhere = "  namespace: namespace-others\n";
    bed.write(
        "more.yaml",
        &with_metadata(&config_map("more", &[("a", "1")]), elsewhere),
    );
    bed.sync()
        .exits(1)
        .shows("? skip Namespace namespace-theirs it exists and is not ours")
        .shows("? skip Namespace namespace-others it exists and is not ours")
        .shows("2 created");
    assert!(bed.get("configmap", "settings").is_some());
    assert!(bed.plane.get("configmap", Some("namespace-others"), "more").is_some());
    bed.diff().exits(1).shows("2 skipped; 2 unchanged");
}

#[test]
fn a_namespace_that_is_being_deleted_is_created_again_once_it_is_gone() {
    let bed = Bed::new("namespace-going");
    let inner = "namespace-inner";
    let kubectl = |args: &[&str]| bed.plane.kubectl(args).expect_success();
    let held_by = |finalizers: &str| {
        let patch = format!(r#"{{"metadata":{{"finalizers":{finalizers}}}}}"#);
        kubectl(&[
            "patch",
            "configmap",
            "held",
            "--namespace",
            inner,
            "--type=merge",
            "--patch",
            &patch,
        ]);
    };
    bed.write("namespace.yaml", &namespace(inner));
    for name in ["held", "quick"] {
        let inside = with_metadata(&config_map(name, &[("a", "1")]), &format!("  namespace: {inner}\n"));
        bed.write(&format!("{name}.yaml"), &inside);
    }
    bed.synced();
    held_by(r#"["example.com/hold"]"#);
    kubectl(&["delete", "namespace", inner, "--wait=false"]);
    wait_until("what nothing holds is gone", || {
        bed.plane.get("configmap", Some(inner), "quick").is_none()
    });
    let run = bed
        .diff()
        .exits(1)
        .shows("+ create Namespace namespace-inner once the old one is gone: it is being deleted")
        .shows("+ create ConfigMap namespace-inner/quick");
    assert!(!run.stderr.contains("error:"), "{}", run.stderr);
    held_by("null");
    bed.synced();
    bed.diff().exits(0).shows("in sync: 3 objects");
}

#[test]
fn render_writes_the_namespace_that_it_is_given_for_others_to_apply() {
    let bed = Bed::new("namespace-rendered");
    bed.write_config_map("settings", &[("a", "1")]);
    bed.write("0-other.yaml", &namespace("namespace-rendered-2"));
    let elsewhere = "  namespace: namespace-rendered-2\n";
    bed.write(
        "more.yaml",
        &with_metadata(&config_map("more", &[("a", "1")]), elsewhere),
    );
    bed.write(
        "unknown.yaml",
        "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: thing}\n",
    );
    let run = bed.run(&["render", "-n", "namespace-rendered"]).exits(0);
    let run = run.complains("warning: nothing here defines the kind Thing");
    let known: Vec<&str> = run
        .stdout
        .split("---\n")
        .filter(|document| !document.contains("kind: Thing"))
        .collect();
    bed.plane
        .kubectl_stdin(&["apply", "-f", "-"], &known.join("---\n"))
        .expect_success();
    assert!(bed.get("configmap", "settings").is_some());
    assert!(
        bed.plane
            .get("configmap", Some("namespace-rendered-2"), "more")
            .is_some()
    );
    let plain = bed.run(&["render"]).exits(0).stdout;
    assert!(!plain.lines().any(|line| line.trim() == "namespace: namespace-rendered"));
}

#[test]
fn a_namespace_that_is_missing_is_told_once_with_how_many_objects_want_it() {
    let bed = Bed::new("namespaces-missing");
    let inside = |name: &str, namespace: &str| {
        let text = config_map(name, &[("a", "1")]);
        with_metadata(&text, &format!("  namespace: {namespace}\n"))
    };
    for name in ["a", "b", "c"] {
        bed.write(&format!("{name}.yaml"), &inside(name, "namespaces-nowhere"));
    }
    let secret = with_metadata(&crate::bed::secret("d"), "  namespace: namespaces-nowhere\n");
    bed.write("d.yaml", &secret);
    bed.write("e.yaml", &inside("e", "namespaces-elsewhere"));
    bed.write_config_map("fine", &[("a", "1")]);
    let run = bed
        .diff()
        .exits(1)
        .shows("5 refused")
        .shows("+ create ConfigMap namespaces-missing/fine")
        .shows("namespace namespaces-nowhere does not exist, and 4 objects are to be in it")
        .shows("desired/a.yaml:1:1")
        .shows("! refused ConfigMap namespaces-nowhere/b namespace namespaces-nowhere does not exist")
        .shows("namespace namespaces-elsewhere does not exist");
    let told = |run: &crate::bed::Run| run.stdout.matches("kubectl create namespace").count();
    assert_eq!(told(&run), 2, "{}", run.stdout);
    bed.sync()
        .exits(1)
        .shows("1 created")
        .shows("4 objects are to be in it");
    assert!(bed.get("configmap", "fine").is_some());
    // Nothing is pruned as long as something is refused.
    bed.remove("fine.yaml");
    bed.sync().exits(1);
    assert!(bed.get("configmap", "fine").is_some());
    // Whoever may not ask about the objects is told the same.
    let rule = crate::control_plane::Rule {
        groups: &[""],
        resources: &["configmaps", "secrets", "namespaces"],
        verbs: &["get", "list"],
    };
    let user = bed.plane.user(&[rule]);
    bed.run_as(&user.kubeconfig, &["diff"], "")
        .exits(1)
        .shows("namespace namespaces-nowhere does not exist, and 4 objects are to be in it");
}
