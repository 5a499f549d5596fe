//! What was decrypted is said nowhere: not as the key of an item, and not in an error.

use super::{DATA, Vault};
use crate::bed;

const WEB: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: canary-c
          image: web:1
          env: [{name: CANARYenv, value: a}]
";

#[test]
fn a_decrypted_key_of_an_item_is_no_part_of_a_path() {
    let vault = Vault::new("hidden-keys");
    vault.encrypt("web.yaml", WEB, &DATA);
    bed::commit(&vault.desk.dir, "First");
    vault.run(&["sync", "--yes", "--sandbox", "box"]).exits(0);
    vault.encrypt(
        "web.yaml",
        WEB.replace("web:1", "web:2").replace("value: a", "value: b"),
        &DATA,
    );
    bed::commit(&vault.desk.dir, "Second");
    let secrets = ["canary-c", "CANARYenv"];
    let diff = ["diff", "--sandbox", "box"];
    let run = vault.run(&[&diff[..], &["-v", "--out", "plan.json"]].concat());
    let run = run.exits(1).hides(&secrets);
    run.shows("spec.template.spec.containers[…].env[…].value");
    for format in ["json", "markdown", "html"] {
        let run = vault.run(&[&diff[..], &["--format", format]].concat());
        run.exits(1).hides(&secrets).shows("containers[…].image");
    }
    let plan = std::fs::read_to_string(vault.desk.dir.join("plan.json")).expect("a plan");
    assert!(!plan.contains("CANARY") && !plan.contains("canary"), "{plan}");
    vault
        .run(&["sync", "--yes", "--sandbox", "box", "--plan", "plan.json"])
        .exits(0)
        .hides(&secrets);
}

