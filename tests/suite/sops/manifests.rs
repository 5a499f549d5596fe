//! Manifests, encrypted in each way that `sops` knows.

use super::{DATA, Vault};
use crate::bed;

/// Values of every type, comments, and texts that YAML writes in its own ways.
const WIDGET: &str = "apiVersion: example.com/v1
kind: Widget
metadata:
  name: all-types
  labels: {\"on\": \"yes\", version: \"1.10\"}
spec:
  # what nobody should read
  password: hunter2-in-a-widget # beside
  port: 8080
  negative: -1
  ratio: 0.25
  large: 1e21
  enabled: true
  disabled: false
  nothing: null
  empty: ''
  date: '2026-01-02'
  unicode: 'ü → 🦀'
  quoted: \"a: b # c\"
  lines: |
    first
      second
  list:
    # in a list
    - one
    - 2
    - [nested, {deep: hunter2-deep}]
  plain_unencrypted: in the open
  secret_sealed: hunter2-sealed
";

/// The ways to say which values are encrypted, as a rule of `.sops.yaml` says them.
const WAYS: [&str; 8] = [
    "",
    "encrypted_regex: '^(data|stringData|spec)$'",
    "unencrypted_regex: '^(apiVersion|kind|metadata)$'",
    "encrypted_suffix: _sealed",
    "unencrypted_suffix: _unencrypted",
    "encrypted_comment_regex: nobody",
    "unencrypted_comment_regex: nobody",
    ONLY_ENCRYPTED,
];

/// A MAC that counts encrypted values alone.
const ONLY_ENCRYPTED: &str = "encrypted_regex: '^spec$', mac_only_encrypted: true";

fn encrypt_in_a_way(vault: &Vault, way: &str) {
    vault
        .desk
        .write(".sops.yaml", &format!("creation_rules: [{{{way}}}]\n"));
    vault.encrypt("widget.yaml", WIDGET, &[]);
    assert!(vault.text("widget.yaml").contains("ENC["), "{way}");
}

#[test]
fn what_sops_encrypts_is_what_was_written_however_it_was_encrypted() {
    let vault = Vault::new("ways");
    vault.desk.write("desired/widget.yaml", WIDGET);
    let written = vault.rendered();
    for way in WAYS {
        encrypt_in_a_way(&vault, way);
        assert_eq!(vault.rendered(), written, "{way}");
    }
}

#[test]
fn a_mac_of_encrypted_values_alone_lets_others_change() {
    let vault = Vault::new("only");
    encrypt_in_a_way(&vault, ONLY_ENCRYPTED);
    assert!(vault.text("widget.yaml").contains("mac_only_encrypted: true"));
    let text = vault.text("widget.yaml").replace("all-types", "renamed");
    vault.desk.write("desired/widget.yaml", &text);
    assert!(vault.sops(&["decrypt", "desired/widget.yaml"]).status.success());
    assert!(vault.rendered().contains("name: renamed"));
}

#[test]
fn an_encrypted_value_stands_for_itself_whatever_is_in_it() {
    let vault = Vault::new("literal");
    vault.encrypt(
        "map.yaml",
        bed::config_map("a", &[("key", "a ${{ b")]),
        &["--encrypted-regex", "^data$"],
    );
    assert!(vault.rendered().contains("key: \"a ${{ b\""), "{}", vault.rendered());
}

#[test]
fn every_document_of_a_file_is_decrypted_and_so_is_json() {
    let vault = Vault::new("documents");
    let documents = [("a", "1"), ("b", "2")].map(|(name, value)| bed::config_map(name, &[("key", value)]));
    let text = documents.join("---\n");
    vault.desk.write("desired/maps.yaml", &text);
    let json = r#"{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"n": "3"}}"#;
    vault.desk.write("desired/map.json", json);
    let written = vault.rendered();
    vault.encrypt("maps.yaml", &text, &DATA);
    vault.encrypt("map.json", json, &[]);
    assert_eq!(vault.rendered(), written);
}

#[test]
fn a_plain_directory_and_standard_input_are_decrypted_too() {
    let vault = Vault::new("plain");
    vault.desk.remove("desired/stackanetes.yaml");
    vault.encrypt("widget.yaml", WIDGET, &DATA);
    let shown = vault.run(&["render"]).exits(0).hides(&["hunter2"]);
    assert!(shown.stdout.contains("password: (not shown)"), "{}", shown.stdout);
    assert!(vault.rendered().contains("hunter2-deep"));
    vault
        .run(&["render", "--show-secrets", "-f", "desired/widget.yaml"])
        .exits(0)
        .shows("hunter2-deep");
}

#[test]
fn what_is_decrypted_is_shown_nowhere_and_its_place_is_that_in_the_file() {
    let vault = Vault::new("hidden");
    let map = |value: &str| bed::config_map("settings", &[("password", value)]).replace("kind:", "kind: ");
    vault.encrypt("map.yaml", map("hunter2-first"), &DATA);
    bed::commit(&vault.desk.dir, "First");
    vault
        .run(&["sync", "--yes", "--sandbox", "box", "-v"])
        .exits(0)
        .hides(&["hunter2"]);
    vault.encrypt("map.yaml", map("hunter2-second"), &DATA);
    bed::commit(&vault.desk.dir, "Second");
    let line = vault
        .text("map.yaml")
        .lines()
        .position(|line| line.contains("password: "))
        .expect("its line")
        + 1;
    for format in ["text", "json", "markdown", "html"] {
        let diff = vault
            .run(&["diff", "--sandbox", "box", "--format", format])
            .exits(1)
            .hides(&["hunter2"]);
        diff.shows(&format!("desired/map.yaml:{line}"));
    }
    // Earlier commits are decrypted, too.
    vault
        .run(&["diff", "--from", "HEAD~1", "--to", "HEAD"])
        .exits(1)
        .hides(&["hunter2"])
        .shows("data.password");
    vault
        .run(&["diff", "--sandbox", "box", "--revision", "HEAD~1"])
        .exits(0);
    vault
        .run(&["sync", "--yes", "--sandbox", "box", "-vv"])
        .exits(0)
        .hides(&["hunter2"]);
    vault.run(&["diff", "--sandbox", "box"]).exits(0);
}

#[test]
fn an_identity_is_found_where_sops_looks_for_it() {
    let vault = Vault::new("places");
    vault.encrypt("widget.yaml", WIDGET, &DATA);
    let shown = |name: &str, value: &str| {
        let mut command = vault.desk.command(&["render", "--show-secrets"]);
        let child = command.env(name, value).spawn().expect("the command can be run");
        crate::bed::Run::finish(child).exits(0).shows("hunter2-deep");
    };
    shown("SOPS_AGE_KEY", super::KEY);
    shown("SOPS_AGE_KEY_FILE", "keys.txt");
    vault.desk.write("folder/sops/age/keys.txt", super::KEY);
    shown("XDG_CONFIG_HOME", "folder");
    vault.desk.write(".config/sops/age/keys.txt", super::KEY);
    vault
        .run_closed(&["render", "--show-secrets"])
        .exits(0)
        .shows("hunter2-deep");
}

#[test]
fn what_is_no_identity_is_an_error_that_does_not_quote_it() {
    let vault = Vault::new("no-identity");
    vault.desk.write("bad.txt", "# mine\nhunter2\n");
    let run = vault.run_closed(&["render", "--age-key-file", "bad.txt"]);
    run.exits(2)
        .complains("bad.txt")
        .complains("line 2")
        .hides(&["hunter2"]);
    let long = format!("# {}\n{}\n", "x".repeat(1 << 20), super::KEY);
    vault.desk.write("long.txt", &long);
    let run = vault.run_closed(&["render", "--age-key-file", "long.txt"]).exits(2);
    run.complains("long.txt").complains("larger than 1 MiB");
    vault
        .run_closed(&["render", "--age-key-file", "none.txt"])
        .exits(2)
        .complains("none.txt");
}
