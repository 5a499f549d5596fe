//! Others write fields of what is being applied.

use serde_json::json;

use super::{Moment, data, sync_while};
use crate::bed::{Bed, config_map, deployment, scaling};
use crate::control_plane::ControlPlane;

/// A bed whose ConfigMap `settings` is to be changed.
fn bed(name: &str) -> Bed {
    let bed = Bed::new(name);
    bed.write_config_map("settings", &[("mode", "slow"), ("size", "1")]);
    bed.synced();
    bed.write_config_map("settings", &[("mode", "fast"), ("size", "1")]);
    bed
}

#[test]
fn a_field_of_ours_that_a_controller_rewrites_meanwhile_is_left_and_said() {
    let bed = bed("writers-ours");
    let (run, _) = sync_while(&bed, Moment::applied("/configmaps/settings").always(), |other, turn| {
        let theirs = json!({"data": {"size": format!("theirs-{turn}")}});
        other.patch("controller", ["configmap", "settings"], &theirs);
    });
    run.exits(1)
        .shows("failed ConfigMap writers-ours/settings: it changed after the plan was made")
        .shows("review what it is now with `stackanetes diff`");
    assert_eq!(data(&bed, "settings"), json!({"mode": "slow", "size": "theirs-0"}));
    bed.diff().exits(1).shows("git says 1; controller says theirs-0");
}

#[test]
fn a_controller_that_writes_faster_than_a_sync_ends_it_and_is_said() {
    let bed = bed("writers-busy");
    let (run, requests) = sync_while(&bed, Moment::applied("/configmaps/settings").always(), |other, turn| {
        let beside = json!({"data": {"seen": turn.to_string()}});
        other.patch("controller", ["configmap", "settings"], &beside);
    });
    run.exits(1)
        .shows("failed ConfigMap writers-busy/settings: it changed after the plan was made");
    let writes = requests.iter().filter(|request| request.is_write());
    let tries = writes
        .filter(|request| request.target.contains("/configmaps/settings?"))
        .count();
    assert!(tries <= 10, "{tries}");
    assert_eq!(data(&bed, "settings")["seen"], (tries - 1).to_string());
    bed.synced();
    assert_eq!(data(&bed, "settings")["mode"], "fast");
}

#[test]
fn what_an_autoscaler_scales_meanwhile_is_left_to_it() {
    let bed = Bed::on(ControlPlane::full(), "writers-scaled");
    let scaler = "apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 9
";
    bed.write("scaler.yaml", scaler);
    bed.write("web.yaml", &deployment("web", 2, "nginx:1"));
    bed.synced();
    bed.write("web.yaml", &deployment("web", 2, "nginx:2"));
    let (run, _) = sync_while(&bed, Moment::applied("/deployments/web"), |other, _| {
        other.kubectl(&scaling(7).each_ref().map(String::as_str));
    });
    run.exits(0).shows("complete: 1 updated");
    let web = bed.get("deployment", "web").expect("it is there");
    assert_eq!(web["spec"]["replicas"], 7);
    assert_eq!(web["spec"]["template"]["spec"]["containers"][0]["image"], "nginx:2");
}

#[test]
fn what_is_applied_beside_ours_meanwhile_is_kept() {
    let bed = bed("writers-beside");
    let (run, _) = sync_while(&bed, Moment::applied("/configmaps/settings"), |other, _| {
        let way = ["apply", "--server-side", "-f", "-"];
        other.kubectl_stdin(&way, &config_map("settings", &[("theirs", "1")]));
    });
    run.exits(0).shows("complete: 1 updated");
    assert_eq!(
        data(&bed, "settings"),
        json!({"mode": "fast", "size": "1", "theirs": "1"})
    );
    bed.diff().exits(0);
}

/// kubectl's own apply leaves managed fields that a sync would take over: another plan, which nobody has seen.
#[test]
fn what_is_applied_in_kubectls_old_way_meanwhile_is_kept_and_said() {
    let bed = bed("writers-client-side");
    let (run, _) = sync_while(&bed, Moment::applied("/configmaps/settings"), |other, _| {
        other.kubectl_stdin(&["apply", "-f", "-"], &config_map("settings", &[("theirs", "1")]));
    });
    run.exits(1)
        .shows("failed ConfigMap writers-client-side/settings: it changed after the plan was made");
    assert_eq!(
        data(&bed, "settings"),
        json!({"mode": "slow", "size": "1", "theirs": "1"})
    );
    bed.synced();
    assert_eq!(data(&bed, "settings")["mode"], "fast");
}

#[test]
fn a_value_that_kubectl_applies_over_ours_meanwhile_is_left_and_said() {
    let bed = bed("writers-forced");
    let (run, _) = sync_while(&bed, Moment::applied("/configmaps/settings"), |other, _| {
        let way = ["apply", "--server-side", "--force-conflicts", "-f", "-"];
        other.kubectl_stdin(&way, &config_map("settings", &[("mode", "theirs")]));
    });
    run.exits(1)
        .shows("failed ConfigMap writers-forced/settings: it changed after the plan was made");
    assert_eq!(data(&bed, "settings"), json!({"mode": "theirs", "size": "1"}));
    bed.diff().exits(1).shows("conflict").shows("kubectl");
}
