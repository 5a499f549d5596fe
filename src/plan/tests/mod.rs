//! What becomes of an object, and what stops a sync.

mod prune;

use serde_json::{Value, json};

use super::*;
use crate::applyset::inventory::{self, ApplySet};
use crate::applyset::parent::{Parent, Record};
use crate::kinds::jobs::Why;
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
    let warnings = vec!["careful".to_owned()];
    Answered::ByServer { object, warnings }
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
        run: Run::Plain,
    }
}

fn step(live: Option<LiveObject>, answer: Answered, policy: &Policy) -> Step {
    match decide(observation(desired(GIT), live, answer), policy) {
        Decision::Step(step) => *step,
        Decision::Unchanged(_) => panic!("a step"),
    }
}

#[test]
fn what_is_not_there_is_created_as_the_server_says() {
    let step = step(None, answered(config_map("new", OURS)), &Policy::default());
    assert_eq!((step.action, &step.reason), (Action::Create, &Reason::New));
    assert_eq!((step.warnings, step.changes.len()), (vec!["careful".to_owned()], 0));
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
    assert_eq!(settled.warnings, ["careful"]);
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
        (Claim::NotOurs, Reason::NotOurs),
        (Claim::Other(theirs()), Reason::OtherApplySet(theirs())),
    ] {
        let step = step(
            Some(config_map("old", &[])),
            Answered::NotOurs(claim),
            &Policy::default(),
        );
        assert_eq!((step.action, step.reason), (Action::Skip, reason));
        assert!(matches!(step.work, Work::Nothing));
    }
}

fn unverified(why: Unverified, predicted: Result<LiveObject, Unpredicted>) -> Answered {
    Answered::Unverified { why, predicted }
}

fn no_schema() -> Unpredicted {
    Unpredicted::Refused(crate::ssa::merge::Refusal::UnknownKind(desired(GIT).gvk().clone()))
}

#[test]
fn what_the_server_could_not_be_asked_about_is_planned_as_predicted_and_marked() {
    let namespace = Unverified::NamespaceMissing("n".into());
    let there = || Some(config_map("old", OURS));
    for (live, why, action, reason, changes) in [
        (None, namespace, Action::Create, Reason::New, 0),
        (None, Unverified::KindMissing, Action::Create, Reason::New, 0),
        (there(), Unverified::KindMissing, Action::Update, Reason::Fields, 1),
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
    let answer = unverified(Unverified::KindMissing, Ok(live.clone()));
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

/// An orphan that nothing keeps.
fn orphan(api_version: &str, kind: &str, namespace: Option<&str>, name: &str) -> Value {
    let mut value = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "uid": "u"}});
    if let Some(namespace) = namespace {
        value["metadata"]["namespace"] = namespace.into();
    }
    value
}

