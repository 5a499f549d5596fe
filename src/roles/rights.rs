//! Sets of rights, as RBAC has them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::cluster::Scope;

/// What a right is about. `*` stands for every group, and for every resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// Objects.
    Resource {
        /// The group; empty for the core group.
        group: String,
        /// The name in URLs, with its subresource if it is about one: `deployments`, `pods/log`.
        resource: String,
        /// The one object, where it is about one.
        name: Option<String>,
    },
    /// A path of the API server that leads to no object.
    Url(String),
}

impl Target {
    /// All objects of a kind.
    pub fn kind(group: &str, resource: &str) -> Self {
        Self::Resource {
            group: group.to_owned(),
            resource: resource.to_owned(),
            name: None,
        }
    }

    /// One object.
    pub fn named(group: &str, resource: &str, name: &str) -> Self {
        Self::Resource {
            group: group.to_owned(),
            resource: resource.to_owned(),
            name: Some(name.to_owned()),
        }
    }

    /// Whether who may do something to this may do it to `other`.
    fn covers(&self, other: &Self) -> bool {
        let stands_for = |wide: &str, narrow: &str| wide == "*" || wide == narrow;
        match (self, other) {
            (
                Self::Resource { group, resource, name },
                Self::Resource {
                    group: other_group,
                    resource: other_resource,
                    name: other_name,
                },
            ) => {
                stands_for(group, other_group)
                    && stands_for(resource, other_resource)
                    && (name.is_none() || name == other_name)
            }
            (Self::Url(url), Self::Url(other)) => stands_for(url, other),
            _ => false,
        }
    }
}

type Granted = BTreeMap<Target, BTreeSet<String>>;

/// What may be done to what, and where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rights(BTreeMap<Scope, Granted>);

impl Rights {
    /// Adds the right to do all of `verbs`.
    pub fn add(&mut self, scope: Scope, target: Target, verbs: &[&str]) {
        let verbs = verbs.iter().map(|verb| (*verb).to_owned());
        self.0
            .entry(scope)
            .or_default()
            .entry(target)
            .or_default()
            .extend(verbs);
    }

    /// Takes out every right that another one covers.
    pub(super) fn reduce(&mut self) {
        let everywhere = self.0.get(&Scope::Cluster).cloned().unwrap_or_default();
        for (scope, granted) in &mut self.0 {
            let all = granted.clone();
            let wider = |target: &Target, verb: &str| {
                let here = is_granted(&all, target, verb, |other| other != target);
                here || *scope != Scope::Cluster && is_granted(&everywhere, target, verb, |_| true)
            };
            for (target, verbs) in &mut *granted {
                if verbs.contains("*") && verbs.len() > 1 {
                    *verbs = BTreeSet::from(["*".to_owned()]);
                }
                verbs.retain(|verb| !wider(target, verb));
            }
            granted.retain(|_, verbs| !verbs.is_empty());
        }
        self.0.retain(|_, granted| !granted.is_empty());
    }

    /// For each scope, the rules of a role: as few as there can be without giving more.
    pub fn rules(&self) -> impl Iterator<Item = (&Scope, Vec<Value>)> {
        self.0.iter().map(|(scope, granted)| (scope, rules(granted)))
    }
}

fn is_granted(granted: &Granted, target: &Target, verb: &str, is_other: impl Fn(&Target) -> bool) -> bool {
    let mut covering = granted
        .iter()
        .filter(|(other, _)| is_other(other) && other.covers(target));
    covering.any(|(_, verbs)| verbs.contains("*") || verbs.contains(verb))
}

