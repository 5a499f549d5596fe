//! `diff` says what would change, where git says so and why, and changes nothing.

use crate::bed::{Bed, config_map, pod_template, with_metadata};

#[test]
fn new_objects_are_created_and_then_in_sync() {
    let bed = Bed::new("diff-new");
    bed.write_config_map("settings", &[("mode", "fast")]);
    bed.commit("Settings");
    bed.diff()
        .exits(1)
        .shows("+ create ConfigMap diff-new/settings")
        .shows("1 to create; 0 unchanged");
    bed.synced().shows("complete: 1 created");
    bed.diff().exits(0).shows("in sync: 1 object");
}

#[test]
fn a_diff_writes_nothing() {
    let bed = Bed::new("diff-writes-nothing");
    bed.write_config_map("settings", &[("mode", "fast")]);
    bed.synced();
    bed.write_config_map("settings", &[("mode", "slow")]);
    bed.write_config_map("more", &[("a", "b")]);
    let requests = bed.audited(|| drop(bed.diff().exits(1)));
    assert!(requests.iter().any(|request| request.dry_run), "the server was asked");
    let writes: Vec<_> = requests.iter().filter(|request| request.is_write()).collect();
    assert!(writes.is_empty(), "{writes:?}");
}

#[test]
fn a_changed_field_is_shown_with_its_place_and_cause_and_nothing_else_is() {
    let bed = Bed::new("diff-field");
    bed.write("pods/web.yaml", &pod_template("web", "nginx:1"));
    bed.write_config_map("settings", &[("mode", "fast")]);
    bed.synced();
    bed.write("pods/web.yaml", &pod_template("web", "nginx:2"));
    bed.commit("Newer nginx");
    let run = bed.diff().exits(1);
    let (change, rest) = run.stdout.split_once('\n').expect("a heading and more");
    assert!(change.starts_with("diff-field on "), "{change}");
    assert_eq!(
        rest.lines().map(str::trim_end).collect::<Vec<_>>().join("\n"),
        "
~ update    PodTemplate diff-field/web
    template.spec.containers[main].image                  desired/pods/web.yaml:9
      - nginx:1
      + nginx:2                                           git

1 to update; 1 unchanged"
    );
}

#[test]
fn the_heading_names_the_commit_and_the_last_sync() {
    let bed = Bed::new("diff-heading");
    bed.write_config_map("settings", &[("mode", "fast")]);
    let commit = bed.commit("Settings");
    bed.diff().shows(&commit[..7]).shows("never synced");
    bed.synced();
    bed.diff().shows(&format!("last synced {}", &commit[..7]));
    bed.write_config_map("settings", &[("mode", "slow")]);
    bed.diff().shows(&format!("{} with local changes", &commit[..7]));
}

#[test]
fn with_stat_each_object_is_one_line() {
    let bed = Bed::new("diff-stat");
    bed.write_config_map("settings", &[("mode", "fast"), ("size", "large")]);
    bed.commit("Fast");
    bed.synced();
    // Of a commit behind two fields nothing is told where no field is.
    bed.write_config_map("settings", &[("mode", "slow"), ("size", "small")]);
    bed.write_config_map("more", &[("a", "b")]);
    bed.commit("Slower");
    let run = bed.run(&["diff", "--stat"]).exits(1);
    let lines: Vec<&str> = run.stdout.lines().skip(2).collect();
    assert_eq!(
        lines[..2],
        [
            "+ create    ConfigMap diff-stat/more",
            "~ update    ConfigMap diff-stat/settings"
        ],
        "{}",
        run.stdout
    );
    assert_eq!(lines[3], "1 to create, 1 to update; 0 unchanged");
    bed.run(&["diff", "--stat", "--format", "json"]).exits(2);
}

#[test]
fn a_field_that_git_drops_is_removed() {
    let bed = Bed::new("diff-removed");
    bed.write_config_map("settings", &[("mode", "fast"), ("old", "value")]);
    bed.synced();
    bed.write_config_map("settings", &[("mode", "fast")]);
    bed.diff().exits(1).shows("data.old - value removed: no longer in git");
    bed.synced();
    assert_eq!(
        bed.get("configmap", "settings").expect("it is there")["data"].to_string(),
        r#"{"mode":"fast"}"#
    );
}

