//! A definition decides how objects of its kind are read and merged, and it changes under them.

use serde_json::json;

use crate::bed::{Bed, definition, definition_of};

/// A definition of Routers whose lists are merged in this way.
fn routers(bed: &Bed, group: &str, routes: &str, tags: &str) {
    let properties = format!(
        "{{routes: {{type: array, {routes} items: {{type: object, required: [name], properties: {{name: {{type: string}}}}}}}}, \
         tags: {{type: array, {tags} items: {{type: string}}}}}}"
    );
    bed.write("crd.yaml", &definition_of(group, "Router", &properties));
}

fn router(bed: &Bed, group: &str, routes: &[&str], tags: &[&str]) {
    let routes: Vec<String> = routes.iter().map(|name| format!("{{name: {name}}}")).collect();
    let spec = format!("{{routes: [{}], tags: [{}]}}", routes.join(", "), tags.join(", "));
    bed.write(
        "router.yaml",
        &format!("apiVersion: {group}/v1\nkind: Router\nmetadata: {{name: edge}}\nspec: {spec}\n"),
    );
}

const BY_NAME: &str = "x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [name],";
const BY_VALUE: &str = "x-kubernetes-list-type: set,";

#[test]
fn what_git_drops_goes_though_its_list_was_one_value_when_it_was_applied() {
    let bed = Bed::new("definitions-lists");
    let group = "lists.definitions.example.net";
    let spec = || bed.get(&format!("routers.{group}"), "edge").expect("it is there")["spec"].clone();
    routers(&bed, group, "", "");
    router(&bed, group, &["a", "b", "c"], &["red", "green"]);
    bed.synced();
    // The definition alone: what was applied becomes ours item by item.
    routers(&bed, group, BY_NAME, BY_VALUE);
    bed.synced();
    bed.diff().exits(0);
    router(&bed, group, &["a", "c"], &["green"]);
    bed.diff().exits(1).shows("spec.routes[b]").shows("spec.tags[=red]");
    bed.synced();
    assert_eq!(
        spec(),
        json!({"routes": [{"name": "a"}, {"name": "c"}], "tags": ["green"]})
    );
    // Back, and forth again, each with a change in the same commit.
    routers(&bed, group, "", "");
    router(&bed, group, &["a"], &["green"]);
    bed.synced();
    routers(&bed, group, BY_NAME, "");
    router(&bed, group, &["z"], &["green"]);
    bed.synced();
    assert_eq!(spec(), json!({"routes": [{"name": "z"}], "tags": ["green"]}));
    bed.diff().exits(0);
    // What somebody else has added is theirs.
    bed.patch(
        "team-b",
        &format!("routers.{group}"),
        "edge",
        &json!({"spec": {"routes": [{"name": "z"}, {"name": "theirs"}]}}),
    );
    bed.diff().exits(0);
}

#[test]
fn a_status_that_an_apply_writes_is_a_field_like_any_other() {
    let bed = Bed::new("definitions-status");
    let group = "status.definitions.example.net";
    let lamp = |phase: &str| {
        format!(
            "apiVersion: {group}/v1\nkind: Lamp\nmetadata: {{name: hall}}\nspec: {{lit: true}}\nstatus: {{phase: {phase}}}\n"
        )
    };
    bed.write("crd.yaml", &definition(group, "Lamp", "Namespaced"));
    bed.write("lamp.yaml", &lamp("One"));
    bed.synced();
    bed.diff().exits(0);
    bed.write("lamp.yaml", &lamp("Two"));
    bed.diff().exits(1).shows("status.phase").shows("- One + Two");
    bed.synced();
    let plural = format!("lamps.{group}");
    bed.patch("kubectl-edit", &plural, "hall", &json!({"status": {"phase": "Mine"}}));
    bed.diff().exits(1).shows("- Mine + Two drift: kubectl-edit");
    // Nor is what a controller takes below a map of ours put back.
    bed.patch("operator", &plural, "hall", &json!({"spec": {"lit": false}}));
    bed.diff().exits(1).shows("! conflict Lamp").shows("manager: operator");
    bed.patch("kubectl-edit", &plural, "hall", &json!({"spec": {"lit": true}}));
    // Where the kind has a subresource for it, it is the server's.
    let subresource = "storage: true\n      subresources: {status: {}}";
    let other = definition(group, "Bulb", "Namespaced").replace("storage: true", subresource);
    bed.write("bulbs.yaml", &other);
    bed.write("bulb.yaml", &lamp("Never").replace("kind: Lamp", "kind: Bulb"));
    bed.synced();
    bed.diff().exits(0);
}

