//! Objects of nobody, and of another ApplySet: neither pruned nor taken over unless that is asked for.

use crate::bed::{Bed, config_map};

#[test]
fn what_another_set_or_nobody_applied_is_never_pruned() {
    let bed = Bed::new("prune-others");
    bed.write_config_map("mine", &[("a", "1")]);
    bed.write_config_map("dropped", &[("a", "1")]);
    bed.synced();
    // Another ApplySet in the same namespace, and a copy of a member, label and all.
    let args = ["sync", "--yes", "-f", "-", "--name", "another", "-n", "prune-others"];
    bed.run_with(&args, &config_map("theirs", &[("a", "1")])).exits(0);
    let label =
        bed.get("configmap", "mine").expect("it is there")["metadata"]["labels"]["applyset.kubernetes.io/part-of"]
            .clone();
    bed.kubectl(&["create", "configmap", "copied"]);
    bed.kubectl(&[
        "label",
        "configmap",
        "copied",
        &format!("applyset.kubernetes.io/part-of={}", label.as_str().expect("text")),
    ]);
    bed.remove("dropped.yaml");
    bed.synced()
        .shows("= keep ConfigMap prune-others/copied labelled as a member, but never applied by us")
        .shows("1 deleted");
    assert!(bed.get("configmap", "theirs").is_some() && bed.get("configmap", "copied").is_some());
}

#[test]
fn a_member_whose_managed_fields_were_lost_is_kept_until_it_was_synced_once_more() {
    let bed = Bed::new("prune-lost");
    bed.write_config_map("mine", &[("a", "1")]);
    bed.write_config_map("dropped", &[("a", "1")]);
    bed.synced();
    let clear = r#"[{"op": "replace", "path": "/metadata/managedFields", "value": [{}]}]"#;
    bed.kubectl(&["patch", "configmap", "dropped", "--type=json", "-p", clear]);
    bed.remove("dropped.yaml");
    let kept = "labelled as a member, but its managed fields were lost: sync it once before it is dropped";
    bed.synced()
        .shows(&format!("= keep ConfigMap prune-lost/dropped {kept}"));
    bed.run(&["delete", "--orphan"])
        .shows(&format!("= keep ConfigMap prune-lost/dropped {kept}"));
    bed.write_config_map("dropped", &[("a", "1")]);
    bed.synced();
    bed.remove("dropped.yaml");
    bed.synced().shows("1 deleted");
    assert_eq!(bed.get("configmap", "dropped"), None);
}

#[test]
fn another_sets_object_is_not_taken_even_when_asked() {
    let bed = Bed::new("prune-taken");
    let args = ["sync", "--yes", "-f", "-", "--name", "another", "-n", "prune-taken"];
    bed.run_with(&args, &config_map("theirs", &[("a", "1")])).exits(0);
    bed.write_config_map("theirs", &[("a", "mine")]);
    bed.run(&["sync", "--yes", "--adopt"])
        .exits(1)
        .shows("? skip ConfigMap prune-taken/theirs it is part of another ApplySet, another")
        .shows("(ConfigMap prune-taken/stackanetes-another)")
        .shows("pass --take-from prune-taken/another to take it over");
    // Another tool's parent has a name of its own: by KEP-3659, the ID is made of that.
    let id = "applyset-AyK2KycipXVozmsxUy1224wgC18AAYj5A7OkWsTccQU-v1";
    let labelled = format!("applyset.kubernetes.io/id={id}");
    let label = |id: &str| {
        let label = format!("applyset.kubernetes.io/part-of={id}");
        bed.kubectl(&["label", "--overwrite", "configmap", "theirs", &label]);
    };
    label(id);
    // What only says that it is the parent is none.
    bed.kubectl(&["create", "configmap", "another-parent"]);
    bed.kubectl(&["label", "configmap", "another-parent", &labelled]);
    bed.diff()
        .exits(1)
        .shows(&format!("it is part of another ApplySet, {id}"));
    bed.kubectl(&["create", "configmap", "the-parent"]);
    bed.kubectl(&["label", "configmap", "the-parent", &labelled]);
    bed.diff()
        .exits(1)
        .shows("it is part of another ApplySet, that of ConfigMap prune-taken/the-parent");
    label("applyset-of-nobody");
    bed.diff()
        .exits(1)
        .shows("it is part of another ApplySet, applyset-of-nobody");
    assert_eq!(bed.get("configmap", "theirs").expect("it is there")["data"]["a"], "1");
}

#[test]
fn however_many_other_sets_have_objects_they_are_asked_for_once() {
    let bed = Bed::new("prune-many");
    for set in ["one", "two", "three"] {
        let args = ["sync", "--yes", "-f", "-", "--name", set, "-n", "prune-many"];
        let theirs = format!("theirs-{set}");
        bed.run_with(&args, &config_map(&theirs, &[("a", "1")])).exits(0);
        bed.write_config_map(&theirs, &[("a", "mine")]);
    }
    let requests = bed.audited(|| {
        bed.diff()
            .exits(1)
            .shows("(ConfigMap prune-many/stackanetes-one)")
            .shows("(ConfigMap prune-many/stackanetes-two)")
            .shows("(ConfigMap prune-many/stackanetes-three)");
    });
    let asked = requests
        .iter()
        .filter(|request| request.uri.contains("applyset.kubernetes.io%2Fid"));
    assert_eq!(asked.count(), 1, "{requests:?}");
}
