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

/// A rule for the pods of these apps, by these ports.
fn rule(apps: &[&str], ports: &[u16]) -> Value {
    let pod = |app: &&str| json!({"podSelector": {"matchLabels": {"app": app}}});
    let peers: Vec<Value> = apps.iter().map(pod).collect();
    let ports: Vec<Value> = ports.iter().map(|port| json!({"port": port})).collect();
    json!({"from": peers, "ports": ports})
}

/// What is opened where these rules take the place of those of the live policy.
fn opened_by_rules(live: &[Value], wanted: &[Value]) -> Vec<Opening> {
    let [live, wanted] = [live, wanted].map(|rules| json!({"policyTypes": ["Ingress"], "ingress": rules}));
    Vec::from_iter(openings(&wanted, &live))
}

#[test]
fn rules_that_become_one_open_nothing_where_each_peer_had_each_port() {
    let by_port = [rule(&["web"], &[80]), rule(&["web"], &[443])];
    assert_eq!(opened_by_rules(&by_port, &[rule(&["web"], &[80, 443])]), []);
    let by_peer = [rule(&["web"], &[80]), rule(&["api"], &[80])];
    assert_eq!(opened_by_rules(&by_peer, &[rule(&["web", "api"], &[80])]), []);
    let mixed = [rule(&["web"], &[80]), rule(&["api"], &[443])];
    let crossed = [rule(&["web", "api"], &[80, 443])];
    assert_eq!(opened_by_rules(&mixed, &crossed), [Opening::Ports(Ingress)]);
    let everybody = [rule(&[], &[80]), rule(&["web"], &[443])];
    assert_eq!(opened_by_rules(&everybody, &[rule(&["web"], &[80, 443])]), []);
    let other = [rule(&["api"], &[443])];
    assert_eq!(opened_by_rules(&everybody, &other), [Opening::Ports(Ingress)]);
}

#[test]
fn thousands_of_peers_are_compared_and_what_costs_too_much_counts_as_new() {
    let names: Vec<String> = (0..4_000).map(|number| number.to_string()).collect();
    let apps: Vec<&str> = names.iter().map(String::as_str).collect();
    let apart: Vec<Value> = apps.iter().map(|app| rule(&[app], &[80])).collect();
    assert_eq!(opened_by_rules(&apart, &[rule(&apps, &[80])]), []);
    // Each port stands in a rule of its own, all of them for one peer.
    let ports: Vec<u16> = (1..=1_200).collect();
    let apart: Vec<Value> = ports.iter().map(|port| rule(&["web"], &[*port])).collect();
    assert_eq!(
        opened_by_rules(&apart, &[rule(&["web"], &ports)]),
        [Opening::Ports(Ingress)]
    );
}

#[test]
fn a_policy_is_about_the_same_pods_however_its_selector_says_so() {
    let among = |values: &[&str]| json!({"matchExpressions": [{"key": "app", "operator": "In", "values": values}]});
    let select = |selector: Value| move |policy: &mut Value| policy["podSelector"] = selector;
    assert_eq!(opened(select(among(&["db"]))), []);
    assert_eq!(opened(select(Value::Null)), [], "it isolates all pods");
    assert_eq!(opened(select(among(&["db", "cache"]))), [Opening::OtherPods]);
    let absent = json!({"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]});
    assert_eq!(opened(select(absent)), [Opening::OtherPods]);
}
