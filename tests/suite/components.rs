//! A directory of components: their order, their configuration, and what follows it.

use crate::bed::{Bed, Run, deployment, pod_template, with_metadata};
use crate::control_plane::{AuditEvent, ControlPlane};

/// A database, a cache, and an application that needs the database: each a Deployment, the
/// application with a configuration file and a ConfigMap that only some of it reads.
fn bed(name: &str) -> Bed {
    let bed = Bed::on(ControlPlane::full(), name).with_default_secrets();
    bed.write(
        "parameters.yaml",
        "app: {enabled: true, debug: false, host: one.example.com, password: hunter2-of-a-component}\n",
    );
    bed.write(
        "parameters.schema.json",
        r#"{"properties": {"app": {"properties": {
            "enabled": {"type": "boolean"}, "debug": {"type": "boolean"}, "host": {"type": "string"},
            "password": {"type": "string", "writeOnly": true}}}}}"#,
    );
    for component in ["db", "cache"] {
        bed.write(&format!("{component}/component.yaml"), "");
        bed.write(
            &format!("{component}/deployment.yaml"),
            &slow(&deployment(component, 1, "none")),
        );
    }
    bed.write("app/component.yaml", APP);
    bed.write(
        "app/etc/app.conf.j2",
        "[main]\n{% if app.debug %}\ndebug = true\n{% endif %}\n# Where it is.\nhost = {{ app.host }}\nport = 80\n",
    );
    bed.write("app/etc/notes.yaml", "this: {is no: manifest\n");
    let app = deployment("app", 2, "none");
    let reads = "      volumes:
        - {name: etc, configMap: {name: app-etc, items: [{key: app.conf, path: app.conf}]}}
        - {name: secret, secret: {secretName: app}}
";
    bed.write("app/deployment.yaml", &format!("{app}{reads}"));
    bed
}

const APP: &str = "dependsOn: [db]
when: app.enabled
configMaps:
  - name: app-etc
    files:
      app.conf: etc/app.conf.j2
      notes.yaml: etc/notes.yaml
secrets:
  - name: app
    values: {password: '${{ app.password }}'}
";

/// Pods that are ready only after a while, so that whoever waits for them is seen to wait.
fn slow(deployment: &str) -> String {
    deployment.replace("  replicas:", "  minReadySeconds: 2\n  replicas:")
}

/// The first request that stored an object.
fn stored<'a>(requests: &'a [AuditEvent], resource: &str, name: &str) -> &'a AuditEvent {
    let is = |request: &&AuditEvent| request.is_write() && request.resource == resource && request.name == name;
    requests
        .iter()
        .find(is)
        .unwrap_or_else(|| panic!("{resource} {name} is stored"))
}

#[track_caller]
fn hides(run: Run) -> Run {
    run.hides(&["hunter2", "aHVudGVyM"])
}

#[test]
fn a_component_waits_for_those_it_depends_on_and_for_no_other() {
    let bed = bed("components-order");
    let requests = bed.audited(|| {
        hides(bed.run(&["sync", "--yes", "-vv"]))
            .exits(0)
            .shows("complete: 5 created");
    });
    let at = |resource: &str, name: &str| stored(&requests, resource, name).received.clone();
    let available = bed.get("deployment", "db").expect("it is there")["status"]["conditions"]
        .as_array()
        .and_then(|conditions| conditions.iter().find(|condition| condition["type"] == "Available"))
        .and_then(|condition| condition["lastTransitionTime"].as_str().map(str::to_owned))
        .expect("it became available");
    // Times of conditions are whole seconds.
    assert!(
        at("deployments", "app")[..19] >= available[..19],
        "the application waits for the database"
    );
    assert!(
        at("deployments", "cache") < at("deployments", "app"),
        "the cache waits for nobody"
    );
    assert!(at("configmaps", "app-etc") < at("deployments", "app"));
    assert!(
        at("configmaps", "app-etc")[..19] < available[..19],
        "its configuration waits for nobody"
    );
    bed.diff().exits(0);
    let app = bed.get("deployment", "app").expect("it is there");
    assert_eq!(app["metadata"]["labels"]["stackanetes.io/component"], "app");
    let data = bed.get("configmap", "app-etc").expect("it is there")["data"].clone();
    assert_eq!(
        data["app.conf"],
        "[main]\n# Where it is.\nhost = one.example.com\nport = 80\n"
    );
    assert_eq!(data["notes.yaml"], "this: {is no: manifest\n");
}

