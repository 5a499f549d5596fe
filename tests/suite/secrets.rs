//! No value of a Secret is ever shown, wherever it might come up.

use serde_json::json;

use crate::bed::{Bed, Run, wait_until};
use crate::control_plane::ControlPlane;

const PASSWORD: &str = "hunter2-correct-horse";

fn secret(name: &str, password: &str) -> String {
    format!(
        "apiVersion: v1
kind: Secret
metadata:
  name: {name}
  labels:
    tier: data
  annotations:
    note: {password}
stringData:
  password: {password}
data:
  encoded: aHVudGVyMi1lbmNvZGVk
"
    )
}

#[track_caller]
fn hides(run: crate::bed::Run) {
    run.hides(&[
        PASSWORD,
        "another-secret",
        "aHVudGVyMi",
        "aHVudGVyMi1jb3JyZWN0",
        "YW5vdGhlci1zZWNyZXQ",
    ]);
}

#[test]
fn values_stay_hidden_in_every_output() {
    let bed = Bed::new("secret-hidden");
    bed.write("credentials.yaml", &secret("credentials", PASSWORD));
    for args in [
        &["diff"][..],
        &["diff", "-v"],
        &["diff", "-vv"],
        &["sync", "--yes", "-vv"],
    ] {
        hides(bed.run(args).shows("create Secret secret-hidden/credentials"));
    }
    bed.write(
        "credentials.yaml",
        &secret("credentials", "another-secret").replace("tier: data", "tier: back"),
    );
    for args in [&["diff"][..], &["diff", "-v"], &["sync", "--yes", "-vv"]] {
        let run = bed
            .run(args)
            .shows("data.password")
            .shows("- (not shown) + (not shown) git")
            .shows("- data + back git");
        hides(run);
    }
    bed.diff().exits(0);
}

#[test]
fn drift_of_a_secret_is_seen_and_not_shown() {
    let bed = Bed::new("secret-drift");
    bed.write("credentials.yaml", &secret("credentials", PASSWORD));
    bed.synced();
    bed.kubectl(&[
        "patch",
        "secret",
        "credentials",
        "--field-manager=kubectl-edit",
        "--type=merge",
        "--patch",
        r#"{"stringData":{"password":"another-secret"}}"#,
    ]);
    let run = bed.diff().exits(1).shows("data.password").shows("drift: kubectl-edit,");
    hides(run);
    bed.synced();
    bed.diff().exits(0);
}

#[test]
fn a_key_dropped_from_string_data_is_removed() {
    let bed = Bed::new("secret-key");
    bed.write("credentials.yaml", &secret("credentials", PASSWORD));
    bed.synced();
    bed.write(
        "credentials.yaml",
        &secret("credentials", PASSWORD).replace(&format!("  password: {PASSWORD}\n"), "  other: x\n"),
    );
    bed.synced();
    let data = bed.get("secret", "credentials").expect("it is there")["data"].clone();
    assert!(data["password"].is_null() && data["other"].is_string(), "{data}");
}

/// Refused with its place, by the parser or by the server.
#[track_caller]
fn told(run: Run) -> Run {
    match run.code {
        2 => run.complains("desired/credentials.yaml:"),
        _ => run.exits(1).shows("! refused").shows("desired/credentials.yaml:"),
    }
}

#[test]
fn an_error_about_a_secret_quotes_nothing() {
    let bed = Bed::new("secret-error");
    for broken in [
        secret("credentials", PASSWORD).replace("stringData:", "stringData: ["),
        secret("credentials", PASSWORD).replace("  password:", "  password: x\n  password:"),
        secret("credentials", PASSWORD).replace("aHVudGVyMi1lbmNvZGVk", "'hunter2-correct-horse, not base64'"),
        secret("credentials", PASSWORD).replace("stringData:", "stringDate:"),
        secret("credentials", PASSWORD)
            .replace("labels:\n    tier: data", "labels:\n    tier: [hunter2-correct-horse]"),
        secret("credentials", PASSWORD).replace("metadata:\n", "type: kubernetes.io/tls\nmetadata:\n"),
    ] {
        bed.write("credentials.yaml", &broken);
        hides(told(bed.diff()));
    }
}

