//! What becomes of an object.

use serde_json::json;

use super::*;
use crate::applyset::inventory;

#[test]
fn what_is_not_there_is_created_as_the_server_says() {
    let step = step(None, answered(config_map("new", OURS)), &Policy::default());
    assert_eq!((step.action, &step.reason), (Action::Create, &Reason::New));
    assert_eq!(
        (step.warnings, step.changes.len()),
        (vec![Warning::Server("careful".to_owned())], 0)
    );
    assert_eq!(step.place.expect("a place").to_string(), "a.yaml:1:1");
    let Work::Apply(work) = step.work else { panic!("work") };
    assert_eq!((work.live, work.sent), (None, json!({"sent": true})));
    assert_eq!(work.predicted, Some(config_map("new", OURS)));
}

#[test]
fn what_differs_is_updated_from_the_version_that_was_seen() {
    let step = step(
        Some(config_map("old", OURS)),
        answered(config_map("new", OURS)),
        &Policy::default(),
    );
    assert_eq!((step.action, &step.reason), (Action::Update, &Reason::Fields));
    assert_eq!(step.changes[0].path, FieldPath::of(&["data", "a"]));
    let Work::Apply(work) = step.work else { panic!("work") };
    let seen = work.live.expect("a version");
    assert_eq!((seen.uid.as_str(), seen.resource_version.as_str()), ("u", "7"));
}

#[test]
fn what_is_as_git_wants_it_is_no_step_and_keeps_its_warnings() {
    let observation = observation(
        desired(GIT),
        Some(config_map("new", OURS)),
        answered(config_map("new", OURS)),
    );
    let Decision::Unchanged(settled) = decide(observation, &Policy::default()) else {
        panic!("unchanged")
    };
    assert_eq!(settled.warnings, [Warning::Server("careful".to_owned())]);
    assert_eq!(settled.reference, reference("ConfigMap", Some("ns"), "x"));
}

#[test]
fn a_conflict_stops_the_object_unless_git_decides() {
    let before = || Some(config_map("old", &[("=stackanetes", ""), ("=flux", "data a")]));
    let answer = || answered(config_map("new", OURS));
    let stopped = step(before(), answer(), &Policy::default());
    assert_eq!((stopped.action, stopped.changes.len()), (Action::Conflict, 1));
    assert!(matches!(stopped.work, Work::Nothing));
    let force = Policy {
        conflicts: Conflicts::Force,
        ..Policy::default()
    };
    let forced = step(before(), answer(), &force);
    assert_eq!(forced.action, Action::Update);
    assert!(matches!(forced.work, Work::Apply(_)));
}

#[test]
fn an_update_without_a_changed_field_says_what_it_is_for() {
    let noted_otherwise = || {
        let mut value = config_map("new", OURS).into_value();
        value["metadata"]["annotations"][inventory::APPLIED] = "other".into();
        LiveObject::new(value)
    };
    let joined = || {
        let mut value = config_map("new", OURS).into_value();
        value["metadata"]["labels"] = json!({ inventory::PART_OF: set().id() });
        LiveObject::new(value)
    };
    let more = || config_map("new", &[("=stackanetes", "data a, data q")]);
    for (before, answer, reason) in [
        (noted_otherwise(), config_map("new", OURS), Reason::Noted),
        (config_map("new", OURS), joined(), Reason::Joins),
        (more(), config_map("new", OURS), Reason::Ownership),
        (more(), joined(), Reason::Joins),
    ] {
        let step = step(Some(before), answered(answer), &Policy::default());
        assert_eq!((step.action, step.reason), (Action::Update, reason));
    }
}

#[test]
fn what_is_not_ours_is_left_as_it_is() {
    let theirs = || OtherSet {
        id: "theirs".into(),
        parent: None,
    };
    for (claim, reason) in [
        (Ownership::NotOurs, Reason::NotOurs(Box::new(Adopting::Unknown))),
        (Ownership::Other(theirs()), Reason::OtherApplySet(theirs())),
    ] {
        let step = step(
            Some(config_map("old", &[])),
            Answered::NotOurs(claim, None),
            &Policy::default(),
        );
        assert_eq!((step.action, step.reason), (Action::Skip, reason));
        assert!(matches!(step.work, Work::Nothing));
    }
}

