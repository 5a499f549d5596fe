//! Values of Secrets that are made in the cluster: once, under a manager of their own, for nobody to see.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::bed::{Bed, Run};
use crate::control_plane::AuditEvent;

/// A bed with a component whose Secret `made` holds what `lines` say.
fn bed(name: &str, lines: &str) -> Bed {
    let bed = Bed::new(name);
    declare(&bed, lines);
    bed
}

fn declare(bed: &Bed, lines: &str) {
    bed.write("app/component.yaml", &format!("secrets:\n  - name: made\n{lines}"));
}

/// The Secret's data.
fn data(bed: &Bed) -> Value {
    bed.get("secret", "made").expect("it is there")["data"].clone()
}

fn text(data: &Value, key: &str) -> String {
    let value = data[key].as_str().unwrap_or_else(|| panic!("{key} is there"));
    String::from_utf8(STANDARD.decode(value).expect("base64")).expect("text")
}

/// Nothing that was shown holds a value of the Secret.
#[track_caller]
fn hides(bed: &Bed, run: Run) -> Run {
    let all = format!("{}{}", run.stdout, run.stderr);
    for value in data(bed).as_object().into_iter().flatten().map(|(_, value)| value) {
        let encoded = value.as_str().expect("text");
        assert!(!all.contains(encoded), "{all}");
        if let Ok(text) = String::from_utf8(STANDARD.decode(encoded).expect("base64")) {
            assert!(!all.contains(text.trim_end()), "{all}");
        }
    }
    run
}

const FORMS: &str = "    values: {user: keystone}
    generate:
      password: {length: 40}
      pin: {length: 6, alphabet: '0123456789'}
      bytes: {bytes: 48}
      '0': {fernet: true}
      id_rsa: {rsa: 2048}
";

#[test]
fn values_are_made_once_and_nobody_sees_them() {
    let bed = bed("generated-once", FORMS);
    bed.diff()
        .exits(1)
        .shows("data.password")
        .shows("generated in the cluster");
    let run = bed.run(&["sync", "--yes", "-vv"]).exits(0).shows("complete: 1 created");
    let run = hides(&bed, run);
    assert!(!run.stdout.contains("mismatch"), "{}", run.stdout);
    let first = data(&bed);
    assert_eq!(text(&first, "password").len(), 40);
    assert!(text(&first, "pin").len() == 6 && text(&first, "pin").bytes().all(|byte| byte.is_ascii_digit()));
    assert_eq!(text(&first, "0").len(), 44);
    assert!(text(&first, "id_rsa").starts_with("-----BEGIN PRIVATE KEY-----\n"));
    assert_eq!(text(&first, "user"), "keystone");
    let managers = bed.get("secret", "made").expect("it is there")["metadata"]["managedFields"].clone();
    let generator = managers
        .as_array()
        .and_then(|managers| managers.iter().find(|entry| entry["manager"] == "stackanetes-generate"));
    let owned = &generator.expect("a manager of its own")["fieldsV1"]["f:data"];
    assert!(owned["f:password"].is_object() && owned["f:user"].is_null(), "{owned}");

    for round in 0..10 {
        // Every other sync writes the Secret for another reason.
        if round % 2 == 0 {
            declare(&bed, &format!("    labels: {{round: 'r{round}'}}\n{FORMS}"));
        }
        hides(&bed, bed.run(&["diff", "-vv"]));
        hides(&bed, bed.run(&["sync", "--yes", "-vv"]).exits(0));
        assert_eq!(data(&bed), first);
    }
    bed.run(&["render", "--show-secrets"])
        .exits(0)
        .shows("user:")
        .shows_not("password:");
    let requests = bed.audited(|| drop(bed.diff().exits(0)));
    assert!(!requests.iter().any(AuditEvent::is_write));
}

#[test]
fn what_is_added_or_raised_is_made_and_the_rest_stays() {
    let bed = bed("generated-more", "    generate: {a: {length: 20}, b: {length: 20}}\n");
    bed.synced();
    let first = data(&bed);
    declare(
        &bed,
        "    generate: {a: {length: 20}, b: {length: 20, rotation: 1}, c: {length: 20}}\n",
    );
    bed.diff().exits(1).shows("data.b").shows("data.c").shows_not("data.a");
    bed.synced();
    let second = data(&bed);
    assert_eq!(first["a"], second["a"]);
    assert_ne!(first["b"], second["b"]);
    assert!(second["c"].is_string());
    bed.diff().exits(0);
}

#[test]
fn what_others_do_to_a_made_value_is_theirs() {
    let bed = bed(
        "generated-rotated",
        "    generate: {'0': {fernet: true}, '1': {fernet: true}}\n",
    );
    bed.synced();
    // As a rotation does it: the oldest goes, a new one comes, one changes its place.
    let patch = json!({"data": {"1": null, "2": data(&bed)["0"].clone(), "0": "bmV3"}});
    bed.patch("rotation", "secret", "made", &patch);
    let rotated = data(&bed);
    bed.diff().exits(0);
    bed.synced();
    assert_eq!(data(&bed), rotated);
    declare(
        &bed,
        "    labels: {a: b}\n    generate: {'0': {fernet: true}, '1': {fernet: true}}\n",
    );
    bed.synced();
    assert_eq!(data(&bed), rotated);
}

