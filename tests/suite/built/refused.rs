//! What is refused before a program is run, and what is told when one fails.

use super::Workshop;

#[test]
fn what_would_be_fetched_is_refused_at_its_line() {
    for remote in [
        "https://github.com/kubernetes-sigs/kustomize//examples/helloWorld?ref=v1.0.6",
        "github.com/example/shop",
        "git@github.com:example/shop.git",
        "https://example.com/shop.yaml",
    ] {
        let shop = Workshop::with_overlay("remote", "production");
        shop.replace(
            "base/kustomization.yaml",
            "  - service.yaml",
            &format!("  - service.yaml\n  - {remote}"),
        );
        let run = shop.run(&["check"]).exits(2);
        run.complains(&format!("error: {remote} is not in the directory"))
            .complains("desired/base/kustomization.yaml:12:5")
            .complains("nothing is fetched");
    }
}

#[test]
fn a_file_that_would_be_fetched_is_refused() {
    for (key, line) in [
        (
            "patches: [{path: \"https://example.com/patch.yaml\"}]",
            "desired/overlays/staging/kustomization.yaml:10",
        ),
        (
            "configMapGenerator: [{name: a, files: [\"a=https://example.com/a\"]}]",
            "kustomization.yaml:10",
        ),
        (
            "openapi: {path: \"https://example.com/openapi.json\"}",
            "kustomization.yaml:10",
        ),
    ] {
        let shop = Workshop::with_overlay("remote-file", "staging");
        shop.replace(
            "overlays/staging/kustomization.yaml",
            "patches:\n  - path: replicas.yaml",
            key,
        );
        let run = shop.run(&["check"]).exits(2);
        run.complains("is not in the directory").complains(line);
    }
}

#[test]
fn a_kustomization_outside_of_the_directory_is_refused() {
    let shop = Workshop::with_overlay("outside", "production");
    shop.desk.write("elsewhere/kustomization.yaml", "resources: []\n");
    let absolute = shop.desk.dir.join("elsewhere").display().to_string();
    for path in ["../../../elsewhere", &absolute] {
        shop.write("overlays/outside/kustomization.yaml", &format!("resources: [{path}]\n"));
        shop.says("kustomize: overlays/outside\n");
        let run = shop.run(&["check"]).exits(2);
        run.complains(&format!("{path} is not in the directory"));
    }
    shop.says("kustomize: ../elsewhere\n");
    let run = shop.run(&["check"]).exits(2);
    run.complains("../elsewhere is outside of the directory")
        .complains("desired/stackanetes.yaml:3:12");
}

#[test]
fn a_kustomization_that_runs_helm_is_refused() {
    let shop = Workshop::with_overlay("charts", "production");
    let charts = "helmCharts: [{name: redis, repo: https://charts.example.com}]\nnamespace: shop";
    shop.replace("overlays/production/kustomization.yaml", "namespace: shop", charts);
    let run = shop.run(&["check"]).exits(2);
    run.complains("`helmCharts` would run Helm")
        .complains("desired/overlays/production/kustomization.yaml:4");
}

#[test]
fn a_kustomization_that_is_made_of_itself_is_an_error() {
    let shop = Workshop::with_overlay("circle", "production");
    shop.replace(
        "base/kustomization.yaml",
        "  - service.yaml",
        "  - ../overlays/production",
    );
    let run = shop.run(&["check"]).exits(2);
    run.complains("desired/overlays/production is made of itself")
        .complains("desired/base/kustomization.yaml:11");
}

#[test]
fn a_link_that_leads_out_is_not_followed() {
    let shop = Workshop::with_overlay("link", "production");
    let link = shop.desk.dir.join("desired/base/passwd");
    std::os::unix::fs::symlink("/etc/passwd", link).expect("a link");
    let run = shop.run(&["check"]).exits(2);
    run.complains("the symbolic link desired/base/passwd leads out of desired");
}

#[test]
fn a_chart_that_is_not_there_and_one_of_a_registry_are_refused() {
    let shop = Workshop::with_chart("registry");
    shop.says("helm: {chart: oci://registry.example.com/web, release: web}\n");
    let run = shop.run(&["check"]).exits(2);
    run.complains("not one of a registry").complains("helm pull --untar");
    shop.says("helm: {chart: charts/wbe, release: web}\n");
    shop.run(&["check"])
        .exits(2)
        .complains("there is no chart desired/charts/wbe");
    shop.says("helm: {chart: charts/web, release: web, values: [no.yaml]}\n");
    shop.run(&["check"])
        .exits(2)
        .complains("there is no file desired/no.yaml");
    shop.says("helm: {chart: charts/web, releas: web}\n");
    shop.run(&["check"])
        .exits(2)
        .complains("`helm` has no key `releas`")
        .complains("did you mean `release`?");
}

