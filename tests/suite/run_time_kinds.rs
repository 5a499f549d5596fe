//! Kinds that come at run time: a controller makes their definitions from another object.

use std::thread;
use std::time::Instant;

use crate::bed::{Bed, definition, namespace, wait_until, with_metadata};

/// Plays a controller: once `bringer` is there, it applies `definition`.
fn controller(bed: &Bed, bringer: (&str, &str), definition: String) -> thread::JoinHandle<()> {
    let (kind, name) = (bringer.0.to_owned(), bringer.1.to_owned());
    let (plane, namespace) = (bed.plane, bed.namespace.clone());
    thread::spawn(move || {
        wait_until("what brings the kind is there", || {
            // Its own kind may be still to come.
            let found = plane.kubectl(&["get", &kind, &name, "--namespace", &namespace]);
            found.status.success()
        });
        plane.kubectl_stdin(&["apply", "-f", "-"], &definition).expect_success();
    })
}

#[test]
fn a_constraint_is_applied_once_its_template_has_brought_its_kind() {
    let bed = Bed::new("run-time-template");
    bed.write(
        "0-templates.yaml",
        &definition("templates.gatekeeper.sh", "ConstraintTemplate", "Cluster"),
    );
    // As the documentation of Gatekeeper has them.
    bed.write(
        "template.yaml",
        "apiVersion: templates.gatekeeper.sh/v1\nkind: ConstraintTemplate\nmetadata: {name: k8srequiredlabels}\nspec:\n  crd:\n    spec:\n      names: {kind: K8sRequiredLabels}\n",
    );
    bed.write(
        "constraint.yaml",
        "apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: K8sRequiredLabels\nmetadata: {name: ns-must-have-gk}\nspec:\n  match:\n    kinds:\n      - {apiGroups: [\"\"], kinds: [Namespace]}\n  parameters: {labels: [gatekeeper]}\n",
    );
    bed.diff()
        .exits(1)
        .shows("+ create K8sRequiredLabels ns-must-have-gk")
        .shows("unverified: its kind comes at run time, by ConstraintTemplate k8srequiredlabels");
    let made = definition("constraints.gatekeeper.sh", "K8sRequiredLabels", "Cluster")
        .replace("    - name: v1\n", "    - name: v1beta1\n")
        // Gatekeeper's plural is the kind in small letters.
        .replace("k8srequiredlabelss", "k8srequiredlabels");
    let controller = controller(
        &bed,
        ("constrainttemplates.templates.gatekeeper.sh", "k8srequiredlabels"),
        made,
    );
    bed.synced().shows("3 created");
    controller.join().expect("it did its work");
    bed.diff().exits(0);
}

#[test]
fn a_kind_that_an_annotation_announces_is_waited_for_and_one_that_nobody_does_holds_up_nothing() {
    let bed = Bed::new("run-time-annotated");
    let operator = with_metadata(
        &crate::bed::config_map("operator", &[("a", "1")]),
        "  annotations: {stackanetes.io/brings: RunTimeWidget.brought.example.com}\n",
    );
    bed.write("operator.yaml", &operator);
    let object = |kind: &str, name: &str| {
        format!(
            "apiVersion: brought.example.com/v1\nkind: {kind}\nmetadata: {{name: {name}, namespace: run-time-annotated}}\n"
        )
    };
    bed.write("widget.yaml", &object("RunTimeWidget", "one"));
    bed.write("gadget.yaml", &object("RunTimeGadget", "two"));
    bed.diff()
        .exits(1)
        .shows("unverified: its kind comes at run time, by ConfigMap run-time-annotated/operator")
        .shows("! refused RunTimeGadget run-time-annotated/two")
        .shows("the cluster does not know the kind brought.example.com/v1 RunTimeGadget")
        .shows("desired/gadget.yaml:2:1");
    let made = definition("brought.example.com", "RunTimeWidget", "Namespaced");
    let controller = controller(&bed, ("configmap", "operator"), made);
    bed.sync().exits(1).shows("2 created");
    controller.join().expect("it did its work");
    assert!(bed.get("runtimewidgets.brought.example.com", "one").is_some());
    bed.remove("gadget.yaml");
    bed.synced();
    bed.diff().exits(0);
}

#[test]
fn a_kind_that_does_not_come_in_time_is_told_with_what_was_to_bring_it() {
    let bed = Bed::new("run-time-never");
    let brings = "  annotations: {stackanetes.io/brings: NeverThing.never.example.com}\n";
    let operator = with_metadata(&crate::bed::config_map("operator", &[("a", "1")]), brings);
    bed.write("operator.yaml", &operator);
    bed.write(
        "thing.yaml",
        "apiVersion: never.example.com/v1\nkind: NeverThing\nmetadata: {name: x}\n",
    );
    bed.run(&["sync", "--yes", "--timeout", "2s"])
        .exits(1)
        .shows("the cluster does not know the kind never.example.com/v1 NeverThing yet")
        .shows("ConfigMap run-time-never/operator is to bring it");
    assert!(bed.get("configmap", "operator").is_some());
}

#[test]
fn objects_that_wait_for_their_kinds_do_not_ask_for_them_one_by_one() {
    let bed = Bed::new("run-time-many");
    let brings = "  annotations: {stackanetes.io/brings: ManyThing.many.example.com}\n";
    let operator = with_metadata(&crate::bed::config_map("operator", &[("a", "1")]), brings);
    bed.write("operator.yaml", &operator);
    for name in 0..20 {
        let thing = format!("apiVersion: many.example.com/v1\nkind: ManyThing\nmetadata: {{name: x{name}}}\n");
        bed.write(&format!("thing-{name}.yaml"), &thing);
    }
    let began = Instant::now();
    let requests = bed.audited(|| drop(bed.run(&["sync", "--yes", "--timeout", "3s"]).exits(1)));
    let asked = requests.iter().filter(|request| request.uri == "/apis").count();
    // Once for the plan, then twice a second at most.
    let most = 2 + began.elapsed().as_millis() / 500;
    assert!(
        asked > 1 && asked as u128 <= most,
        "it was asked {asked} times: {requests:#?}"
    );
}

#[test]
fn a_kind_that_comes_at_run_time_is_waited_for_in_a_namespace_that_is_new_as_well() {
    let bed = Bed::new("run-time-namespace");
    let operator = with_metadata(
        &crate::bed::config_map("operator", &[("a", "1")]),
        "  annotations: {stackanetes.io/brings: RunTimeThing.thing.example.com}\n",
    );
    bed.write("operator.yaml", &operator);
    bed.write("namespace.yaml", &namespace("run-time-namespace-new"));
    bed.write(
        "thing.yaml",
        "apiVersion: thing.example.com/v1\nkind: RunTimeThing\nmetadata: {name: one, namespace: run-time-namespace-new}\n",
    );
    bed.diff()
        .exits(1)
        .shows("its kind comes at run time, by ConfigMap run-time-namespace/operator");
    let made = definition("thing.example.com", "RunTimeThing", "Namespaced");
    let controller = controller(&bed, ("configmap", "operator"), made);
    bed.synced().shows("3 created");
    controller.join().expect("it did its work");
    bed.diff().exits(0);
}
