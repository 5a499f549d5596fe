//! What was changed after it was encrypted: `sops` rejects it, and so do we.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{DATA, Vault};

const SECRETS: &str = "apiVersion: v1
kind: Secret
metadata: {name: credentials}
stringData:
  one: hunter2-one
  two: hunter2-two
";

/// The line of a file that begins with a key.
fn line<'a>(text: &'a str, key: &str) -> &'a str {
    let begins = |line: &&str| line.trim_start().starts_with(&format!("{key}: "));
    text.lines().find(begins).expect("a line with the key")
}

fn value<'a>(text: &'a str, key: &str) -> &'a str {
    line(text, key).split_once(": ").expect("a value").1
}

/// Both reject a file: `sops` with an error, and the command with exit code 2 and without a value.
#[track_caller]
fn both_reject(vault: &Vault, text: &str, words: &str) {
    vault.desk.write("desired/secret.yaml", text);
    let real = vault.sops(&["decrypt", "desired/secret.yaml"]);
    assert!(!real.status.success(), "sops decrypts:\n{text}");
    for args in [
        &["render", "--show-secrets"][..],
        &["diff", "--sandbox", "box"],
        &["sync", "--yes", "--sandbox", "box"],
    ] {
        let run = vault.run(args).exits(2).hides(&["hunter2"]).complains(words);
        run.complains("desired/secret.yaml");
    }
    assert!(!vault.desk.dir.join("box").exists(), "something was written");
}

#[test]
fn a_value_that_was_moved_changed_added_or_removed_is_rejected() {
    let vault = Vault::new("changed");
    vault.encrypt("secret.yaml", SECRETS, &DATA);
    let text = vault.text("secret.yaml");
    let (one, two) = (value(&text, "one"), value(&text, "two"));
    let moved = text.replace(one, "@").replace(two, one).replace('@', two);
    both_reject(&vault, &moved, "was changed or moved");
    let removed = text.replace(&format!("{}\n", line(&text, "two")), "");
    both_reject(&vault, &removed, "its MAC does not match");
    both_reject(&vault, &text.replace(two, "plain"), "should be encrypted, and is not");
    both_reject(&vault, &text.replace("credentials", "other"), "its MAC does not match");
    let at = two.find("data:").expect("its ciphertext") + "data:".len();
    let other = if two[at..].starts_with('A') { "B" } else { "A" };
    let altered = text.replace(two, &format!("{}{other}{}", &two[..at], &two[at + 1..]));
    both_reject(&vault, &altered, "was changed or moved");
}

#[test]
fn a_mac_that_was_changed_removed_or_taken_from_another_file_is_rejected() {
    let vault = Vault::new("mac");
    vault.encrypt("secret.yaml", SECRETS, &DATA);
    let other = vault.text("secret.yaml");
    vault.encrypt("secret.yaml", SECRETS, &DATA);
    let text = vault.text("secret.yaml");
    both_reject(
        &vault,
        &text.replace(line(&text, "mac"), line(&other, "mac")),
        "its MAC does not match",
    );
    let mac = format!("    {}\n", line(&text, "mac").trim());
    both_reject(&vault, &text.replace(&mac, ""), "failed to decrypt");
    let modified = text.replace(
        line(&text, "lastmodified"),
        "    lastmodified: \"2020-01-01T00:00:00Z\"",
    );
    both_reject(&vault, &modified, "its MAC does not match");
    let only = text.replace("    version:", "    mac_only_encrypted: true\n    version:");
    both_reject(&vault, &only, "its MAC does not match");
}

#[test]
fn a_ciphertext_without_the_metadata_of_sops_is_no_value() {
    let vault = Vault::new("stray");
    vault.encrypt("secret.yaml", SECRETS, &DATA);
    let text = vault.text("secret.yaml");
    let (values, _) = text.split_once("sops:").expect("metadata");
    both_reject(&vault, values, "nothing in its document says for whom");
    vault.desk.write(
        "desired/parameters.schema.json",
        r#"{"properties": {"a": {"type": "string"}}}"#,
    );
    vault.desk.write("desired/secret.yaml", "");
    let one = value(&text, "one");
    let base64 = STANDARD.encode(one);
    for spelled in [
        one.to_owned(),
        one.replace("ENC", "\"\\x45NC") + "\"",
        format!("!!binary {base64}"),
    ] {
        vault.desk.write("desired/parameters.yaml", &format!("a: {spelled}\n"));
        vault.run(&["render"]).exits(2).complains("desired/parameters.yaml:1:");
    }
}

#[test]
fn a_wrong_key_is_an_error_that_names_the_recipient() {
    let vault = Vault::new("wrong-key");
    vault.encrypt("secret.yaml", SECRETS, &DATA);
    let run = vault.run_closed(&["diff", "--sandbox", "box", "--age-key-file", "other.txt"]);
    run.exits(2)
        .complains("desired/secret.yaml")
        .complains(super::RECIPIENT)
        .complains("--age-key-file");
    let text = vault.text("secret.yaml");
    let recipient = text.find("    age:").expect("recipients")..text.find("    encrypted_regex").expect("what follows");
    vault
        .desk
        .write("desired/secret.yaml", &text.replace(&text[recipient], ""));
    assert!(!vault.sops(&["decrypt", "desired/secret.yaml"]).status.success());
    vault
        .run(&["sync", "--yes", "--sandbox", "box"])
        .exits(2)
        .complains("desired/secret.yaml");
}

#[test]
fn hostile_metadata_is_refused_within_bounds() {
    let vault = Vault::new("hostile");
    let with = |metadata: &str| format!("{SECRETS}sops:\n  mac: x\n  lastmodified: x\n{metadata}");
    let many = "  - {recipient: age1x, enc: x}\n".repeat(100_000);
    for (metadata, words) in [
        (format!("  age:\n{many}"), "more than 100 recipients"),
        (
            "  encrypted_regex: ((((a{999}){999}){999}))\n".to_owned(),
            "sops.encrypted_regex",
        ),
        (
            format!("  encrypted_regex: {}\n", "a".repeat(100_000)),
            "sops.encrypted_regex",
        ),
        ("  key_groups: [{}, {}]\n".to_owned(), "several key groups"),
    ] {
        vault.desk.write("desired/secret.yaml", &with(&metadata));
        vault.run(&["render"]).exits(2).complains(words).hides(&["hunter2"]);
    }
}