#[test]
fn a_dependency_that_is_not_in_the_chart_is_refused_at_its_line() {
    let shop = Workshop::with_chart("dependency");
    let dependency =
        "dependencies:\n  - {name: redis, version: 1.x, repository: \"https://charts.example.com\"}\ntype:";
    shop.replace("charts/web/Chart.yaml", "\ntype:", &format!("\n{dependency}"));
    let run = shop.run(&["check"]).exits(2);
    run.complains("the chart depends on redis")
        .complains("desired/charts/web/Chart.yaml:")
        .complains("helm dependency build");
}

#[test]
fn one_directory_has_one_program() {
    let shop = Workshop::with_chart("two");
    shop.says("helm: {chart: charts/web, release: web}\nkustomize: .\n");
    let run = shop.run(&["check"]).exits(2);
    run.complains("a directory has one of `kustomize` and `helm`")
        .complains("desired/stackanetes.yaml:4:1");
}

#[test]
fn a_program_that_is_not_there_is_named() {
    let shop = Workshop::with_overlay("missing", "production");
    let run = shop.run_with("/nowhere", &["check", "--allow-programs"]).exits(2);
    run.complains("there is no program kustomize or kubectl in PATH")
        .complains("hint: install kustomize");
    let shop = Workshop::with_chart("missing-helm");
    let run = shop.run_with("/nowhere", &["check", "--allow-programs"]).exits(2);
    run.complains("there is no program helm in PATH");
}

#[test]
fn what_a_program_that_fails_complains_of_is_told() {
    let shop = Workshop::with_chart("fails");
    shop.replace(
        "charts/web/templates/deployment.yaml",
        ".Values.replicaCount }}",
        ".Values.replicaCount }",
    );
    let run = shop.run(&["check"]).exits(2);
    run.complains("helm made no objects")
        .complains("deployment.yaml:9")
        .complains("desired/stackanetes.yaml:3:1");
    let shop = Workshop::with_overlay("fails-kustomize", "production");
    shop.replace("overlays/production/replicas.yaml", "name: web", "name: wbe");
    // The path of the copy is told as that of the directory.
    let run = shop.run(&["check"]).exits(2);
    run.complains("kustomize made no objects")
        .complains("wbe")
        .complains_not("stackanetes-");
}

#[test]
fn neither_the_program_nor_its_kustomization_shows_the_text_of_a_secret() {
    let shop = Workshop::with_overlay("literal", "staging");
    let generator = |literals: &str| {
        shop.write(
            "secrets/kustomization.yaml",
            &format!("secretGenerator: [{{name: a, literals: [{literals}]}}]\n"),
        );
        shop.says("kustomize: secrets\n");
    };
    generator("hunter2-no-key");
    let run = shop.run(&["check"]).exits(2).hides(&["hunter2", "literal source"]);
    run.complains("exit status: 1")
        .complains("run `kustomize build desired/secrets` yourself");
    generator("password=hunter2");
    let run = shop.run(&["diff", "--sandbox", "box"]).hides(&["hunter2"]);
    run.complains("desired/secrets/kustomization.yaml:1");
    shop.run(&["render"]).exits(0).hides(&["hunter2"]).shows("kind: Secret");
}

#[test]
fn what_a_program_prints_is_read_as_any_manifest() {
    let shop = Workshop::with_overlay("printed", "production");
    shop.write(
        "base/twice.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: a}\n",
    );
    shop.replace(
        "base/kustomization.yaml",
        "  - service.yaml",
        "  - service.yaml\n  - twice.yaml",
    );
    shop.run(&["check"]).exits(2).complains("kustomize made no objects");
    let shop = Workshop::with_chart("printed-helm");
    shop.write(
        "charts/web/templates/label.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, labels: {a: 1}}\n",
    );
    let run = shop.run(&["check"]).exits(2);
    run.complains("the label `a` must be text, not a number")
        .complains("helm template web desired/charts/web:");
}
