//! What admission makes of an apply is the server's: a diff says it before, and has nothing more to say after.
//!
//! The policies are evaluated by the API server itself, on dry-runs as on writes; the webhooks are ones that nobody, or
//! nobody in time, answers.

use std::net::TcpListener;

use serde_json::{Value, json};

use crate::bed::{Bed, config_map, deployment, wait_until};

/// A MutatingAdmissionPolicy, and what binds it to the namespace of a bed, for these resources of a group.
fn mutating(bed: &Bed, name: &str, rules: &Value, patches: &[&str]) {
    let mutations: Vec<Value> = patches
        .iter()
        .map(|expression| json!({"patchType": "JSONPatch", "jsonPatch": {"expression": expression}}))
        .collect();
    let version = "admissionregistration.k8s.io/v1";
    let policy = json!({"apiVersion": version, "kind": "MutatingAdmissionPolicy", "metadata": {"name": name},
        "spec": {"matchConstraints": {"resourceRules": [rules]}, "failurePolicy": "Fail",
            "reinvocationPolicy": "Never", "mutations": mutations}});
    let binding = json!({"apiVersion": version, "kind": "MutatingAdmissionPolicyBinding", "metadata": {"name": name},
        "spec": {"policyName": name, "matchResources": in_namespace(name)}});
    for object in [policy, binding] {
        bed.kubectl_stdin(&["apply", "-f", "-"], &object.to_string());
    }
}

fn in_namespace(name: &str) -> Value {
    json!({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}})
}

fn rules(group: &str, resource: &str) -> Value {
    json!({"apiGroups": [group], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], "resources": [resource]})
}

/// Waits until the policies of the namespace are in force, which is a moment after they are written.
fn in_force(bed: &Bed, is_so: impl Fn(&Value) -> bool) {
    let probe = config_map("probe", &[("a", "1")]);
    wait_until("the policy is in force", || {
        let made = bed.kubectl_stdin(
            &["apply", "--server-side", "--dry-run=server", "-o", "json", "-f", "-"],
            &probe,
        );
        serde_json::from_str::<Value>(&made).is_ok_and(|object| is_so(&object))
    });
}

#[test]
fn what_admission_adds_is_no_difference() {
    let bed = Bed::new("admission-adds");
    mutating(
        &bed,
        "admission-adds",
        &rules("", "configmaps"),
        &["[JSONPatch{op: 'add', path: '/data/injected', value: 'by-policy'}]"],
    );
    in_force(&bed, |object| object["data"]["injected"] == "by-policy");
    bed.write_config_map("settings", &[("mode", "fast")]);
    bed.diff().exits(1).shows("+ create ConfigMap admission-adds/settings");
    bed.synced().shows("1 created").shows_not("mismatch");
    assert_eq!(
        bed.get("configmap", "settings").expect("it is there")["data"]["injected"],
        "by-policy"
    );
    bed.diff().exits(0);
    bed.write_config_map("settings", &[("mode", "slow")]);
    bed.diff().exits(1).shows("data.mode").shows_not("injected");
    bed.synced().shows("1 updated").shows_not("mismatch");
    bed.diff().exits(0);
    bed.run(&["diff", "--verify"]).exits(0);
}

/// As an injector of a service mesh does it.
#[test]
fn a_container_that_admission_injects_is_no_difference_and_stays() {
    let bed = Bed::new("admission-injects");
    let expression = "object.spec.template.spec.containers.exists(c, c.name == 'proxy') ? [] : \
        [JSONPatch{op: 'add', path: '/spec/template/spec/containers/-', \
        value: Object.spec.template.spec.containers{name: 'proxy', image: 'proxy:1'}}]";
    mutating(&bed, "admission-injects", &rules("apps", "deployments"), &[expression]);
    let image = |image: &str| bed.write("web.yaml", &deployment("web", 1, image));
    image("web:1");
    let containers = || {
        let made = bed.get("deployment", "web").expect("it is there");
        let all = made["spec"]["template"]["spec"]["containers"]
            .as_array()
            .expect("it has some")
            .clone();
        all.iter()
            .map(|container| container["image"].clone())
            .collect::<Vec<_>>()
    };
    wait_until("the policy is in force", || {
        bed.run(&["sync", "--yes", "--wait=false"]);
        let injected = containers().len() == 2;
        if !injected {
            bed.kubectl(&["delete", "deployment", "web"]);
        }
        injected
    });
    bed.diff().exits(0);
    image("web:2");
    bed.diff().exits(1).shows("- web:1").shows("+ web:2").shows_not("proxy");
    bed.run(&["sync", "--yes", "--wait=false"])
        .exits(0)
        .shows_not("mismatch");
    assert_eq!(containers(), ["web:2", "proxy:1"]);
    bed.diff().exits(0);
}

