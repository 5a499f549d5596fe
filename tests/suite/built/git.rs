//! Programs are given the files of the very commit that is asked for.

use super::{Workshop, fake, kustomize};

#[test]
fn two_commits_are_compared_as_each_of_them_builds() {
    let shop = Workshop::with_overlay("between", "production");
    shop.commit("First");
    shop.replace("overlays/production/replicas.yaml", "replicas: 3", "replicas: 5");
    let second = shop.commit("Five of them");
    // What is on disk is no matter.
    shop.replace("overlays/production/replicas.yaml", "replicas: 5", "replicas: 9");
    let run = shop.run(&["diff", "--from", "HEAD~1", "--to", "HEAD"]).exits(1);
    run.shows("update Deployment shop/production-web")
        .shows(&format!(
            "spec.replicas desired/overlays/production/replicas.yaml:6 - 3 + 5 git: {}",
            &second[..7]
        ))
        .shows("1 to update; 3 unchanged");
    let run = shop.run(&["render", "--revision", "HEAD~1"]).exits(0);
    run.shows("replicas: 3");
}

#[test]
fn the_commit_that_changed_an_overlay_is_the_cause_and_later_ones_are_not() {
    let shop = Workshop::with_overlay("causes", "production");
    shop.commit("First");
    shop.sync().exits(0);
    shop.replace("components/tracing/tracing.yaml", "4318", "4317");
    let traces = shop.commit("Traces elsewhere");
    shop.write("README.md", "A shop.\n");
    shop.commit("Documentation");
    shop.replace("overlays/production/kustomization.yaml", "\"1.1\"", "\"1.2\"");
    let image = shop.commit("Web 1.2");
    let run = shop.diff().exits(1);
    run.shows(&format!("git: {} Traces elsewhere", &traces[..7]))
        .shows(&format!("git: {} Web 1.2", &image[..7]))
        .shows_not("Documentation");
    shop.sync().exits(0);
    // Going back is a sync of an earlier commit.
    let back = shop
        .run(&["sync", "--yes", "--sandbox", "box", "--revision", "HEAD~3"])
        .exits(0);
    back.shows("complete: 1 updated");
    let web = shop.desk.read("box/shop/deployments.apps/production-web.yaml");
    assert_eq!(
        web["spec"]["template"]["spec"]["containers"][0]["image"],
        "shop/web:1.1"
    );
}

#[test]
fn a_saved_plan_is_bound_to_the_files_that_a_program_was_given() {
    let shop = Workshop::with_overlay("saved", "production");
    shop.commit("First");
    shop.sync().exits(0);
    shop.replace("overlays/production/replicas.yaml", "replicas: 3", "replicas: 5");
    shop.commit("Five of them");
    shop.run(&["diff", "--sandbox", "box", "--out", "plan.json"]).exits(1);
    shop.replace("overlays/production/replicas.yaml", "replicas: 5", "replicas: 6");
    shop.commit("Six of them");
    let plan = ["sync", "--yes", "--sandbox", "box", "--plan", "plan.json"];
    shop.run(&plan).exits(2).complains("plan.json is another plan");
    shop.run(&[&plan[..], &["--revision", "HEAD~1"]].concat()).exits(0);
    let web = shop.desk.read("box/shop/deployments.apps/production-web.yaml");
    assert_eq!(web["spec"]["replicas"], 5);
}

#[test]
fn a_file_that_git_ignores_is_given_to_no_program() {
    let shop = Workshop::with_overlay("ignored", "production");
    shop.write(".gitignore", "secret.env\n");
    shop.write("base/secret.env", "password=hunter2\n");
    let generator = "secretGenerator: [{name: login, envs: [secret.env]}]\n";
    shop.replace(
        "base/kustomization.yaml",
        "configMapGenerator:",
        &format!("{generator}configMapGenerator:"),
    );
    shop.commit("First");
    let run = shop.run(&["render"]).exits(2).hides(&["hunter2"]);
    run.complains("exit status: 1")
        .complains("files that git ignores are not given to it");
    shop.write(".gitignore", "");
    let run = shop.run(&["render"]).exits(0).hides(&["hunter2"]);
    run.shows("kind: Secret").shows("name: production-login-");
}

#[test]
fn the_same_files_are_built_once_however_often_a_command_asks_for_them() {
    let shop = Workshop::with_overlay("once", "production");
    shop.commit("First");
    shop.replace("overlays/production/replicas.yaml", "replicas: 3", "replicas: 5");
    shop.commit("Five of them");
    let trace = shop.desk.dir.join("trace");
    let script = format!(
        "echo >>'{}'; exec {} build \"$2\"",
        trace.display(),
        kustomize().display()
    );
    let path = fake(&shop, "kustomize", &script);
    // Each commit is asked for as a side of the comparison, and by what looks for the cause.
    let diff = ["diff", "--from", "HEAD~1", "--to", "HEAD", "--allow-programs"];
    shop.run_with(&path, &diff).exits(1).shows("Five of them");
    let runs = std::fs::read_to_string(&trace).expect("it was run").lines().count();
    assert_eq!(runs, 2);
}

#[test]
fn a_file_that_a_sparse_checkout_lacks_is_missed_whatever_its_name() {
    let shop = Workshop::with_overlay("sparse", "production");
    shop.commit("First");
    for args in [
        &["sparse-checkout", "init", "--no-cone"][..],
        &[
            "sparse-checkout",
            "set",
            "--no-cone",
            "/*",
            "!/desired/base/*.properties",
        ],
    ] {
        crate::bed::git(&shop.desk.dir, args);
    }
    assert!(!shop.desk.dir.join("desired/base/settings.properties").exists());
    let run = shop.run(&["render"]).exits(2);
    run.complains("the checkout is sparse, and leaves out desired/base/settings.properties");
    shop.run(&["render", "--revision", "HEAD"])
        .exits(0)
        .shows("currency=EUR");
}

#[test]
fn history_tells_syncs_of_what_a_program_built() {
    let shop = Workshop::with_chart("history");
    shop.commit("First");
    shop.sync().exits(0);
    shop.replace("values.yaml", "replicaCount: 2", "replicaCount: 3");
    shop.commit("Three of them");
    shop.sync().exits(0);
    let run = shop.run_with("", &["history", "--sandbox", "box"]).exits(0);
    run.shows("First").shows("Three of them");
}