#[test]
fn text_of_several_lines_is_shown_as_hunks() {
    let bed = Bed::new("diff-hunks");
    let text = |changed: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: conf\ndata:\n  a.conf: |\n    one\n    two\n    three\n    {changed}\n    five\n    six\n    seven\n    eight\n"
        )
    };
    bed.write("conf.yaml", &text("four"));
    bed.synced();
    bed.write("conf.yaml", &text("FOUR"));
    let run = bed.diff().exits(1).shows("- four + FOUR").shows("two three");
    assert!(
        !run.stdout.contains("eight"),
        "only the lines around a change are shown\n{}",
        run.stdout
    );
}

#[test]
fn a_moved_or_renamed_file_changes_nothing() {
    let bed = Bed::new("diff-moved");
    bed.write_config_map("settings", &[("mode", "fast")]);
    bed.commit("Settings");
    bed.synced();
    bed.rename("settings.yaml", "deep/down/other-name.yml");
    bed.commit("Move it");
    bed.diff().exits(0).shows("in sync: 1 object");
}

#[test]
fn manifests_come_from_standard_input_too() {
    let bed = Bed::new("diff-stdin");
    let manifest = config_map("piped", &[("a", "b")]);
    let args = ["diff", "-f", "-", "--name", "diff-stdin", "-n", "diff-stdin"];
    bed.run_with(&args, &manifest)
        .exits(1)
        .shows("+ create ConfigMap diff-stdin/piped");
    let args = ["sync", "--yes", "-f", "-", "--name", "diff-stdin", "-n", "diff-stdin"];
    bed.run_with(&args, &manifest).exits(0);
    assert!(bed.get("configmap", "piped").is_some());
}

#[test]
fn a_new_object_is_shown_whole_when_asked() {
    let bed = Bed::new("diff-whole");
    bed.write_config_map("settings", &[("mode", "fast")]);
    bed.diff().exits(1).shows_not("mode");
    bed.run(&["diff", "-v"]).exits(1).shows("+ mode: fast");
}

#[test]
fn what_is_in_a_namespace_that_is_not_there_yet_is_shown_unverified() {
    let plane = crate::control_plane::ControlPlane::bare();
    let bed = Bed::without_namespace(plane, "diff-new-namespace");
    bed.write(
        "namespace.yaml",
        "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: diff-new-namespace\n",
    );
    bed.write_config_map("settings", &[("mode", "fast")]);
    bed.diff()
        .exits(1)
        .shows("+ create Namespace diff-new-namespace")
        .shows("unverified: 1 object: namespace diff-new-namespace is not there yet");
    bed.synced().shows("complete: 2 created");
    bed.diff().exits(0);
}

#[test]
fn a_warning_of_the_server_is_passed_on() {
    let bed = Bed::new("diff-warning");
    bed.write(
        "pod.yaml",
        &pod_template("web", "nginx").replace(
            "    containers:",
            "    nodeSelector:\n      beta.kubernetes.io/os: linux\n    containers:",
        ),
    );
    bed.diff()
        .exits(1)
        .shows("warning: template.spec.nodeSelector[beta.kubernetes.io/os]: deprecated");
}

#[test]
fn a_first_label_and_a_first_annotation_are_shown_as_fields_of_their_own() {
    let bed = Bed::new("diff-first-label");
    bed.kubectl(&["create", "configmap", "settings", "--from-literal=a=1"]);
    let manifest = with_metadata(
        &config_map("settings", &[("a", "1")]),
        "  labels: {team: x}\n  annotations: {example.com/note: later}\n",
    );
    // Without a name there is no membership label that would make the maps be there already.
    let args = ["diff", "-f", "-", "-n", "diff-first-label", "--adopt"];
    let run = bed.run_with(&args, &manifest).exits(1);
    let run = run.shows("metadata.labels.team").shows("+ x");
    run.shows("metadata.annotations[example.com/note]")
        .shows("+ later")
        .shows_not("stackanetes.io/applied");
}

#[test]
fn a_list_that_is_one_value_is_shown_by_what_differs_in_it() {
    let bed = Bed::new("diff-atomic");
    let role = |verb: &str| {
        format!(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: reader
rules:
  - {{apiGroups: [\"\"], resources: [pods], verbs: [get]}}
  - {{apiGroups: [apps], resources: [deployments], verbs: [{verb}]}}
"
        )
    };
    bed.write("role.yaml", &role("list"));
    bed.synced();
    bed.write("role.yaml", &role("watch"));
    bed.diff().exits(1).shows("- - list + - watch").shows_not("pods");
}
