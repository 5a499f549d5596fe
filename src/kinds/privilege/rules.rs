//! What the rules of a role let somebody do that those of another do not.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Privilege;
use crate::object::field::At;

/// How many rules of the live role are looked at: what only others allow is told as new.
const MOST: usize = 1_000;
/// The verbs by which somebody may get more rights than they have.
const ESCALATING: [&str; 3] = ["escalate", "bind", "impersonate"];
/// The verbs by which somebody reads.
const READING: [&str; 3] = ["get", "list", "watch"];

/// The subresources by which somebody acts as a pod, a node or a ServiceAccount does, and the verbs that do it.
const SUBRESOURCES: [(&str, &str, &[&str]); 7] = [
    ("", "pods/exec", &["create", "get"]),
    ("", "pods/attach", &["create", "get"]),
    ("", "pods/ephemeralcontainers", &["patch", "update"]),
    ("", "nodes/proxy", &["create", "delete", "get", "patch", "update"]),
    ("", "serviceaccounts/token", &["create"]),
    (
        "certificates.k8s.io",
        "certificatesigningrequests/approval",
        &["patch", "update"],
    ),
    (
        "certificates.k8s.io",
        "certificatesigningrequests/status",
        &["patch", "update"],
    ),
];
/// What runs pods, and the volumes by which these reach a node.
const CREATED: [(&str, &str); 9] = [
    ("", "persistentvolumes"),
    ("", "pods"),
    ("", "replicationcontrollers"),
    ("apps", "daemonsets"),
    ("apps", "deployments"),
    ("apps", "replicasets"),
    ("apps", "statefulsets"),
    ("batch", "cronjobs"),
    ("batch", "jobs"),
];

/// What the rules of `wanted` give beyond those of `live`, right by right: that a rule says more than before is no
/// matter where the dangerous part of it is not new.
pub(super) fn gained(wanted: &At<'_>, live: &At<'_>) -> BTreeSet<Privilege> {
    let items = live.items();
    let live: Vec<RoleRule<'_>> = items.iter().take(MOST).map(|rule| RoleRule::of(rule.value)).collect();
    let mut found = BTreeSet::new();
    for rule in wanted.items() {
        for (privilege, right) in RoleRule::of(rule.value).dangerous() {
            if !found.contains(&privilege) && !live.iter().any(|rule| rule.allows(&right)) {
                found.insert(privilege);
            }
        }
    }
    found
}

/// A rule of a role.
#[derive(Debug, Clone, Default)]
struct RoleRule<'a> {
    groups: BTreeSet<&'a str>,
    resources: BTreeSet<&'a str>,
    verbs: BTreeSet<&'a str>,
    urls: BTreeSet<&'a str>,
    /// The objects that it is about; empty for those of all names.
    names: BTreeSet<&'a str>,
}

impl<'a> RoleRule<'a> {
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
            found.extend(reading.map(|verb| (Privilege::Secrets, Self::about("", "secrets", verb))));
        }
        found.extend(self.subresources());
        found.extend(self.created());
        found
    }

    /// The rights to subresources that are named; one that is restricted to some names gives no less of these.
    fn subresources(&self) -> Vec<(Privilege, Self)> {
        let mut found = Vec::new();
        for (group, resource, verbs) in SUBRESOURCES {
            // Every resource is told as such.
            if !has(&self.groups, group) || self.resources.contains("*") || !self.has_resource(resource) {
                continue;
            }
            let verbs = verbs.iter().filter(|verb| has(&self.verbs, verb));
            found.extend(verbs.map(|verb| {
                let names = self.names.clone();
                (
                    Privilege::Subresource(resource.to_owned()),
                    Self {
                        names,
                        ..Self::about(group, resource, verb)
                    },
                )
            }));
        }
        found
    }

    /// The rights to create what runs pods. A rule that names objects allows nothing to be created.
    fn created(&self) -> Vec<(Privilege, Self)> {
        let is_allowed = has(&self.verbs, "create") && self.names.is_empty();
        let created = CREATED
            .iter()
            .filter(|(group, resource)| is_allowed && has(&self.groups, group) && self.resources.contains(resource));
        let rights = created.map(|(group, resource)| {
            (
                Privilege::Create((*resource).to_owned()),
                Self::about(group, resource, "create"),
            )
        });
        rights.collect()
    }

    /// The right to do one thing with one resource.
    fn about(group: &'a str, resource: &'a str, verb: &'a str) -> Self {
        Self {
            groups: BTreeSet::from([group]),
            resources: BTreeSet::from([resource]),
            verbs: BTreeSet::from([verb]),
            ..Self::default()
        }
    }

    /// Whether it is about a resource, by itself, as the subresource of all, or with all.
    fn has_resource(&self, resource: &str) -> bool {
        let of_all = resource.find('/').map(|slash| format!("*{}", &resource[slash..]));
        has(&self.resources, resource) || of_all.is_some_and(|of_all| self.resources.contains(of_all.as_str()))
    }

    /// Whether this allows all that another rule does.
    fn allows(&self, other: &Self) -> bool {
        let has_names = self.names.is_empty() || !other.names.is_empty() && other.names.is_subset(&self.names);
        has_names
            && has_all(&self.groups, &other.groups)
            && other.resources.iter().all(|resource| self.has_resource(resource))
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
    fn who_may_act_as_a_pod_a_node_or_a_service_account_is_told_by_which_subresource() {
        let subresource = |name: &str| Privilege::Subresource(name.to_owned());
        for (wanted, expected) in [
            (rule(&["pods/exec"], &["create"], &[]), vec![subresource("pods/exec")]),
            (
                rule(&["pods/exec"], &["get"], &["web-0"]),
                vec![subresource("pods/exec")],
            ),
            (rule(&["pods/exec"], &["list"], &[]), vec![]),
            (rule(&["*/exec"], &["create"], &[]), vec![subresource("pods/exec")]),
            (
                rule(&["nodes/proxy", "pods/attach"], &["get"], &[]),
                vec![subresource("nodes/proxy"), subresource("pods/attach")],
            ),
            (
                rule(&["serviceaccounts/token"], &["create"], &[]),
                vec![subresource("serviceaccounts/token")],
            ),
            (rule(&["pods/log"], &["get"], &[]), vec![]),
        ] {
            let told = wanted.to_string();
            assert_eq!(gained(&[], std::slice::from_ref(&wanted)), expected, "{told}");
            assert_eq!(gained(&[rule(&["*"], &["*"], &[])], &[wanted]), [], "{told}");
        }
        let named = |name: &str| rule(&["pods/exec"], &["create"], &[name]);
        assert_eq!(gained(&[named("a")], &[named("b")]), [subresource("pods/exec")]);
    }

    #[test]
    fn who_may_create_what_runs_pods_is_told() {
        let create = |name: &str| Privilege::Create(name.to_owned());
        let apps = |resource: &str| json!({"apiGroups": ["apps"], "resources": [resource], "verbs": ["create"]});
        for (wanted, expected) in [
            (rule(&["pods"], &["create"], &[]), vec![create("pods")]),
            (rule(&["pods"], &["get", "list"], &[]), vec![]),
            (rule(&["pods"], &["create"], &["web"]), vec![]),
            (rule(&["deployments"], &["create"], &[]), vec![]),
            (apps("deployments"), vec![create("deployments")]),
            (rule(&["pods"], &["*"], &[]), vec![Privilege::Wildcard, create("pods")]),
        ] {
            let told = wanted.to_string();
            assert_eq!(gained(&[], &[wanted]), expected, "{told}");
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
