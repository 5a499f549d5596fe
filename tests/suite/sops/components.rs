//! Files of a component that are encrypted: each becomes what `sops decrypt` prints.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use stackanetes::diagnostic::place::SourceFile;
use stackanetes::yaml;

use super::{RECIPIENT, Vault};

/// A recipient of whom nobody has the identity.
const OTHER: &str = "age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg";

const COMPONENT: &str = "secrets:
  - name: files
    files: {binary: binary.key, lines: lines.env, yaml: values.yaml, json: values.json, short: short.yaml, template: file.conf.j2}
configMaps:
  - name: files
    files: {binary: binary.key, lines: lines.env}
";

const YAML: &str = "# the first line
user: admin # beside
password: hunter2-yaml
quoted: \"no: #\"
number: 5
truth: true
looks_like_a_number: '0644'
lines: |
    one
    two
list:
    # hunter2-comment of an item
    - hunter2-item
    # hunter2-comment of another
    # in two lines
    - {deep: 'yes'}
    # hunter2-comment at the end
nested:
    - # hunter2-comment that begins an item
      - one
      # hunter2-comment within
      - [two, three]
last_unencrypted: kept,
";

fn vault(name: &str) -> Vault {
    let vault = Vault::new(name);
    vault.desk.write("desired/web/component.yaml", COMPONENT);
    vault.encrypt("web/binary.key", [0, 159, 146, 150, 255], &[]);
    vault.encrypt(
        "web/lines.env",
        "# hunter2-comment\nUSER=admin\nPASSWORD=hunter2=x\nEMPTY=\n",
        &[],
    );
    vault.encrypt("web/values.yaml", YAML, &[]);
    vault.encrypt("web/short.yaml", "data: hunter2-short\n", &[]);
    vault.encrypt(
        "web/values.json",
        r#"{"a": "hunter2-json", "list": [1, true, null, "x"], "n": 1.5}"#,
        &[],
    );
    vault.encrypt(
        "web/file.conf.j2",
        "password = hunter2-template\n{% if true %}yes{% endif %}\n",
        &[],
    );
    vault
}

/// What a file is in an object of this kind.
fn entry(rendered: &str, kind: &str, field: &str, key: &str) -> String {
    let file = SourceFile::new("rendered", rendered);
    let documents = yaml::documents(&file, &mut Vec::new());
    let values = documents.iter().map(|document| document.root.to_value());
    let object = values
        .into_iter()
        .find(|value| value["kind"] == kind)
        .expect("an object of the kind");
    object[field][key].as_str().expect("a text").to_owned()
}

fn secret(rendered: &str, key: &str) -> Vec<u8> {
    STANDARD.decode(entry(rendered, "Secret", "data", key)).expect("base64")
}

fn parsed(text: &[u8]) -> Value {
    let file = SourceFile::new("file", String::from_utf8_lossy(text));
    let mut errors = Vec::new();
    let documents = yaml::documents(&file, &mut errors);
    assert!(errors.is_empty(), "{errors:?}");
    documents[0].root.to_value()
}

#[test]
fn each_file_is_what_sops_makes_of_it() {
    let vault = vault("files");
    let rendered = vault.rendered();
    let real = |file: &str| vault.sops(&["decrypt", &format!("desired/web/{file}")]).stdout;
    assert_eq!(secret(&rendered, "binary"), real("binary.key"));
    assert_eq!(secret(&rendered, "lines"), real("lines.env"));
    assert_eq!(parsed(&secret(&rendered, "json")), parsed(&real("values.json")));
    assert_eq!(parsed(&secret(&rendered, "yaml")), parsed(&real("values.yaml")));
    assert_eq!(secret(&rendered, "short"), real("short.yaml"));
    let template = String::from_utf8(secret(&rendered, "template")).expect("text");
    assert_eq!(template, "password = hunter2-template\nyes");
    assert_eq!(
        entry(&rendered, "ConfigMap", "binaryData", "binary"),
        STANDARD.encode(real("binary.key"))
    );
    assert_eq!(
        entry(&rendered, "ConfigMap", "data", "lines").into_bytes(),
        real("lines.env")
    );
}

