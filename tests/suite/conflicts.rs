//! Others write too: what they changed is put back, what they own is left alone until somebody
//! decides, and what they change under our hands is never overwritten.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use stackanetes::cluster::{Cluster, Connection, Kubernetes};
use stackanetes::execute::{Event, Execution, Holder, Outcome};
use stackanetes::inventory::{ApplySet, Record};
use stackanetes::observe::{self, Observations, Question};
use stackanetes::plan::{self, Policy};
use stackanetes::selection::Selection;

use crate::bed::{Bed, deployment, pod_template};

fn patch(bed: &Bed, manager: &str, kind: &str, name: &str, patch: &serde_json::Value) {
    let manager = format!("--field-manager={manager}");
    bed.kubectl(&[
        "patch",
        kind,
        name,
        "--type=merge",
        &manager,
        "--patch",
        &patch.to_string(),
    ]);
}

#[test]
fn a_field_changed_by_somebody_else_is_named_and_put_back() {
    let bed = Bed::new("drift-edit");
    bed.write_config_map("settings", &[("mode", "fast")]);
    bed.synced();
    patch(
        &bed,
        "kubectl-edit",
        "configmap",
        "settings",
        &json!({"data": {"mode": "broken"}}),
    );
    bed.diff()
        .exits(1)
        .shows("data.mode desired/settings.yaml:6 - broken + fast drift: kubectl-edit, just now");
    bed.synced().shows("1 updated");
    assert_eq!(
        bed.get("configmap", "settings").expect("it is there")["data"]["mode"],
        "fast"
    );
    bed.diff().exits(0);
}

#[test]
fn a_removed_field_is_put_back_although_nobody_is_named() {
    let bed = Bed::new("drift-removed");
    bed.write_config_map("settings", &[("mode", "fast"), ("size", "big")]);
    bed.synced();
    patch(
        &bed,
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
    patch(
        &bed,
        "team-b",
        "configmap",
        "settings",
        &json!({"data": {"size": "huge"}}),
    );
    bed.write_config_map("settings", &[("mode", "slow"), ("size", "small")]);
    bed.write_config_map("other", &[("a", "2")]);
    bed.diff()
        .exits(1)
        .shows("! conflict ConfigMap conflict-new/settings")
        .shows("data.size git says small; team-b says huge")
        .shows("leave it: drop desired/settings.yaml:7 from git; take it: --force-conflicts");

    bed.sync()
        .exits(1)
        .shows("conflict ConfigMap conflict-new/settings")
        .shows("not synced: 1 updated, 1 not done");
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
    patch(
        &bed,
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

/// Plans with the library, lets `meanwhile` happen, and carries the plan out.
fn sync_with_a_surprise(bed: &Bed, meanwhile: impl FnOnce()) -> Vec<(String, Outcome)> {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let connection = Connection {
            kubeconfig: Some(bed.user.kubeconfig.clone()),
            context: None,
        };
        let cluster: Arc<dyn Cluster> = Arc::new(Kubernetes::connect(&connection).await.expect("a cluster"));
        let desired = stackanetes::source::directory(&bed.dir.join("desired")).expect("a directory");
        let question = Question {
            set: Some(ApplySet {
                name: bed.namespace.clone(),
                namespace: bed.namespace.clone(),
            }),
            namespace: bed.namespace.clone(),
            revision: None,
            selection: Selection::default(),
            policy: Policy::default(),
            concurrency: 4,
        };
        let observed = observe::observe(&*cluster, desired.manifests, &question)
            .await
            .expect("an answer");
        let Observations {
            observed,
            scopes,
            defined_by,
            ..
        } = observed;
        let plan = plan::plan(observed, &question.policy);
        meanwhile();
        let execution = Execution {
            cluster,
            question,
            scopes,
            defined_by,
            timeout: Duration::from_secs(30),
            record: Record {
                time: Timestamp::now().to_string(),
                by: "test".into(),
                revision: None,
                subject: None,
                dirty: false,
                objects: 1,
                tool: Record::this_tool(),
                server: String::new(),
            },
            holder: Holder {
                identity: "test".into(),
            },
            stop: tokio::sync::watch::channel(false).1,
        };
        let mut outcomes = Vec::new();
        let tell = |event: Event| {
            if let Event::Settled { reference, outcome } = event {
                outcomes.push((reference.name, outcome));
            }
        };
        execution.run(plan, tell).await.expect("it runs");
        outcomes
    })
}

#[test]
fn an_object_changed_between_plan_and_apply_is_not_overwritten() {
    let bed = Bed::new("moved-changed");
    bed.write_config_map("settings", &[("mode", "fast"), ("size", "big")]);
    bed.synced();
    bed.write_config_map("settings", &[("mode", "slow"), ("size", "big")]);
    let requests = bed.audited(|| {
        let outcomes = sync_with_a_surprise(&bed, || {
            patch(
                &bed,
                "kubectl-edit",
                "configmap",
                "settings",
                &json!({"data": {"size": "hot-fix"}}),
            );
        });
        assert!(matches!(outcomes.as_slice(), [(_, Outcome::Moved)]), "{outcomes:?}");
    });
    assert!(
        requests.iter().any(|request| request.is_write() && request.code == 409),
        "the server refused the stale write"
    );
    let data = bed.get("configmap", "settings").expect("it is there")["data"].clone();
    assert_eq!(data, json!({"mode": "fast", "size": "hot-fix"}));
}

#[test]
fn a_change_that_makes_no_difference_to_the_plan_is_planned_again_and_applied() {
    let bed = Bed::new("moved-unrelated");
    bed.write_config_map("settings", &[("mode", "fast")]);
    bed.synced();
    bed.write_config_map("settings", &[("mode", "slow")]);
    let outcomes = sync_with_a_surprise(&bed, || {
        patch(
            &bed,
            "team-b",
            "configmap",
            "settings",
            &json!({"data": {"theirs": "1"}}),
        );
    });
    assert!(matches!(outcomes.as_slice(), [(_, Outcome::Updated)]), "{outcomes:?}");
    let data = bed.get("configmap", "settings").expect("it is there")["data"].clone();
    assert_eq!(data, json!({"mode": "slow", "theirs": "1"}));
}

#[test]
fn an_object_that_appears_between_plan_and_apply_is_not_taken() {
    let bed = Bed::new("moved-appeared");
    bed.write_config_map("settings", &[("mode", "fast")]);
    let outcomes = sync_with_a_surprise(&bed, || {
        bed.kubectl(&["create", "configmap", "settings", "--from-literal=mode=theirs"]);
    });
    assert!(matches!(outcomes.as_slice(), [(_, Outcome::Moved)]), "{outcomes:?}");
    assert_eq!(
        bed.get("configmap", "settings").expect("it is there")["data"]["mode"],
        "theirs"
    );
}
