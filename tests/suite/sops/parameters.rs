//! Encrypted parameters: of an environment, and of a file that is not in the directory.

use super::Vault;

const SCHEMA: &str = r#"{"properties": {
    "web": {"properties": {"replicas": {"type": "integer"}, "name": {"type": "string", "pattern": "^[a-z]+$"}}},
    "passwords": {"writeOnly": true, "properties": {"database": {"type": "string"}}}}}"#;

const MANIFEST: &str = "apiVersion: v1
kind: ConfigMap
metadata: {name: web}
data:
  replicas: ${{ web.replicas | string }}
  name: ${{ web.name }}
  url: mysql://root:${{ passwords.database }}@db
";

fn vault(name: &str) -> Vault {
    let vault = Vault::new(name);
    let defaults = "web: {replicas: 1, name: open}\npasswords: {database: default}\n";
    vault.desk.write("desired/parameters.yaml", defaults);
    vault.desk.write("desired/parameters.schema.json", SCHEMA);
    vault.desk.write("desired/web.yaml", MANIFEST);
    vault
}

#[test]
fn an_encrypted_environment_sets_parameters_and_makes_them_secret() {
    let vault = vault("environment");
    vault.encrypt(
        "environments/prod.yaml",
        "web: {replicas: 3, name: sealed}\npasswords: {database: hunter2}\n",
        &[],
    );
    let prod = ["render", "--environment", "prod"];
    vault
        .run(&[&prod[..], &["--show-secrets"]].concat())
        .exits(0)
        .shows("mysql://root:hunter2@db")
        .shows("replicas: \"3\"");
    let run = vault.run(&prod).exits(0).hides(&["hunter2", "sealed"]);
    run.shows("name: (not shown)");
    let set = vault.run(&[&prod[..], &["--set", "web.name=open"]].concat());
    set.exits(0).shows("name: open");
    let wrong = vault.run(&[&prod[..], &["--set", "web.name=X"]].concat());
    wrong.exits(2).complains("web.name");
    vault.desk.write(
        "desired/wrong.yaml",
        &crate::bed::config_map("b", &[("a", "${{ range(web.name) }}")]),
    );
    let wrong = vault.run(&prod).exits(2).hides(&["sealed"]);
    wrong
        .complains("it reads a secret parameter, so nothing more is said")
        .complains("desired/wrong.yaml:6:11")
        .complains("environments/prod.yaml:3:5");
}

#[test]
fn what_is_encrypted_with_its_file_and_not_declared_to_be_secret_may_name_an_object() {
    let vault = vault("names");
    vault.encrypt(
        "environments/prod.yaml",
        "web: {replicas: 3, name: shop}\npasswords: {database: hunter2}\n",
        &[],
    );
    let named = |name: &str| MANIFEST.replace("metadata: {name: web}", &format!("metadata: {{name: \"{name}\"}}"));
    vault.desk.write("desired/web.yaml", &named("${{ web.name }}"));
    let prod = ["render", "--environment", "prod"];
    vault.run(&prod).exits(0).shows("name: shop").hides(&["hunter2"]);
    vault
        .desk
        .write("desired/web.yaml", &named("${{ passwords.database }}"));
    vault
        .run(&prod)
        .exits(2)
        .complains("`metadata.name` is made from a secret parameter")
        .hides(&["hunter2"]);
}

#[test]
fn a_secret_parameter_names_no_object_of_a_file_that_is_encrypted_in_part() {
    let vault = vault("names-in-part");
    let options = ["--encrypted-regex", "^(data|stringData)$"];
    for (field, metadata) in [
        ("metadata.name", "{name: '${{ passwords.database }}'}"),
        (
            "metadata.namespace",
            "{name: web, namespace: '${{ passwords.database }}'}",
        ),
    ] {
        let manifest = format!("apiVersion: v1\nkind: Secret\nmetadata: {metadata}\nstringData: {{key: value}}\n");
        vault.encrypt("credentials.yaml", manifest, &options);
        let set = ["--set", "passwords.database=hunter2"];
        for command in ["diff", "render"] {
            let sandbox: &[&str] = if command == "diff" { &["--sandbox", "box"] } else { &[] };
            vault
                .run(&[&[command], sandbox, &set].concat())
                .exits(2)
                .complains(&format!("`{field}` is made from a secret parameter"))
                .hides(&["hunter2"]);
        }
    }
    let manifest = "apiVersion: v1\nkind: Secret\nmetadata: {name: '${{ web.name }}'}\nstringData: {key: value}\n";
    vault.encrypt("credentials.yaml", manifest, &options);
    vault.run(&["render"]).exits(0).shows("name: open");
}

#[test]
fn a_file_of_parameters_that_is_not_in_the_directory_sets_them_by_hand() {
    let vault = vault("given");
    vault
        .desk
        .write("mine.yaml", "web:\n  replicas: 2\npasswords:\n  database: hunter2\n");
    let given = ["render", "--show-secrets", "--parameters", "mine.yaml"];
    vault
        .run(&given)
        .exits(0)
        .shows("mysql://root:hunter2@db")
        .shows("replicas: \"2\"");
    vault
        .run(&[&given[..], &["--set", "web.replicas=5"]].concat())
        .exits(0)
        .shows("replicas: \"5\"");
    crate::bed::commit(&vault.desk.dir, "First");
    let sync = ["sync", "--yes", "--sandbox", "box", "--parameters", "mine.yaml"];
    vault.run(&sync).exits(0).hides(&["hunter2"]);
    vault
        .run(&["diff", "--sandbox", "box", "--parameters", "mine.yaml"])
        .exits(0);
    vault
        .run(&["diff", "--sandbox", "box"])
        .exits(1)
        .hides(&["hunter2"])
        .shows("data.url");
}

#[test]
fn a_file_of_parameters_may_be_encrypted_and_its_mistakes_are_placed() {
    let vault = vault("given-encrypted");
    vault.encrypt("../mine.yaml", "passwords:\n  database: hunter2\n", &[]);
    let given = ["render", "--show-secrets", "--parameters", "mine.yaml"];
    vault.run(&given).exits(0).shows("mysql://root:hunter2@db");
    vault
        .run_closed(&["sync", "--yes", "--sandbox", "box", "--parameters", "mine.yaml"])
        .exits(2)
        .complains("mine.yaml is encrypted");
    vault.desk.write("mine.yaml", "web:\n  replica: 2\n");
    let run = vault.run(&given);
    run.exits(2)
        .complains("there is no parameter `web.replica`")
        .complains("mine.yaml:2:3");
    vault
        .run(&["render", "--parameters", "none.yaml"])
        .exits(2)
        .complains("none.yaml");
}