/// Lists that `sops` writes as comments alone, and one that it writes as a comment and an empty list.
const EMPTIED: &str = "alone: [] # hunter2-alone
two:
    # hunter2-first
    # hunter2-second
    []
nested:
    - [] # hunter2-nested
    - next
last: [] # hunter2-last
";

#[test]
fn a_list_of_comments_alone_is_empty_and_takes_in_nothing_that_follows() {
    let vault = vault("files-emptied");
    vault.encrypt("web/values.yaml", EMPTIED, &[]);
    let text = vault.text("web/values.yaml");
    assert!(text.starts_with("alone:\n    - ENC["), "{text}");
    let (_, alone) = text.split_once("    - ").expect("an item");
    let (alone, _) = alone.split_once('\n').expect("its end");
    // `sops` never writes a comment alone into a list within a list. Nor does its MAC count comments or empty lists.
    let nested = text.replace("type:comment]\n    - []\n", "type:comment]\n");
    let nested = nested.replace("nested:\n    - ENC", "nested:\n    - - ENC");
    assert_ne!(nested, text);
    for text in [
        text.clone(),
        nested,
        text.replace("\n    - ", "\n- "),
        text.replace(&format!("\n    - {alone}"), &format!(" [ \"{alone}\" ]")),
        text.replace(alone, &format!("{alone} # beside\n    # below")),
    ] {
        vault.desk.write("desired/web/values.yaml", &text);
        let real = vault.sops(&["decrypt", "desired/web/values.yaml"]).stdout;
        let values = secret(&vault.rendered(), "yaml");
        let decrypted = String::from_utf8_lossy(&values);
        assert_eq!(parsed(&values), parsed(&real), "{text}\n{decrypted}");
        assert!(!decrypted.contains("ENC["), "{decrypted}");
    }
}

#[test]
fn a_decrypted_file_is_shown_nowhere_though_a_config_map_holds_it() {
    let vault = vault("files-hidden");
    crate::bed::commit(&vault.desk.dir, "First");
    let hidden = ["hunter2", "AJ+Slv8=", "aHVudGVyMi"];
    vault.run(&["render"]).exits(0).hides(&hidden);
    vault
        .run(&["sync", "--yes", "-vv", "--sandbox", "box"])
        .exits(0)
        .hides(&hidden);
    vault.encrypt("web/lines.env", "PASSWORD=hunter2-new\n", &[]);
    for format in ["text", "json", "markdown", "html"] {
        let run = vault.run(&["diff", "--sandbox", "box", "--format", format]);
        run.exits(1).hides(&hidden).shows("data.lines");
    }
}

#[test]
fn an_ini_file_is_refused_and_not_applied_as_ciphertext() {
    let vault = vault("ini");
    vault.encrypt(
        "web/lines.env",
        "[section]\nkey = hunter2\n",
        &["--input-type", "ini", "--output-type", "ini"],
    );
    vault
        .run(&["render"])
        .exits(2)
        .complains("desired/web/lines.env is an INI file")
        .complains("--input-type binary");
}

#[test]
fn a_file_is_decrypted_however_its_metadata_is_written() {
    let vault = vault("files-metadata");
    let (json, yaml) = (vault.text("web/values.json"), vault.text("web/values.yaml"));
    let one_line: String = json.lines().map(str::trim).collect();
    for (file, text) in [
        ("values.json", one_line),
        ("values.json", json.replace("\"sops\":", "\"sops\" :")),
        ("values.json", json.replace("ENC[", "\\u0045NC[")),
        ("values.yaml", yaml.replace("\nsops:", "\n'sops':")),
        ("values.yaml", yaml.replace("\nsops:", "\n\"sops\" :")),
    ] {
        let path = format!("desired/web/{file}");
        vault.desk.write(&path, &text);
        let real = vault.sops(&["decrypt", &path]);
        assert!(real.status.success(), "{text}");
        let key = file.trim_start_matches("values.");
        assert_eq!(parsed(&secret(&vault.rendered(), key)), parsed(&real.stdout));
        vault.run(&["render"]).exits(0).hides(&["hunter2", "aHVudGVyMi"]);
    }
}