#[test]
fn what_depends_on_a_component_that_fails_is_not_tried() {
    let bed = bed("components-failed");
    bed.write("db/job.yaml", FAILING);
    bed.run(&["sync", "--yes"])
        .exits(1)
        .shows("not ready Job components-failed/init: Failed")
        .shows("not started Deployment components-failed/app: it depends on Job components-failed/init");
    assert!(bed.get("deployment", "app").is_none() && bed.get("deployment", "cache").is_some());
    assert!(bed.get("configmap", "app-etc").is_some());
}

const FAILING: &str = "apiVersion: batch/v1
kind: Job
metadata: {name: init}
spec:
  backoffLimit: 0
  template:
    metadata: {labels: {outcome: failure}}
    spec: {restartPolicy: Never, containers: [{name: main, image: none}]}
";

#[test]
fn pods_follow_the_configuration_that_they_read() {
    let bed = bed("components-follow");
    bed.synced();
    // One line of the template is that line, and the pods that read it.
    bed.write(
        "app/etc/app.conf.j2",
        "[main]\n{% if app.debug %}\ndebug = true\n{% endif %}\n# Where it is.\nhost = {{ app.host }}\nport = 81\n",
    );
    let run = bed.diff().exits(1);
    for words in [
        "~ update    ConfigMap components-follow/app-etc",
        "data[app.conf]",
        "desired/app/etc/app.conf.j2:7",
        "- port = 80",
        "+ port = 81",
        "~ update    1 workload: what it reads changes",
        "restarts 2 pods; -v shows them",
        "ConfigMap components-follow/app-etc: Deployment app",
        "2 to update; 3 unchanged",
    ] {
        assert!(run.stdout.contains(words), "{words}\n{}", run.stdout);
    }
    bed.synced();
    bed.diff().exits(0);
    // A line that a parameter made is changed where the parameter is set.
    let run = bed.run(&["diff", "--set", "app.host=two.example.com"]).exits(1);
    run.shows("--set app.host:1").shows("+ host = two.example.com");
    // What no pod reads restarts none.
    bed.write("app/etc/notes.yaml", "something else\n");
    bed.diff().exits(1).shows("1 to update; 4 unchanged");
    bed.synced();
    // Who asks not to be restarted is not.
    let ignoring = with_metadata(
        &deployment("app", 2, "none"),
        "  annotations: {stackanetes.io/rollout: ignore}\n",
    );
    bed.write("app/deployment.yaml", &ignoring);
    bed.synced();
    bed.write("app/etc/app.conf.j2", "[main]\n");
    bed.diff().exits(1).shows("1 to update; 4 unchanged");
}

#[test]
fn a_component_switched_off_is_pruned_and_no_other() {
    let bed = bed("components-off");
    bed.synced();
    bed.run(&["diff", "--set", "app.enabled=false"])
        .exits(1)
        .shows("- delete    Deployment components-off/app")
        .shows("3 to delete; 2 unchanged");
    // Of one component alone, the rest is neither compared nor pruned.
    bed.write("db/deployment.yaml", &slow(&deployment("db", 3, "none")));
    bed.run(&["diff", "--component", "db"])
        .exits(1)
        .shows("1 to update; 0 unchanged");
    bed.run(&["diff", "--component", "cache", "--set", "app.enabled=false"])
        .exits(0)
        .shows("in sync: 1 object");
    bed.run(&["sync", "--yes", "--component", "app", "--set", "app.enabled=false"])
        .exits(0)
        .shows("3 deleted");
    assert!(bed.get("deployment", "db").expect("untouched")["spec"]["replicas"] == 1);
    bed.run(&["diff", "--component", "bd"])
        .exits(2)
        .complains("did you mean `db`?");
}

#[test]
fn an_output_is_a_text_for_all_to_see() {
    let bed = bed("components-output");
    let settings = "name: components-output\nnamespace: components-output\noutputs: {url: url.j2, leak: leak.j2}\n";
    bed.write("stackanetes.yaml", settings);
    bed.write("url.j2", "http://{{ app.host }}/\n");
    bed.write("leak.j2", "{{ app.password }}\n");
    let run = bed
        .run(&["output", "url", "--set", "app.host=two.example.com"])
        .exits(0);
    assert_eq!(run.stdout, "http://two.example.com/\n");
    let run = hides(bed.run(&["output", "desired", "leak"]).exits(2));
    run.complains("desired/leak.j2 reads the secret parameter `app.password`")
        .complains("desired/stackanetes.yaml:3:");
    bed.run(&["output", "ulr"]).exits(2).complains("did you mean `url`?");
    // Either may stand first.
    for order in [["output", "url", "desired"], ["output", "desired", "url"]] {
        assert_eq!(bed.run(&order).exits(0).stdout, "http://one.example.com/\n");
    }
}

