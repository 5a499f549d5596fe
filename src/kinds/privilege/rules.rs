//! What the rules of a role let somebody do that those of another do not.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Privilege;
use crate::object::field::At;

/// So many rules of the live role are looked at: what only others allow is told as new.
const MOST: usize = 1_000;
/// By which somebody may get more rights than they have.
const ESCALATING: [&str; 3] = ["escalate", "bind", "impersonate"];
/// By which somebody reads.
const READING: [&str; 3] = ["get", "list", "watch"];

/// What the rules of `wanted` give beyond those of `live`, right by right: that a rule says more than before is no
/// matter where the dangerous part of it is not new.
pub(super) fn gained(wanted: &At<'_>, live: &At<'_>) -> BTreeSet<Privilege> {
    let items = live.items();
    let live: Vec<Rule<'_>> = items.iter().take(MOST).map(|rule| Rule::of(rule.value)).collect();
    let mut found = BTreeSet::new();
    for rule in wanted.items() {
        for (privilege, right) in Rule::of(rule.value).dangerous() {
            if !found.contains(&privilege) && !live.iter().any(|rule| rule.allows(&right)) {
                found.insert(privilege);
            }
        }
    }
    found
}

/// A rule of a role.
#[derive(Debug, Clone, Default)]
struct Rule<'a> {
    groups: BTreeSet<&'a str>,
    resources: BTreeSet<&'a str>,
    verbs: BTreeSet<&'a str>,
    urls: BTreeSet<&'a str>,
    /// The objects that it is about; empty for those of all names.
    names: BTreeSet<&'a str>,
}

impl<'a> Rule<'a> {
    fn of(rule: &'a Value) -> Self {
        let items = |name: &str| {
            let items = rule.get(name).and_then(Value::as_array).into_iter().flatten();
            items.filter_map(Value::as_str).collect()
        };
        Self {
            groups: items("apiGroups"),
            resources: items("resources"),
            verbs: items("verbs"),
            urls: items("nonResourceURLs"),
            names: items("resourceNames"),
        }
    }

    /// The rights in it that give much, each as a rule of its own.
    fn dangerous(&self) -> Vec<(Privilege, Self)> {
        let mut found = Vec::new();
        if self.verbs.contains("*") || self.resources.contains("*") {
            found.push((Privilege::Wildcard, self.clone()));
        }
        let escalating = ESCALATING.into_iter().filter(|verb| self.verbs.contains(verb));
        found.extend(escalating.map(|verb| {
            let verbs = BTreeSet::from([verb]);
            (Privilege::Verb(verb.to_owned()), Self { verbs, ..self.clone() })
        }));
        if self.names.is_empty() && self.resources.contains("secrets") && has(&self.groups, "") {
            let reading = READING.into_iter().filter(|verb| has(&self.verbs, verb));
            found.extend(reading.map(|verb| (Privilege::Secrets, Self::about_secrets(verb))));
        }
        found
    }

    fn about_secrets(verb: &'a str) -> Self {
        Self {
            groups: BTreeSet::from([""]),
            resources: BTreeSet::from(["secrets"]),
            verbs: BTreeSet::from([verb]),
            ..Self::default()
        }
    }

    /// Whether this allows all that another rule does.
    fn allows(&self, other: &Self) -> bool {
        let has_names = self.names.is_empty() || !other.names.is_empty() && other.names.is_subset(&self.names);
        has_names
            && has_all(&self.groups, &other.groups)
            && has_all(&self.resources, &other.resources)
            && has_all(&self.verbs, &other.verbs)
            && has_all(&self.urls, &other.urls)
    }
}

/// Whether a list of a rule has this item, by itself or with all.
fn has(items: &BTreeSet<&str>, item: &str) -> bool {
    items.contains(item) || items.contains("*")
}

fn has_all(items: &BTreeSet<&str>, others: &BTreeSet<&str>) -> bool {
    items.contains("*") || others.is_subset(items)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rule(resources: &[&str], verbs: &[&str], names: &[&str]) -> Value {
        json!({"apiGroups": [""], "resources": resources, "verbs": verbs, "resourceNames": names})
    }

    fn gained(live: &[Value], wanted: &[Value]) -> Vec<Privilege> {
        let [live, wanted] = [live, wanted].map(Value::from);
        super::gained(&At::root(&wanted), &At::root(&live))
            .into_iter()
            .collect()
    }

    #[test]
    fn a_right_is_new_where_no_live_rule_allows_it() {
        let bind = |names: &[&str]| rule(&["roles"], &["bind"], names);
        let verb = Privilege::Verb("bind".to_owned());
        for (live, wanted, expected) in [
            (bind(&["a", "b"]), bind(&["b", "a"]), None),
            (bind(&["a", "b"]), bind(&["a"]), None),
            (bind(&["a", "b"]), bind(&[]), Some(verb.clone())),
            (bind(&["a", "b"]), bind(&["c"]), Some(verb.clone())),
            (bind(&[]), rule(&["roles", "nodes"], &["bind"], &[]), Some(verb)),
            (rule(&["x"], &["*"], &[]), rule(&["x"], &["*"], &["a"]), None),
            (
                rule(&["x"], &["*"], &[]),
                rule(&["x", "y"], &["*"], &[]),
                Some(Privilege::Wildcard),
            ),
        ] {
            let told = format!("{live} {wanted}");
            assert_eq!(gained(&[live], &[wanted]), Vec::from_iter(expected), "{told}");
        }
    }

    #[test]
    fn what_was_allowed_before_is_not_new_whichever_rule_says_so() {
        let secrets = |verb: &str| rule(&["secrets"], &[verb], &[]);
        let together = rule(&["secrets", "pods"], &["get"], &[]);
        assert_eq!(
            gained(&[secrets("get")], &[rule(&["secrets", "configmaps"], &["get"], &[])]),
            []
        );
        assert_eq!(
            gained(&[secrets("get"), rule(&["pods"], &["get"], &[])], &[together]),
            []
        );
        let both = rule(&["secrets"], &["get", "list"], &[]);
        assert_eq!(
            gained(&[secrets("get"), secrets("list")], std::slice::from_ref(&both)),
            []
        );
        assert_eq!(gained(&[secrets("get")], &[both]), [Privilege::Secrets]);
        let elsewhere = json!({"apiGroups": ["example.com"], "resources": ["secrets"], "verbs": ["get"]});
        assert_eq!(gained(&[], &[elsewhere]), [], "these are no Secrets");
    }
}