#[test]
fn a_decrypted_reference_is_not_quoted_where_it_cannot_be_followed() {
    let vault = Vault::new("hidden-reference");
    for reference in ["canary-dep bad", "/namespaces/default/ConfigMap/canary-dep"] {
        let map = format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  annotations: \
             {{config.kubernetes.io/depends-on: \"{reference}\"}}\n"
        );
        vault.encrypt("a.yaml", map, &["--encrypted-regex", "^annotations$"]);
        let run = vault.run(&["diff", "--sandbox", "box"]).exits(2).hides(&["canary"]);
        run.complains("(hidden)").complains("a.yaml:");
    }
}

/// An encrypted value of a line, spelled in other ways: `sops` decrypts each of them.
fn spellings(line: &str) -> Vec<String> {
    let (key, value) = line.split_once(": ").expect("a key and its value");
    let indent = " ".repeat(key.len() - key.trim_start().len() + 2);
    vec![
        format!("{key}: \"\\x45{}\"", value.strip_prefix('E').expect("a ciphertext")),
        format!("{key}: >- # x\n{indent}{value}"),
        format!("{key}: |2- # x\n{indent}{value}"),
        format!("{key}: !!str '{value}'"),
        format!("{key}:\n{indent}# x\n{indent}&anchor {value}"),
    ]
}

#[test]
fn a_decrypted_value_is_hidden_however_its_ciphertext_is_spelled() {
    let vault = Vault::new("hidden-spelling");
    vault.encrypt("a.yaml", bed::config_map("a", &[("key", "CANARY-${{ a")]), &DATA);
    let text = vault.text("a.yaml");
    let line = text.lines().find(|line| line.contains("key: ENC[")).expect("its line");
    for spelled in spellings(line) {
        let text = text.replace(line, &spelled);
        vault.desk.write("desired/a.yaml", &text);
        let real = vault.sops(&["decrypt", "desired/a.yaml"]);
        assert!(String::from_utf8_lossy(&real.stdout).contains("CANARY"), "{text}");
        assert!(vault.rendered().contains("key: \"CANARY-${{ a\""), "{text}");
        let run = vault.run(&["render"]).exits(0).hides(&["CANARY"]);
        run.shows("key: (not shown)");
        let run = vault.run(&["diff", "--sandbox", "box"]).exits(1).hides(&["CANARY"]);
        run.shows("ConfigMap shop/a");
        let closed = vault.run_closed(&["render"]).exits(0).hides(&["ENC["]);
        closed.shows("key: (not shown)");
    }
}

#[test]
fn a_parameter_and_a_file_are_decrypted_however_their_ciphertexts_are_spelled() {
    let vault = Vault::new("hidden-spelled-parameter");
    vault.desk.write("desired/stackanetes.yaml", "");
    vault.desk.write("desired/parameters.yaml", "web: {name: open}\n");
    let schema = r#"{"properties": {"web": {"properties": {"name": {"type": "string"}}}}}"#;
    vault.desk.write("desired/parameters.schema.json", schema);
    let map = bed::config_map("a", &[("name", "${{ web.name }}")]);
    vault.desk.write("desired/a.yaml", &map);
    let component = "configMaps: [{name: b, files: {file: file.yaml}}]\n";
    vault.desk.write("desired/web/component.yaml", component);
    for file in ["environments/prod.yaml", "web/file.yaml"] {
        vault.encrypt("environments/prod.yaml", "web:\n  name: CANARY\n", &[]);
        vault.encrypt("web/file.yaml", "web:\n  name: CANARY\n", &[]);
        let text = vault.text(file);
        let line = text.lines().find(|line| line.contains("name: ENC[")).expect("its line");
        for spelled in spellings(line) {
            vault
                .desk
                .write(&format!("desired/{file}"), &text.replace(line, &spelled));
            let args = ["render", "--environment", "prod"];
            vault.run(&args).exits(0).hides(&["CANARY"]);
            let shown = vault.run(&[&args[..], &["--show-secrets"]].concat());
            shown.exits(0).shows("name: CANARY").hides(&["ENC["]);
        }
    }
}

/// A component whose condition is encrypted.
fn component(vault: &Vault, when: &str) {
    vault.desk.write("desired/stackanetes.yaml", "");
    vault.desk.write("desired/parameters.yaml", "web: {enabled: true}\n");
    let schema = r#"{"properties": {"web": {"properties": {"enabled": {"type": "boolean"}}}}}"#;
    vault.desk.write("desired/parameters.schema.json", schema);
    let text = format!("when: \"{when}\"\n");
    vault.encrypt("web/component.yaml", text, &[]);
}

#[test]
fn an_error_in_what_was_decrypted_says_its_place_alone() {
    let vault = Vault::new("hidden-condition");
    component(&vault, "CANARYgroup.enabled");
    let run = vault.run(&["render"]).exits(2).hides(&["CANARY"]);
    run.complains("(hidden)").complains("component.yaml:1");
}

#[test]
fn an_error_in_what_no_identity_decrypts_says_how_it_is_decrypted() {
    let vault = Vault::new("hidden-closed");
    component(&vault, "web.enabled");
    let run = vault.run_closed(&["render"]).exits(2);
    run.complains("component.yaml is encrypted, and no identity decrypts it: pass --age-key-file");
}

#[test]
fn a_file_of_parameters_that_is_empty_is_an_error() {
    let vault = Vault::new("hidden-empty");
    component(&vault, "web.enabled");
    vault.desk.write("none.yaml", "\n");
    let run = vault.run(&["render", "--parameters", "none.yaml"]).exits(2);
    run.complains("none.yaml is empty");
}

#[test]
fn what_no_identity_decrypts_is_not_checked_and_is_counted() {
    let vault = Vault::new("hidden-check");
    let reader = "      volumes: [{name: v, secret: {secretName: key}}]\n";
    vault.encrypt("web.yaml", format!("{WEB}{reader}").replace("web:1", "web:2"), &DATA);
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n\
                   spec: {selector: {app: web}, ports: [{port: 80}]}\n";
    vault.desk.write("desired/service.yaml", service);
    let replicas = "apiVersion: apps/v1\nkind: ReplicaSet\nmetadata: {name: r}\nspec: {replicas: 1, selector: \
                    {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a}]}}}\n";
    vault.encrypt("r.yaml", replicas, &["--encrypted-regex", "^(replicas|matchLabels)$"]);
    let run = vault.run_closed(&["check"]).exits(0);
    run.shows("not fully checked, for want of an age identity: 2 encrypted files")
        .shows("nothing found");
    let run = vault.run_closed(&["check", "--format", "json"]).exits(0);
    run.shows("\"encryptedFiles\": 2");
    vault
        .run(&["check"])
        .exits(1)
        .shows("missing-object")
        .shows_not("not fully checked");
}

#[test]
fn an_expression_that_reads_what_no_identity_decrypts_fails_with_the_way_out() {
    let vault = Vault::new("hidden-expression");
    let schema = r#"{"properties": {"web": {"properties":
        {"size": {"type": "integer"}, "enabled": {"type": "boolean"}}}}}"#;
    vault.desk.write("desired/stackanetes.yaml", "");
    vault
        .desk
        .write("desired/parameters.yaml", "web: {size: 1, enabled: true}\n");
    vault.desk.write("desired/parameters.schema.json", schema);
    vault.encrypt("environments/prod.yaml", "web: {size: 2, enabled: true}\n", &[]);
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
    for part in ["data: {a: '${{ web.size + 1 }}'}\n", "$when: web.enabled\n"] {
        vault.desk.write("desired/a.yaml", &format!("{map}{part}"));
        let run = vault.run_closed(&["render", "--environment", "prod"]).exits(2);
        run.complains("environments/prod.yaml is encrypted, and no identity decrypts it: pass --age-key-file");
    }
}

#[test]
fn what_does_not_depend_on_what_is_encrypted_is_checked() {
    let vault = Vault::new("hidden-checked");
    let reads = "            - {name: KEY, valueFrom: {secretKeyRef: {name: key, key: twoo}}}\n";
    let web = format!("{}{reads}", bed::deployment("web", 1, "nginx:1"));
    vault.encrypt("web.yaml", &web, &["--encrypted-regex", "^value$"]);
    vault.encrypt("key.yaml", bed::secret("key"), &DATA);
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n\
                   spec: {selector: {app: wob}, ports: [{port: 80}]}\n";
    vault.desk.write("desired/service.yaml", service);
    let found = ["missing-key", "empty-selection"];
    let run = vault.run_closed(&["check"]).exits(1);
    found.iter().fold(run, |run, identifier| run.shows(identifier));

    // The labels of pods, and what makes Secrets, decide about both.
    vault.encrypt("web.yaml", &web, &["--encrypted-regex", "^(value|labels)$"]);
    let maker = "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: k}\n\
                 spec: {target: {name: key}}\n";
    vault.encrypt("maker.yaml", maker, &DATA);
    let run = vault.run_closed(&["check"]).exits(0);
    found.iter().fold(run, |run, identifier| run.shows_not(identifier));
}