#[test]
fn a_field_that_another_manager_set_is_a_conflict_and_not_taken() {
    let bed = Bed::new("secret-conflict");
    bed.write("credentials.yaml", &secret("credentials", PASSWORD));
    bed.synced();
    let theirs = json!({"stringData": {"token": "another-secret"}});
    bed.patch("team-b", "secret", "credentials", &theirs);
    let token = || bed.get("secret", "credentials").expect("it is there")["data"]["token"].clone();
    let before = token();
    let git = secret("credentials", PASSWORD).replace("stringData:\n", &format!("stringData:\n  token: {PASSWORD}\n"));
    bed.write("credentials.yaml", &git);
    for args in [&["diff"][..], &["sync", "--yes"]] {
        let run = bed
            .run(args)
            .exits(1)
            .shows("! conflict Secret secret-conflict/credentials");
        hides(run.shows("data.token").shows("team-b"));
    }
    assert_eq!(token(), before);
}

#[test]
fn an_error_quotes_nothing_however_the_kind_is_written() {
    let bed = Bed::new("secret-spelling");
    for kind in [
        "kind:\n  Secret",
        "kind: >-\n  Secret",
        "kind: &k Secret",
        "kind: !!str Secret",
        "? kind\n: Secret",
    ] {
        let secret = secret("credentials", PASSWORD).replace("kind: Secret", kind);
        for broken in [
            secret.replace("  password:", "  password: x\n  password:"),
            secret.replace("stringData:", "stringDate:"),
            secret.replace(&format!("password: {PASSWORD}"), &format!("password: [{PASSWORD}")),
        ] {
            bed.write("credentials.yaml", &broken);
            hides(told(bed.diff()));
        }
    }
}

#[test]
fn a_kind_that_an_expression_makes_is_told_without_its_lines() {
    let bed = Bed::new("secret-expression");
    bed.write("parameters.yaml", "a: {kind: Sec, rest: ret}\n");
    bed.write(
        "parameters.schema.json",
        r#"{"type": "object", "properties": {"a": {"type": "object", "properties": {"kind": {"type": "string"}, "rest": {"type": "string"}}}}}"#,
    );
    let text = secret("credentials", PASSWORD)
        .replace("kind: Secret", "kind: ${{ a.kind ~ a.rest }}")
        .replace("aHVudGVyMi1lbmNvZGVk", "'hunter2-correct-horse, not base64'");
    bed.write("credentials.yaml", &text);
    hides(bed.diff().exits(2).complains("desired/credentials.yaml:"));
}

#[test]
fn an_annotation_with_the_manifest_of_then_is_not_shown() {
    let bed = Bed::new("secret-manifest").with_default_secrets();
    bed.write("parameters.yaml", "a: {password: other}\n");
    bed.write(
        "parameters.schema.json",
        r#"{"type": "object", "properties": {"a": {"type": "object", "properties": {"password": {"type": "string", "writeOnly": true}}}}}"#,
    );
    let map = |url: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\n  annotations: {{stackanetes.io/adopt: allowed}}\ndata: {{url: '{url}'}}\n"
        )
    };
    // The password of then, as JSON within JSON writes it.
    let then = format!("mysql://a:{PASSWORD}\\\"@h");
    bed.kubectl_stdin(&["apply", "-f", "-"], &map(&then));
    bed.write("c.yaml", &map("mysql://a:${{ a.password }}@h"));
    for format in ["text", "json", "markdown", "html"] {
        hides(bed.run(&["diff", "-v", "--format", format]).exits(1));
    }
}

#[test]
fn a_refused_secret_says_why_as_far_as_that_quotes_nothing() {
    let bed = Bed::on(ControlPlane::full(), "secret-why");
    bed.kubectl(&["create", "quota", "none", "--hard=secrets=0"]);
    wait_until("the quota counts", || {
        let quota = bed.get("resourcequota", "none").expect("it is there");
        quota["status"]["hard"]["secrets"] == "0"
    });
    bed.write("secret.yaml", &secret("credentials", PASSWORD));
    let run = bed.run(&["diff"]).exits(1);
    hides(
        run.shows("the server refuses Secret secret-why/credentials")
            .shows("exceeded quota: none, requested: secrets=1"),
    );
    bed.kubectl(&["delete", "quota", "none"]);

    let sealed = |password: &str| format!("{}immutable: true\n", secret("credentials", password));
    bed.write("secret.yaml", &sealed(PASSWORD));
    bed.synced();
    bed.write("secret.yaml", &sealed("another-secret"));
    hides(
        bed.run(&["diff"])
            .exits(1)
            .shows("! refused Secret secret-why/credentials")
            .shows("cannot be changed"),
    );
}

