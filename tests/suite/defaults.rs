//! What many objects share stands once, in `defaults/`, and is merged under each of them.

use crate::bed::Bed;

const POD: &str = "apiVersion: v1
kind: PodTemplate
metadata:
  name: NAME
template:
  metadata: {labels: {app: NAME}}
  spec:
    containers:
      - name: main
        image: nginx
      - name: side
        image: nginx
        imagePullPolicy: Never
";

const SECRET: &str = "hunter2-in-a-default";

/// Two pod templates and a ConfigMap, and what pod templates share.
fn bed(name: &str) -> Bed {
    let bed = Bed::new(name);
    bed.write("web.yaml", &POD.replace("NAME", "web"));
    bed.write("shop/component.yaml", "");
    bed.write("shop/shop.yaml", &POD.replace("NAME", "shop"));
    bed.write_config_map("settings", &[("log", "info")]);
    bed.write(
        "defaults/10-pods.yaml",
        "$select: {kind: PodTemplate}
template:
  spec:
    terminationGracePeriodSeconds: 10
    containers:
      - name: \"*\"
        imagePullPolicy: Always
        securityContext: {readOnlyRootFilesystem: true}
",
    );
    bed
}

#[test]
fn what_objects_share_is_merged_under_all_that_are_selected() {
    let bed = bed("defaults-merged");
    bed.write(
        "defaults/20-shop.yaml",
        "$select: {component: shop}
metadata: {labels: {tier: shop}}
template: {spec: {terminationGracePeriodSeconds: 30}}
---
$select: {name: \"w*\", labels: \"!tier\"}
metadata:
  annotations:
    example.com/about: ${{ object.kind }} ${{ object.metadata.name }} of ${{ object.template.spec.containers | length }}
",
    );
    bed.run(&["sync", "--yes"])
        .exits(0)
        .shows("complete: 3 created")
        .shows_not("mismatch:");
    let web = bed.get("podtemplate", "web").expect("it is there");
    let containers = &web["template"]["spec"]["containers"];
    assert_eq!(web["template"]["spec"]["terminationGracePeriodSeconds"], 10);
    assert_eq!(
        web["metadata"]["annotations"]["example.com/about"],
        "PodTemplate web of 2"
    );
    assert_eq!(containers[0]["imagePullPolicy"], "Always");
    assert_eq!(containers[1]["imagePullPolicy"], "Never");
    assert_eq!(containers[1]["securityContext"]["readOnlyRootFilesystem"], true);
    let shop = bed.get("podtemplate", "shop").expect("it is there");
    assert_eq!(shop["template"]["spec"]["terminationGracePeriodSeconds"], 30);
    assert_eq!(shop["metadata"]["labels"]["tier"], "shop");
    assert!(bed.get("configmap", "settings").expect("it is there")["metadata"]["labels"]["tier"].is_null());
    bed.diff().exits(0);
    bed.run(&["diff", "--verify"]).exits(0);
}

#[test]
fn a_changed_default_is_shown_at_its_line_with_its_commit() {
    let bed = bed("defaults-changed");
    bed.commit("all");
    bed.synced();
    let text = "$select: {kind: PodTemplate}
template:
  spec:
    terminationGracePeriodSeconds: 20
    containers:
      - name: \"*\"
        imagePullPolicy: Always
        securityContext: {readOnlyRootFilesystem: false}
";
    bed.write("defaults/10-pods.yaml", text);
    bed.commit("Wait longer");
    bed.diff()
        .exits(1)
        .shows("template.spec.terminationGracePeriodSeconds")
        .shows("defaults/10-pods.yaml:4")
        .shows("template.spec.containers[side].securityContext.readOnlyRootFilesystem")
        .shows("defaults/10-pods.yaml:8")
        .shows("Wait longer")
        .shows("2 to update");
}

#[test]
fn an_object_takes_a_default_away_with_null() {
    let bed = bed("defaults-null");
    bed.write(
        "web.yaml",
        &POD.replace("NAME", "web").replace(
            "    containers:",
            "    terminationGracePeriodSeconds: null\n    containers:",
        ),
    );
    let rendered = bed.run(&["render"]).exits(0).stdout;
    let count = rendered.matches("terminationGracePeriodSeconds").count();
    assert_eq!(count, 1, "that of the shop alone: {rendered}");
}

#[test]
fn a_default_that_reads_a_secret_of_an_object_does_not_show_it() {
    let bed = bed("defaults-secret");
    bed.write("parameters.yaml", &format!("passwords: {{shop: {SECRET}}}\n"));
    bed.write(
        "parameters.schema.json",
        "{\"properties\": {\"passwords\": {\"writeOnly\": true}}}",
    );
    bed.write(
        "cart.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cart}\ndata: {password: '${{ passwords.shop }}'}\n",
    );
    bed.write(
        "key.yaml",
        &format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: key, annotations: {{copy: {SECRET}}}}}\nstringData: {{key: {SECRET}}}\n"),
    );
    bed.write(
        "defaults/20-copy.yaml",
        "$select: {kind: ConfigMap, name: cart}\nmetadata: {annotations: {copy: '${{ object.data.password }}'}}\n",
    );
    bed.run(&["diff", "-v"]).exits(1).hides(&[SECRET]).shows("copy: ");
    for (field, missing) in [
        ("data.key", "there is no `object.data`"),
        ("metadata.annotations.copy", "there is no `object.metadata.annotations`"),
    ] {
        bed.write(
            "defaults/20-copy.yaml",
            &format!("$select: {{kind: Secret}}\nmetadata: {{labels: {{copy: '${{{{ object.{field} }}}}'}}}}\n"),
        );
        bed.run(&["diff", "-v"])
            .exits(2)
            .hides(&[SECRET])
            .complains(missing)
            .complains("defaults/20-copy.yaml:2:");
    }
    // Neither can all of them be read at once, or along with the object.
    bed.write(
        "defaults/20-copy.yaml",
        "$select: {kind: Secret}\nmetadata: {labels: {one: '${{ object.metadata }}', all: '${{ object | string }}'}}\n",
    );
    bed.run(&["render"]).hides(&[SECRET]);
}

