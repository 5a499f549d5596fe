//! Others write too: what they changed is put back, what they own is left alone until somebody
//! decides.

use serde_json::json;

use crate::bed::{Bed, deployment, pod_template};

#[test]
fn a_field_changed_by_somebody_else_is_named_and_put_back() {
    let bed = Bed::new("drift-edit");
    bed.write_config_map("settings", &[("mode", "fast")]);
    bed.synced();
    bed.patch(
        "kubectl-edit",
        "configmap",
        "settings",
        &json!({"data": {"mode": "broken"}}),
    );
    bed.diff()
        .exits(1)
        .shows("data.mode desired/settings.yaml:6 - broken + fast drift: kubectl-edit,");
    bed.synced().shows("1 updated");
    assert_eq!(
        bed.get("configmap", "settings").expect("it is there")["data"]["mode"],
        "fast"
    );
    bed.diff().exits(0);
}

#[test]
fn an_update_under_our_own_name_is_drift_and_is_put_back() {
    let bed = Bed::new("drift-our-name");
    bed.write_config_map("settings", &[("mode", "fast")]);
    bed.commit("Fast");
    bed.synced();
    for _ in 0..2 {
        let broken = json!({"data": {"mode": "broken"}});
        bed.patch("stackanetes", "configmap", "settings", &broken);
        bed.diff()
            .exits(1)
            .shows("- broken + fast drift: an update in our name, stackanetes,")
            .shows_not("stop stackanetes");
        bed.synced().shows("1 updated");
        let settings = bed.get("configmap", "settings").expect("it is there");
        assert_eq!(settings["data"]["mode"], "fast");
    }
    bed.diff().exits(0);
}

#[test]
fn a_removed_field_is_put_back_although_nobody_is_named() {
    let bed = Bed::new("drift-removed");
    bed.write_config_map("settings", &[("mode", "fast"), ("size", "big")]);
    bed.synced();
    bed.patch(
        "kubectl-edit",
        "configmap",
        "settings",
        &json!({"data": {"mode": null}}),
    );
    bed.diff()
        .exits(1)
        .shows("+ fast drift: the server kept no trace of who");
    bed.synced();
    bed.diff().exits(0);
}

#[test]
fn reordered_items_are_seen_and_put_back() {
    let bed = Bed::new("drift-order");
    bed.write("web.yaml", &pod_template("web", "nginx"));
    bed.synced();
    let reversed = json!([{"op": "replace", "path": "/template/spec/containers/0/env",
        "value": [{"name": "SECOND", "value": "two"}, {"name": "FIRST", "value": "one"}]}]);
    bed.kubectl(&[
        "patch",
        "podtemplate",
        "web",
        "--type=json",
        "--patch",
        &reversed.to_string(),
    ]);
    bed.diff()
        .exits(1)
        .shows("template.spec.containers[main].env")
        .shows("- order: SECOND, FIRST + order: FIRST, SECOND drift: the server kept no trace of who");
    bed.synced();
    bed.diff().exits(0);
}

#[test]
fn a_field_that_another_manager_owns_and_git_newly_wants_is_a_conflict() {
    let bed = Bed::new("conflict-new");
    bed.write_config_map("settings", &[("mode", "fast")]);
    bed.write_config_map("other", &[("a", "1")]);
    bed.synced();
    bed.patch("team-b", "configmap", "settings", &json!({"data": {"size": "huge"}}));
    bed.write_config_map("settings", &[("mode", "slow"), ("size", "small")]);
    bed.write_config_map("other", &[("a", "2")]);
    bed.diff()
        .exits(1)
        .shows("! conflict ConfigMap conflict-new/settings")
        .shows("data.size git says small; team-b says huge")
        .shows("to leave it: remove desired/settings.yaml:7 from git; to take it: pass --force-conflicts");

    bed.sync()
        .exits(1)
        .shows("conflict ConfigMap conflict-new/settings")
        .shows("incomplete: 1 updated, 1 conflict");
    let data = |name: &str| bed.get("configmap", name).expect("it is there")["data"].clone();
    assert_eq!(
        data("settings"),
        json!({"mode": "fast", "size": "huge"}),
        "that object is not touched"
    );
    assert_eq!(data("other"), json!({"a": "2"}), "the others are synced");

    bed.run(&["sync", "--yes", "--force-conflicts"])
        .exits(0)
        .shows("taken by --force-conflicts");
    assert_eq!(data("settings"), json!({"mode": "slow", "size": "small"}));
    bed.diff().exits(0);
}

#[test]
fn a_field_that_a_controller_writes_is_a_conflict_although_it_was_ours() {
    let bed = Bed::new("conflict-scale");
    bed.write("web.yaml", &deployment("web", 3, "nginx"));
    bed.run(&["sync", "--yes", "--timeout", "0s"]).exits(1);
    bed.kubectl(&[
        "patch",
        "deployment",
        "web",
        "--subresource=scale",
        "--type=merge",
        "--field-manager=autoscaler",
        "--patch",
        r#"{"spec":{"replicas":6}}"#,
    ]);
    bed.diff()
        .exits(1)
        .shows("! conflict")
        .shows("spec.replicas git says 3; autoscaler (scale) says 6");
}

