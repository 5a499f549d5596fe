//! What is pruned, and what keeps it.

use serde_json::{Value, json};

use super::*;

#[test]
fn deletes_beyond_the_budget_are_refused_and_still_shown() {
    let policy = |budget| Policy {
        budget,
        ..Policy::default()
    };
    for (deletes, budget, refused) in [
        (10, Budget::Default, None),
        (11, Budget::Default, Some(10)),
        (2, Budget::Objects(2), None),
        (2, Budget::Objects(1), Some(1)),
        // Of three members, one of them wanted: half is two.
        (2, Budget::Percent(50), None),
        (2, Budget::Percent(33), Some(1)),
    ] {
        let plan = plan(observed(vec![wanted()], config_maps(deletes)), &policy(budget));
        let expected: Vec<Refusal> = refused
            .map(|allowed| Refusal::Budget { deletes, allowed })
            .into_iter()
            .collect();
        assert_eq!(plan.refusals, expected, "{deletes} {budget:?}");
        assert_eq!(plan.of(Action::Delete).count(), deletes);
    }
}

#[test]
fn what_is_kept_or_not_pruned_at_all_spends_no_budget() {
    let none = Policy {
        budget: Budget::Objects(0),
        ..Policy::default()
    };
    let kept = live(dropped("v1", "ConfigMap", Some("ns"), "y"), &[]);
    let plan_kept = plan(observed(vec![wanted()], vec![kept]), &none);
    assert_eq!((plan_kept.refusals, plan_kept.steps.len()), (vec![], 2));
    let nothing = Policy {
        prune: Prune::Nothing,
        ..none
    };
    let plan_nothing = plan(observed(Vec::new(), config_maps(3)), &nothing);
    assert_eq!((plan_nothing.refusals, plan_nothing.steps.len()), (vec![], 0));
}

#[test]
fn an_empty_desired_state_that_deletes_must_be_meant() {
    let meant = Policy {
        empty: Empty::Meant,
        ..Policy::default()
    };
    let refusals = |observed: Observed, policy: &Policy| plan(observed, policy).refusals;
    let default = Policy::default();
    assert_eq!(refusals(observed(vec![], config_maps(1)), &default), [Refusal::Empty]);
    assert_eq!(refusals(observed(vec![], config_maps(1)), &meant), []);
    assert_eq!(refusals(observed(vec![], vec![]), &default), []);
    assert_eq!(refusals(observed(vec![wanted()], config_maps(1)), &default), []);
}

/// What becomes of one dropped member: nothing for a delete.
fn kept(value: Value, owners: &[(&str, &str)], policy: &Policy) -> Option<Keep> {
    let plan = plan(observed(vec![wanted()], vec![live(value, owners)]), policy);
    let step = plan
        .steps
        .into_iter()
        .find(|step| matches!(step.action, Action::Delete | Action::Keep))
        .expect("a step");
    match step.work {
        Work::Delete(_) => {
            assert_eq!((step.action, step.reason), (Action::Delete, Reason::Dropped));
            None
        }
        Work::Nothing | Work::Orphan(_) | Work::Await(_) => match step.reason {
            Reason::Keep(keep) => Some(keep),
            reason => panic!("{reason:?}"),
        },
        Work::Apply(_) => panic!("a dropped member is never applied"),
    }
}

#[test]
fn a_dropped_member_is_deleted_unless_something_keeps_it() {
    let plain = || dropped("v1", "ConfigMap", Some("ns"), "y");
    let with = |key: &str, to: Value| {
        let mut value = plain();
        value["metadata"][key] = to;
        value
    };
    let owner = json!([{"kind": "Deployment", "name": "web", "uid": "o"}]);
    let annotation = |word: &str| json!({ inventory::PRUNE: word });
    let noted = || with("annotations", json!({ inventory::APPLIED: "a.b" }));
    let claim = dropped("v1", "PersistentVolumeClaim", Some("ns"), "y");
    let definition = dropped("apiextensions.k8s.io/v1", "CustomResourceDefinition", None, "y");
    let table = [
        (plain(), OURS, None),
        (with("annotations", annotation("always")), OURS, None),
        (with("annotations", annotation("never")), OURS, Some(Keep::Annotated)),
        (
            with("deletionTimestamp", json!("2026-01-01T00:00:00Z")),
            OURS,
            Some(Keep::Going(Vec::new())),
        ),
        (
            with("ownerReferences", owner),
            OURS,
            Some(Keep::Owned("Deployment web".into())),
        ),
        (with("ownerReferences", json!([])), OURS, None),
        (plain(), &[], Some(Keep::NeverApplied)),
        (plain(), &[("stackanetes", "data a")], Some(Keep::NeverApplied)),
        (plain(), &[("=flux", "data a")], Some(Keep::NeverApplied)),
        // Our note alone proves no apply, and tells what became of its managed fields.
        (noted(), &[], Some(Keep::OwnersLost)),
        (noted(), &[("=flux", "data a")], Some(Keep::OwnersLost)),
        (noted(), OURS, None),
        (claim, OURS, Some(Keep::Kind)),
        (definition, OURS, Some(Keep::Kind)),
        (
            dropped("example.org/v1", "PersistentVolumeClaim", Some("ns"), "y"),
            OURS,
            None,
        ),
    ];
    for (value, owners, expected) in table {
        assert_eq!(kept(value.clone(), owners, &Policy::default()), expected, "{value}");
    }
}

