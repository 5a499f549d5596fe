//! What a NetworkPolicy lets through that it did not let through before.
//!
//! A policy isolates the pods that it selects, in the directions of its `policyTypes`; what its rules name is let
//! through all the same ([Network Policies](https://kubernetes.io/docs/concepts/services-networking/network-policies/)).
//! So it is opened by a rule more, and by a direction or a pod less.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde_json::Value;

/// A way in which a policy is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Opening {
    /// It selects pods by other labels: some that it isolated may not be isolated any more.
    OtherPods,
    /// It does not isolate pods in this direction any more.
    Unrestricted(Direction),
    /// It lets through what comes from, or goes to, everywhere.
    Everywhere(Direction),
    /// It lets through what comes from, or goes to, others than before.
    Peers(Direction),
    /// It lets through other ports than before.
    Ports(Direction),
}

/// Which way traffic goes, seen from the pods that a policy selects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// To them.
    Ingress,
    /// From them.
    Egress,
}

/// A rule: which traffic is let through.
struct Rule<'a> {
    /// From or to whom; everybody, where it is empty.
    peers: Vec<&'a Value>,
    /// By which ports; by all, where it is empty.
    ports: Vec<&'a Value>,
}

/// In which ways `wanted`, the `spec` of a policy, is more open than `live`.
pub fn openings(wanted: &Value, live: &Value) -> BTreeSet<Opening> {
    let mut found = BTreeSet::new();
    if !selects_all_of(&wanted["podSelector"], &live["podSelector"]) {
        found.insert(Opening::OtherPods);
    }
    for direction in [Direction::Ingress, Direction::Egress] {
        match [wanted, live].map(|spec| direction.is_restricted(spec)) {
            [false, true] => drop(found.insert(Opening::Unrestricted(direction))),
            [true, true] => found.extend(direction.widened(wanted, live)),
            [_, false] => {}
        }
    }
    found
}

/// Whether a selector has no requirement that `other` does not have, so that it selects all that this does.
fn selects_all_of(selector: &Value, other: &Value) -> bool {
    let labels = |selector: &Value| selector["matchLabels"].as_object().cloned().unwrap_or_default();
    let expressions = |selector: &Value| selector["matchExpressions"].as_array().cloned().unwrap_or_default();
    let (known_labels, known) = (labels(other), expressions(other));
    let has_label = |(name, value): (&String, &Value)| known_labels.get(name) == Some(value);
    labels(selector).iter().all(has_label) && expressions(selector).iter().all(|one| known.contains(one))
}

impl Direction {
    /// Its word in a policy and in a sentence.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ingress => "ingress",
            Self::Egress => "egress",
        }
    }

    /// Whether a policy isolates pods in this direction. One that does not say so does it for ingress, and for egress
    /// where it has rules for that.
    fn is_restricted(self, spec: &Value) -> bool {
        let (name, is_default) = match self {
            Self::Ingress => ("Ingress", true),
            Self::Egress => (
                "Egress",
                spec["egress"].as_array().is_some_and(|rules| !rules.is_empty()),
            ),
        };
        match spec["policyTypes"].as_array() {
            Some(types) if !types.is_empty() => types.iter().any(|kind| kind == name),
            _ => is_default,
        }
    }

    fn rules(self, spec: &Value) -> Vec<Rule<'_>> {
        let peers = match self {
            Self::Ingress => "from",
            Self::Egress => "to",
        };
        let rules = items(&spec[self.word()]).into_iter();
        let rules = rules.map(|rule| Rule {
            peers: items(&rule[peers]),
            ports: items(&rule["ports"]),
        });
        rules.collect()
    }

    /// What the rules of `wanted` let through and none of `live` does.
    fn widened(self, wanted: &Value, live: &Value) -> Option<Opening> {
        let live = self.rules(live);
        let wanted = self.rules(wanted).into_iter();
        let new = wanted.filter(|rule| {
            !live
                .iter()
                .any(|known| known.has_peers_of(rule) && known.has_ports_of(rule))
        });
        let opening = |rule: Rule<'_>| match rule.peers.is_empty() {
            _ if live.iter().any(|known| known.has_peers_of(&rule)) => Opening::Ports(self),
            true => Opening::Everywhere(self),
            false => Opening::Peers(self),
        };
        // The widest comes first in their order.
        new.map(opening).min()
    }
}

impl Rule<'_> {
    /// Whether this lets through whatever comes from or goes to the peers of another.
    fn has_peers_of(&self, other: &Self) -> bool {
        self.peers.is_empty() || !other.peers.is_empty() && other.peers.iter().all(|peer| self.peers.contains(peer))
    }

    /// Whether this lets through the ports of another.
    fn has_ports_of(&self, other: &Self) -> bool {
        let has = |port: &&Value| self.ports.iter().any(|known| is_within(port, known));
        self.ports.is_empty() || !other.ports.is_empty() && other.ports.iter().all(has)
    }
}

/// Whether a port, or a range of them, is one of another, of the same protocol.
fn is_within(port: &Value, known: &Value) -> bool {
    let protocol = |port: &Value| port["protocol"].as_str().unwrap_or("TCP").to_owned();
    let range = |port: &Value| {
        let first = port["port"].as_i64()?;
        Some((first, port["endPort"].as_i64().unwrap_or(first)))
    };
    let is_all = known["port"].is_null();
    let is_part = match (range(port), range(known)) {
        (Some((first, last)), Some((lowest, highest))) => lowest <= first && last <= highest,
        // A name is a port of its own.
        _ => port["port"] == known["port"],
    };
    protocol(port) == protocol(known) && (is_all || is_part)
}

fn items(list: &Value) -> Vec<&Value> {
    list.as_array().into_iter().flatten().collect()
}