#[test]
fn a_folder_of_a_component_is_a_part_of_the_directory() {
    let bed = bed("components-part");
    for path in ["desired/app", "./desired/app/"] {
        bed.run(&["render", path])
            .exits(2)
            .complains("desired/app is a component of desired, and no directory by itself")
            .complains("`--component app`");
    }
    let kinds = |args: &[&str]| {
        let run = bed.run(&[&["render"], args].concat()).exits(0);
        run.stdout.lines().filter(|line| line.starts_with("kind: ")).count()
    };
    // A Deployment each, and what the application reads.
    assert_eq!((kinds(&[]), kinds(&["--component", "app"])), (5, 3));
    assert_eq!(kinds(&["-l", "stackanetes.io/component in (db,cache)"]), 2);
    bed.run(&["render", "--component", "ap"])
        .exits(2)
        .complains("did you mean `app`?");
}

/// Writes one file over a component that is right, and expects to be told these words.
#[track_caller]
fn refuses(bed: &Bed, file: &str, text: &str, words: &[&str]) {
    let before = std::fs::read_to_string(bed.dir.join("desired").join(file)).ok();
    bed.write(file, text);
    let run = hides(bed.run(&["render"]).exits(2));
    words.iter().fold(run, |run, words| run.complains(words));
    match before {
        Some(before) => bed.write(file, &before),
        None => bed.remove(file),
    }
}

/// What may be wrong with the `component.yaml` of `app`, and what is said of it.
const WRONG: &[(&str, &[&str])] = &[
    (
        "dependsOn: [dv]",
        &[
            "app depends on dv, and there is no such component",
            ":1:13",
            "did you mean `db`?",
        ],
    ),
    (
        "depends: [db]",
        &[
            "component.yaml has no key `depends`",
            "did you mean `dependsOn`?",
            ":1:1",
        ],
    ),
    ("dependsOn: db", &["`dependsOn` must be a list, not text"]),
    (
        "when: app.enabld",
        &[
            "there is no parameter `app.enabld`",
            "did you mean `app.enabled`?",
            ":1:7",
        ],
    ),
    ("when: app.host", &["`when` is true or false, and this is text"]),
    (
        "configMaps: [{name: a, files: {x: none.conf}}]",
        &["there is no file desired/app/none.conf", ":1:32"],
    ),
    (
        "configMaps: [{name: a, files: {x: ../../../x}}]",
        &["../../../x is outside of the directory"],
    ),
    (
        "configMaps: [{name: a, files: {x: /etc/passwd}}]",
        &["/etc/passwd is outside of the directory"],
    ),
    (
        "configMaps: [{name: a, files: {x: etc}}]",
        &["desired/app/etc is no file"],
    ),
    ("configMaps: [{files: {}}]", &["`name` is missing"]),
    (
        "configMaps: [{name: a, generate: {}}]",
        &["ConfigMap has no key `generate` here"],
    ),
    (
        "configMaps: [{name: a, files: {a/b: etc/notes.yaml}}]",
        &["`a/b` cannot be a key of a ConfigMap"],
    ),
    (
        "secrets: [{name: a, values: {x: 1}}]",
        &["`x` must be text, not a number"],
    ),
    (
        "secrets: [{name: a, values: {x: a}, generate: {x: {length: 8}}}]",
        &["the key `x` is said twice"],
    ),
    (
        "secrets: [{name: a, generate: {x: {lenght: 8}}}]",
        &["did you mean `length`?"],
    ),
    (
        "secrets: [{name: a, immutable: true, generate: {x: {length: 8}}}]",
        &["a Secret that is immutable cannot have generated values"],
    ),
    (
        "secrets: [{name: a, generate: {x: {rsa: 100}}}]",
        &["`rsa` is a number from 2048 to 8192"],
    ),
];

/// What may be wrong with a template.
const WRONG_TEMPLATES: &[(&str, &[&str])] = &[
    (
        "a\nb = {{ app.hots }}\n",
        &["app.conf.j2:2:8", "did you mean `app.host`?"],
    ),
    ("{% for x in app.host %}\n{% end %}\n", &["app.conf.j2:2"]),
    (
        "x = {{ app.password }}\n",
        &["reads the secret parameter `app.password`", "component.yaml:6:"],
    ),
    (
        "{% for x in range(9999) %}{% for y in range(9999) %}.{% endfor %}{% endfor %}",
        &["takes too many steps", "app.conf.j2:1"],
    ),
];

