//! Without an identity: each value is compared with the right one, and what the cluster has there stays hidden.

use super::Vault;
use crate::bed;

#[test]
fn an_encrypted_number_is_no_mistake_of_its_type() {
    let vault = Vault::new("closed-number");
    let web = bed::deployment("web", 2, "nginx:1") + "          ports: [{containerPort: 80}]\n";
    vault.encrypt("web.yaml", web, &["--encrypted-regex", "^spec$"]);
    bed::commit(&vault.desk.dir, "First");
    let diff = ["diff", "--sandbox", "box"];
    vault.run_closed(&diff).exits(1).shows("create Deployment shop/web");
    vault.run(&["sync", "--yes", "--sandbox", "box"]).exits(0);
    vault.run_closed(&diff).exits(0);
    vault.set("web.yaml", "[\"spec\"][\"replicas\"]", "3");
    let containers = "[\"spec\"][\"template\"][\"spec\"][\"containers\"][0]";
    vault.set("web.yaml", &format!("{containers}[\"image\"]"), "\"nginx:2\"");
    vault.set(
        "web.yaml",
        &format!("{containers}[\"env\"][0][\"value\"]"),
        "\"another\"",
    );
    bed::commit(&vault.desk.dir, "Second");
    for diff in [&diff[..], &["diff", "--from", "HEAD~1", "--to", "HEAD"]] {
        // The names of items are encrypted, too, and the cluster has them in the clear.
        let run = vault
            .run_closed(diff)
            .exits(1)
            .hides(&["ENC[", "nginx", "FIRST", "another"]);
        run.shows("update Deployment shop/web")
            .shows("spec.replicas")
            .shows("spec.template.spec.containers[…].image")
            .shows("spec.template.spec.containers[…].env[…].value")
            .shows("unverified")
            .shows_not("containerPort");
    }
    // What is in the open is still checked.
    let text = vault.text("web.yaml");
    let mistaken = text.replacen("metadata:\n", "metadata:\n    nmae: web\n", 1);
    vault.desk.write("desired/web.yaml", &mistaken);
    let run = vault.run_closed(&diff).exits(1);
    run.shows("refused Deployment shop/web")
        .shows("metadata.nmae")
        .shows_not("replicas");
}

#[test]
fn a_file_of_bytes_in_a_config_map_does_not_differ_and_one_that_changed_does() {
    let vault = Vault::new("closed-bytes");
    let component = "configMaps: [{name: files, files: {key: binary.key, text: text.yaml}}]\n";
    vault.desk.write("desired/web/component.yaml", component);
    vault.encrypt("web/binary.key", [0, 159, 146, 150, 255], &[]);
    vault.encrypt("web/text.yaml", "a: hunter2\n", &[]);
    bed::commit(&vault.desk.dir, "First");
    vault.run(&["sync", "--yes", "--sandbox", "box"]).exits(0);
    let diff = ["diff", "--sandbox", "box"];
    vault.run_closed(&diff).exits(0);
    vault.encrypt("web/binary.key", [1, 159, 146, 150, 255], &[]);
    let run = vault
        .run_closed(&diff)
        .exits(1)
        .hides(&["ENC[", "RU5DW0FFUzI1Nl9HQ00s"]);
    run.shows("binaryData.key").shows_not("data.text");
}

#[test]
fn a_comment_between_items_is_no_item() {
    let vault = Vault::new("closed-comment");
    let web = bed::deployment("web", 1, "nginx:1");
    let web = format!("{web}          args:\n            # first\n            - hunter2-a\n            - hunter2-b\n");
    vault.encrypt("web.yaml", &web, &["--encrypted-regex", "^args$"]);
    assert!(vault.text("web.yaml").contains("- ENC[") && vault.text("web.yaml").contains("type:comment]"));
    bed::commit(&vault.desk.dir, "First");
    vault.run(&["sync", "--yes", "--sandbox", "box"]).exits(0);
    vault.run(&["diff", "--sandbox", "box"]).exits(0);
    vault.run_closed(&["diff", "--sandbox", "box"]).exits(0);
}

#[test]
fn one_variable_more_leaves_the_encrypted_ones_beside_it_as_they_are() {
    let vault = Vault::new("closed-items");
    let web = bed::deployment("web", 1, "nginx:1");
    let options = ["--encrypted-regex", "^value$"];
    vault.encrypt("web.yaml", &web, &options);
    bed::commit(&vault.desk.dir, "First");
    vault.run(&["sync", "--yes", "--sandbox", "box"]).exits(0);
    let text = vault.text("web.yaml");
    let first = text
        .lines()
        .find(|line| line.ends_with("- name: FIRST"))
        .expect("its line");
    let more = format!("{}\n{first}", first.replace("FIRST", "OPEN"));
    vault.desk.write("desired/web.yaml", &text.replace(first, &more));
    let run = vault.run_closed(&["diff", "--sandbox", "box"]).exits(1);
    run.shows("env[OPEN]").shows_not("env[FIRST]").shows_not("env[SECOND]");
}