fn no_schema() -> Unpredicted {
    Unpredicted::Refused(crate::ssa::merge::MergeError::UnknownKind(desired(GIT).gvk().clone()))
}

#[test]
fn what_the_server_could_not_be_asked_about_is_planned_as_predicted_and_marked() {
    let namespace = Unverified::NamespaceMissing("n".into());
    let there = || Some(config_map("old", OURS));
    for (live, why, action, reason, changes) in [
        (None, namespace, Action::Create, Reason::New, 0),
        (
            None,
            Unverified::KindMissing(Vec::new()),
            Action::Create,
            Reason::New,
            0,
        ),
        (
            there(),
            Unverified::KindMissing(Vec::new()),
            Action::Update,
            Reason::Fields,
            1,
        ),
        (there(), Unverified::NotAllowed, Action::Update, Reason::Fields, 1),
        (
            there(),
            Unverified::BeingDeleted,
            Action::Create,
            Reason::BeingDeleted,
            0,
        ),
    ] {
        let new = config_map("new", OURS);
        let step = step(live, unverified(why.clone(), Ok(new.clone())), &Policy::default());
        assert_eq!((step.action, step.reason, step.unverified), (action, reason, Some(why)));
        assert_eq!(step.changes.len(), changes);
        let Work::Apply(work) = step.work else { panic!("work") };
        assert_eq!(work.predicted, Some(new));
    }
}

#[test]
fn what_is_predicted_to_stay_as_it_is_says_that_it_is_unverified() {
    let live = config_map("new", OURS);
    let answer = unverified(Unverified::NotAllowed, Ok(live.clone()));
    let decision = decide(
        observation(desired(GIT), Some(live.clone()), answer),
        &Policy::default(),
    );
    let Decision::Unchanged(settled) = decision else {
        panic!("it stays")
    };
    assert_eq!(settled.unverified, Some(Unverified::NotAllowed));
    // It is written once its version is there: until then it cannot be waited for in it.
    let answer = unverified(Unverified::KindMissing(Vec::new()), Ok(live.clone()));
    let step = step(Some(live), answer, &Policy::default());
    assert_eq!((step.action, step.reason), (Action::Update, Reason::NewVersion));
}

#[test]
fn what_cannot_even_be_predicted_is_no_change_that_is_passed_over() {
    let answer = unverified(Unverified::NotAllowed, Err(no_schema()));
    let step = step(Some(config_map("old", OURS)), answer, &Policy::default());
    assert_eq!(step.action, Action::Update);
    assert_eq!(step.reason, Reason::Unpredicted(no_schema()));
}

