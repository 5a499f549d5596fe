//! What a plan is made of, and what stops a sync; what becomes of each object, in the files beside this one.

mod dangers;
mod decide;
mod jobs;
mod prune;
mod restarts;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;
use crate::applyset::inventory::{self, ApplySet};
use crate::applyset::parent::{Parent, Record};
use crate::diagnostic::identifier::Identifier;
use crate::kinds::jobs::JobRun;
use crate::object::field::FieldPath;
use crate::object::{DesiredObject, GroupKind, LiveObject};
use crate::source::rules::Ruled;
use crate::testing::{US, desired, live, note, reference, resource_of, set};

const GIT: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: ns}\ndata: {a: new}\n";
const OURS: &[(&str, &str)] = &[("=stackanetes", "data a")];

/// The object of `GIT` with this value of `a`, noted as applied from `GIT`.
fn config_map(a: &str, owners: &[(&str, &str)]) -> LiveObject {
    let mut value = json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "x", "namespace": "ns", "uid": "u", "resourceVersion": "7"}, "data": {"a": a}});
    note(&mut value, &desired(GIT));
    live(value, owners)
}

fn answered(object: LiveObject) -> Answered {
    let warnings = Warning::server(vec!["careful".to_owned()]).collect();
    Answered::ByServer { object, warnings }
}

fn unverified(reason: Unverified, predicted: Result<LiveObject, Unpredicted>) -> Answered {
    Answered::Unverified { reason, predicted }
}

fn observation(desired: DesiredObject, live: Option<LiveObject>, answer: Answered) -> Observation {
    Observation {
        resource: resource_of(&desired.value),
        sent: json!({"sent": true}),
        desired,
        ruled: Ruled::default(),
        migration: None,
        live,
        answer,
        run: JobRun::Plain,
    }
}

fn step(live: Option<LiveObject>, answer: Answered, policy: &Policy) -> Step {
    match decide(observation(desired(GIT), live, answer), policy) {
        Decision::Step(step) => *step,
        Decision::Unchanged(_) => panic!("a step"),
    }
}

#[test]
fn a_sync_of_what_may_not_be_written_is_refused_and_one_that_leaves_it_alone_is_not() {
    let planned = |live: LiveObject| {
        let answer = unverified(Unverified::NotAllowed, Ok(config_map("new", OURS)));
        let observation = observation(desired(GIT), Some(live), answer);
        plan(observed(vec![observation], Vec::new()), &Policy::default())
    };
    let changed = planned(config_map("old", OURS));
    assert_eq!(
        changed.refusals,
        [Refusal::NotAllowed(vec![changed.steps[0].reference.clone()])]
    );
    assert!(planned(config_map("new", OURS)).refusals.is_empty());
}

/// A dropped member that nothing keeps.
fn dropped(api_version: &str, kind: &str, namespace: Option<&str>, name: &str) -> Value {
    let mut value = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "uid": "u"}});
    if let Some(namespace) = namespace {
        value["metadata"]["namespace"] = namespace.into();
    }
    value
}

fn observed(wanted: Vec<Observation>, dropped: Vec<LiveObject>) -> Observed {
    Observed {
        facts: Facts {
            set: Some(set()),
            server_version: "v1.37.2".into(),
            ..Facts::default()
        },
        proved: Vec::new(),
        objects: wanted,
        dropped: dropped
            .into_iter()
            .map(|member| (resource_of(member.value()), member))
            .collect(),
        contents: Vec::new(),
        not_selected: 0,
        pending: Vec::new(),
    }
}

/// The plan outside of git.
fn plan(observed: Observed, policy: &Policy) -> Plan {
    super::plan(observed, Lineage::default(), policy)
}

/// What is decided of an object of whose past nothing is known.
fn decide(observation: Observation, policy: &Policy) -> Decision {
    super::decide(observation, Past::default(), policy)
}

fn config_maps(count: usize) -> Vec<LiveObject> {
    (0..count)
        .map(|index| live(dropped("v1", "ConfigMap", Some("ns"), &index.to_string()), OURS))
        .collect()
}

fn wanted() -> Observation {
    observation(desired(GIT), None, answered(config_map("new", OURS)))
}