#[test]
fn a_controller_that_updates_a_field_is_in_conflict_and_a_person_drifts() {
    let bed = Bed::new("definitions-writers");
    bed.write_config_map("settings", &[("ca", "Cg==")]);
    bed.synced();
    let ca = || bed.get("configmap", "settings").expect("it is there")["data"]["ca"].clone();
    bed.patch(
        "cert-manager-cainjector",
        "configmap",
        "settings",
        &json!({"data": {"ca": "real"}}),
    );
    bed.diff()
        .exits(1)
        .shows("! conflict ConfigMap")
        .shows("manager: cert-manager-cainjector");
    bed.sync().exits(1);
    assert_eq!(ca(), "real");
    for person in ["kubectl-edit", "k9s", "Mozilla"] {
        bed.patch(person, "configmap", "settings", &json!({"data": {"ca": person}}));
        bed.diff().exits(1).shows(&format!("drift: {person}"));
        bed.synced();
        assert_eq!(ca(), "Cg==");
    }
}

#[test]
fn an_object_of_a_version_that_its_definition_is_to_get_says_which_there_are() {
    let bed = Bed::new("definitions-version");
    let first = definition("says.example.com", "Widget", "Namespaced");
    let widget = |version: &str| {
        format!("apiVersion: says.example.com/{version}\nkind: Widget\nmetadata: {{name: w}}\nspec: {{size: 1}}\n")
    };
    bed.write("definition.yaml", &first);
    bed.write("widget.yaml", &widget("v1"));
    bed.synced();
    let second = "    - {name: v2, served: true, storage: false, schema: {openAPIV3Schema: {type: object, \
                  x-kubernetes-preserve-unknown-fields: true}}}\n";
    bed.write("widget.yaml", &widget("v2"));
    bed.diff()
        .exits(1)
        .shows("the cluster has the kind Widget in the group says.example.com, but not in the version v2 (it has v1)")
        .shows("desired/widget.yaml:1:")
        .shows("hint: change `apiVersion` to says.example.com/v1")
        .shows("! refused Widget definitions-version/w")
        .shows_not("- delete");
    bed.write(
        "definition.yaml",
        &first.replace("  versions:\n", &format!("  versions:\n{second}")),
    );
    bed.diff().exits(1).shows(
        "Widget definitions-version/w unverified: its CustomResourceDefinition does not have its version yet, only \
         says.example.com/v1",
    );
    bed.synced();
    bed.diff().exits(0);
}

#[test]
fn an_object_of_a_version_that_there_is_not_is_not_deleted_by_a_sync_of_others() {
    let bed = Bed::new("definitions-apart");
    let template = |version: &str, tier: &str| {
        format!(
            "apiVersion: {version}\nkind: PodTemplate\nmetadata: {{name: web, labels: {{tier: {tier}}}}}\n\
             template: {{spec: {{containers: [{{name: a, image: a}}]}}}}\n"
        )
    };
    bed.write("web.yaml", &template("v1", "a"));
    bed.synced();
    bed.write("web.yaml", &template("v2", "b"));
    bed.diff()
        .exits(1)
        .shows("! refused PodTemplate definitions-apart/web")
        .shows_not("- delete");
    bed.run(&["sync", "--yes", "-l", "tier=a"]).exits(0);
    assert!(bed.get("podtemplate", "web").is_some());
}
