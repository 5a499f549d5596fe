//! What a NetworkPolicy lets through that it did not let through before.
//!
//! A policy isolates the pods that it selects, in the directions of its `policyTypes`; what its rules name is let
//! through all the same ([Network Policies](https://kubernetes.io/docs/concepts/services-networking/network-policies/)).
//! So it is opened by a rule more, and by a direction or a pod less.

mod port;
mod rules;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde_json::Value;

use self::rules::{Beyond, LiveRules, TrafficRule};
use crate::object::selection::LabelSelector;

/// A way in which a policy is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Opening {
    /// The policy selects pods by other labels: some that it isolated may not be isolated any more.
    OtherPods,
    /// The policy does not isolate pods in this direction any more.
    Unrestricted(Direction),
    /// The policy lets through what comes from, or goes to, everywhere.
    Everywhere(Direction),
    /// The policy lets through what comes from, or goes to, others than before.
    Peers(Direction),
    /// The policy lets through other ports than before.
    Ports(Direction),
}

/// Which way traffic goes, seen from the pods that a policy selects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// Traffic to the pods.
    Ingress,
    /// Traffic from the pods.
    Egress,
}

/// The ways in which `wanted`, the `spec` of a policy, is more open than `live`.
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

/// Whether the first of two label selectors surely selects all that the second does. An absent one selects everything.
fn selects_all_of(selector: &Value, other: &Value) -> bool {
    let read = |selector: &Value| match selector {
        Value::Null => Some(LabelSelector::default()),
        selector => LabelSelector::in_object(selector),
    };
    match (read(selector), read(other)) {
        (Some(selector), Some(other)) => selector.asks_no_more_than(&other),
        // The API server refuses these.
        _ => selector == other,
    }
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

    /// The rules for this direction.
    fn rules(self, spec: &Value) -> impl Iterator<Item = TrafficRule<'_>> {
        let peers = match self {
            Self::Ingress => "from",
            Self::Egress => "to",
        };
        let rules = spec[self.word()].as_array().into_iter().flatten();
        rules.map(move |rule| TrafficRule::of(&rule[peers], &rule["ports"]))
    }

    /// What the rules of `wanted` let through and none of `live` does.
    fn widened(self, wanted: &Value, live: &Value) -> Option<Opening> {
        let mut live = LiveRules::of(self.rules(live));
        let opened = self.rules(wanted).filter_map(|rule| live.beyond(&rule));
        let openings = opened.map(|beyond| match beyond {
            Beyond::Everybody => Opening::Everywhere(self),
            Beyond::Peer => Opening::Peers(self),
            Beyond::Port => Opening::Ports(self),
        });
        // The widest comes first in their order.
        openings.min()
    }
}
