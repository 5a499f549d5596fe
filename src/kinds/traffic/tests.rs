//! Policies that are opened, and some that are not.

use serde_json::json;

use super::Direction::{Egress, Ingress};
use super::*;

/// A policy that lets the pods of an app reach port 5432, and those reach nobody.
fn policy() -> Value {
    json!({
        "podSelector": {"matchLabels": {"app": "db"}},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{
            "from": [{"podSelector": {"matchLabels": {"app": "web"}}}],
            "ports": [{"port": 5432, "protocol": "TCP"}],
        }],
    })
}

fn opened(change: impl FnOnce(&mut Value)) -> Vec<Opening> {
    let (mut wanted, live) = (policy(), policy());
    change(&mut wanted);
    openings(&wanted, &live).into_iter().collect()
}

#[test]
fn a_policy_is_opened_by_what_it_does_not_restrict_any_more() {
    assert_eq!(opened(|_| {}), []);
    let no_egress = |policy: &mut Value| policy["policyTypes"] = json!(["Ingress"]);
    assert_eq!(opened(no_egress), [Opening::Unrestricted(Egress)]);
    let by_default = |policy: &mut Value| policy["policyTypes"] = Value::Null;
    assert_eq!(
        opened(by_default),
        [Opening::Unrestricted(Egress)],
        "egress has no rules"
    );
    let others = |policy: &mut Value| policy["podSelector"] = json!({"matchLabels": {"app": "database"}});
    assert_eq!(opened(others), [Opening::OtherPods]);
    let all = |policy: &mut Value| policy["podSelector"] = json!({});
    assert_eq!(opened(all), [], "it isolates more pods");
}

#[test]
fn a_policy_is_opened_by_peers_and_ports_that_no_rule_had() {
    let peer = json!({"namespaceSelector": {}});
    let more_peers = |policy: &mut Value| {
        let peers = policy["ingress"][0]["from"].as_array_mut().expect("a list");
        peers.push(peer.clone());
    };
    assert_eq!(opened(more_peers), [Opening::Peers(Ingress)]);
    let anybody = |policy: &mut Value| policy["ingress"][0]["from"] = Value::Null;
    assert_eq!(opened(anybody), [Opening::Everywhere(Ingress)]);
    let everything = |policy: &mut Value| policy["ingress"] = json!([{}]);
    assert_eq!(opened(everything), [Opening::Everywhere(Ingress)]);
    let any_port = |policy: &mut Value| policy["ingress"][0]["ports"] = Value::Null;
    assert_eq!(opened(any_port), [Opening::Ports(Ingress)]);
    let range = |policy: &mut Value| policy["ingress"][0]["ports"][0]["endPort"] = json!(5440);
    assert_eq!(opened(range), [Opening::Ports(Ingress)]);
    let another = |policy: &mut Value| policy["egress"] = json!([{"to": [peer.clone()]}]);
    assert_eq!(opened(another), [Opening::Peers(Egress)]);
}

#[test]
fn a_policy_that_says_the_same_otherwise_or_less_is_not_opened() {
    let no_protocol = |policy: &mut Value| policy["ingress"][0]["ports"] = json!([{"port": 5432}]);
    assert_eq!(opened(no_protocol), []);
    let closed = |policy: &mut Value| policy["ingress"] = json!([]);
    assert_eq!(opened(closed), []);
    let two_rules = |policy: &mut Value| {
        let rule = policy["ingress"][0].clone();
        policy["ingress"] = json!([rule, rule]);
    };
    assert_eq!(opened(two_rules), []);
}
