//! What a Job's inputs are, and when it runs again.

use serde_json::{Value, json};

use super::*;
use crate::applyset::inventory;
use crate::applyset::key::Key;
use crate::diagnostic::error::Error;
use crate::kinds::generate::{Generated, GeneratedForm};
use crate::object::{DesiredObject, LiveObject};
use crate::testing::{desired, desired_with_secret, documents, reference, set};

fn job(inputs: &str) -> String {
    let quoted = json!(inputs);
    format!(
        "apiVersion: batch/v1
kind: Job
metadata: {{name: migrate, namespace: ns, annotations: {{stackanetes.io/inputs: {quoted}}}}}
spec:
  template:
    spec:
      initContainers: [{{name: wait, image: busybox}}]
      containers: [{{name: main, image: app, command: [run], args: [fast], env: [{{name: A, value: b}}]}}]
"
    )
}

const SETTINGS: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: ns}\ndata: {a: one, b: two}\nbinaryData: {c: AA==}\n";
const LOGIN: &str =
    "apiVersion: v1\nkind: Secret\nmetadata: {name: login, namespace: ns}\ndata: {password: aHVudGVyMg==}\n";
const ELSEWHERE: &str =
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other, namespace: elsewhere}\ndata: {a: one}\n";

fn all_declared(job: DesiredObject, others: &[&str]) -> Result<Declared, Error> {
    let mut objects: Vec<DesiredObject> = others.iter().map(|text| desired(text)).collect();
    let reference = job.reference.clone();
    objects.push(job);
    declared(&objects).map(|mut declared| declared.remove(&reference).expect("the Job is there"))
}

fn key() -> Key {
    Key::read(&LiveObject::new(
        json!({"data": {"key": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}}),
    ))
    .expect("a key")
}

fn digests(job: &str, others: &[&str]) -> InputDigests {
    let declared = all_declared(desired(job), others).expect("no error");
    declared.digests(Some(&key()))
}

/// The inputs that change when one text takes the place of another, in the Job or beside it.
fn changed(inputs: &str, from: &str, to: &str) -> Vec<String> {
    let others = [SETTINGS, LOGIN, ELSEWHERE];
    let before = digests(&job(inputs), &others);
    let replaced: Vec<String> = others.iter().map(|text| text.replace(from, to)).collect();
    let replaced: Vec<&str> = replaced.iter().map(String::as_str).collect();
    digests(&job(inputs).replace(from, to), &replaced).changed_since(&before)
}

#[test]
fn an_input_changes_with_what_it_names_and_with_nothing_else() {
    let all = "image, command\nConfigMap/settings/a,ConfigMap/settings\n Secret/login/password , region = north ";
    assert_eq!(changed(all, "image: app", "image: new"), ["image"]);
    assert_eq!(changed(all, "image: busybox", "image: new"), ["image"]);
    assert_eq!(changed(all, "fast", "slow"), ["command"]);
    assert_eq!(changed(all, "[run]", "[go]"), ["command"]);
    assert_eq!(changed(all, "one", "1"), ["ConfigMap/settings", "ConfigMap/settings/a"]);
    assert_eq!(changed(all, "two", "2"), ["ConfigMap/settings"]);
    assert_eq!(changed(all, "AA==", "BB=="), ["ConfigMap/settings"]);
    assert_eq!(changed(all, "aHVudGVyMg==", "aHVudGVyMw=="), ["Secret/login/password"]);
    assert_eq!(changed(all, "north", "south"), ["region="]);
    assert_eq!(changed(all, "value: b", "value: c"), [""; 0]);
    assert_eq!(
        changed("ConfigMap/settings/c", "AA==", "BB=="),
        ["ConfigMap/settings/c"]
    );
    // Their order means nothing; one that comes or goes does.
    let inputs = |text: &str| digests(&job(text), &[]);
    assert_eq!(inputs("image,command"), inputs("command\nimage"));
    assert_eq!(inputs("image,command").changed_since(&inputs("image")), ["command"]);
    assert_eq!(inputs("image").changed_since(&inputs("image,command")), ["command"]);
    assert_eq!(inputs(" ").changed_since(&inputs("")), [""; 0]);
}

#[test]
fn how_a_value_is_generated_is_an_input_and_no_secret() {
    let with = |rotation, data: &str, inputs: &str| {
        let mut secret = desired(&LOGIN.replace("{password: aHVudGVyMg==}", data));
        secret.generate.push(Generated {
            key: "token".into(),
            form: GeneratedForm::Bytes(32),
            rotation,
            place: None,
        });
        let job = desired(&job(inputs));
        let reference = job.reference.clone();
        let mut declared = declared(&[job, secret]).expect("no error");
        declared.remove(&reference).expect("the Job is there")
    };
    let digests = |declared: &Declared| declared.digests(Some(&key()));
    for inputs in ["Secret/login", "Secret/login/token"] {
        let first = with(0, "{}", inputs);
        assert!(!first.needs_key());
        assert_eq!(
            digests(&with(1, "{}", inputs)).changed_since(&digests(&first)),
            [inputs]
        );
    }
    // A value in clear text beside it is one.
    let first = with(0, "{}", "Secret/login");
    let more = with(0, "{password: aHVudGVyMg==}", "Secret/login");
    assert!(more.needs_key());
    assert_eq!(digests(&more).changed_since(&digests(&first)), ["Secret/login"]);
}

