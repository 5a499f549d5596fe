//! Hooks of charts are told, and are no objects.

use super::{MIGRATE, Workshop, helm, piped};
use std::process::Command;

#[test]
fn hooks_and_tests_of_a_chart_are_told_and_not_synced() {
    let shop = Workshop::with_chart("hooks");
    shop.commit("First");
    let run = shop.sync().exits(0).shows("complete: 3 created");
    run.complains(
        "warning: 2 hooks of Helm charts are left out, as only Helm runs hooks: \
         Pod web-test-connection (test), Job web-migrate (pre-install,pre-upgrade)",
    );
    assert!(!shop.desk.dir.join("box/shop/jobs.batch").exists());
}

#[test]
fn hooks_that_are_piped_are_told_too() {
    let shop = Workshop::with_chart("piped");
    let mut template = Command::new(helm());
    template
        .args(["template", "web", "desired/charts/web"])
        .current_dir(&shop.desk.dir);
    let printed = template
        .env_clear()
        .env("HOME", &shop.desk.dir)
        .output()
        .expect("helm can be run");
    let printed = String::from_utf8(printed.stdout).expect("text");
    let mut command = shop.desk.command(&["diff", "-f", "-", "--sandbox", "box"]);
    let run = piped(
        &mut command,
        &printed.replace("\nmetadata:\n", "\nmetadata:\n  namespace: default\n"),
    );
    let run = run.exits(1).complains("Pod web-test-connection (test)");
    run.complains("Job web-migrate (pre-install,pre-upgrade)")
        .shows("3 to create");
}

#[test]
fn a_hook_in_a_plain_manifest_is_told_too() {
    let shop = Workshop::new("plain");
    let hook = MIGRATE.replace("{{ include \"web.fullname\" . }}", "web");
    shop.write(
        "hook.yaml",
        &hook.replace("{{ .Values.image.repository }}:{{ .Values.image.tag }}", "web:1"),
    );
    shop.write("plain.yaml", &crate::bed::config_map("plain", &[("a", "1")]));
    let run = shop.run_with("", &["render"]).exits(0);
    run.complains("warning: a hook of a Helm chart is left out")
        .shows("name: plain")
        .shows_not("migrate");
}
