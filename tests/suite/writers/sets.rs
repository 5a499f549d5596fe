//! Another ApplySet, or somebody, writes objects with the labels of ours.

use super::{Moment, sync_while};
use crate::bed::{Bed, config_map, with_metadata};

/// The label by which the members of a bed's ApplySet are found, as the cluster has it.
fn label(bed: &Bed) -> String {
    let member = bed.get("configmap", "kept").expect("it is there");
    let label = member["metadata"]["labels"]["applyset.kubernetes.io/part-of"].as_str();
    label.expect("a member has the label").to_owned()
}

#[test]
fn what_somebody_labels_like_ours_meanwhile_is_not_pruned() {
    let bed = Bed::new("writers-labelled");
    bed.write_config_map("kept", &[("a", "1")]);
    bed.write_config_map("dropped", &[("a", "1")]);
    bed.synced();
    bed.remove("dropped.yaml");
    let line = format!("  labels: {{applyset.kubernetes.io/part-of: {}}}\n", label(&bed));
    let theirs = with_metadata(&config_map("theirs", &[("a", "1")]), &line);
    let (run, _) = sync_while(&bed, Moment::deleted("/configmaps/dropped"), move |other, _| {
        other.kubectl_stdin(&["apply", "--server-side", "-f", "-"], &theirs);
    });
    run.exits(0).shows("1 deleted");
    bed.diff().shows("ConfigMap writers-labelled/theirs");
    bed.synced();
    assert!(bed.get("configmap", "theirs").is_some(), "somebody else applied it");
}

#[test]
fn what_another_set_takes_over_meanwhile_is_left_to_it() {
    let bed = Bed::new("writers-taken");
    bed.write_config_map("kept", &[("a", "1")]);
    bed.write_config_map("settings", &[("mode", "slow")]);
    bed.synced();
    bed.write_config_map("settings", &[("mode", "fast")]);
    let line = "  labels: {applyset.kubernetes.io/part-of: applyset-another-v1}\n";
    let theirs = with_metadata(&config_map("settings", &[("mode", "theirs")]), line);
    let (run, _) = sync_while(&bed, Moment::applied("/configmaps/settings"), move |other, _| {
        let way = ["apply", "--server-side", "--force-conflicts", "-f", "-"];
        other.kubectl_stdin(&way, &theirs);
    });
    run.exits(1)
        .shows("failed ConfigMap writers-taken/settings: it changed after the plan was made");
    let settings = bed.get("configmap", "settings").expect("it is there");
    assert_eq!(settings["data"]["mode"], "theirs");
    bed.diff().exits(1).shows("applyset-another-v1");
}

#[test]
fn what_a_third_set_takes_over_meanwhile_is_not_taken_from_that() {
    let mut bed = Bed::new("writers-third");
    bed.write_config_map("kept", &[("a", "1")]);
    bed.synced();
    let args = ["sync", "--yes", "-f", "-", "--name", "another", "-n", "writers-third"];
    bed.run_with(&args, &config_map("settings", &[("mode", "slow")]))
        .exits(0);
    bed.write_config_map("settings", &[("mode", "slow")]);
    bed.always.extend(["--take-from", "writers-third/another"]);
    let label = "applyset.kubernetes.io/part-of=applyset-third-v1";
    let (run, _) = sync_while(&bed, Moment::applied("/configmaps/settings"), move |other, _| {
        other.kubectl(&["label", "--overwrite", "configmap", "settings", label]);
    });
    run.exits(1)
        .shows("failed ConfigMap writers-third/settings: it changed after the plan was made");
    let settings = bed.get("configmap", "settings").expect("it is there");
    let labels = &settings["metadata"]["labels"];
    assert_eq!(labels["applyset.kubernetes.io/part-of"], "applyset-third-v1");
}