#[test]
fn what_admission_sets_instead_of_git_is_told_as_the_servers() {
    let bed = Bed::new("admission-forces");
    mutating(
        &bed,
        "admission-forces",
        &rules("", "configmaps"),
        &["[JSONPatch{op: 'replace', path: '/data/mode', value: 'forced'}]"],
    );
    in_force(&bed, |object| object["data"]["mode"] == "forced");
    let warning = "admission sets another value than git has: data.mode";
    bed.write_config_map("settings", &[("mode", "fast"), ("size", "1")]);
    bed.diff().exits(1).shows(warning);
    bed.synced().shows("1 created").shows_not("mismatch");
    assert_eq!(
        bed.get("configmap", "settings").expect("it is there")["data"]["mode"],
        "forced"
    );
    // It is no difference for ever, and is told for as long as it is so.
    bed.diff().exits(0).shows("in sync").shows(warning);
    bed.write_config_map("settings", &[("mode", "slow"), ("size", "1")]);
    bed.diff().exits(0).shows("desired/settings.yaml:6").shows(warning);
    bed.write_config_map("settings", &[("mode", "slow"), ("size", "2")]);
    bed.diff().exits(1).shows("data.size").shows(warning);
    bed.synced().shows("1 updated").shows_not("mismatch");
    bed.write_config_map("settings", &[("mode", "forced"), ("size", "2")]);
    bed.synced();
    bed.diff().exits(0).shows_not("than git has");
}

#[test]
fn what_a_policy_refuses_is_refused_before_anything_is_written() {
    let bed = Bed::new("admission-refuses");
    let name = "admission-refuses";
    let version = "admissionregistration.k8s.io/v1";
    let policy = json!({"apiVersion": version, "kind": "ValidatingAdmissionPolicy", "metadata": {"name": name},
        "spec": {"matchConstraints": {"resourceRules": [rules("", "configmaps")]}, "failurePolicy": "Fail",
            "validations": [{"expression": "!has(object.data) || !has(object.data.mode) || object.data.mode != 'wild'", "message": "mode must not be wild"}]}});
    let binding = json!({"apiVersion": version, "kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": name},
        "spec": {"policyName": name, "validationActions": ["Deny"], "matchResources": in_namespace(name)}});
    for object in [policy, binding] {
        bed.kubectl_stdin(&["apply", "-f", "-"], &object.to_string());
    }
    bed.write_config_map("bad", &[("mode", "wild")]);
    bed.write_config_map("good", &[("mode", "tame")]);
    wait_until("the policy is in force", || bed.diff().stdout.contains("! refused"));
    bed.diff()
        .exits(1)
        .shows("! refused ConfigMap admission-refuses/bad")
        .shows("desired/bad.yaml:1:1")
        .shows("denied request: mode must not be wild")
        .shows("+ create ConfigMap admission-refuses/good");
    bed.sync().exits(1).shows("1 created").shows("1 refused");
    assert!(bed.get("configmap", "bad").is_none());
    bed.write_config_map("bad", &[("mode", "tame")]);
    bed.synced().shows("1 created");
    bed.diff().exits(0);
}

#[test]
fn a_webhook_that_answers_nobody_in_time() {
    let bed = Bed::new("admission-late");
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port of loopback is free");
    let url = format!("https://{}/x", silent.local_addr().expect("it is bound"));
    let hook = |policy: &str| {
        json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration",
            "metadata": {"name": "admission-late"}, "webhooks": [{"name": "late.example.net",
            "admissionReviewVersions": ["v1"], "sideEffects": "None", "timeoutSeconds": 1, "failurePolicy": policy,
            "clientConfig": {"url": url}, "rules": [rules("", "services")],
            "namespaceSelector": in_namespace("admission-late")["namespaceSelector"]}]})
    };
    let in_force = |policy: &str| {
        bed.kubectl_stdin(&["apply", "-f", "-"], &hook(policy).to_string());
        wait_until("the webhook is asked", || {
            let asked = bed.run(&["diff"]).stdout.contains("! refused");
            asked == (policy == "Fail")
        });
    };
    bed.write("service.yaml", SERVICE);
    bed.write_config_map("beside", &[("a", "1")]);
    in_force("Fail");
    bed.diff()
        .exits(1)
        .shows("! refused Service admission-late/asked")
        .shows("late.example.net")
        .shows("+ create ConfigMap admission-late/beside");
    bed.sync().exits(1).shows("1 created").shows("1 refused");
    assert!(bed.get("service", "asked").is_none());
    in_force("Ignore");
    bed.diff().exits(1).shows("+ create Service admission-late/asked");
    bed.synced().shows("1 created");
    bed.diff().exits(0);
}

const SERVICE: &str = "apiVersion: v1
kind: Service
metadata: {name: asked}
spec: {selector: {app: web}, ports: [{port: 80}]}
";