#[test]
fn a_field_that_another_applies_is_a_conflict_although_it_was_ours() {
    let bed = Bed::new("conflict-applied");
    bed.write_config_map("settings", &[("mode", "fast")]);
    bed.synced();
    let theirs = crate::bed::config_map("settings", &[("mode", "theirs")]);
    let args = [
        "apply",
        "--server-side",
        "--force-conflicts",
        "--field-manager=other-tool",
        "-f",
        "-",
    ];
    bed.kubectl_stdin(&args, &theirs);
    bed.diff()
        .exits(1)
        .shows("data.mode git says fast; other-tool says theirs");
}

#[test]
fn what_another_manager_owns_beside_ours_is_left_alone() {
    let bed = Bed::new("conflict-beside");
    bed.write_config_map("settings", &[("mode", "fast")]);
    bed.synced();
    bed.patch(
        "team-b",
        "configmap",
        "settings",
        &json!({"data": {"theirs": "kept"}, "metadata": {"labels": {"team": "b"}}}),
    );
    bed.diff().exits(0);
    bed.write_config_map("settings", &[("mode", "slow")]);
    bed.synced();
    let object = bed.get("configmap", "settings").expect("it is there");
    assert_eq!(object["data"], json!({"mode": "slow", "theirs": "kept"}));
    assert_eq!(object["metadata"]["labels"]["team"], "b");
}

#[test]
fn what_git_drops_and_another_manager_keeps_is_told_of() {
    let bed = Bed::new("conflict-left-behind");
    bed.write_config_map("settings", &[("mode", "fast"), ("shared", "value")]);
    bed.synced();
    let theirs = crate::bed::config_map("settings", &[("shared", "value")]);
    bed.kubectl_stdin(
        &["apply", "--server-side", "--field-manager=other-tool", "-f", "-"],
        &theirs,
    );
    bed.write_config_map("settings", &[("mode", "fast")]);
    bed.diff()
        .exits(1)
        .shows("data.shared left behind: no longer in git, other-tool keeps it");
    bed.synced();
    assert_eq!(
        bed.get("configmap", "settings").expect("it is there")["data"]["shared"],
        "value"
    );
}

#[test]
fn a_text_of_several_lines_that_somebody_changed_is_shown_with_who_did_it() {
    let bed = Bed::new("drift-text");
    bed.write_config_map("settings", &[("a.conf", "one\ntwo\nthree\n")]);
    bed.synced();
    let theirs = json!({"data": {"a.conf": "one\nTWO\nthree\n"}});
    bed.patch("kubectl-edit", "configmap", "settings", &theirs);
    bed.diff()
        .exits(1)
        .shows("- TWO")
        .shows("+ two")
        .shows("drift: kubectl-edit,");
}

#[test]
fn drift_beside_a_change_of_git_is_put_back_too() {
    let bed = Bed::new("drift-and-git");
    bed.write("web.yaml", &deployment("web", 3, "nginx:1"));
    bed.run(&["sync", "--yes", "--timeout", "0s"]).exits(1);
    let theirs = json!({"spec": {"replicas": 6}});
    bed.patch("kubectl-edit", "deployment", "web", &theirs);
    bed.write("web.yaml", &deployment("web", 3, "nginx:2"));
    bed.diff()
        .exits(1)
        .shows("~ update Deployment drift-and-git/web")
        .shows("spec.replicas desired/web.yaml:6 - 6 + 3 drift: kubectl-edit,")
        .shows("- nginx:1 + nginx:2 git")
        .shows_not("conflict");
    bed.run(&["sync", "--yes", "--timeout", "0s"])
        .exits(1)
        .shows_not("conflict");
    let spec = bed.get("deployment", "web").expect("it is there")["spec"].clone();
    assert_eq!(
        (&spec["replicas"], &spec["template"]["spec"]["containers"][0]["image"]),
        (&json!(3), &json!("nginx:2"))
    );
}

#[test]
fn a_value_in_the_cluster_cannot_steer_the_terminal() {
    let bed = Bed::new("drift-control");
    let drifts = [("line", "fast"), ("text", "one\ntwo\n")];
    bed.write_config_map("drifts", &drifts);
    bed.write_config_map("clashes", &[("a", "1")]);
    bed.synced();
    let evil = "evil\r   hidden\u{1b}[2K";
    let text = format!("one\n{evil}\n");
    let theirs = json!({"data": {"line": evil, "text": text}});
    bed.patch("kubectl-edit", "configmap", "drifts", &theirs);
    bed.patch("team-b", "configmap", "clashes", &theirs);
    bed.write_config_map("clashes", &[("a", "1"), drifts[0], drifts[1]]);
    // Colours are control characters themselves, so what is looked for is what somebody wrote.
    for args in [
        &["diff"][..],
        &["diff", "--color", "always"],
        &["sync", "--yes", "--color", "always"],
    ] {
        let run = bed.run(args).exits(1).shows("! conflict").shows("evil");
        assert!(
            !run.stdout.contains('\r') && !run.stdout.contains("\u{1b}[2K"),
            "{:?}",
            run.stdout
        );
    }
}
