//! What a difference is called, and what is said of it.

use serde_json::json;

use super::*;
use crate::object::field::FieldManager;
use crate::object::shown::ShownPath;
use crate::testing::{US, desired, desired_with_secret, live, note};

/// Git wants `a`, and `z` that never changes.
const GIT: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: ns}\ndata:\n  a: new\n  z: same\n";
const OTHER_VALUE: &str =
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: ns}\ndata: {a: old, z: same}\n";
const OTHER_FIELDS: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: ns}\ndata: {z: same}\n";
const BOTH: &str = "data a, data z";
const REST: &str = "data z";

fn config_map(data: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "ns"}, "data": data})
}

fn noted(mut value: Value, then: &str) -> Value {
    if !then.is_empty() {
        note(&mut value, &desired(then));
    }
    value
}

fn word(change: &FieldChange) -> String {
    let name = |manager: &FieldManager| manager.name.clone();
    let cause = match &change.cause {
        Cause::Git => "git".to_owned(),
        Cause::Drift { writer } => format!("drift by {}", writer.as_ref().map_or("somebody".into(), name)),
        Cause::InOurName { .. } => "drift in our name".to_owned(),
        Cause::Diverged { writer } => format!("diverged by {}", writer.as_ref().map_or("somebody".into(), name)),
        Cause::Conflict { owner } => format!("conflict with {}", name(owner)),
        Cause::Removed => "removed".to_owned(),
        Cause::LeftBehind { owner } => format!("left behind for {}", owner.as_ref().map_or("nobody".into(), name)),
        Cause::Takeover { from } => format!("takeover from {}", from.as_ref().map_or("nobody".into(), name)),
        Cause::Server => "server".to_owned(),
    };
    let guessed = if change.guessed { "?" } else { "" };
    format!("{} {cause}{guessed}", change.path)
}

fn words(comparison: &Comparison) -> Vec<String> {
    comparison.changes.iter().map(word).collect()
}

/// What is said of `data.a`, which git wants to be `new`, if the object was applied from `then` and is
/// owned like `owners`.
fn of_a(then: &str, before: Value, owners: &[(&str, &str)]) -> Vec<String> {
    let live = live(noted(config_map(before), then), owners);
    // As a forced apply leaves it: the field is ours alone.
    let others = owners.iter().filter(|(writer, _)| *writer != "=stackanetes");
    let mut after = vec![("=stackanetes", BOTH)];
    after.extend(others.map(|(writer, _)| (*writer, "data q")));
    let answer = self::live(noted(config_map(json!({"a": "new", "z": "same"})), GIT), &after);
    words(&compare(&desired(GIT), None, &live, &answer, US))
}

/// A writer of a line of the table, and its fields: `=stackanetes a z`.
fn owned(text: &str) -> Option<(&str, String)> {
    let (writer, keys) = text.split_once(' ')?;
    let fields: Vec<String> = keys.split(' ').map(|key| format!("data {key}")).collect();
    Some((writer, fields.join(", ")))
}

#[test]
fn a_wanted_field_differs_for_one_cause() {
    let table = include_str!("../../../fixtures/compare/wanted-field.tsv").lines();
    let rows = table.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let rows: Vec<&str> = rows.collect();
    assert!(rows.len() > 20);
    for row in rows {
        let [then, writers, expected] = row.split('\t').collect::<Vec<_>>()[..] else {
            panic!("three columns: {row}");
        };
        let then = match then {
            "same" => GIT,
            "other value" => OTHER_VALUE,
            "other fields" => OTHER_FIELDS,
            "never" => "",
            _ => panic!("no such apply: {row}"),
        };
        let owned: Vec<(&str, String)> = writers.split(", ").filter_map(owned).collect();
        let owners: Vec<(&str, &str)> = owned
            .iter()
            .map(|(writer, fields)| (*writer, fields.as_str()))
            .collect();
        let found = of_a(then, json!({"a": "old", "z": "same"}), &owners);
        assert_eq!(found, [format!("data.a {expected}")], "{row}");
    }
}

#[test]
fn a_field_that_is_not_there_yet_is_gits_without_a_guess() {
    let rest = &[("=stackanetes", REST)];
    assert_eq!(of_a(OTHER_FIELDS, json!({"z": "same"}), rest), ["data.a git"]);
    assert_eq!(of_a(GIT, json!({"z": "same"}), rest), ["data.a drift by somebody"]);
}

