//! What a chart makes.

use super::Workshop;

#[test]
fn a_chart_is_synced_as_helm_renders_it() {
    let shop = Workshop::with_chart("chart");
    shop.commit("First");
    shop.sync().exits(0).shows("complete: 3 created");
    let web = shop.desk.read("box/shop/deployments.apps/web.yaml");
    assert_eq!(web["spec"]["replicas"], 2);
    assert_eq!(web["spec"]["template"]["spec"]["containers"][0]["image"], "nginx:1.29");
    shop.diff().exits(0).shows("in sync:");
}

#[test]
fn a_field_stands_in_the_template_that_made_it() {
    let shop = Workshop::with_chart("template");
    shop.commit("First");
    shop.sync().exits(0);
    shop.replace("values.yaml", "replicaCount: 2", "replicaCount: 3");
    let new = shop.commit("Three of them");
    let run = shop.diff().exits(1);
    run.shows("spec.replicas desired/charts/web/templates/deployment.yaml:1")
        .shows(&format!("git: {} Three of them", &new[..7]));
}

#[test]
fn definitions_of_a_chart_are_among_its_objects() {
    let shop = Workshop::with_chart("crds");
    let definition = include_str!("../../../fixtures/kustomize/definition.yaml");
    shop.write("charts/web/crds/baskets.yaml", definition);
    let run = shop.run(&["render"]).exits(0);
    run.shows("kind: CustomResourceDefinition")
        .shows("name: baskets.shop.example.com");
}

#[test]
fn objects_that_name_no_namespace_are_in_that_of_the_release() {
    let shop = Workshop::with_chart("namespace");
    shop.says("helm: {chart: charts/web, release: web, namespace: other}\n");
    shop.commit("First");
    let both = ["shop", "other"].map(crate::bed::namespace).join("---\n");
    shop.desk.write("other.yaml", &both);
    let namespace = ["sync", "--yes", "-f", "other.yaml", "--sandbox", "box"];
    shop.run_with("", &namespace).exits(0);
    shop.sync().exits(0);
    shop.desk.read("box/other/deployments.apps/web.yaml");
    shop.run(&["render"]).exits(0).shows("namespace: other");
    shop.says("helm: {chart: charts/web, release: web}\n");
    shop.run(&["render"]).exits(0).shows("namespace: shop");
    shop.write(
        "stackanetes.yaml",
        "name: shop\nhelm: {chart: charts/web, release: web}\n",
    );
    let run = shop.run(&["render"]).exits(2);
    run.complains("`helm` lacks the `namespace`")
        .complains("desired/stackanetes.yaml:2:1");
}

#[test]
fn a_later_file_of_values_is_above_an_earlier_one() {
    let shop = Workshop::with_chart("values");
    shop.write("prod.yaml", "replicaCount: 7\n");
    shop.says("helm: {chart: charts/web, release: web, values: [values.yaml, prod.yaml]}\n");
    shop.run(&["render"]).exits(0).shows("replicas: 7").shows("nginx:1.29");
}

#[test]
fn an_environment_may_have_values_of_its_own() {
    let shop = Workshop::with_chart("environment");
    shop.says("helm: {chart: charts/web, release: \"web-${{ site.name }}\", values: [\"${{ site.name }}.yaml\"]}\n");
    shop.write("parameters.yaml", "site: {name: dev}\n");
    let site = r#"{"type": "object", "properties": {"name": {"type": "string"}}}"#;
    shop.write(
        "parameters.schema.json",
        &format!(r#"{{"type": "object", "properties": {{"site": {site}}}}}"#),
    );
    shop.write("environments/prod.yaml", "site: {name: prod}\n");
    shop.write("dev.yaml", "replicaCount: 1\n");
    shop.write("prod.yaml", "replicaCount: 4\n");
    let run = shop.run(&["render", "-e", "prod"]).exits(0);
    run.shows("name: web-prod").shows("replicas: 4");
    shop.run(&["render"])
        .exits(0)
        .shows("name: web-dev")
        .shows("replicas: 1");
}

#[test]
fn a_component_may_be_a_chart() {
    let shop = Workshop::with_chart("component");
    shop.says("exclude: [values.yaml]\n");
    shop.desk.remove("desired/values.yaml");
    shop.write("web/component.yaml", "helm: {chart: ../charts/web, release: front}\n");
    let run = shop.run(&["render"]).exits(2);
    run.complains("desired/charts/web/");
    shop.says("exclude: [/charts/]\n");
    let run = shop.run(&["render"]).exits(0);
    run.shows("stackanetes.io/component: web").shows("name: front-web");
}
