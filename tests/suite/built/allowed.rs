//! No program is run that was not allowed outside of the directory.

use super::{Workshop, fake};

/// A program that leaves a trace in a folder that all can write.
fn trap(shop: &Workshop) -> (String, std::path::PathBuf) {
    let trace = shop.desk.dir.join("trace");
    (fake(shop, "kustomize", &format!("touch '{}'", trace.display())), trace)
}

#[test]
fn a_program_that_nobody_allowed_is_not_run() {
    let shop = Workshop::with_overlay("not-allowed", "production");
    shop.commit("First");
    let (path, trace) = trap(&shop);
    for command in [
        &["diff", "--sandbox", "box"][..],
        &["sync", "--yes", "--sandbox", "box"],
        &["diff", "--from", "HEAD"],
        &["check"],
        &["render"],
        &["render", "--revision", "HEAD"],
        &["roles", "--for", "sync"],
    ] {
        let run = shop.run_with(&path, command).exits(2);
        run.complains("error: running kustomize is not allowed")
            .complains("desired/stackanetes.yaml:3:1")
            .complains("hint: if you trust whoever can change these files, pass --allow-programs");
        assert!(!trace.exists(), "{command:?}");
    }
}

#[test]
fn a_component_that_nobody_allowed_to_be_built_is_an_error_at_its_line() {
    let shop = Workshop::with_chart("not-allowed-component");
    shop.says("exclude: [/charts/, /values.yaml]\n");
    shop.write(
        "web/component.yaml",
        "dependsOn: []\nhelm: {chart: ../charts/web, release: web}\n",
    );
    let run = shop.run_with(&super::path(), &["check"]).exits(2);
    run.complains("running helm is not allowed")
        .complains("desired/web/component.yaml:2:1");
}

#[test]
fn the_environment_may_allow_programs() {
    let shop = Workshop::with_overlay("variable", "production");
    let run = |value: &str| {
        let mut command = shop.desk.command(&["render"]);
        command
            .env("PATH", super::path())
            .env("STACKANETES_ALLOW_PROGRAMS", value);
        crate::bed::Run::finish(command.spawn().expect("the command can be run"))
    };
    run("1").exits(0).shows("name: production-web");
    run("true").exits(0);
    run("").exits(2).complains("running kustomize is not allowed");
    run("0").exits(2).complains("not allowed");
    run("perhaps").exits(2).complains("--allow-programs");
}

#[test]
fn a_program_sees_nothing_of_the_users_environment_and_nothing_but_a_copy() {
    let shop = Workshop::with_overlay("environment-of-program", "production");
    let script = "env | sed 's/=.*//' | sort | tr '\\n' ' ' >&2; ls \"$HOME\" >&2; pwd >&2; ls >&2; exit 3";
    let path = fake(&shop, "kustomize", script);
    let mut command = shop.desk.command(&["render", "--allow-programs"]);
    command
        .env("PATH", path)
        .env("KUBECONFIG", "/secret")
        .env("TOKEN", "hunter2");
    let run = crate::bed::Run::finish(command.spawn().expect("the command can be run")).exits(2);
    let run = run.hides(&["KUBECONFIG", "TOKEN", "hunter2"]);
    run.complains("kustomize made no objects")
        .complains("exit status: 3")
        .complains("overlays")
        .complains("HTTPS_PROXY");
}

#[test]
fn what_a_program_says_cannot_move_the_cursor() {
    let shop = Workshop::with_overlay("cursor", "production");
    let path = fake(&shop, "kustomize", "printf 'no \\033[2J way\\n' >&2; exit 1");
    let run = shop.run_with(&path, &["render", "--allow-programs"]).exits(2);
    run.hides(&["\u{1b}"]).complains("no \\u{1b}[2J way");
}