#[test]
fn a_value_that_is_gone_is_shown_and_made_again() {
    let declared = "    values: {user: keystone}\n    generate: {password: {length: 20}, '0': {fernet: true}, bytes: {bytes: 16}}\n";
    let bed = bed("generated-gone", declared);
    bed.synced();
    let first = data(&bed);
    bed.patch("kubectl-edit", "secret", "made", &json!({"data": {"password": null}}));
    bed.diff()
        .exits(1)
        .shows("data.password")
        .shows("generated again in the cluster: it is missing")
        .shows_not("data.bytes");
    hides(&bed, bed.synced());
    let second = data(&bed);
    assert_eq!(text(&second, "password").len(), 20);
    assert_ne!(second["password"], first["password"]);
    assert_eq!((&second["0"], &second["bytes"]), (&first["0"], &first["bytes"]));
    bed.diff().exits(0);

    // All that was made is gone, and the note of it is not.
    let none = json!({"data": {"password": null, "0": null, "bytes": null}});
    bed.patch("kubectl-edit", "secret", "made", &none);
    bed.diff().exits(1).shows("data.0").shows("data.bytes");
    bed.synced();
    assert_eq!(data(&bed).as_object().map(serde_json::Map::len), Some(4));
    // So is what git says itself.
    bed.patch("kubectl-edit", "secret", "made", &json!({"data": null}));
    bed.synced();
    assert_eq!(data(&bed).as_object().map(serde_json::Map::len), Some(4));
    bed.diff().exits(0);
}

#[test]
fn a_changed_declaration_is_said_at_its_line_and_is_no_difference() {
    let bed = bed("generated-changed", "    generate:\n      password: {length: 20}\n");
    bed.synced();
    let first = data(&bed);
    for other in ["{length: 32}", "{length: 20, alphabet: abc}", "{bytes: 20}"] {
        declare(&bed, &format!("    generate:\n      password: {other}\n"));
        bed.diff()
            .exits(0)
            .shows("desired/app/component.yaml:4:7: data.password was generated as an earlier declaration says")
            .shows("raise its `rotation`");
    }
    bed.synced();
    assert_eq!(data(&bed), first);
    declare(&bed, "    generate:\n      password: {length: 32, rotation: 1}\n");
    bed.diff().exits(1).shows_not("earlier declaration");
    bed.synced();
    assert_eq!(text(&data(&bed), "password").len(), 32);
    declare(&bed, "    generate:\n      password: {length: 8, rotation: 1}\n");
    bed.diff().exits(0).shows("earlier declaration");
    // Without the old one there is room for a new one.
    bed.patch("kubectl-edit", "secret", "made", &json!({"data": {"password": null}}));
    bed.synced().shows_not("earlier declaration");
    assert_eq!(text(&data(&bed), "password").len(), 8);
    bed.diff().exits(0).shows_not("earlier declaration");
}

#[test]
fn from_generated_to_given_and_back() {
    let bed = bed("generated-given", "    generate: {password: {length: 20}}\n");
    bed.synced();
    let made = data(&bed);
    declare(&bed, "    values: {password: given-by-hand}\n");
    bed.diff()
        .exits(1)
        .shows("~ update    Secret generated-given/made")
        .shows_not("conflict");
    bed.synced();
    assert_eq!(text(&data(&bed), "password"), "given-by-hand");
    bed.diff().exits(0);
    declare(&bed, "    generate: {password: {length: 20}}\n");
    bed.synced();
    let again = text(&data(&bed), "password");
    assert!(again.len() == 20 && again != text(&made, "password"));
    bed.diff().exits(0);
}

#[test]
fn a_secret_with_made_values_is_not_pruned_by_accident() {
    let bed = bed("generated-kept", "    generate: {password: {length: 20}}\n");
    bed.write_config_map("other", &[("a", "1")]);
    bed.synced();
    let made = data(&bed);
    // A manifest that moves changes nothing but the component.
    bed.rename("app", "moved");
    bed.synced().shows("complete: 1 updated");
    assert_eq!(data(&bed), made);
    bed.remove("moved/component.yaml");
    bed.diff()
        .exits(0)
        .shows("= keep      Secret generated-kept/made")
        .shows("--prune-kind Secret");
    bed.synced();
    assert_eq!(data(&bed), made);
    // Back again, it is the same.
    declare(&bed, "    generate: {password: {length: 20}}\n");
    bed.synced();
    assert_eq!(data(&bed), made);
    bed.remove("app/component.yaml");
    bed.run(&["sync", "--yes", "--prune-kind", "Secret"])
        .exits(0)
        .shows("1 deleted");
    assert!(bed.get("secret", "made").is_none());
}