#[test]
fn an_item_that_git_dropped_is_hidden_though_the_cluster_has_its_name() {
    let vault = Vault::new("closed-dropped");
    let web = bed::deployment("web", 1, "nginx:1") + "          args: [hunter2-a, hunter2-b]\n";
    vault.encrypt("web.yaml", web, &["--encrypted-regex", "^spec$"]);
    bed::commit(&vault.desk.dir, "First");
    vault.run(&["sync", "--yes", "--sandbox", "box"]).exits(0);
    let container = "[\"spec\"][\"template\"][\"spec\"][\"containers\"][0]";
    for item in ["[\"env\"][0]", "[\"args\"][0]"] {
        let run = vault.sops(&["unset", "desired/web.yaml", &format!("{container}{item}")]);
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    }
    bed::commit(&vault.desk.dir, "Second");
    for diff in [
        &["diff", "--sandbox", "box", "-v"][..],
        &["diff", "--from", "HEAD~1", "--to", "HEAD"],
    ] {
        let run = vault.run_closed(diff).exits(1);
        run.hides(&["ENC[", "hunter2", "FIRST", "SECOND", "nginx"])
            .shows("spec.template.spec.containers[…].args")
            .shows("spec.template.spec.containers[…].env[…]")
            .shows("removed");
    }
}

/// A Deployment with comments above its only container and above its first variable.
fn commented() -> String {
    let web = bed::deployment("web", 1, "nginx:1");
    let web = web.replace("containers:\n", "containers:\n        # of the container\n");
    let web = web.replace("value: one", "value: hunter2");
    web.replace("env:\n", "env:\n            # of the variable\n")
}

/// A Deployment of which the second variable is in the open, beside one that is encrypted below a comment.
const IN_PART: &str = "# in the open
apiVersion: apps/v1
# in the open
kind: Deployment
# in the open
metadata:
  name: web
spec:
  replicas: 1
  # in the open
  selector:
    matchLabels:
      app: web
  template:
    # in the open
    metadata:
      labels:
        app: web
    spec:
      containers:
        # of the container
        - name: web
          image: nginx:1
          env:
            # of the variable
            - name: FIRST
              value: hunter2
            # in the open
            - name: SECOND
              value: in-the-open
";

/// Syncs with the identity, changes the image, and looks at it without: what is encrypted is hidden. Gives what is
/// rendered.
#[track_caller]
fn hides_what_the_cluster_has(vault: &Vault, encrypted: &[&str]) -> bed::Run {
    let text = vault.text("web.yaml");
    assert_eq!(text.matches("- ENC[").count(), 2, "{text}");
    bed::commit(&vault.desk.dir, "First");
    vault
        .run(&["sync", "--yes", "--sandbox", "box", "--name", "shop"])
        .exits(0);
    let diff = ["diff", "--sandbox", "box", "--name", "shop"];
    vault.run_closed(&diff).exits(0);
    // To `sops`, the comment is the first item.
    let image = "[\"spec\"][\"template\"][\"spec\"][\"containers\"][1][\"image\"]";
    vault.set("web.yaml", image, "\"nginx:2\"");
    bed::commit(&vault.desk.dir, "Second");
    for diff in [&diff[..], &[&diff[..], &["-v"]].concat()] {
        let run = vault.run_closed(diff).exits(1).hides(encrypted).hides(&["ENC["]);
        run.shows("].image").shows("unverified");
    }
    vault.run_closed(&["render"]).exits(0).hides(encrypted).hides(&["ENC["])
}

#[test]
fn a_comment_above_an_item_shows_nothing_of_the_items_below_it() {
    let vault = Vault::new("closed-commented");
    vault.desk.remove("desired/stackanetes.yaml");
    vault.encrypt("web.yaml", commented(), &["--encrypted-regex", "^spec$"]);
    hides_what_the_cluster_has(&vault, &["nginx", "FIRST", "SECOND", "hunter2"]);
}

#[test]
fn a_comment_above_an_item_hides_it_and_not_the_next_one_that_is_in_the_open() {
    for is_plain in [true, false] {
        let vault = Vault::new(&format!("closed-in-part-{is_plain}"));
        if is_plain {
            vault.desk.remove("desired/stackanetes.yaml");
        }
        let rules = "creation_rules: [{unencrypted_comment_regex: in the open}]\n";
        vault.desk.write(".sops.yaml", rules);
        vault.encrypt("web.yaml", IN_PART, &[]);
        let rendered = hides_what_the_cluster_has(&vault, &["nginx", "FIRST", "hunter2"]);
        rendered.shows("SECOND").shows("value: in-the-open");
    }
}
