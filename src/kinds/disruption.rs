//! PodDisruptionBudgets: how many pods may be away at once, and how many a rollout takes away.
//!
//! The API server holds evictions to a budget, and nobody holds a rollout to one
//! ([Disruptions](https://kubernetes.io/docs/concepts/workloads/pods/disruptions/)). So it is worth a word where a
//! rollout does what a budget says must not be done.

use serde_json::Value;

use crate::object::selection::LabelSelector;
use crate::object::{DesiredObject, GroupKind, ObjectRef};

/// How many pods may be away at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisruptionBudget {
    /// The PodDisruptionBudget.
    pub reference: ObjectRef,
    selector: LabelSelector,
    limit: BudgetLimit,
}

/// What a budget is held to: a number, or a share of the pods such as `50%`.
#[derive(Debug, Clone, PartialEq, Eq)]
enum BudgetLimit {
    /// At least so many pods must be available.
    Available(Value),
    /// At most so many pods may be unavailable.
    Unavailable(Value),
}

impl DisruptionBudget {
    /// The budget that an object is; nothing where it is none.
    pub fn of(object: &DesiredObject) -> Option<Self> {
        let spec = object.value.get("spec")?;
        if !object.reference.kind.is("policy", "PodDisruptionBudget") {
            return None;
        }
        let available = spec.get("minAvailable").cloned().map(BudgetLimit::Available);
        let unavailable = || spec.get("maxUnavailable").cloned().map(BudgetLimit::Unavailable);
        Some(Self {
            reference: object.reference.clone(),
            selector: LabelSelector::in_object(spec.get("selector")?)?,
            limit: available.or_else(unavailable)?,
        })
    }

    /// Whether a rollout of this workload takes away more of its pods at once than the budget allows. `pods` is how many
    /// of them it replaces.
    pub fn is_crossed(&self, workload: &ObjectRef, value: &Value, pods: i64) -> bool {
        let labels = &value["spec"]["template"]["metadata"]["labels"];
        let is_selected = self.selector.matches(|key| labels.get(key)?.as_str());
        let replicas = value["spec"]["replicas"].as_i64().unwrap_or(pods);
        let away = taken_away(&workload.kind, &value["spec"], replicas).min(pods);
        self.reference.namespace == workload.namespace && is_selected && away > self.allowed(replicas)
    }

    /// How many of so many pods may be away.
    fn allowed(&self, replicas: i64) -> i64 {
        match &self.limit {
            BudgetLimit::Available(least) => replicas - scaled(least, replicas, Round::Up),
            BudgetLimit::Unavailable(most) => scaled(most, replicas, Round::Up),
        }
    }
}

/// How many pods of a workload a rollout takes away before others are there.
fn taken_away(kind: &GroupKind, spec: &Value, replicas: i64) -> i64 {
    if !kind.is("apps", "Deployment") {
        // As `getStatefulSetMaxUnavailable` of the StatefulSet controller has it.
        let most = &spec["updateStrategy"]["rollingUpdate"]["maxUnavailable"];
        return scaled(most, replicas, Round::Down).max(1);
    }
    let strategy = &spec["strategy"];
    if strategy["type"] == "Recreate" {
        return replicas;
    }
    let quarter = Value::from("25%");
    let or_quarter = |value: &Value| {
        if value.is_null() {
            quarter.clone()
        } else {
            value.clone()
        }
    };
    let [surge, away] = ["maxSurge", "maxUnavailable"].map(|name| or_quarter(&strategy["rollingUpdate"][name]));
    match (
        scaled(&away, replicas, Round::Down),
        scaled(&surge, replicas, Round::Up),
    ) {
        // Where nothing may come before and nothing may go, one goes.
        (0, 0) => 1,
        (away, _) => away,
    }
}

/// The side to which a share is rounded.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Round {
    Down,
    Up,
}