#[test]
fn a_file_that_lost_its_metadata_is_refused_and_not_applied_as_ciphertext() {
    let vault = vault("files-stray");
    for (file, metadata) in [("lines.env", "sops_"), ("values.yaml", "sops:")] {
        let path = format!("desired/web/{file}");
        let whole = vault.text(&format!("web/{file}"));
        let kept = whole.lines().take_while(|line| !line.starts_with(metadata));
        vault.desk.write(&path, &(kept.collect::<Vec<_>>().join("\n") + "\n"));
        let run = vault.run(&["render"]).exits(2).hides(&["ENC["]);
        run.complains("nothing in its document says for whom").complains(&path);
        vault.desk.write(&path, &whole);
    }
    let prose = "SOPS writes `ENC[AES256_GCM,…]`: with a \t tab, and\n\tlines that are: no: YAML\n";
    vault.desk.write("desired/web/short.yaml", prose);
    assert_eq!(secret(&vault.rendered(), "short"), prose.as_bytes());
}

#[test]
fn a_file_of_lines_says_for_whom_it_is_encrypted_as_others_do() {
    let vault = vault("files-keys");
    let pgp = include_str!("../../../fixtures/sops/pgp.env");
    vault.desk.write("desired/web/lines.env", pgp);
    let run = vault.run_closed(&["sync", "--yes", "--sandbox", "box"]).exits(2);
    run.complains("desired/web/lines.env is encrypted for PGP, and only age is supported");
    let run = vault.run(&["diff", "--sandbox", "box"]).exits(2);
    run.complains("failed to decrypt desired/web/lines.env: it is encrypted for PGP")
        .complains("--add-age");

    let rules = format!("creation_rules: [{{key_groups: [{{age: [{RECIPIENT}]}}, {{age: [{OTHER}]}}]}}]\n");
    vault.desk.write("rules.yaml", &rules);
    vault.desk.write("desired/web/lines.env", "PASSWORD=hunter2\n");
    let args = [
        "--config",
        "rules.yaml",
        "encrypt",
        "--in-place",
        "desired/web/lines.env",
    ];
    let run = vault.sops(&args);
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let run = vault.run_closed(&["render"]).exits(2).hides(&["hunter2"]);
    run.complains("desired/web/lines.env").complains("several key groups");
}

#[test]
fn a_line_that_sops_cannot_read_is_an_error_and_an_empty_one_is_none() {
    let vault = vault("files-lines");
    let text = vault.text("web/lines.env");
    vault.desk.write("desired/web/lines.env", &format!("\n{text}\n"));
    let real = vault.sops(&["decrypt", "desired/web/lines.env"]).stdout;
    assert_eq!(secret(&vault.rendered(), "lines"), real);
    vault.desk.write("desired/web/lines.env", &format!("hunter2\n{text}"));
    assert!(!vault.sops(&["decrypt", "desired/web/lines.env"]).status.success());
    let run = vault.run(&["render"]).exits(2).hides(&["hunter2"]);
    run.complains("this line of desired/web/lines.env is neither NAME=VALUE nor a comment")
        .complains("desired/web/lines.env:1:1");
}

#[test]
fn a_changed_file_of_lines_or_bytes_is_rejected() {
    let vault = vault("files-changed");
    for (file, from, to, place) in [
        ("web/lines.env", "EMPTY=", "EMPTY=x", "desired/web/lines.env:4:7"),
        (
            "web/lines.env",
            "PASSWORD=ENC[AES256_GCM,data:",
            "PASSWORD=ENC[AES256_GCM,data:AAAA",
            "desired/web/lines.env:3:10",
        ),
        (
            "web/binary.key",
            "\"data\": \"ENC[AES256_GCM,data:",
            "\"data\": \"ENC[AES256_GCM,data:AAAA",
            "desired/web/binary.key:2:",
        ),
    ] {
        let text = vault.text(file);
        assert!(text.contains(from), "{text}");
        vault.desk.write(&format!("desired/{file}"), &text.replace(from, to));
        assert!(!vault.sops(&["decrypt", &format!("desired/{file}")]).status.success());
        vault.run(&["render"]).exits(2).complains(place);
        vault.desk.write(&format!("desired/{file}"), &text);
    }
    vault
        .run_closed(&["sync", "--yes", "--sandbox", "box"])
        .exits(2)
        .complains("desired/web/lines.env")
        .complains(RECIPIENT);
}
