//! What becomes ours, and what an apply makes of it then.

use super::*;
use crate::testing::live;

const NOTED: &str = "metadata annotations kubectl.kubernetes.io/last-applied-configuration";

fn heir<'a>(named: &'a [String], served: &'a [String]) -> NewOwner<'a> {
    NewOwner {
        field_manager: "stackanetes",
        named,
        takes_over: false,
        api_version: "v1",
        served,
        schema: Schema::bundled(),
        said: None,
    }
}

fn object(owners: &[(&str, &str)]) -> LiveObject {
    let value = json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "1", "b": "2", "c": "3"},
        "metadata": {"name": "x", "resourceVersion": "7", "annotations": {LAST_APPLIED: "{}"}}});
    let mut live = live(value, owners).into_value();
    for entry in live["metadata"]["managedFields"].as_array_mut().expect("a list") {
        entry["apiVersion"] = "v1".into();
    }
    LiveObject::new(live)
}

fn owners(managed: &ManagedFields) -> Vec<String> {
    let told = managed.entries().map(|(manager, fields)| {
        let paths: Vec<String> = fields.paths().iter().map(ToString::to_string).collect();
        format!(
            "{:?} {} {}: {}",
            manager.operation,
            manager.name,
            manager.api_version,
            paths.join(" ")
        )
    });
    told.collect()
}

#[test]
fn what_is_nobodys_is_taken_down_to_its_last_values_and_beside_what_is_ours() {
    let mut value = object(&[("=stackanetes", "data a"), ("flux", "data c")]).into_value();
    value["spec"] = json!({"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 2}});
    let live = LiveObject::new(value);
    let taken = Migration::taking(
        None,
        &live,
        heir(&[], &[]),
        &[FieldPath::of(&["spec", "rollingUpdate"])],
    );
    let (_, ours) = taken.managed.applied_by("stackanetes").expect("an entry");
    let paths: Vec<String> = ours.paths().iter().map(ToString::to_string).collect();
    assert_eq!(
        paths,
        [
            "data.a",
            "spec.rollingUpdate.maxSurge",
            "spec.rollingUpdate.maxUnavailable"
        ]
    );
    assert_eq!(taken.managed.entries().count(), 2);
    // Who does not keep writing loses it, and keeps the rest.
    let nobody = ("before-first-apply", "data b, spec rollingUpdate maxSurge");
    let value = live.with_managed(&ManagedFields::of(&object(&[nobody])));
    let taken = Migration::taking(
        None,
        &value,
        heir(&[], &[]),
        &[FieldPath::of(&["spec", "rollingUpdate"])],
    );
    let rest = taken.managed.entries().find(|(manager, _)| !manager.keeps_writing());
    let rest = rest.map(|(_, fields)| fields.paths()).unwrap_or_default();
    assert_eq!(rest, [FieldPath::of(&["data", "b"])]);
    // Of what we never applied, it is all that is ours.
    let nobodys = live.with_managed(&ManagedFields::default());
    let taken = Migration::taking(None, &nobodys, heir(&[], &[]), &[FieldPath::of(&["spec"])]);
    assert_eq!(taken.managed.all().paths().len(), 2);
}

#[test]
fn what_kubectl_apply_left_becomes_ours_whatever_its_name() {
    for name in ["kubectl-client-side-apply", "my-own-name"] {
        let fields = format!("data a, data b, {NOTED}");
        let live = object(&[
            (name, &fields),
            ("other", "data c"),
            (&format!("{name}/status"), "status x"),
        ]);
        let migration = due(&live, heir(&[], &[])).expect("it is due");
        assert_eq!(
            owners(&migration.managed),
            [
                format!("Apply stackanetes v1: data.a data.b metadata.annotations[{LAST_APPLIED}]"),
                format!("Update {name} v1: status.x"),
                "Update other v1: data.c".to_owned(),
            ]
            .into_iter()
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .collect::<Vec<_>>()
        );
    }
    assert_eq!(
        due(
            &object(&[("other", "data a"), ("=stackanetes", "data b")]),
            heir(&[], &[])
        ),
        None
    );
}

#[test]
fn a_named_managers_fields_become_ours_however_it_wrote() {
    let live = object(&[
        ("=stackanetes", "data a"),
        ("=argocd-controller", "data b"),
        ("helm", "data c"),
    ]);
    let named = ["argocd-controller".to_owned(), "helm".to_owned()];
    let migration = due(&live, heir(&named, &[])).expect("it is due");
    assert_eq!(
        owners(&migration.managed),
        ["Apply stackanetes v1: data.a data.b data.c"]
    );
}

#[test]
fn who_applied_an_object_for_its_former_set_and_nobody_else_loses_it_where_it_is_taken_over() {
    let member = format!("data a, metadata labels {PART_OF}");
    let live = object(&[("=kubectl", &member), ("=flux", "data b"), ("kubectl-label", &member)]);
    assert_eq!(due(&live, heir(&[], &[])), None, "it is not taken over");
    let takes_over = NewOwner {
        takes_over: true,
        ..heir(&[], &[])
    };
    let migration = due(&live, takes_over).expect("it is due");
    assert_eq!(
        owners(&migration.managed),
        [
            "Apply flux v1: data.b".to_owned(),
            format!("Apply stackanetes v1: data.a metadata.labels[{PART_OF}]"),
            format!("Update kubectl-label v1: data.a metadata.labels[{PART_OF}]"),
        ]
    );
}

#[test]
fn what_nobody_keeps_is_gone_after_the_apply() {
    let fields = format!("data a, data b, data c, {NOTED}");
    let live = object(&[("kubectl-client-side-apply", &fields), ("other", "data c")]);
    let migration = due(&live, heir(&[], &[])).expect("it is due");
    let answer = object(&[
        ("=stackanetes", "data a"),
        ("kubectl-client-side-apply", &fields),
        ("other", "data c"),
    ]);
    let (predicted, is_less) = migration.predicted(&answer);
    assert!(is_less);
    assert_eq!(predicted.value()["data"], json!({"a": "1", "c": "3"}));
    assert_eq!(predicted.value()["metadata"]["annotations"], Value::Null);
    assert_eq!(
        owners(&ManagedFields::of(&predicted)),
        ["Apply stackanetes v1: data.a", "Update other v1: data.c"]
    );
}

#[test]
fn fields_in_a_version_that_is_gone_are_recorded_in_the_one_of_git() {
    let mut value = object(&[("=stackanetes", "data a, data gone")]).into_value();
    value["metadata"]["managedFields"][0]["apiVersion"] = "v1alpha1".into();
    let live = LiveObject::new(value);
    assert_eq!(
        due(&live, heir(&[], &["v1alpha1".to_owned()])),
        None,
        "the server knows what to do"
    );
    let migration = due(&live, heir(&[], &[])).expect("it is due");
    assert_eq!(migration.gone_version.as_deref(), Some("v1alpha1"));
    assert_eq!(owners(&migration.managed), ["Apply stackanetes v1: data.a"]);
}