/// A number, or a share of so many pods; none where it is neither.
fn scaled(value: &Value, replicas: i64, round: Round) -> i64 {
    let share = |text: &str| text.strip_suffix('%')?.parse::<i64>().ok();
    match (value.as_i64(), value.as_str().and_then(share)) {
        (Some(count), _) => count,
        (None, Some(share)) => {
            let hundredths = replicas.saturating_mul(share);
            let up = if round == Round::Up { 99 } else { 0 };
            hundredths.saturating_add(up).div_euclid(100)
        }
        (None, None) => 0,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn workload(kind: &str, replicas: i64, strategy: &Value) -> (ObjectRef, Value) {
        let reference = ObjectRef {
            kind: GroupKind::new("apps", kind),
            namespace: Some("shop".into()),
            name: "web".into(),
        };
        let template = json!({"metadata": {"labels": {"app": "web", "tier": "front"}}});
        let field = if kind == "Deployment" {
            "strategy"
        } else {
            "updateStrategy"
        };
        let spec = json!({"replicas": replicas, field: strategy, "template": template});
        (reference, json!({"spec": spec}))
    }

    fn budget(reference: &ObjectRef, selector: &Value, limit: BudgetLimit) -> DisruptionBudget {
        DisruptionBudget {
            reference: reference.clone(),
            selector: LabelSelector::in_object(selector).expect("a selector"),
            limit,
        }
    }

    fn is_crossed(limit: (&str, Value), kind: &str, (replicas, restarted): (i64, i64), strategy: &Value) -> bool {
        let (reference, value) = workload(kind, replicas, strategy);
        let limit = match limit {
            ("minAvailable", value) => BudgetLimit::Available(value),
            (_, value) => BudgetLimit::Unavailable(value),
        };
        let budget = budget(&reference, &json!({"matchLabels": {"app": "web"}}), limit);
        budget.is_crossed(&reference, &value, restarted)
    }

    #[test]
    fn a_budget_is_crossed_where_a_rollout_takes_away_more_than_it_allows() {
        let none = Value::Null;
        let one_away = json!({"rollingUpdate": {"maxUnavailable": 1}});
        let no_surge = json!({"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 0}});
        for (limit, kind, replicas, strategy, expected) in [
            // One that comes first is there before another goes.
            (("minAvailable", json!(3)), "Deployment", 3, &none, false),
            (("minAvailable", json!(4)), "Deployment", 4, &none, true),
            (("minAvailable", json!(3)), "Deployment", 3, &one_away, true),
            (("minAvailable", json!(2)), "Deployment", 3, &one_away, false),
            (("minAvailable", json!("100%")), "Deployment", 3, &one_away, true),
            (("maxUnavailable", json!(0)), "Deployment", 1, &no_surge, true),
            (
                ("maxUnavailable", json!(2)),
                "Deployment",
                3,
                &json!({"type": "Recreate"}),
                true,
            ),
        ] {
            assert_eq!(
                is_crossed(limit.clone(), kind, (replicas, replicas), strategy),
                expected,
                "{limit:?} {kind} {replicas} {strategy}"
            );
        }
    }

    #[test]
    fn a_stateful_set_restarts_one_pod_after_the_other_unless_it_says_otherwise() {
        let none = Value::Null;
        let half = json!({"rollingUpdate": {"maxUnavailable": "50%"}});
        let all = json!({"rollingUpdate": {"maxUnavailable": "100%"}});
        let partition = json!({"rollingUpdate": {"maxUnavailable": "100%", "partition": 2}});
        for (most, pods, strategy, expected) in [
            (json!(0), (3, 3), &none, true),
            (json!("1%"), (3, 3), &none, false),
            // Half of three is one.
            (json!(1), (3, 3), &half, false),
            (json!(1), (4, 4), &half, true),
            (json!(1), (3, 3), &all, true),
            // Only the last of three pods restarts.
            (json!(1), (3, 1), &partition, false),
            (json!(0), (3, 1), &partition, true),
        ] {
            let told = format!("{most} {pods:?} {strategy}");
            let limit = ("maxUnavailable", most);
            assert_eq!(is_crossed(limit, "StatefulSet", pods, strategy), expected, "{told}");
        }
    }

    #[test]
    fn a_budget_is_about_the_pods_that_it_selects_in_its_namespace() {
        let (reference, value) = workload("StatefulSet", 3, &Value::Null);
        let budget = |selector: &Value, namespace: &str| {
            let reference = ObjectRef {
                namespace: Some(namespace.into()),
                ..reference.clone()
            };
            budget(&reference, selector, BudgetLimit::Unavailable(json!(0)))
        };
        let tier =
            |operator: &str| json!({"matchExpressions": [{"key": "tier", "operator": operator, "values": ["front"]}]});
        for (selector, namespace, expected) in [
            (json!({}), "shop", true),
            (json!({}), "other", false),
            (json!({"matchLabels": {"app": "api"}}), "shop", false),
            (tier("In"), "shop", true),
            (tier("NotIn"), "shop", false),
            (tier("Exists"), "shop", true),
            (tier("DoesNotExist"), "shop", false),
        ] {
            assert_eq!(
                budget(&selector, namespace).is_crossed(&reference, &value, 3),
                expected,
                "{selector} {namespace}"
            );
        }
    }
}
