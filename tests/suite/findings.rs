//! Findings have identifiers: they are ignored by them, and programs and CI systems read them.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::bed::Run;
use crate::check::{check, folder};
use crate::xml::{of_name, xml};

/// Two references that lead nowhere, and a Service of nobody's pods.
const SHOP: &str = "apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  serviceAccountName: theirs
  containers:
    - name: web
      envFrom:
        - configMapRef: {name: 'a, 100%: \"<b>\" & ]]>'}
---
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector: {app: elsewhere}
  ports: [{port: 80}]
";

fn json(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error} in\n{}", run.stdout))
}

/// The identifiers of what is found, by place.
fn identifiers(dir: &Path) -> Vec<String> {
    let found = json(&check(dir, &["--format", "json"]));
    let findings = found["findings"].as_array().cloned().unwrap_or_default();
    let identifier = |finding: &Value| finding["identifier"].as_str().unwrap_or_default().to_owned();
    findings.iter().map(identifier).collect()
}

#[test]
fn the_manual_lists_every_identifier_with_its_severity() {
    let manual = include_str!("../../src/manual/check.md");
    for identifier in stackanetes::diagnostic::identifier::Identifier::ALL {
        let (name, severity) = (identifier.name(), identifier.severity().word());
        let row = format!("| `{name}` | {severity} | {} |", identifier.about());
        assert!(manual.contains(&row), "no row\n{row}");
    }
    let rows = manual
        .lines()
        .filter(|line| line.starts_with("| `") && line.split(" | ").count() == 3);
    let known = stackanetes::diagnostic::identifier::Identifier::ALL.len();
    assert_eq!(rows.count(), known, "a row of a finding that there is not");
}

#[test]
fn a_rule_ignores_what_it_is_about_in_many_objects_and_the_count_is_told() {
    let rules =
        "ignoreFindings:\n  - {finding: missing-object, kind: Pod}\n  - {finding: empty-selection, file: 'shop/*'}\n";
    let files = [
        ("shop/shop.yaml", SHOP),
        ("other.yaml", &SHOP.replace("name: web\nspec", "name: other\nspec")),
    ];
    let dir = folder("findings-none", &files);
    assert_eq!(identifiers(&dir).len(), 6);
    let dir = folder("findings-rules", &[files[0], files[1], ("stackanetes.yaml", rules)]);
    check(&dir, &[])
        .exits(1)
        .shows("ignored: missing-object (4), empty-selection (1)")
        .shows("warning[empty-selection]: Service default/other selects no pods of the directory")
        .shows("1 warning in 4 objects");
    let found = json(&check(&dir, &["--format", "json"]).exits(1));
    assert_eq!(found["ignored"]["missing-object"], 4);
    assert!(found["idleRules"].is_null());
}

#[test]
fn a_rule_that_ignores_nothing_is_told() {
    let rules = "ignoreFindings:\n  - {finding: missing-object}\n  - {finding: missing-key}\n";
    let dir = folder("findings-idle", &[("shop.yaml", SHOP), ("stackanetes.yaml", rules)]);
    check(&dir, &[])
        .exits(1)
        .shows("the rule at desired/stackanetes.yaml:3:5 ignores nothing")
        .shows_not("stackanetes.yaml:2:5");
}

#[test]
fn an_annotation_ignores_what_it_names_of_its_object() {
    let annotated = |text: &str| {
        let annotation = format!("name: web\n  annotations:\n    stackanetes.io/ignore-findings: {text}\nspec");
        SHOP.replace("name: web\nspec", &annotation)
    };
    let dir = folder(
        "findings-annotation",
        &[("a.yaml", &annotated("missing-object, empty-selection"))],
    );
    check(&dir, &[])
        .exits(0)
        .shows("ignored: missing-object (2), empty-selection (1)")
        .shows("nothing found in 2 objects");
    let dir = folder("findings-annotation", &[("a.yaml", &annotated("missing-objct"))]);
    check(&dir, &[])
        .exits(1)
        .shows("error[unknown-identifier]: there is no finding `missing-objct`")
        .shows("hint: did you mean `missing-object`?");
}

#[test]
fn an_unknown_identifier_in_a_rule_is_an_error_with_the_nearest_right_one() {
    let rules = "ignoreFindings:\n  - finding: missing-objct\n";
    let dir = folder("findings-unknown", &[("a.yaml", SHOP), ("stackanetes.yaml", rules)]);
    check(&dir, &[])
        .exits(2)
        .complains("error: there is no finding `missing-objct`")
        .complains("desired/stackanetes.yaml:2:14")
        .complains("hint: did you mean `missing-object`?");
}

/// A repository whose directory of manifests is not at its top.
fn below(name: &str, text: &str) -> std::path::PathBuf {
    let dir = folder(name, &[]);
    let below = dir.join("clusters/a b");
    fs::create_dir_all(below.join("desired")).expect("a directory of our own");
    fs::write(below.join("desired/web.yaml"), text).expect("a file of our own");
    git2::Repository::init(&dir).expect("a new repository");
    below
}