/// What keeps a container of which nobody knows what it holds, and nothing else keeps it.
fn not_looked_into() -> Keep {
    Keep::UnknownUse(Unseen::NotLooked)
}

#[test]
fn a_precious_kind_goes_when_it_is_asked_for_by_either_name() {
    let definition = || dropped("apiextensions.k8s.io/v1", "CustomResourceDefinition", None, "y");
    let asked = |kind: &str| Policy {
        prune_kinds: vec![kind.to_owned()],
        ..Policy::default()
    };
    for (kind, expected) in [
        ("CustomResourceDefinition", Some(not_looked_into())),
        ("CustomResourceDefinition.apiextensions.k8s.io", Some(not_looked_into())),
        ("PersistentVolumeClaim", Some(Keep::Kind)),
    ] {
        assert_eq!(kept(definition(), OURS, &asked(kind)), expected, "{kind}");
    }
}

#[test]
fn a_namespace_goes_only_with_all_that_it_holds() {
    let here = |name: &str| reference("ConfigMap", Some("old"), name);
    let decided = |contents: Option<Contents>| {
        let mut going = dropped("v1", "ConfigMap", Some("old"), "terminating");
        going["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
        let mut annotated = dropped("v1", "ConfigMap", Some("old"), "annotated");
        annotated["metadata"]["annotations"] = json!({ inventory::PRUNE: "never" });
        let mut observed = observed(
            vec![wanted()],
            vec![
                live(dropped("v1", "Namespace", None, "old"), OURS),
                live(dropped("v1", "ConfigMap", Some("old"), "pruned"), OURS),
                live(going, OURS),
                live(annotated, OURS),
            ],
        );
        let namespace = |name: &str| reference("Namespace", None, name);
        observed.contents = vec![(namespace("other"), nothing())];
        observed
            .contents
            .extend(contents.map(|contents| (namespace("old"), contents)));
        let plan = plan(observed, &Policy::default());
        let step = plan.steps.into_iter().find(|step| step.reference.name == "old");
        step.expect("a step").reason
    };
    let known = |names: &[&str]| {
        Some(Contents::Known {
            stays: names.iter().map(|name| held(here(name), &[])).collect(),
            leaves: Vec::new(),
        })
    };
    assert_eq!(decided(known(&[])), Reason::Dropped);
    assert_eq!(decided(known(&["pruned", "terminating"])), Reason::Dropped);
    assert_eq!(
        decided(known(&["pruned", "annotated", "foreign"])),
        Reason::Keep(Keep::InUse(vec![here("annotated"), here("foreign")]))
    );
    assert_eq!(
        decided(Some(Contents::Unknown(Unseen::Unavailable("a/v1".into())))),
        Reason::Keep(Keep::UnknownUse(Unseen::Unavailable("a/v1".into())))
    );
    assert!(matches!(decided(None), Reason::Keep(Keep::UnknownUse(_))));
}

fn held(reference: ObjectRef, owners: &[&str]) -> Contained {
    Contained {
        uid: format!("uid of {}", reference.name),
        reference,
        owners: owners.iter().map(|owner| (*owner).to_owned()).collect(),
    }
}

#[test]
fn a_definition_goes_only_with_all_objects_of_its_kind() {
    let definition = || {
        dropped(
            "apiextensions.k8s.io/v1",
            "CustomResourceDefinition",
            None,
            "lamps.example.net",
        )
    };
    let lamp = |name: &str| ObjectRef {
        kind: GroupKind::new("example.net", "Lamp"),
        namespace: Some("a".into()),
        name: name.into(),
    };
    let decided = |stays: Vec<Contained>| {
        let mut ours = dropped("example.net/v1", "Lamp", Some("a"), "ours");
        ours["metadata"]["uid"] = "uid of ours".into();
        let dropped = vec![live(definition(), OURS), live(ours, OURS)];
        let mut observed = observed(vec![wanted()], dropped);
        let contents = Contents::Known {
            stays,
            leaves: Vec::new(),
        };
        observed.contents = vec![(live(definition(), OURS).reference(), contents)];
        let policy = Policy {
            prune_kinds: vec!["CustomResourceDefinition".into()],
            ..Policy::default()
        };
        let steps = plan(observed, &policy).steps.into_iter();
        let mut steps = steps.filter(|step| object::is_definition(&step.reference.kind));
        steps.next().expect("a step").reason
    };
    assert_eq!(decided(vec![held(lamp("ours"), &[])]), Reason::Dropped);
    assert_eq!(
        decided(vec![held(lamp("theirs"), &[])]),
        Reason::Keep(Keep::InUse(vec![lamp("theirs")]))
    );
    // What is owned by what goes, goes along; what has another owner stays.
    let child = held(lamp("child"), &["uid of ours"]);
    let grandchild = held(lamp("grandchild"), &["uid of child"]);
    assert_eq!(decided(vec![grandchild, child]), Reason::Dropped);
    let shared = held(lamp("shared"), &["uid of ours", "of another"]);
    assert_eq!(decided(vec![shared]), Reason::Keep(Keep::InUse(vec![lamp("shared")])));
}

pub(super) fn nothing() -> Contents {
    Contents::Known {
        stays: Vec::new(),
        leaves: Vec::new(),
    }
}

#[test]
fn a_delete_is_the_same_while_only_controllers_write() {
    let policy = Policy::default();
    let role = |verbs: &str, writers: &[(&str, &str)]| {
        let mut value = dropped("rbac.authorization.k8s.io/v1", "ClusterRole", None, "whole");
        value["rules"] = json!([{"verbs": [verbs]}]);
        live(value, writers)
    };
    let planned = role("get", &[OURS[0], ("=clusterrole-aggregation-controller", "rules")]);
    let by_the_controller = role("list", &[OURS[0], ("=clusterrole-aggregation-controller", "rules")]);
    assert!(is_same_delete(&planned, &by_the_controller, &policy));
    let by_a_person = role("list", &[OURS[0], ("kubectl-edit", "rules")]);
    assert!(!is_same_delete(&planned, &by_a_person, &policy));
}

#[test]
fn a_delete_is_the_same_while_only_the_status_moves() {
    let policy = Policy::default();
    let value = || {
        let mut value = dropped("v1", "ConfigMap", Some("ns"), "y");
        value["data"] = json!({"a": "1"});
        value["metadata"]["annotations"] = json!({"team": "x"});
        value
    };
    let planned = live(value(), OURS);
    let same = |pointer: &str, to: Value| {
        let mut now = value();
        now["status"] = json!({});
        now["metadata"]["resourceVersion"] = json!("1");
        *now.pointer_mut(pointer).expect("there") = to;
        is_same_delete(&planned, &live(now, OURS), &policy)
    };
    assert!(same("/status", json!({"ready": true})));
    assert!(same("/metadata/resourceVersion", json!("9")));
    assert!(!same("/metadata/uid", json!("v")));
    assert!(!same("/data/a", json!("2")));
    assert!(!same(
        "/metadata/annotations",
        json!({"team": "x", inventory::PRUNE: "never"})
    ));
    // The same, but for the ApplySet that it is part of, whoever applied that.
    let mut taken = value();
    taken["metadata"]["labels"] = json!({inventory::PART_OF: "applyset-another-v1"});
    let by_another = [OURS[0], ("=another", "metadata labels applyset.kubernetes.io/part-of")];
    assert!(!is_same_delete(&planned, &live(taken, &by_another), &policy));
    // The same fields, but no longer anything that we applied.
    assert!(!is_same_delete(
        &planned,
        &live(value(), &[("=flux", "data a")]),
        &policy
    ));
}