#[test]
fn of_several_losers_the_latest_is_named_and_one_that_keeps_writing_before_it() {
    let early = ("kubectl-edit@2026-01-01T00:00:00Z", "data a");
    let late = ("kubectl-patch@2026-01-02T00:00:00Z", "data a");
    let flux = ("=flux@2025-01-01T00:00:00Z", "data a");
    let ours = ("=stackanetes", REST);
    let old = || json!({"a": "old", "z": "same"});
    assert_eq!(
        of_a(GIT, old(), &[ours, early, late]),
        ["data.a drift by kubectl-patch"]
    );
    assert_eq!(
        of_a(GIT, old(), &[ours, late, early]),
        ["data.a drift by kubectl-patch"]
    );
    assert_eq!(of_a(GIT, old(), &[ours, late, flux]), ["data.a conflict with flux"]);
}

#[test]
fn a_manager_that_keeps_its_field_is_no_loser() {
    let before = live(
        noted(config_map(json!({"a": "old", "z": "same"})), GIT),
        &[("=stackanetes", REST), ("=flux", "data a")],
    );
    let answer = live(
        config_map(json!({"a": "new", "z": "same"})),
        &[("=stackanetes", BOTH), ("=flux", "data a")],
    );
    let found = compare(&desired(GIT), None, &before, &answer, US);
    assert_eq!(words(&found), ["data.a drift by somebody"]);
}

#[test]
fn what_git_dropped_is_removed_or_left_behind_and_what_the_server_does_is_the_servers() {
    let git = desired(OTHER_FIELDS);
    let before = live(
        config_map(json!({"gone": "1", "kept": "1", "server": "1", "z": "same"})),
        &[
            ("=stackanetes", "data gone, data kept, data z"),
            ("kubectl-edit", "data kept"),
        ],
    );
    let answer = live(
        config_map(json!({"kept": "1", "server": "2", "z": "same"})),
        &[("=stackanetes", REST), ("kubectl-edit", "data kept")],
    );
    let found = compare(&git, None, &before, &answer, US);
    assert_eq!(
        words(&found),
        [
            "data.gone removed",
            "data.kept left behind for kubectl-edit",
            "data.server server"
        ]
    );
    assert_eq!(found.changes[1].before, Shown::Value(json!("1")));
    assert_eq!(found.changes[1].after, Shown::Value(json!("1")));
    assert_eq!(
        (&found.changes[0].after, found.conflicts().count()),
        (&Shown::Absent, 0)
    );
}

#[test]
fn what_a_takeover_brings_with_it_is_the_servers_and_nothing_is_left_behind() {
    let before = live(
        config_map(json!({"a": "old", "s": "1", "k": "1"})),
        &[("=flux", "data a, data k")],
    );
    let answer = live(
        config_map(json!({"a": "new", "s": "2", "k": "1"})),
        &[("=stackanetes", "data a"), ("=flux", "data k")],
    );
    let found = compare(&desired(GIT), None, &before, &answer, US);
    assert_eq!(words(&found), ["data.a takeover from flux", "data.s server"]);
}

#[test]
fn an_item_left_behind_is_named_once_and_not_field_by_field() {
    const ITEM: &str = r#"spec ports k:{"port":80} ., spec ports k:{"port":80} port, spec ports k:{"port":80} name"#;
    let git = desired("apiVersion: v1\nkind: Service\nmetadata: {name: x, namespace: ns}\n");
    let value = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "x", "namespace": "ns"},
        "spec": {"ports": [{"port": 80, "name": "web"}]}});
    let before = live(value.clone(), &[("=stackanetes", ITEM), ("=flux", ITEM)]);
    let answer = live(value, &[("=stackanetes", ""), ("=flux", ITEM)]);
    assert_eq!(
        words(&compare(&git, None, &before, &answer, US)),
        ["spec.ports[80] left behind for flux"]
    );
}

