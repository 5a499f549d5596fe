//! Whether what a sync did is what the diff before said: object by object, and pod by pod.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::seen::{Name, Seen, text};
use crate::bed::Bed;

/// What a diff says.
struct Said {
    plan: Value,
    /// The steps by the objects that they are about.
    steps: BTreeMap<Name, Value>,
}

/// Diffs and syncs; in what what happened differs from what was said.
#[must_use]
pub fn wrong(bed: &Bed, args: &[&str]) -> Vec<String> {
    let diff = bed.run(&[&["diff", "--format", "json"], args].concat());
    let said = Said::read(&diff.stdout);
    assert_eq!(diff.code, i32::from(!said.is_in_sync()), "{}", diff.stderr);
    let before = Seen::now(bed);
    bed.run(&[&["sync", "--yes", "--max-prune", "100%"], args].concat())
        .exits(0);
    let after = Seen::now(bed);
    let mut wrong = said.is_not_what_became_of_objects(&before, &after);
    wrong.extend(said.is_not_what_became_of_pods(&before, &after));
    bed.run(&[&["diff"], args].concat()).exits(0);
    wrong
}

impl Said {
    fn read(plan: &str) -> Self {
        let plan: Value = serde_json::from_str(plan).expect("a diff prints JSON");
        let steps = plan["steps"].as_array().expect("steps").iter();
        let steps = steps.map(|step| (subject(step), step.clone())).collect();
        Self { plan, steps }
    }

    fn is_in_sync(&self) -> bool {
        self.plan["inSync"] == true
    }

    fn action(&self, name: &Name) -> &str {
        let step = self.steps.get(name);
        step.map_or("unchanged", |step| step["action"].as_str().expect("an action"))
    }

    /// Which objects were not created, updated, replaced or deleted as it was said, or left as they were.
    fn is_not_what_became_of_objects(&self, before: &Seen, after: &Seen) -> Vec<String> {
        let names = self.steps.keys().chain(before.members()).chain(after.members());
        let names: BTreeSet<&Name> = names.collect();
        let wrong = names.into_iter().filter_map(|name| {
            let happened = match (before.version(name), after.version(name)) {
                (None, None) => "nothing",
                (None, Some(_)) => "create",
                (Some(_), None) => "delete",
                (Some(then), Some(now)) if then.uid != now.uid => "replace",
                (Some(then), Some(now)) if then.written != now.written => "update",
                (Some(_), Some(_)) => "unchanged",
            };
            let said = match self.action(name) {
                "keep" => "unchanged",
                action => action,
            };
            (happened != said).then(|| format!("{name:?}: {said} was said, and {happened} happened"))
        });
        wrong.collect()
    }

    /// Which workloads have other pods than they should: those that were to restart, as many as it was said, have none
    /// of their former ones; all others keep what there is need for.
    fn is_not_what_became_of_pods(&self, before: &Seen, after: &Seen) -> Vec<String> {
        let stayed_alive = before
            .pods
            .iter()
            .filter(|(workload, _)| after.version(workload).is_some());
        let wrong = stayed_alive.filter_map(|(workload, then)| {
            let now = after.pods.get(workload).cloned().unwrap_or_default();
            // What a change of scale takes away or adds is not restarted.
            let kept = then.len().min(now.len());
            let restarts = self.steps.get(workload).map(|step| &step["restarts"]);
            let (stay, restart) = match restarts.filter(|restarts| !restarts.is_null()) {
                Some(restarts) => (0, restarts["pods"].as_u64()),
                None => (kept, u64::try_from(kept).ok()),
            };
            let is_right = then.intersection(&now).count() == stay && restart == u64::try_from(kept).ok();
            (!is_right).then(|| format!("{workload:?}: restarts {restarts:?}, and pods {then:?} became {now:?}"))
        });
        wrong.collect()
    }
}

fn subject(step: &Value) -> Name {
    let object = &step["object"];
    (text(&object["kind"]), text(&object["namespace"]), text(&object["name"]))
}
