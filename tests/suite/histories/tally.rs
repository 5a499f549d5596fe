//! What happened in histories: what never does is not tested.

use std::collections::BTreeMap;

use serde_json::Value;

use super::step::Step;
use super::synced::Synced;

/// What has to happen in many histories: what plans say, why a field differs, and what comes of objects.
const EXPECTED: [&str; 34] = [
    "action conflict",
    "action create",
    "action delete",
    "action keep",
    "action refused",
    "action replace",
    "action skip",
    "action update",
    "cause conflict",
    "cause diverged",
    "cause drift",
    "cause git",
    "cause leftBehind",
    "cause removed",
    "cause server",
    "cause takeover",
    "outcome conflict",
    "outcome created",
    "outcome deleted",
    "outcome notStarted",
    "outcome refused",
    "outcome replaced",
    "outcome updated",
    "reason generates",
    "reason keepGenerated",
    "reason keepKind",
    "reason notOurs",
    "reason otherApplySet",
    "reason runsAgain",
    "result complete",
    "result incomplete",
    "step movesFrom",
    "step unverified",
    "step yielded",
];

/// How often what happened.
#[derive(Debug, Clone, Default)]
pub struct Tally(BTreeMap<String, usize>);

impl Tally {
    /// Counts a step of a history.
    pub fn step(&mut self, step: &Step) {
        let name = match step {
            Step::Write { .. } | Step::Drop(_) | Step::Settings(_) | Step::Component { .. } => "edit",
            Step::Other(_) => "write of others",
            Step::Second(_) => "sync of another ApplySet",
            Step::Sync(sync) if sync.killed.is_some() => "sync that is killed",
            Step::Sync(sync) if !sync.part.is_empty() => "sync of a part",
            Step::Sync(_) => "sync",
        };
        *self.0.entry(name.to_owned()).or_default() += 1;
    }

    /// Counts what a sync did.
    pub fn add(&mut self, synced: &Synced) {
        for step in synced.said.steps().values() {
            self.count("action", &step["action"]);
            for change in step["changes"].as_array().into_iter().flatten() {
                self.count("cause", &change["cause"]);
            }
            self.count("reason", &step["reason"]["code"]);
            for what in ["movesFrom", "unverified", "yielded"] {
                if step.get(what).is_some() {
                    self.count("step", &Value::from(what));
                }
            }
        }
        let report = synced.said.document("Report").cloned().unwrap_or_default();
        self.count("result", &report["result"]);
        for object in report["objects"].as_array().into_iter().flatten() {
            self.count("outcome", &object["outcome"]);
        }
    }

    fn count(&mut self, what: &str, value: &Value) {
        let word = value.as_str().unwrap_or("unknown");
        *self.0.entry(format!("{what} {word}")).or_default() += 1;
    }

    /// Adds what another history did.
    pub fn merge(&mut self, other: &Tally) {
        for (what, count) in &other.0 {
            *self.0.entry(what.clone()).or_default() += count;
        }
    }

    /// What has to happen, and never did.
    pub fn never(&self) -> Vec<&'static str> {
        EXPECTED
            .into_iter()
            .filter(|what| !self.0.contains_key(*what))
            .collect()
    }
}