#[test]
fn an_order_that_moved_is_drift_only_if_git_is_known_not_to_have_moved_it() {
    const FIELDS: &str = r#"spec ports k:{"port":80} ., spec ports k:{"port":81} ."#;
    let text = |first: &str, second: &str| {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: x, namespace: ns}}\nspec: {{ports: [{{port: {first}}}, {{port: {second}}}]}}\n"
        )
    };
    let (git, moved) = (text("80", "81"), text("81", "80"));
    let object = |text: &str, then: &str| live(noted(desired(text).value, then), &[("=stackanetes", FIELDS)]);
    for (then, expected) in [
        (&git, "spec.ports drift by somebody"),
        (&moved, "spec.ports git?"),
        (&String::new(), "spec.ports git?"),
    ] {
        let found = compare(&desired(&git), None, &object(&moved, then), &object(&git, &git), US);
        assert_eq!(words(&found), [expected], "{then}");
        assert!(found.changes[0].reordered);
    }
}

fn secret(value: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Secret", "type": value,
        "metadata": {"name": "x", "namespace": "ns", "labels": {"l": value}, "annotations": {"n": value}},
        "data": {"a": value, "b": value}})
}

#[test]
fn of_a_secret_only_labels_and_type_are_shown() {
    let git = desired("apiVersion: v1\nkind: Secret\nmetadata: {name: x, namespace: ns}\ndata: {a: Mg==}\n");
    let found = compare(&git, None, &live(secret("MQ=="), &[]), &live(secret("Mg=="), &[]), US);
    let shown: Vec<(String, bool)> = found
        .changes
        .iter()
        .map(|change| (change.path.to_string(), matches!(change.before, Shown::Value(_))))
        .collect();
    let expected = [
        ("data.a", false),
        ("data.b", false),
        ("metadata.annotations.n", false),
        ("metadata.labels.l", true),
        ("type", true),
    ];
    assert_eq!(shown, expected.map(|(path, is_shown)| (path.to_owned(), is_shown)));
    assert!(
        !format!("{:?}", &found.changes[..3]).contains("MQ=="),
        "{:?}",
        found.changes
    );
    // Masked values are told apart, and no more than that.
    assert_eq!(found.changes[0].before, found.changes[1].before);
    assert_ne!(found.changes[0].before, found.changes[0].after);
}

#[test]
fn a_config_map_is_shown_except_where_a_secret_parameter_made_it() {
    let before = live(config_map(json!({"a": "old", "z": "old"})), &[]);
    let answer = live(config_map(json!({"a": "new", "z": "same"})), &[("=stackanetes", BOTH)]);
    let found = compare(&desired_with_secret(GIT, &["data", "a"]), None, &before, &answer, US);
    assert!(matches!(found.changes[0].before, Shown::Masked(_)) && matches!(found.changes[0].after, Shown::Masked(_)));
    assert_eq!(found.changes[1].after, Shown::Value(json!("same")));
}

#[test]
fn a_change_says_where_git_says_so() {
    let before = live(config_map(json!({"a": "old", "z": "same"})), &[]);
    let answer = live(config_map(json!({"a": "new", "z": "same"})), &[("=stackanetes", BOTH)]);
    let found = compare(&desired(GIT), None, &before, &answer, US);
    assert_eq!(found.changes[0].origins[0].place.to_string(), "a.yaml:5:3");
}

/// What else than fields an apply of `GIT` would change.
fn flags(before: LiveObject, answer: LiveObject) -> (bool, bool, bool, bool) {
    let found = compare(&desired(GIT), None, &before, &answer, US);
    assert_eq!(words(&found), [""; 0]);
    (found.joins, found.ownership, found.noted, found.is_unchanged())
}

#[test]
fn of_a_secret_what_says_whose_it_is_may_be_shown() {
    let is_public = |path: &[&str]| is_public_in_secret(&FieldPath::of(path));
    assert!(
        ["labels", "finalizers", "ownerReferences"]
            .iter()
            .all(|name| is_public(&["metadata", name]))
    );
    assert!(!is_public(&["metadata", "annotations"]) && !is_public(&["data"]) && !is_public(&["metadata"]));
}