#[test]
fn a_kind_that_may_not_be_listed_is_refused_and_what_git_wants_of_it_counts() {
    let kind = GroupKind::new("", "Secret");
    let mut observed = observed(Vec::new(), config_maps(1));
    observed.facts.not_compared.push(NotCompared {
        kind: kind.clone(),
        desired: vec![reference("Secret", Some("ns"), "s")],
        message: "no".into(),
    });
    let plan = plan(observed, &Policy::default());
    // Not `Empty`: git wants the Secret.
    assert_eq!(plan.refusals, [Refusal::NotCompared(kind)]);
    assert!(!plan.is_in_sync());
}

#[test]
fn another_environment_than_the_last_is_refused_unless_any_will_do() {
    let prod = || Some("prod".to_owned());
    let dev = || Some("dev".to_owned());
    let refused = |last: Option<Option<String>>, now: ExpectedEnvironment| {
        let record = last.map(|environment| Record {
            time: "2026-01-01T00:00:00Z".into(),
            by: "ci".into(),
            revision: None,
            subject: None,
            dirty: false,
            source: None,
            environment,
            set: std::collections::BTreeMap::new(),
            objects: 1,
            tool: Record::this_tool(),
            server: String::new(),
        });
        let mut observed = observed(vec![wanted()], Vec::new());
        observed.facts.parent = Some(Parent {
            attempted: record,
            ..Parent::default()
        });
        let policy = Policy {
            environment: now,
            ..Policy::default()
        };
        plan(observed, &policy).refusals
    };
    assert_eq!(refused(Some(prod()), ExpectedEnvironment::Only(prod())), []);
    assert_eq!(refused(Some(prod()), ExpectedEnvironment::Any), []);
    assert_eq!(refused(None, ExpectedEnvironment::Only(dev())), []);
    for (last, now) in [(prod(), dev()), (prod(), None), (None, dev())] {
        let expected = Refusal::Environment {
            last: last.clone(),
            now: now.clone(),
        };
        assert_eq!(refused(Some(last), ExpectedEnvironment::Only(now)), [expected]);
    }
}

#[test]
fn writes_come_by_kind_and_name_and_deletes_after_them_the_other_way_round() {
    let wants = |api_version: &str, kind: &str, name: &str| {
        let text = format!("apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: {name}, namespace: ns}}\n");
        let desired = desired(&text);
        let object = LiveObject::new(desired.value.clone());
        observation(desired, None, answered(object))
    };
    let mut observed = observed(
        vec![
            wants("apps/v1", "Deployment", "a"),
            wants("v1", "ConfigMap", "b"),
            wants("v1", "ConfigMap", "a"),
        ],
        vec![
            live(dropped("v1", "Namespace", None, "old"), OURS),
            live(dropped("v1", "ConfigMap", Some("ns"), "z"), OURS),
            live(dropped("v1", "ConfigMap", Some("ns"), "y"), &[]),
            live(dropped("apps/v1", "Deployment", Some("ns"), "z"), OURS),
        ],
    );
    observed
        .contents
        .push((reference("Namespace", None, "old"), prune::nothing()));
    let plan = plan(observed, &Policy::default());
    let steps: Vec<String> = plan
        .steps
        .iter()
        .map(|step| format!("{} {}", step.action.word(), step.reference))
        .collect();
    assert_eq!(
        steps,
        [
            "create ConfigMap ns/a",
            "create ConfigMap ns/b",
            "create Deployment ns/a",
            "delete Deployment ns/z",
            "keep ConfigMap ns/y",
            "delete ConfigMap ns/z",
            "delete Namespace old",
        ]
    );
}

#[test]
fn a_mistake_stops_a_sync_that_writes_its_object_and_no_other() {
    let mistake = |object: ObjectRef| CertainMistake {
        object,
        identifier: Identifier::UnknownField,
    };
    let refused = |mistakes: Vec<CertainMistake>| {
        let mut observed = observed(vec![wanted()], config_maps(1));
        observed.facts.mistakes = mistakes;
        plan(observed, &Policy::default()).refusals
    };
    let (ours, other) = (wanted().desired.reference, reference("ConfigMap", Some("ns"), "stays"));
    // What git dropped is not there any more to be a mistake.
    let dropped = reference("ConfigMap", Some("ns"), "0");
    assert_eq!(refused(vec![mistake(other.clone()), mistake(dropped)]), []);
    let stops = BTreeSet::from([mistake(ours.clone())]);
    assert_eq!(refused(vec![mistake(other), mistake(ours)]), [Refusal::Mistakes(stops)]);
}