#[test]
fn what_is_wrong_with_a_component_is_said_where_it_is() {
    let bed = bed("components-wrong");
    for (text, words) in WRONG {
        let words = [words, &["desired/app/component.yaml:"][..]].concat();
        refuses(&bed, "app/component.yaml", text, &words);
    }
    for (text, words) in WRONG_TEMPLATES {
        refuses(&bed, "app/etc/app.conf.j2", text, words);
    }
    let db = "db/component.yaml";
    refuses(
        &bed,
        db,
        "dependsOn: [app]",
        &[
            "in a circle: app -> db -> app",
            "db/component.yaml:1:13",
            "app/component.yaml:1:",
        ],
    );
    refuses(
        &bed,
        db,
        "when: not app.enabled",
        &["app depends on db, which is switched off by its `when`"],
    );
    // The same object from two components, which only a cluster's kinds can tell.
    bed.write(
        "db/component.yaml",
        "configMaps: [{name: app-etc, files: {x: ../app/etc/notes.yaml}}]\n",
    );
    let requests = bed.audited(|| {
        let run = bed
            .sync()
            .exits(2)
            .complains("duplicate object ConfigMap components-wrong/app-etc");
        run.complains("desired/db/component.yaml:1:")
            .complains("desired/app/component.yaml:4:");
    });
    assert!(!requests.iter().any(AuditEvent::is_write));
}

#[test]
fn pods_follow_their_secrets_and_nobody_learns_what_these_say() {
    let bed = bed("components-secrets");
    bed.synced();
    let annotation = |bed: &Bed| {
        let app = bed.get("deployment", "app").expect("it is there");
        app["spec"]["template"]["metadata"]["annotations"]["stackanetes.io/secrets"].clone()
    };
    let first = annotation(&bed);
    assert!(first.as_str().is_some_and(|text| text.starts_with("app=")), "{first}");
    let other = ["--set", "app.password=hunter2-is-another-now"];
    hides(bed.run(&[&["diff"], &other[..]].concat()))
        .exits(1)
        .shows("~ update    1 workload: what it reads changes")
        .shows("restarts 2 pods; -v shows them")
        .shows("Secret components-secrets/app: Deployment app")
        .shows("2 to update");
    hides(bed.run(&[&["sync", "--yes", "-vv"], &other[..]].concat())).exits(0);
    assert_ne!(annotation(&bed), first);
    hides(bed.run(&[&["diff"], &other[..]].concat())).exits(0);
    // The same password again has the same digest: it is the key's, not the run's.
    bed.synced();
    assert_eq!(annotation(&bed), first);
}

#[test]
fn what_is_read_and_to_change_must_be_selected_too() {
    let bed = bed("components-pending");
    bed.write(
        "db/component.yaml",
        "configMaps: [{name: shared, files: {x: shared.txt}}]\n",
    );
    bed.write("db/shared.txt", "one\n");
    let reads = "      volumes: [{name: shared, configMap: {name: shared}}]\n";
    bed.write(
        "app/deployment.yaml",
        &format!("{}{reads}", deployment("app", 2, "none")),
    );
    bed.synced();
    bed.run(&["diff", "--component", "app"]).exits(0);
    bed.write("db/shared.txt", "two\n");
    let requests = bed.audited(|| {
        bed.run(&["sync", "--yes", "--component", "app"]).exits(2).complains(
            "Deployment components-pending/app reads ConfigMap components-pending/shared, which is to change",
        );
    });
    assert!(!requests.iter().any(AuditEvent::is_write));
    bed.run(&["sync", "--yes", "--component", "app", "--component", "db"])
        .exits(0)
        .shows("2 updated");
    bed.diff().exits(0);
}

#[test]
fn an_edit_is_told_with_the_old_value_of_each_component() {
    let bed = Bed::new("components-apart");
    bed.write(
        "parameters.schema.json",
        r#"{"properties": {"tag": {"type": "string"}}}"#,
    );
    for name in ["one-a", "one-b", "one-c", "two-a", "two-b", "two-c"] {
        let component = &name[..3];
        bed.write(&format!("{component}/component.yaml"), "");
        bed.write(
            &format!("{component}/{name}.yaml"),
            &pod_template(name, "nginx:${{ tag }}"),
        );
    }
    let tag = |tag: &str| {
        bed.write("parameters.yaml", &format!("tag: '{tag}'\n"));
        bed.commit(tag);
    };
    tag("1");
    bed.synced();
    tag("2");
    bed.run(&["sync", "--yes", "--component", "two"]).exits(0);
    tag("3");
    bed.diff()
        .exits(1)
        .shows("tag: 1 → 3")
        .shows("tag: 2 → 3")
        .shows("6 to update");
}
