//! A change and what relies on it come in one commit; and one object that is refused holds up no other.

use crate::bed::{Bed, Run, config_map, definition_of, wait_until};
use crate::control_plane::ControlPlane;

/// A definition with one field, of this schema, and an object that has it.
fn cars(bed: &Bed, group: &str, schema: &str, spec: &str) {
    bed.write("crd.yaml", &definition_of(group, "Car", schema));
    let car = format!("apiVersion: {group}/v1\nkind: Car\nmetadata: {{name: one}}\nspec: {spec}\n");
    bed.write("car.yaml", &car);
}

fn prunes(bed: &Bed) -> Run {
    bed.run(&["sync", "--yes", "--timeout", "60s"])
}

#[test]
fn a_field_and_its_definition_come_in_one_commit() {
    let bed = Bed::new("refused-field");
    let group = "refused.example.net";
    cars(&bed, group, "{color: {type: string, enum: [red]}}", "{color: red}");
    bed.synced();
    for (schema, spec, shown) in [
        (
            "{color: {type: string, enum: [red, green]}}",
            "{color: green}",
            "- red + green",
        ),
        (
            "{color: {type: string}, doors: {type: integer}}",
            "{color: green, doors: 4}",
            "+ 4",
        ),
        ("{doors: {type: integer}}", "{doors: 5}", "- 4 + 5"),
    ] {
        cars(&bed, group, schema, spec);
        bed.diff()
            .exits(1)
            .shows("unverified: its CustomResourceDefinition changes first")
            .shows(shown);
        let run = bed.synced();
        assert!(!run.stdout.contains("mismatch"), "{run:?}");
        bed.diff().exits(0);
    }
    // A default is there once the definition has it, and nothing is applied for it.
    cars(
        &bed,
        group,
        "{doors: {type: integer}, size: {type: integer, default: 1}}",
        "{doors: 5}",
    );
    bed.diff().exits(1).shows("1 to update; 1 unchanged");
    bed.synced();
    bed.diff().exits(0);
}

#[test]
fn what_a_quota_allows_in_the_same_commit_is_done_after_it() {
    let bed = Bed::on(ControlPlane::full(), "refused-quota");
    let quota = |most: usize| {
        format!(
            "apiVersion: v1\nkind: ResourceQuota\nmetadata: {{name: few}}\nspec: {{hard: {{configmaps: {most}}}}}\n"
        )
    };
    bed.write_config_map("a", &[("a", "1")]);
    bed.synced();
    // Fewer than there are already.
    bed.write("quota.yaml", &quota(1));
    bed.synced();
    wait_until("the quota counts", || {
        let quota = bed.get("resourcequota", "few").expect("it is there");
        quota["status"]["hard"]["configmaps"] == "1" && quota["status"]["used"]["configmaps"].is_string()
    });
    bed.write("quota.yaml", &quota(9));
    for name in ["b", "c", "d"] {
        bed.write_config_map(name, &[("a", "1")]);
    }
    bed.diff()
        .exits(1)
        .shows("unverified: the server refuses it until ResourceQuota refused-quota/few changes");
    bed.synced();
    bed.diff().exits(0);
}

#[test]
fn a_claim_that_would_grow_without_leave_holds_up_nothing() {
    let bed = Bed::on(ControlPlane::full(), "refused-claim");
    let class = |grows: bool| {
        format!(
            "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {{name: refused-grows}}\n\
             provisioner: example.net/none\nvolumeBindingMode: WaitForFirstConsumer\nallowVolumeExpansion: {grows}\n"
        )
    };
    let claim = |size: &str| {
        format!(
            "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{name: data}}\nspec:\n  \
             storageClassName: refused-grows\n  accessModes: [ReadWriteOnce]\n  resources: {{requests: {{storage: {size}}}}}\n"
        )
    };
    bed.write("class.yaml", &class(false));
    bed.write("claim.yaml", &claim("1Gi"));
    bed.synced();
    bed.write_config_map("beside", &[("a", "1")]);
    bed.write("claim.yaml", &claim("2Gi"));
    // Without the leave it is refused, and holds up nothing.
    bed.diff().exits(1).shows("! refused").shows("+ create ConfigMap");
    prunes(&bed)
        .exits(1)
        .shows("refused PersistentVolumeClaim refused-claim/data");
    assert!(bed.get("configmap", "beside").is_some());
}