#[test]
fn beside_its_fields_an_object_may_join_be_owned_or_be_noted() {
    const NOTES: &str = "data a, data z, metadata labels applyset.kubernetes.io/part-of, \
                         metadata annotations stackanetes.io/applied, metadata annotations stackanetes.io/revision";
    let value = |then: &str| noted(config_map(json!({"a": "new", "z": "same"})), then);
    let member = |id: &str, revision: &str| {
        let mut value = value(GIT);
        value["metadata"]["labels"] = json!({ inventory::PART_OF: id });
        value["metadata"]["annotations"][inventory::REVISION] = revision.into();
        value
    };
    let ours = |value: Value| live(value, &[("=stackanetes", BOTH)]);
    let answer = || ours(value(GIT));
    // joins, ownership, noted, unchanged
    assert_eq!(flags(ours(value(GIT)), answer()), (false, false, false, true));
    assert_eq!(flags(ours(value(OTHER_FIELDS)), answer()), (false, false, true, false));
    assert_eq!(
        flags(ours(value(OTHER_VALUE)), answer()),
        (false, false, false, true),
        "it is the same value in another spelling, or a rule leaves it"
    );
    assert_eq!(flags(ours(value("")), answer()), (false, false, true, false));
    assert_eq!(
        flags(ours(value(GIT)), ours(member("x", "1"))),
        (true, false, false, false)
    );
    assert_eq!(
        flags(ours(member("y", "1")), ours(member("x", "1"))),
        (true, false, false, false)
    );
    assert_eq!(
        flags(ours(member("x", "1")), ours(member("x", "2"))),
        (false, false, false, true)
    );
    let partly = live(value(GIT), &[("=stackanetes", REST)]);
    assert_eq!(flags(partly, answer()), (false, true, false, false));
    let more = live(value(GIT), &[("=stackanetes", "data a, data z, data q")]);
    assert_eq!(flags(more, answer()), (false, true, false, false));
    // Our own notes are no fields to own.
    let noted = live(value(GIT), &[("=stackanetes", NOTES)]);
    assert_eq!(flags(answer(), noted), (false, false, false, true));
}

fn change(path: &[&str]) -> FieldChange {
    FieldChange {
        taken: None,
        path: FieldPath::of(path),
        shown: ShownPath::default(),
        before: Shown::Absent,
        after: Shown::Absent,
        reordered: false,
        cause: Cause::Git,
        guessed: false,
        origins: Vec::new(),
        place: None,
        edits: Vec::new(),
        is_by_edit: false,
    }
}

fn mismatched(predicted: &LiveObject, stored: &LiveObject, shown: &[&str]) -> Vec<String> {
    let changes: Vec<FieldChange> = shown.iter().map(|name| change(&[name])).collect();
    mismatches(predicted, stored, &changes, US)
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn a_prediction_fails_on_what_is_ours_or_was_shown() {
    let object = |value: &str| {
        live(
            config_map(json!({"a": value, "q": value})),
            &[("=stackanetes", "data a")],
        )
    };
    let (predicted, stored) = (object("1"), object("2"));
    assert_eq!(mismatched(&predicted, &predicted, &["data"]), [""; 0]);
    assert_eq!(mismatched(&predicted, &stored, &[]), ["data.a"]);
    assert_eq!(mismatched(&predicted, &stored, &["metadata"]), ["data.a"]);
    assert_eq!(mismatched(&predicted, &stored, &["data"]), ["data.a", "data.q"]);
}

#[test]
fn what_a_service_is_given_anew_is_no_mismatch_unless_git_says_it() {
    const PORT: &str = r#"spec ports k:{"port":80} ., spec ports k:{"port":80} port"#;
    let object = |kind: &str, number: &str, fields: &str| {
        let value = json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": "x", "namespace": "ns"}, "spec": {
            "clusterIP": number, "clusterIPs": [number], "healthCheckNodePort": number, "type": number,
            "ports": [{"port": 80, "nodePort": number}]}});
        live(value, &[("=stackanetes", fields)])
    };
    let found =
        |kind: &str, fields: &str| mismatched(&object(kind, "1", fields), &object(kind, "2", fields), &["spec"]);
    assert_eq!(found("Service", PORT), ["spec.type"]);
    let own = r#"spec clusterIP, spec ports k:{"port":80} ., spec ports k:{"port":80} nodePort"#;
    assert_eq!(
        found("Service", own),
        ["spec.clusterIP", "spec.ports[80].nodePort", "spec.type"]
    );
    assert_eq!(found("Other", PORT).len(), 5);
}

/// Without rules.
pub(super) fn compare(
    desired: &DesiredObject,
    base: Option<&DesiredObject>,
    live: &LiveObject,
    answer: &LiveObject,
    field_manager: &str,
) -> Comparison {
    let sides = Sides {
        desired,
        base,
        live,
        answer,
        ruled: &Ruled::default(),
        migration: None,
    };
    super::compare(&sides, field_manager)
}
