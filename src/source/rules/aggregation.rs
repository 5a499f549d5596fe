//! Aggregated ClusterRoles: their rules are not git's to say.

use std::sync::Arc;

use super::{FieldPattern, KindName, Rule, RuleOrigin, RuleSelector, Verdict};
use crate::object::DesiredObject;

const GROUP: &str = "rbac.authorization.k8s.io";

/// The rule that follows from a ClusterRole with an `aggregationRule`: the control plane fills in its `rules`, and
/// overwrites what is there (Kubernetes, "Using RBAC Authorization", aggregated ClusterRoles). Published manifests say
/// `rules: []` there. Nothing where git says rules, which are a mistake that the diff must show.
pub fn aggregated(desired: &DesiredObject) -> Option<Arc<Rule>> {
    let reference = &desired.reference;
    let field = |name: &str| desired.value.get(name).filter(|value| !value.is_null());
    let says_rules = field("rules").is_some_and(|rules| rules.as_array().is_none_or(|rules| !rules.is_empty()));
    // In a name, `*` would stand for any letters.
    let is_aggregated = reference.kind.is(GROUP, "ClusterRole") && !reference.name.contains('*');
    if !is_aggregated || says_rules || field("aggregationRule").is_none() || desired.value.get("rules").is_none() {
        return None;
    }
    Some(Arc::new(Rule {
        verdict: Verdict::Yield,
        fields: vec![FieldPattern::parse("rules").ok()?],
        objects: RuleSelector {
            kind: Some((KindName(format!("ClusterRole.{GROUP}")), None)),
            namespace: None,
            name: Some(reference.name.to_string()),
        },
        manager: None,
        source: RuleOrigin::Aggregation(reference.clone()),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::desired;

    fn follows(fields: &str) -> bool {
        let role = format!("apiVersion: {GROUP}/v1\nkind: ClusterRole\nmetadata: {{name: monitoring}}\n{fields}");
        aggregated(&desired(&role)).is_some()
    }

    #[test]
    fn the_empty_rules_of_an_aggregated_role_are_left_to_the_control_plane() {
        const AGGREGATED: &str = "aggregationRule: {clusterRoleSelectors: [{matchLabels: {a: b}}]}\n";
        assert!(follows(&format!("{AGGREGATED}rules: []\n")));
        assert!(follows(&format!("{AGGREGATED}rules:\n")));
        assert!(!follows("rules: []\n"));
        assert!(!follows(AGGREGATED), "nothing is said");
        assert!(!follows(&format!(
            "{AGGREGATED}rules: [{{apiGroups: [a], resources: [b], verbs: [get]}}]\n"
        )));
    }
}
