//! Disruption budgets and network policies.

use super::*;

#[test]
fn a_budget_that_does_nothing_or_too_much() {
    let budget = "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: web}\nspec:\n  selector: {matchLabels: {app: web}}\n  maxUnavailable: 1\n";
    let right = with(&[budget]);
    let idle = "6 PodDisruptionBudget a/web lets all pods go (of 3): it protects nothing";
    let blocks = "6 PodDisruptionBudget a/web lets no pod go (of 3): it blocks every drain of a node";
    for bound in [
        "maxUnavailable: 3",
        "maxUnavailable: 100%",
        "maxUnavailable: 70%",
        "minAvailable: 0",
        "minAvailable: 0%",
    ] {
        differs(&right, "maxUnavailable: 1", bound, idle);
    }
    for bound in [
        "minAvailable: 3",
        "minAvailable: 4",
        "minAvailable: 67%",
        "maxUnavailable: 0",
        "maxUnavailable: 0%",
    ] {
        differs(&right, "maxUnavailable: 1", bound, blocks);
    }
    differs(
        &right,
        "{app: web}}\n  max",
        "{app: wob}}\n  max",
        "5 PodDisruptionBudget a/web selects no pods of the directory",
    );
    let single = right.replace("replicas: 3", "replicas: 1");
    assert_eq!(
        found(&single),
        ["6 PodDisruptionBudget a/web lets all pods go (of 1): it protects nothing"]
    );
    // Nothing runs, and more may run, by the autoscaler.
    assert_eq!(found(&right.replace("replicas: 3", "replicas: 0")), [""; 0]);
    assert_eq!(
        found(&with(&[
            &budget.replace("maxUnavailable: 1", "minAvailable: 3"),
            AUTOSCALER
        ])),
        [""; 0]
    );
}

#[test]
fn a_policy_about_nothing() {
    let policy = "apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web}
spec:
  podSelector: {matchLabels: {app: web}}
  ingress:
    - from: [{podSelector: {matchLabels: {tier: front}}}]
      ports: [{port: http}]
";
    let right = with(&[policy]);
    differs(
        &right,
        "podSelector: {matchLabels: {app: web",
        "podSelector: {matchLabels: {app: wob",
        "5 NetworkPolicy a/web selects no pods of the directory",
    );
    differs(
        &right,
        "tier: front}}}",
        "tier: fornt}}}",
        "7 NetworkPolicy a/web lets traffic through from no pods of the directory",
    );
    differs(
        &right,
        "tier: front}}}",
        "teir: front}}}",
        "7 NetworkPolicy a/web lets traffic through from no pods of the directory",
    );
    differs(
        &right,
        "port: http}]\n",
        "port: htp}]\n",
        "8 NetworkPolicy a/web lets traffic through to the port `htp`, and the pods it selects have none of that name",
    );
    // One that may come, and those of other namespaces.
    assert_eq!(found(&right.replace("tier: front}}}", "tier: back}}}")), [""; 0]);
    assert_eq!(
        found(&right.replace("tier: front}}}", "x: z}}, namespaceSelector: {}}")),
        [""; 0]
    );
    assert_eq!(
        found(&right.replace("podSelector: {matchLabels: {app: web}}", "podSelector: {}")),
        [""; 0]
    );
}