#[test]
fn without_the_annotation_it_is_the_pod_template() {
    let plain = |text: &str| digests(&text.replace("stackanetes.io/inputs", "x"), &[]);
    let before = plain(&job(""));
    assert_eq!(
        plain(&job("").replace("value: b", "value: c")).changed_since(&before),
        ["template"]
    );
    assert_eq!(
        plain(&job("").replace("spec:\n  template", "spec:\n  suspend: true\n  template")),
        before
    );
}

#[test]
fn what_is_secret_is_never_digested_without_the_key() {
    for (job, others) in [
        (desired(&job("Secret/login")), &[LOGIN][..]),
        (desired(&job("Secret/login/password")), &[LOGIN]),
        (
            desired_with_secret(&job("a=hunter2"), &["metadata", "annotations", INPUTS]),
            &[],
        ),
        (
            desired_with_secret(&job("a").replace("inputs", "other"), &["spec", "template"]),
            &[],
        ),
    ] {
        let declared = all_declared(job, others).expect("no error");
        assert!(declared.needs_key());
        assert_eq!(declared.digests(None).unknown().count(), 1);
        assert_eq!(declared.digests(Some(&key())).unknown().count(), 0);
    }
    assert!(
        !all_declared(desired(&job("image,ConfigMap/settings")), &[SETTINGS])
            .expect("no error")
            .needs_key()
    );
}

#[test]
fn what_is_declared_in_secret_is_not_quoted() {
    for inputs in [
        "canary=1,canary=2",
        "ConfigMap/canary",
        "ConfigMap/setting",
        "ConfigMap/settings/canary",
        "ConfigMap/settings/aa",
        "canary",
        "imagee",
    ] {
        let job = desired_with_secret(&job(inputs), &["metadata", "annotations", INPUTS]);
        let Err(error) = all_declared(job, &[SETTINGS]) else {
            panic!("{inputs} is read")
        };
        let told = format!("{} {}", error.message(), error.hints().join(" "));
        for secret in ["canary", "setting", "aa", "did you mean", "it has a"] {
            assert!(!told.contains(secret), "{told}");
        }
    }
}

#[test]
fn what_changed_in_secret_is_not_named() {
    let text = job("canary=2");
    let noted = json!({"metadata": {"annotations": {DIGESTS: inputs(&[("canary=", Some("old"))]).to_string()}}});
    let why = |mut job: DesiredObject| {
        job.inputs = Some(inputs(&[("canary=", Some("new"))]));
        JobRun::of(&job, Some(&LiveObject::new(noted.clone())), None, None, &[], false)
    };
    let hidden = desired_with_secret(&text, &["metadata", "annotations", INPUTS]);
    assert_eq!(why(hidden), JobRun::Again(Why::Changed(Vec::new())));
    assert_eq!(
        why(desired(&text)),
        JobRun::Again(Why::Changed(vec!["canary=".to_owned()]))
    );
}

#[test]
fn what_cannot_be_read_is_told_with_what_was_meant() {
    let recorded = documents(include_str!("../../../fixtures/jobs/wrong-inputs.yaml"));
    assert!(recorded.len() > 10);
    for recorded in recorded {
        let [inputs, message, hint] = ["inputs", "says", "hint"].map(|key| recorded[key].as_str().expect("a text"));
        let Err(error) = all_declared(desired(&job(inputs)), &[SETTINGS, ELSEWHERE]) else {
            panic!("{inputs} is read")
        };
        assert!(error.message().contains(message), "{}", error.message());
        assert!(error.hints()[0].starts_with(hint), "{:?}", error.hints());
        assert_eq!(error.places()[0].0.line(), 3, "{inputs}");
    }
    let secret = desired_with_secret(&job("hunter2"), &["metadata", "annotations", INPUTS]);
    let error = all_declared(secret, &[]).err().expect("it cannot be read");
    assert!(!format!("{} {:?}", error.message(), error.hints()).contains("hunter2"));
}

fn inputs(digests: &[(&str, Option<&str>)]) -> InputDigests {
    let owned = digests
        .iter()
        .map(|(name, digest)| ((*name).to_owned(), digest.map(str::to_owned)));
    owned.collect()
}

#[test]
fn of_what_cannot_be_compared_nothing_is_said() {
    let now = inputs(&[("image", Some("x")), ("Secret/a", Some("k1.x"))]);
    for then in [Some("k2.y"), None] {
        let then = inputs(&[("image", Some("x")), ("Secret/a", then)]);
        assert_eq!(now.changed_since(&then), [""; 0]);
        assert!(now.adds_to(Some(&then)));
        let unknown = inputs(&[("image", Some("x")), ("Secret/a", None)]);
        assert_eq!(unknown.changed_since(&then), [""; 0]);
        assert!(!unknown.adds_to(Some(&then)));
    }
    for then in ["k1.y", "x"] {
        let then = inputs(&[("image", Some("x")), ("Secret/a", Some(then))]);
        assert_eq!(now.changed_since(&then), ["Secret/a"]);
    }
    assert!(!now.adds_to(Some(&now)));
    let text = now.to_string();
    let noted = LiveObject::new(json!({"metadata": {"annotations": {DIGESTS: text}}}));
    assert_eq!(InputDigests::noted(&noted), Some(now));
}