#[test]
fn what_is_wrong_with_a_default_is_told_at_its_line() {
    for (name, text, at, message) in [
        (
            "select",
            "template: {}\n",
            "1:1",
            "does not say which objects it is for",
        ),
        (
            "key",
            "$select: {kinds: ConfigMap}\n",
            "1:11",
            "`$select` has no key `kinds`",
        ),
        (
            "kind",
            "$select:\n  kind: [PodTemplat]\n",
            "2:3",
            "there is no kind PodTemplat",
        ),
        (
            "component",
            "$select: {component: shopp}\n",
            "1:11",
            "there is no component `shopp`",
        ),
        (
            "labels",
            "$select: {labels: 'a in'}\n",
            "1:11",
            "is not a label selector",
        ),
        (
            "name",
            "$select: {}\nmetadata: {name: x}\n",
            "2:12",
            "a default has no `metadata.name`",
        ),
        (
            "identity",
            "$select: {}\nkind: ConfigMap\n",
            "2:1",
            "a default has no `kind`",
        ),
        (
            "type",
            "$select: {kind: ConfigMap}\ndata: [a]\n",
            "2:1",
            "expected a map, got",
        ),
        (
            "field",
            "$select: {kind: ConfigMap}\n\ntemplate: {}\n",
            "3:1",
            "field not declared in schema",
        ),
        (
            "read",
            "$select: {kind: ConfigMap}\ndata: {a: '${{ object.metadata.nam }}'}\n",
            "2:",
            "there is no `object.metadata.nam`",
        ),
        ("list", "- a\n", "1:1", "a default must be a mapping, not a list"),
    ] {
        let bed = bed(&format!("defaults-wrong-{name}"));
        bed.write("defaults/20-wrong.yaml", text);
        let run = bed.diff().exits(2).complains(message);
        let run = run.complains(&format!("defaults/20-wrong.yaml:{at}"));
        assert_eq!(
            run.stderr.matches("20-wrong.yaml").count(),
            1,
            "told once: {}",
            run.stderr
        );
    }
}
