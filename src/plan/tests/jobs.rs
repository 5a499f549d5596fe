//! What becomes of a Job.

use serde_json::json;

use super::*;
use crate::applyset::key::Keyring;
use crate::kinds::jobs::{InputDigests, JobRun, Why};

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

fn of_job(live: Option<LiveObject>, answer: Answered, run: JobRun) -> Decision {
    let mut git = desired(JOB);
    git.inputs = Some(InputDigests::default());
    let observation = Observation {
        run,
        ..observation(git, live, answer)
    };
    decide(observation, &Policy::default())
}

#[test]
fn a_job_that_runs_again_is_replaced_where_there_is_one_and_created_where_there_is_none() {
    let again = || JobRun::Again(Why::Failed);
    let Decision::Step(step) = of_job(Some(job("old", "u")), answered(job("new", "v")), again()) else {
        panic!("a step")
    };
    assert_eq!((step.action, step.reason), (Action::Replace, Reason::Runs(Why::Failed)));
    let paths: Vec<String> = step.changes.iter().map(|change| change.path.to_string()).collect();
    assert_eq!(
        paths,
        ["spec.template.spec.image"],
        "what the server generates again is not told"
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
        let Decision::Unchanged(settled) = of_job(live, Answered::UpToDate, JobRun::UpToDate) else {
            panic!("unchanged")
        };
        assert!(settled.health.is_current() && settled.is_complete == is_complete && settled.inputs.is_some());
    }
    let mut running = job("old", "u").into_value();
    running["status"] = json!({});
    let running = LiveObject::new(running);
    let Decision::Unchanged(settled) = of_job(Some(running), Answered::UpToDate, JobRun::UpToDate) else {
        panic!("unchanged")
    };
    assert!(!settled.health.is_current() && !settled.is_complete);
}

#[test]
fn what_is_not_known_to_have_changed_is_not_synced() {
    let mut git = desired(JOB);
    git.inputs = Some([("Secret/a".to_owned(), None)].into_iter().collect());
    let observation = || Observation {
        run: JobRun::UpToDate,
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