/// A live member with these conditions, noted with this digest of its image.
fn live(noted: Option<&str>, condition: Option<&str>) -> Value {
    let conditions: Vec<Value> = condition
        .iter()
        .map(|name| json!({"type": name, "status": "True"}))
        .collect();
    let mut job = json!({"apiVersion": "batch/v1", "kind": "Job",
        "metadata": {"name": "migrate", "namespace": "ns", "labels": {inventory::PART_OF: set().id()}},
        "status": {"conditions": conditions}});
    if let Some(digest) = noted {
        job["metadata"]["annotations"][DIGESTS] = inputs(&[("image", Some(digest))]).to_string().into();
    }
    job
}

fn run(live: Option<Value>, recorded: Option<&str>, is_fixed: bool) -> JobRun {
    let recorded = recorded.map(|digest| inputs(&[("image", Some(digest))]));
    let mut job = desired(&job("image"));
    job.inputs = Some(inputs(&[("image", Some("new"))]));
    let live = live.map(LiveObject::new);
    JobRun::of(&job, live.as_ref(), recorded.as_ref(), Some(&set()), &[], is_fixed)
}

fn changed_image() -> JobRun {
    JobRun::Again(Why::Changed(vec!["image".to_owned()]))
}

#[test]
fn a_job_that_is_not_there_runs_unless_it_has_completed_with_these_inputs() {
    assert_eq!(run(None, None, false), JobRun::Plain);
    assert_eq!(run(None, Some("new"), false), JobRun::UpToDate);
    assert_eq!(run(None, Some("old"), false), changed_image());
    let mut going = live(Some("new"), Some("Complete"));
    going["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
    assert_eq!(run(Some(going.clone()), Some("new"), false), JobRun::UpToDate);
    assert_eq!(run(Some(going), None, false), JobRun::Plain);
}

#[test]
fn a_job_that_is_there_stands_by_its_own_inputs() {
    let complete = Some("Complete");
    for (live, is_fixed, expected) in [
        (live(Some("new"), complete), false, JobRun::UpToDate),
        (live(Some("old"), complete), false, changed_image()),
        (live(Some("old"), None), false, changed_image()),
        (live(Some("new"), Some("Failed")), false, JobRun::Again(Why::Failed)),
        (live(None, Some("Failed")), false, JobRun::Again(Why::Failed)),
        // While it runs, it is changed as far as it can be.
        (live(Some("new"), None), false, JobRun::Plain),
        (live(Some("new"), None), true, JobRun::UpToDate),
        (live(None, complete), false, JobRun::Plain),
        (live(None, complete), true, JobRun::Again(Why::Fixed)),
    ] {
        assert_eq!(run(Some(live.clone()), Some("old"), is_fixed), expected, "{live}");
    }
    let mut stranger = live(Some("new"), complete);
    stranger["metadata"]["labels"] = json!({});
    assert_eq!(run(Some(stranger), None, false), JobRun::Noted);
    let mut without_key = live(Some("new"), complete);
    without_key["metadata"]["annotations"][DIGESTS] = inputs(&[("image", None)]).to_string().into();
    assert_eq!(run(Some(without_key), None, false), JobRun::Noted);
}

#[test]
fn a_job_that_is_asked_for_runs_and_what_is_no_job_does_not() {
    let mut object = desired(&job("image"));
    object.inputs = Some(InputDigests::default());
    for (names, expected) in [
        (&["migrate".to_owned()][..], JobRun::Again(Why::Asked)),
        (&["ns/migrate".to_owned()], JobRun::Again(Why::Asked)),
        (&["other/migrate".to_owned(), "migrat".to_owned()], JobRun::Plain),
    ] {
        assert_eq!(JobRun::of(&object, None, None, None, names, false), expected);
    }
    object.inputs = None;
    let names = ["migrate".to_owned()];
    assert_eq!(JobRun::of(&object, None, None, None, &names, false), JobRun::Plain);
}

#[test]
fn a_temporary_name_is_a_valid_name_of_a_job() {
    for name in [
        "a",
        "migrate",
        &"x".repeat(63),
        &format!("{}-{}", "x".repeat(51), "y".repeat(11)),
    ] {
        let temporary = temporary_name(name, "some-uid");
        assert!(
            temporary.len() <= 63 && temporary != *name && !temporary.contains("--"),
            "{temporary}"
        );
    }
    assert_ne!(temporary_name("a", "1"), temporary_name("a", "2"));
}

#[test]
fn a_job_is_named_with_and_without_its_namespace() {
    let job = reference("batch/Job", Some("ns"), "migrate");
    assert_eq!(super::reference("ns/migrate"), Some(job.clone()));
    assert!(names(&job, "migrate") && names(&job, "ns/migrate") && !names(&job, "other/migrate"));
}