#[test]
fn github_is_told_each_place_from_the_top_of_the_repository_and_no_text_ends_a_command() {
    let run = check(&below("findings-github", SHOP), &["--format", "github"]).exits(1);
    let lines: Vec<&str> = run.stdout.lines().collect();
    let hint = |object: &str, identifier: &str| {
        format!(
            "%0Ahint: if something outside of the directory makes this right, annotate {object} with \
             `stackanetes.io/ignore-findings: {identifier}`"
        )
    };
    let at =
        |line: u32, columns: &str| format!("file=clusters/a b/desired/web.yaml,line={line},endLine={line},{columns}");
    assert_eq!(
        lines,
        [
            format!(
                "::error {},title=missing-object::Pod default/web runs as ServiceAccount default/theirs, which is not \
                 in the directory{}",
                at(6, "col=3,endColumn=29"),
                hint("Pod default/web", "missing-object")
            ),
            format!(
                "::error {},title=missing-object::Pod default/web reads ConfigMap default/a, 100%25: \"<b>\" & ]]>, \
                 which is not in the directory{}",
                at(10, "col=26,endColumn=54"),
                hint("Pod default/web", "missing-object")
            ),
            format!(
                "::warning {},title=empty-selection::Service default/web selects no pods of the directory{}",
                at(17, "col=3,endColumn=29"),
                hint("Service default/web", "empty-selection")
            ),
        ]
    );
}

/// What the official schema says against a log.
fn against_sarif(log: &Value) -> Vec<String> {
    let schema = include_str!("../../fixtures/sarif/sarif-schema-2.1.0.json");
    let schema: Value = serde_json::from_str(schema).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let errors = validator.iter_errors(log);
    errors
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

#[test]
fn sarif_is_what_its_official_schema_wants() {
    let log = json(&check(&below("findings-sarif", SHOP), &["--format", "sarif"]).exits(1));
    assert_eq!(against_sarif(&log), [""; 0]);
    let run = &log["runs"][0];
    let results = run["results"].as_array().expect("results");
    assert_eq!(results.len(), 3);
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
    for result in results {
        let index = result["ruleIndex"]
            .as_u64()
            .and_then(|index| usize::try_from(index).ok());
        assert_eq!(
            run["tool"]["driver"]["rules"][index.expect("an index")]["id"],
            result["ruleId"]
        );
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "clusters/a%20b/desired/web.yaml");
    }
    // A schema that takes anything would prove nothing.
    let mut wrong = log.clone();
    wrong["runs"][0]["results"][0]["level"] = "fatal".into();
    assert_eq!(against_sarif(&wrong).len(), 1);
}

#[test]
fn junit_has_a_failed_case_for_each_finding_and_a_passed_one_for_none() {
    let dir = below("findings-junit", SHOP);
    let run = check(&dir, &["--format", "junit"]).exits(1);
    let elements = xml(&run.stdout);
    let cases = of_name(&elements, "testcase");
    assert_eq!(cases.len(), 3);
    assert_eq!(cases[0].value("name"), "missing-object Pod default/web");
    assert_eq!(
        [cases[0].value("file"), cases[0].value("line")],
        ["clusters/a b/desired/web.yaml", "6"]
    );
    let failure = of_name(&elements, "failure")[1];
    assert!(
        failure
            .value("message")
            .contains("ConfigMap default/a, 100%: \"<b>\" & ]]>,")
    );
    assert!(run.stdout.contains("a, 100%: &quot;&lt;b&gt;&quot; &amp; ]]&gt;,"));
    fs::write(dir.join("desired/web.yaml"), "").expect("a file of our own");
    let run = check(&dir, &["--format", "junit"]).exits(0);
    let elements = xml(&run.stdout);
    let [cases, failures] = ["testcase", "failure"].map(|name| of_name(&elements, name).len());
    assert_eq!([cases, failures], [1, 0]);
}

#[test]
fn what_cannot_be_read_is_a_finding_at_its_place_in_every_format() {
    let dir = below("findings-syntax", "apiVersion: v1\nkind: ConfigMap\ndata: {a: [}\n");
    let place = "file=clusters/a b/desired/web.yaml,line=3,endLine=3,col=11,endColumn=12";
    let github = check(&dir, &["--format", "github"]).exits(2).complains("error: ");
    let command = github.stdout.lines().next().unwrap_or_default();
    assert!(command.starts_with(&format!("::error {place}")), "{command}");
    assert!(command.contains("title=unreadable-input::"), "{command}");
    let sarif = json(&check(&dir, &["--format", "sarif"]).exits(2));
    assert_eq!(against_sarif(&sarif), [""; 0]);
    assert_eq!(sarif["runs"][0]["invocations"][0]["executionSuccessful"], false);
    assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], "unreadable-input");
    let found = json(&check(&dir, &["--format", "json"]).exits(2));
    assert_eq!(found["complete"], false);
    assert_eq!(
        found["findings"][0]["places"][0]["file"],
        "clusters/a b/desired/web.yaml"
    );
    let junit = check(&dir, &["--format", "junit"]).exits(2);
    assert_eq!(of_name(&xml(&junit.stdout), "failure").len(), 1);
    // Text is for people: they read it where errors are.
    let text = check(&dir, &[]).exits(2);
    assert_eq!(text.stdout, "");
}

#[test]
fn what_cannot_be_found_is_a_finding_without_a_place() {
    let dir = folder("findings-nowhere", &[]);
    fs::create_dir_all(&dir).expect("a directory of our own");
    let sarif = json(&check(&dir, &["--format", "sarif"]).exits(2));
    assert_eq!(against_sarif(&sarif), [""; 0]);
    check(&dir, &["--format", "github"])
        .exits(2)
        .shows("::error title=unreadable-input::");
}