fn rules(granted: &Granted) -> Vec<Value> {
    type NameSet<'a> = BTreeSet<&'a str>;
    let mut names: BTreeMap<(&str, &BTreeSet<String>, &str), NameSet<'_>> = BTreeMap::new();
    let mut kinds: BTreeMap<(&str, &BTreeSet<String>, NameSet<'_>), NameSet<'_>> = BTreeMap::new();
    let mut urls: BTreeMap<&BTreeSet<String>, NameSet<'_>> = BTreeMap::new();
    for (target, verbs) in granted {
        match target {
            Target::Url(url) => drop(urls.entry(verbs).or_default().insert(url)),
            Target::Resource {
                group,
                resource,
                name: Some(name),
            } => {
                names.entry((group, verbs, resource)).or_default().insert(name);
            }
            Target::Resource {
                group,
                resource,
                name: None,
            } => {
                let key = (group.as_str(), verbs, NameSet::new());
                kinds.entry(key).or_default().insert(resource);
            }
        }
    }
    for ((group, verbs, resource), names) in names {
        kinds.entry((group, verbs, names)).or_default().insert(resource);
    }
    let of_kinds = kinds.into_iter().map(|((group, verbs, names), resources)| {
        let mut rule = json!({"apiGroups": [group], "resources": resources});
        if !names.is_empty() {
            rule["resourceNames"] = json!(names);
        }
        rule["verbs"] = json!(verbs);
        rule
    });
    let of_urls = urls
        .into_iter()
        .map(|(verbs, urls)| json!({"nonResourceURLs": urls, "verbs": verbs}));
    of_kinds.chain(of_urls).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules_of(granted: &[(Scope, Target, &[&str])]) -> Value {
        let mut rights = Rights::default();
        for (scope, target, verbs) in granted {
            rights.add(scope.clone(), target.clone(), verbs);
        }
        rights.reduce();
        let rules = rights.rules().map(|(scope, rules)| match scope {
            Scope::Cluster => ("", rules),
            Scope::Namespace(namespace) => (namespace.as_str(), rules),
        });
        json!(rules.collect::<BTreeMap<_, _>>())
    }

    #[test]
    fn what_another_right_covers_is_left_out() {
        let here = || Scope::Namespace("a".into());
        let maps = || Target::kind("", "configmaps");
        let found = rules_of(&[
            (here(), maps(), &["get", "list"]),
            (here(), Target::named("", "configmaps", "x"), &["get", "patch"]),
            (here(), Target::kind("apps", "deployments"), &["list"]),
            (here(), Target::kind("*", "*"), &["list"]),
            (Scope::Cluster, Target::named("", "configmaps", "y"), &["get"]),
            (Scope::Cluster, Target::kind("", "secrets"), &["*", "get"]),
            (here(), Target::kind("", "secrets"), &["get"]),
        ]);
        let expected = json!({
            "": [
                {"apiGroups": [""], "resources": ["secrets"], "verbs": ["*"]},
                {"apiGroups": [""], "resourceNames": ["y"], "resources": ["configmaps"], "verbs": ["get"]},
            ],
            "a": [
                {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]},
                {"apiGroups": [""], "resourceNames": ["x"], "resources": ["configmaps"], "verbs": ["patch"]},
                {"apiGroups": ["*"], "resources": ["*"], "verbs": ["list"]},
            ],
        });
        assert_eq!(found, expected);
    }

    #[test]
    fn rules_are_joined_where_that_gives_no_more() {
        let cluster = || Scope::Cluster;
        let found = rules_of(&[
            (cluster(), Target::named("", "namespaces", "a"), &["get"]),
            (cluster(), Target::named("", "namespaces", "b"), &["get"]),
            (cluster(), Target::named("", "nodes", "a"), &["get"]),
            (cluster(), Target::kind("", "pods"), &["get"]),
            (cluster(), Target::kind("", "services"), &["get"]),
            (cluster(), Target::Url("/metrics".into()), &["get"]),
        ]);
        let expected = json!({"": [
            {"apiGroups": [""], "resources": ["pods", "services"], "verbs": ["get"]},
            {"apiGroups": [""], "resourceNames": ["a"], "resources": ["nodes"], "verbs": ["get"]},
            {"apiGroups": [""], "resourceNames": ["a", "b"], "resources": ["namespaces"], "verbs": ["get"]},
            {"nonResourceURLs": ["/metrics"], "verbs": ["get"]},
        ]});
        assert_eq!(found, expected);
    }
}