#[test]
fn a_line_that_is_not_utf8_is_never_quoted() {
    let bed = Bed::without_namespace(ControlPlane::bare(), "secret-not-utf8");
    bed.write("stackanetes.yaml", "name: secret-not-utf8\n");
    bed.write(
        "parameters.schema.json",
        "{\"properties\": {\"password\": {\"writeOnly\": true}}}",
    );
    let component = "secrets: [{name: a, files: {a: a.j2}}]\n";
    for file in [
        "parameters.yaml",
        "environments/prod.yaml",
        "app/a.j2",
        "app/component.yaml",
        "defaults/all.yaml",
        "stackanetes.yaml",
    ] {
        bed.write("parameters.yaml", "password: x\n");
        bed.write("environments/prod.yaml", "password: x\n");
        bed.write("app/component.yaml", component);
        bed.write("app/a.j2", "x\n");
        bed.write("defaults/all.yaml", "$select: {}\n");
        let line = [b"password: ".as_slice(), PASSWORD.as_bytes(), b"\xe4\n"].concat();
        std::fs::write(bed.dir.join("desired").join(file), line).expect("written");
        let run = bed.run(&["render", "--environment", "prod"]).exits(2);
        run.hides(&[PASSWORD])
            .complains(&format!("desired/{file} is not UTF-8 text"))
            .complains(&format!("desired/{file}:1:32"));
        bed.write("stackanetes.yaml", "name: secret-not-utf8\n");
    }
}

#[test]
fn what_is_wrong_with_a_default_or_a_component_is_told_without_lines_that_may_be_of_a_secret() {
    let bed = Bed::without_namespace(ControlPlane::bare(), "secret-lines");
    bed.write("stackanetes.yaml", "name: secret-lines\n");
    bed.write("db.yaml", &secret("db", "another-secret"));
    let told = |file: &str, text: String, words: &str| {
        bed.write(file, &text);
        let run = bed.run(&["render"]).exits(2).hides(&[PASSWORD]);
        run.complains(words).complains(&format!("desired/{file}:"));
        bed.remove(file);
    };
    for (content, words) in [
        (
            format!("stringData: {{a: {PASSWORD}}}"),
            "a default has no `stringData`",
        ),
        (format!("data: {{a: {PASSWORD}, a: x}}"), "written twice"),
        (
            format!("data: {{a: {PASSWORD}, b: '${{{{ nope }}}}'}}"),
            "there is no parameter `nope`",
        ),
        (format!("\"data\": {{a: [{PASSWORD}]}}"), "`data.a` of a Secret"),
        (format!("dta: {{a: {PASSWORD}}}"), "`dta` of a Secret"),
    ] {
        told("defaults/db.yaml", format!("$select: {{name: db}}\n{content}\n"), words);
    }
    for (content, words) in [
        (
            format!("secrets: [{{name: a, valus: {{a: {PASSWORD}}}}}]"),
            "Secret has no key `valus`",
        ),
        (
            format!("secrets: [{{name: a, stringData: {{a: {PASSWORD}}}}}]"),
            "Secret has no key `stringData`",
        ),
        (
            format!("secrets: [{{name: a, generate: {{a: {PASSWORD}}}}}]"),
            "`a` must be a mapping",
        ),
        (
            format!("secret: {{a: {PASSWORD}}}"),
            "component.yaml has no key `secret`",
        ),
        (
            format!("sercets: {{a: {PASSWORD}}}"),
            "component.yaml has no key `sercets`",
        ),
    ] {
        told("app/component.yaml", format!("{content}\n"), words);
    }
    let kind = "apiVersion: v1\nkind: ${{ 'Sec' ~ 'ret' }}\nmetadata: {name: made}\n";
    told("made.yaml", format!("{kind}data: {{a: {PASSWORD}}}\n"), "`data.a`");
}