#[test]
fn what_is_refused_holds_up_what_depends_on_it_and_the_pruning_and_nothing_else() {
    let bed = Bed::new("refused-alone");
    bed.write_config_map("dropped", &[("a", "1")]);
    bed.synced();
    bed.remove("dropped.yaml");
    bed.write("bad.yaml", &config_map("bad", &[("a key", "1")]));
    bed.write_config_map("good", &[("a", "1")]);
    let depends = "  annotations: {config.kubernetes.io/depends-on: /namespaces/refused-alone/ConfigMap/bad}\n";
    bed.write(
        "after.yaml",
        &crate::bed::with_metadata(&config_map("after", &[("a", "1")]), depends),
    );
    bed.diff()
        .exits(1)
        .shows("! refused ConfigMap refused-alone/bad")
        .shows("desired/bad.yaml:")
        .shows("+ create ConfigMap refused-alone/good")
        .shows("- delete ConfigMap refused-alone/dropped");
    prunes(&bed)
        .exits(1)
        .shows("refused ConfigMap refused-alone/bad")
        .shows("not started ConfigMap refused-alone/after: it depends on ConfigMap refused-alone/bad")
        .shows("nothing was pruned (1 to delete)");
    assert!(bed.get("configmap", "good").is_some());
    assert!(bed.get("configmap", "after").is_none());
    assert!(bed.get("configmap", "dropped").is_some());
}

#[test]
fn what_a_dead_webhook_is_asked_about_is_refused_and_the_rest_is_done() {
    let bed = Bed::new("refused-webhook");
    bed.write_config_map("plain", &[("a", "1")]);
    bed.write("secret.yaml", &crate::bed::secret("asked"));
    let hook = "apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: refused-webhook}
webhooks:
  - name: dead.example.net
    admissionReviewVersions: [v1]
    sideEffects: None
    timeoutSeconds: 1
    clientConfig: {url: 'https://127.0.0.1:1/x'}
    rules: [{apiGroups: [''], apiVersions: [v1], operations: ['*'], resources: [secrets]}]
    namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: refused-webhook}}
";
    bed.kubectl_stdin(&["apply", "-f", "-"], hook);
    let diff = bed.diff();
    bed.kubectl(&["delete", "validatingwebhookconfiguration", "refused-webhook"]);
    diff.exits(1)
        .shows("! refused Secret refused-webhook/asked")
        .shows("+ create ConfigMap");
}

/// Each is wrong in a way of its own, and the server says so in a way of its own: it does not know a field, cannot
/// read a value, or finds it invalid; of a new object, and of one that is there.
#[test]
fn no_invalid_object_hides_what_becomes_of_the_others() {
    let bed = Bed::new("refused-each");
    let service = |name: &str, ports: &str| {
        format!("apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec: {{ports: {ports}}}\n")
    };
    bed.write("there.yaml", &service("there", "[{port: 80}]"));
    bed.synced();
    bed.write_config_map("good", &[("a", "1")]);
    let config_map = |rest: &str| format!("apiVersion: v1\nkind: ConfigMap\n{rest}\n");
    for invalid in [
        config_map("metadata: {name: bad}\ndatta: {a: b}"),
        config_map("metadata: {name: Bad_Name}"),
        config_map("metadata: {name: bad, labels: {a: '?'}}"),
        service("bad", "[{port: many}]"),
        service("bad", "[{port: 99999}]"),
        service("bad", "[{port: 1}, {port: 1}]"),
        service("there", "[{port: 99999}]"),
        service("there", "[{port: 80, protocl: TCP}]"),
        service("there", "{port: 80}"),
    ] {
        let is_there = invalid.contains("name: there");
        bed.write(if is_there { "there.yaml" } else { "bad.yaml" }, &invalid);
        let run = bed.diff();
        assert_eq!(run.code, 1, "{invalid}\n{}{}", run.stdout, run.stderr);
        run.shows("! refused")
            .shows("+ create    ConfigMap refused-each/good")
            .shows("1 to create, ");
    }
}
