//! What a reviewer of a plan must not overlook.

use super::*;
use crate::kinds::pods::PodLabels;

/// The codes of the dangers of a plan that deletes a NetworkPolicy with this selector and a Deployment of pods
/// `app=web`, while git has pods with the label `app` in these namespaces.
fn of_deletes(selector: &Value, in_git: &[(&str, &str)], annotations: &Value) -> Vec<&'static str> {
    let mut policy = dropped("networking.k8s.io/v1", "NetworkPolicy", Some("ns"), "web");
    policy["spec"] = json!({"podSelector": selector});
    let mut web = dropped("apps/v1", "Deployment", Some("ns"), "web");
    web["spec"]["template"]["metadata"]["labels"] = json!({"app": "web"});
    web["metadata"]["annotations"] = annotations.clone();
    let members = [policy, web].map(|value| live(value, OURS));
    let mut observed = observed(Vec::new(), members.into());
    let pods = in_git.iter().map(|(namespace, app)| {
        let value = json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "x", "namespace": namespace, "labels": {"app": app}}});
        PodLabels::of(&ObjectRef::of(&value), &value).expect("it is a pod")
    });
    observed.facts.pods = pods.collect();
    let plan = plan(observed, &Policy::default());
    Danger::all(&plan).iter().map(Danger::code).collect()
}

#[test]
fn a_policy_that_goes_with_its_pods_opens_nothing() {
    let web = json!({"matchLabels": {"app": "web"}});
    let by_expression = json!({"matchExpressions": [{"key": "app", "operator": "In", "values": ["web"]}]});
    for selector in [&web, &by_expression] {
        assert_eq!(of_deletes(selector, &[], &json!({})), ["deletes", "deletes"]);
        let elsewhere = [("ns", "api"), ("other", "web")];
        assert_eq!(of_deletes(selector, &elsewhere, &json!({})), ["deletes", "deletes"]);
    }
}

#[test]
fn a_policy_whose_pods_may_stay_opens_traffic() {
    let web = json!({"matchLabels": {"app": "web"}});
    let opens = ["deletes", "networkPolicyGoes"];
    assert_eq!(of_deletes(&web, &[("ns", "web")], &json!({})), opens, "git has another");
    assert_eq!(of_deletes(&json!({}), &[], &json!({})), opens, "pods of others, too");
    let api = json!({"matchLabels": {"app": "api"}});
    assert_eq!(of_deletes(&api, &[], &json!({})), opens, "none of its pods go");
    let kept = json!({"stackanetes.io/prune": "never"});
    assert_eq!(of_deletes(&web, &[], &kept), ["networkPolicyGoes"], "the pods are kept");
}
