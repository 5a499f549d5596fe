//! What the rules of a NetworkPolicy let through, all together.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::port::Port;

/// How many comparisons of ports are made for all rules of a direction: what is beyond them counts as new.
const MOST: usize = 500_000;

/// A rule: which traffic is let through.
pub(super) struct TrafficRule<'a> {
    /// The peers that the traffic comes from or goes to; nobody in particular is everybody.
    peers: HashSet<Peer<'a>>,
    /// The ports of the traffic.
    ports: HashSet<Port<'a>>,
    /// The ports that may include others than themselves.
    wide: Vec<Port<'a>>,
}

/// A peer that traffic comes from or goes to: an item of a rule, or none for everybody.
type Peer<'a> = Option<&'a Value>;

/// What lets more through than what is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Beyond {
    /// Everybody, of whom no rule spoke.
    Everybody,
    /// A peer of which no rule spoke.
    Peer,
    /// A port that no rule names together with its peer.
    Port,
}

impl<'a> TrafficRule<'a> {
    /// A rule by its lists; an absent and an empty one stand for everybody, and for all ports.
    pub(super) fn of(peers: &'a Value, ports: &'a Value) -> Self {
        let mut peers: HashSet<Peer<'a>> = items(peers).map(Some).collect();
        let mut ports: HashSet<Port<'a>> = items(ports).map(Port::of).collect();
        if peers.is_empty() {
            peers.insert(None);
        }
        if ports.is_empty() {
            ports.insert(Port::Any);
        }
        let wide = ports.iter().copied().filter(|port| port.is_wide()).collect();
        Self { peers, ports, wide }
    }

    fn has_port(&self, port: Port<'_>) -> bool {
        self.ports.contains(&port) || self.wide.iter().any(|known| known.includes(port))
    }
}

/// The rules of the live policy, found by their peers.
pub(super) struct LiveRules<'a> {
    rules: Vec<TrafficRule<'a>>,
    /// The places of the rules that speak of a peer.
    by_peer: HashMap<Peer<'a>, Vec<usize>>,
    /// How many comparisons may still be made.
    left: usize,
}

impl<'a> LiveRules<'a> {
    pub(super) fn of(rules: impl Iterator<Item = TrafficRule<'a>>) -> Self {
        let rules: Vec<TrafficRule<'a>> = rules.collect();
        let mut by_peer: HashMap<Peer<'a>, Vec<usize>> = HashMap::new();
        for (index, rule) in rules.iter().enumerate() {
            for peer in &rule.peers {
                by_peer.entry(*peer).or_default().push(index);
            }
        }
        Self {
            rules,
            by_peer,
            left: MOST,
        }
    }

    /// The most that a rule lets through beyond these, whichever of them do so together; none where that is nothing.
    pub(super) fn beyond(&mut self, rule: &TrafficRule<'_>) -> Option<Beyond> {
        let peers = rule.peers.iter().filter_map(|peer| self.beyond_for(*peer, rule));
        peers.min()
    }

    fn beyond_for(&mut self, peer: Peer<'_>, rule: &TrafficRule<'_>) -> Option<Beyond> {
        let Self { rules, by_peer, left } = self;
        // What is let through for everybody is so for each.
        let everybody = peer.and_then(|_| by_peer.get(&None));
        let speaking = by_peer.get(&peer).into_iter().chain(everybody).flatten();
        let mut known = speaking.map(|index| &rules[*index]).peekable();
        if known.peek().is_none() {
            return Some(if peer.is_none() {
                Beyond::Everybody
            } else {
                Beyond::Peer
            });
        }
        let lets_through = |port: &Port<'_>| {
            for known in known.clone() {
                let Some(less) = left.checked_sub(1 + known.wide.len()) else {
                    return false;
                };
                *left = less;
                if known.has_port(*port) {
                    return true;
                }
            }
            false
        };
        (!rule.ports.iter().all(lets_through)).then_some(Beyond::Port)
    }
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}