fn observed(wanted: Vec<Observation>, orphans: Vec<LiveObject>) -> Observed {
    Observed {
        facts: Facts {
            set: Some(set()),
            server_version: "v1.37.2".into(),
            ..Facts::default()
        },
        objects: wanted,
        orphans: orphans
            .into_iter()
            .map(|orphan| (resource_of(orphan.value()), orphan))
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
        .map(|index| live(orphan("v1", "ConfigMap", Some("ns"), &index.to_string()), OURS))
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
    let refused = |last: Option<Option<String>>, now: Environment| {
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
    assert_eq!(refused(Some(prod()), Environment::Only(prod())), []);
    assert_eq!(refused(Some(prod()), Environment::Any), []);
    assert_eq!(refused(None, Environment::Only(dev())), []);
    for (last, now) in [(prod(), dev()), (prod(), None), (None, dev())] {
        let expected = Refusal::Environment {
            last: last.clone(),
            now: now.clone(),
        };
        assert_eq!(refused(Some(last), Environment::Only(now)), [expected]);
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
            live(orphan("v1", "Namespace", None, "old"), OURS),
            live(orphan("v1", "ConfigMap", Some("ns"), "z"), OURS),
            live(orphan("v1", "ConfigMap", Some("ns"), "y"), &[]),
            live(orphan("apps/v1", "Deployment", Some("ns"), "z"), OURS),
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
    let all = Adoption::All;
    let annotated = Adoption::Annotated;
    let others = || {
        Claim::Other(OtherSet {
            id: theirs.id(),
            parent: None,
        })
    };
    let none: &[(&str, &str)] = &[];
    let table = [
        // The member of a set is that set's, whoever applied it.
        (GIT, Some(&ours), none, Some(&ours), annotated, Claim::Ours),
        (GIT, Some(&theirs), OURS, Some(&ours), annotated, others()),
        (allowed, Some(&theirs), none, Some(&ours), all, others()),
        (GIT, Some(&theirs), OURS, None, all, others()),
        // Nobody's member is ours if we applied it.
        (GIT, None, OURS, Some(&ours), annotated, Claim::Ours),
        (GIT, None, OURS, None, annotated, Claim::Ours),
        (GIT, None, &[(US, "data a")][..], None, annotated, Claim::NotOurs),
        (GIT, None, none, Some(&ours), annotated, Claim::NotOurs),
        (denied, None, none, Some(&ours), annotated, Claim::NotOurs),
        (allowed, None, none, Some(&ours), annotated, Claim::Adoptable),
        (GIT, None, none, Some(&ours), all, Claim::Adoptable),
    ];
    for (row, (text, member, owners, set, adoption, expected)) in table.into_iter().enumerate() {
        let mut value = orphan("v1", "ConfigMap", Some("ns"), "x");
        if let Some(member) = member {
            value["metadata"]["labels"] = json!({ inventory::PART_OF: member.id() });
        }
        let policy = Policy {
            adoption,
            ..Policy::default()
        };
        let found = claim(&desired(text), &live(value, owners), set, &policy);
        assert_eq!(
            found.allows_change(),
            matches!(expected, Claim::Ours | Claim::Adoptable)
        );
        assert_eq!(found, expected, "row {row}");
    }
}

const JOB: &str =
    "apiVersion: batch/v1\nkind: Job\nmetadata: {name: x, namespace: ns}\nspec: {template: {spec: {image: new}}}\n";

/// A live Job with this image, and with the labels that the server makes of its UID.
fn job(image: &str, uid: &str) -> LiveObject {
    let value = json!({"apiVersion": "batch/v1", "kind": "Job",
        "metadata": {"name": "x", "namespace": "ns", "uid": uid, "resourceVersion": "7"},
        "spec": {"template": {"metadata": {"labels": {"controller-uid": uid}}, "spec": {"image": image}}},
        "status": {"conditions": [{"type": "Complete", "status": "True"}]}});
    live(value, &[("=stackanetes", "spec template spec image")])
}

fn of_job(live: Option<LiveObject>, answer: Answered, run: Run) -> Decision {
    let mut git = desired(JOB);
    git.inputs = Some(Inputs::default());
    let observation = Observation {
        run,
        ..observation(git, live, answer)
    };
    decide(observation, &Policy::default())
}

#[test]
fn a_job_that_runs_again_is_replaced_where_there_is_one_and_created_where_there_is_none() {
    let again = || Run::Again(Why::Failed);
    let Decision::Step(step) = of_job(Some(job("old", "u")), answered(job("new", "v")), again()) else {
        panic!("a step")
    };
    assert_eq!((step.action, step.reason), (Action::Replace, Reason::Runs(Why::Failed)));
    let paths: Vec<String> = step.changes.iter().map(|change| change.path.to_string()).collect();
    assert_eq!(
        paths,
        ["spec.template.spec.image"],
        "what the server makes anew is not told"
    );
    let Work::Apply(work) = step.work else { panic!("work") };
    assert_eq!(work.live.expect("the old one").uid, "u");
    // Even when nothing of it changes.
    let Decision::Step(step) = of_job(Some(job("new", "u")), answered(job("new", "v")), again()) else {
        panic!("a step")
    };
    assert_eq!((step.action, step.changes.len()), (Action::Replace, 0));
    let Decision::Step(step) = of_job(None, answered(job("new", "v")), again()) else {
        panic!("a step")
    };
    assert_eq!((step.action, step.reason), (Action::Create, Reason::Runs(Why::Failed)));
}

#[test]
fn a_job_that_stands_is_unchanged_and_complete_where_it_is_gone() {
    for (live, is_complete) in [(Some(job("old", "u")), true), (None, true)] {
        let Decision::Unchanged(settled) = of_job(live, Answered::UpToDate, Run::UpToDate) else {
            panic!("unchanged")
        };
        assert!(settled.health.is_current() && settled.is_complete == is_complete && settled.inputs.is_some());
    }
    let mut running = job("old", "u").into_value();
    running["status"] = json!({});
    let running = LiveObject::new(running);
    let Decision::Unchanged(settled) = of_job(Some(running), Answered::UpToDate, Run::UpToDate) else {
        panic!("unchanged")
    };
    assert!(!settled.health.is_current() && !settled.is_complete);
}

#[test]
fn what_is_not_known_to_have_changed_is_not_synced() {
    let mut git = desired(JOB);
    git.inputs = Some([("Secret/a".to_owned(), None)].into_iter().collect());
    let observation = || Observation {
        run: Run::UpToDate,
        ..observation(git.clone(), Some(job("new", "u")), Answered::UpToDate)
    };
    let hidden = |key: Keyring| {
        let mut observed = observed(vec![observation()], Vec::new());
        observed.facts.key = key;
        plan(observed, &Policy::default()).refusals
    };
    let key = set().key();
    let jobs = vec![git.reference.clone()];
    assert_eq!(hidden(Keyring::Hidden), [Refusal::KeyHidden { key, objects: jobs }]);
    assert_eq!(hidden(Keyring::Empty), []);
}
