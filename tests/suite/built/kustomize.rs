//! What a kustomization makes, and where it is told that its fields stand.

use super::{Workshop, fake, kustomize};

#[test]
fn an_overlay_is_synced_as_kustomize_builds_it() {
    let shop = Workshop::with_overlay("overlay", "production");
    shop.commit("First");
    shop.sync().exits(0).shows("complete:");
    let web = shop.desk.read("box/shop/deployments.apps/production-web.yaml");
    assert_eq!(web["spec"]["replicas"], 3);
    assert_eq!(
        web["spec"]["template"]["spec"]["containers"][0]["image"],
        "shop/web:1.1"
    );
    shop.diff().exits(0).shows("in sync:");
}

#[test]
fn a_field_stands_in_the_patch_or_the_resource_that_has_it_and_else_in_the_kustomization() {
    let shop = Workshop::with_overlay("places", "production");
    shop.commit("First");
    shop.sync().exits(0);
    shop.replace("overlays/production/replicas.yaml", "replicas: 3", "replicas: 5");
    shop.replace("components/tracing/tracing.yaml", "4318", "4317");
    shop.replace(
        "base/deployment.yaml",
        "revisionHistoryLimit: 3",
        "revisionHistoryLimit: 4",
    );
    shop.replace("overlays/production/kustomization.yaml", "\"1.1\"", "\"1.2\"");
    shop.replace("overlays/production/kustomization.yaml", "443", "444");
    let run = shop.diff().exits(1);
    run.shows("spec.replicas desired/overlays/production/replicas.yaml:6")
        .shows("env[TRACES].value desired/components/tracing/tracing.yaml:12")
        .shows("spec.revisionHistoryLimit desired/base/deployment.yaml:7")
        .shows("containers[web].image desired/overlays/production/kustomization.yaml:1")
        .shows("spec.ports[port=444,protocol=TCP] desired/overlays/production/kustomization.yaml:1");
}

#[test]
fn of_two_overlays_of_one_base_each_object_has_its_own_patch() {
    let shop = Workshop::with_overlay("multibases", "both");
    // A namespace of two bases would be one object twice.
    shop.replace("base/kustomization.yaml", "  - namespace.yaml\n", "");
    let both = "resources: [../production, ../staging]\n";
    shop.write("overlays/both/kustomization.yaml", both);
    shop.commit("First");
    shop.sync().exits(0);
    shop.replace("overlays/staging/replicas.yaml", "replicas: 2", "replicas: 4");
    shop.replace("overlays/production/replicas.yaml", "replicas: 3", "replicas: 4");
    let run = shop.diff().exits(1);
    run.shows("update Deployment shop/production-web spec.replicas desired/overlays/production/replicas.yaml:6")
        .shows("update Deployment shop/staging-web spec.replicas desired/overlays/staging/replicas.yaml:6");
}

#[test]
fn a_mistake_is_shown_in_the_file_that_has_it() {
    let shop = Workshop::with_overlay("mistake", "production");
    shop.replace("base/deployment.yaml", "args: [", "arsg: [");
    let run = shop.run(&["check"]).exits(1);
    run.shows("desired/base/deployment.yaml:17").shows("arsg");
}

#[test]
fn what_a_kustomization_generates_stands_where_it_is_declared() {
    let shop = Workshop::with_overlay("generated", "production");
    shop.commit("First");
    shop.sync().exits(0);
    shop.replace("base/settings.properties", "EUR", "USD");
    let new = shop.commit("Dollars");
    let run = shop.diff().exits(1);
    run.shows("create ConfigMap shop/production-settings-")
        .shows("delete ConfigMap shop/production-settings-")
        .shows(&format!("git: {} Dollars", &new[..7]));
    shop.replace("base/kustomization.yaml", "name: settings", "name: Settings");
    let run = shop.diff().exits(1);
    run.shows("refused ConfigMap shop/production-Settings-")
        .shows("desired/base/kustomization.yaml:14:5");
}

#[test]
fn an_environment_may_choose_the_overlay() {
    let shop = Workshop::with_overlay("environment", "${{ site.overlay }}");
    shop.write("parameters.yaml", "site: {overlay: staging}\n");
    let schema = r#"{"type": "object", "properties": {"site": {"type": "object", "properties": {"overlay": {"type": "string"}}}}}"#;
    shop.write("parameters.schema.json", schema);
    shop.write("environments/prod.yaml", "site: {overlay: production}\n");
    shop.run(&["render"])
        .exits(0)
        .shows("name: staging-web")
        .shows("replicas: 2");
    let run = shop.run(&["render", "--environment", "prod"]).exits(0);
    run.shows("name: production-web").shows_not("staging-web");
}

#[test]
fn a_component_may_be_a_kustomization_beside_plain_manifests() {
    let shop = Workshop::with_overlay("component", "production");
    shop.says("exclude: [base/, components/, overlays/]\n");
    shop.write("web/component.yaml", "kustomize: .\ndependsOn: [plain]\n");
    shop.write("web/kustomization.yaml", "resources: [../overlays/production]\n");
    shop.write("plain/component.yaml", "");
    shop.write("plain/plain.yaml", &crate::bed::config_map("plain", &[("a", "1")]));
    let run = shop.run(&["render", "--component", "web"]).exits(0);
    run.shows("stackanetes.io/component: web")
        .shows("name: production-web")
        .shows_not("name: plain");
    shop.commit("First");
    shop.sync().exits(0).shows("complete: 4 created, 1 updated");
}

#[test]
fn kubectl_builds_where_there_is_no_kustomize() {
    let shop = Workshop::with_overlay("kubectl", "production");
    // `kubectl kustomize` is the same program, built in.
    let real = kustomize().display();
    let path = fake(
        &shop,
        "kubectl",
        &format!("test \"$1\" = kustomize && exec {real} build \"$2\""),
    );
    let run = shop.run_with(&path, &["render", "--allow-programs"]).exits(0);
    run.shows("name: production-web");
}