#[test]
fn whose_an_object_is() {
    let allowed =
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, annotations: {stackanetes.io/adopt: allowed}}\n";
    let denied = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, annotations: {stackanetes.io/adopt: 'no'}}\n";
    let (ours, theirs) = (
        set(),
        ApplySet {
            name: "other".into(),
            ..set()
        },
    );
    let (all, annotated) = (&Adoption::All, &Adoption::Annotated);
    let named = |text: &str| Adoption::Named(vec![text.parse().expect("a kind or an object")]);
    let [kind, this, another] = &["ConfigMap", "ConfigMap/ns/x", "ConfigMap/y"].map(named);
    let others = || {
        Ownership::Other(OtherSet {
            id: theirs.id(),
            parent: None,
        })
    };
    let none: &[(&str, &str)] = &[];
    let table = [
        // The member of a set is that set's, whoever applied it.
        (GIT, Some(&ours), none, Some(&ours), annotated, Ownership::Ours),
        (GIT, Some(&theirs), OURS, Some(&ours), annotated, others()),
        (allowed, Some(&theirs), none, Some(&ours), all, others()),
        (GIT, Some(&theirs), OURS, None, all, others()),
        // Nobody's member is ours if we applied it.
        (GIT, None, OURS, Some(&ours), annotated, Ownership::Ours),
        (GIT, None, OURS, None, annotated, Ownership::Ours),
        (GIT, None, &[(US, "data a")][..], None, annotated, Ownership::NotOurs),
        (GIT, None, none, Some(&ours), annotated, Ownership::NotOurs),
        (denied, None, none, Some(&ours), annotated, Ownership::NotOurs),
        (allowed, None, none, Some(&ours), annotated, Ownership::Adoptable),
        (GIT, None, none, Some(&ours), all, Ownership::Adoptable),
        (GIT, None, none, Some(&ours), kind, Ownership::Adoptable),
        (GIT, None, none, Some(&ours), this, Ownership::Adoptable),
        (GIT, None, none, Some(&ours), another, Ownership::NotOurs),
        (GIT, Some(&theirs), none, Some(&ours), kind, others()),
    ];
    for (row, (text, member, owners, set, adoption, expected)) in table.into_iter().enumerate() {
        let mut value = dropped("v1", "ConfigMap", Some("ns"), "x");
        if let Some(member) = member {
            value["metadata"]["labels"] = json!({ inventory::PART_OF: member.id() });
        }
        let policy = Policy {
            adoption: adoption.clone(),
            ..Policy::default()
        };
        let found = claim(&desired(text), &live(value, owners), set, &policy);
        assert_eq!(
            found.allows_change(),
            matches!(expected, Ownership::Ours | Ownership::Adoptable)
        );
        assert_eq!(found, expected, "row {row}");
    }
}

#[test]
fn the_member_of_another_set_is_taken_from_that_set_alone() {
    let other = |name: &str| ApplySet {
        name: name.into(),
        ..set()
    };
    let named = |name: &str| -> OtherSet { format!("{}/{name}", set().namespace).parse().expect("a set") };
    let policy = Policy {
        take_from: vec![named("old")],
        adoption: Adoption::All,
        ..Policy::default()
    };
    let member = |name: &str| {
        let mut value = config_map("old", OURS).into_value();
        value["metadata"]["labels"] = json!({ inventory::PART_OF: other(name).id() });
        LiveObject::new(value)
    };
    let whose = |name: &str| claim(&desired(GIT), &member(name), Some(&set()), &policy);
    assert_eq!(whose("old"), Ownership::Taken);
    assert!(matches!(whose("older"), Ownership::Other(_)));
    let joined = || {
        let mut value = config_map("old", OURS).into_value();
        value["metadata"]["labels"] = json!({ inventory::PART_OF: set().id() });
        LiveObject::new(value)
    };
    let step = step(Some(member("old")), answered(joined()), &policy);
    assert_eq!((step.action, &step.reason), (Action::Update, &Reason::Joins));
    assert_eq!(step.takes_from(), Some(named("old").id.as_str()));
}

#[test]
fn what_may_not_be_replaced_grants_nothing() {
    let git = "apiVersion: v1\nkind: Service\nmetadata: {name: x, namespace: ns}\nspec: {type: NodePort}\n";
    let there = || {
        LiveObject::new(json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "x", "namespace": "ns"}}))
    };
    let planned = |replace: &[&str]| {
        let found = Immutable {
            fields: Vec::new(),
            replacement: Ok(LiveObject::new(desired(git).value)),
            warnings: Vec::new(),
        };
        let policy = Policy {
            replace: replace.iter().map(|text| text.parse().expect("a permit")).collect(),
            ..Policy::default()
        };
        let observed = Observation {
            sent: desired(git).value,
            ..observation(desired(git), Some(there()), Answered::Immutable(Box::new(found)))
        };
        match decide(observed, &policy) {
            Decision::Step(step) => (step.action, step.grants.len()),
            Decision::Unchanged(_) => panic!("a step"),
        }
    };
    assert_eq!(planned(&[]), (Action::Refused, 0));
    assert_eq!(planned(&["Service/x"]), (Action::Replace, 1));
}
