//! Which rights a preview and a sync of a directory take, and no more.
//!
//! Pure: a function of the desired objects and of what was asked for. What each right is for stands beside
//! it here; `granted` is about the rights that the directory's own roles hand on, `rights` takes out what
//! others cover, and `objects` makes Roles of them. Tests run a diff and a sync as exactly these roles, and
//! hold every right of them to the requests that were made.
//!
//! Objects in namespaces are given by kind and namespace: listing shows all of them anyway, and a new object
//! of a kind that is there takes no new role. What is cluster-scoped is everybody's: it is read by kind and
//! written by name.

mod granted;
mod objects;
mod rights;

use std::collections::BTreeSet;

use serde_json::Value;
use smol_str::SmolStr;

use crate::applyset::inventory::ApplySet;
use crate::cluster::{Resource, Scope};
use crate::kinds::definition::Definition;
use crate::kinds::health;
use crate::object::{DesiredObject, GroupKind, ObjectRef, is_secret};
use crate::observe::Resolved;
use crate::plan;

pub use objects::{Subject, objects};
pub use rights::{Rights, Target};

/// What rights are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A diff of everything but Secrets, by somebody who may write nothing.
    Preview,
    /// A sync.
    Sync,
}

/// What rights follow from.
#[derive(Debug, Clone, Copy)]
pub struct Needs<'a> {
    /// The ApplySet.
    pub set: &'a ApplySet,
    /// What git wants.
    pub objects: &'a [Resolved],
    /// Whether anything is digested with the key of the ApplySet.
    pub key: bool,
    /// The kinds that may be pruned although they are kept otherwise, as `--prune-kind` names them.
    pub prune_kinds: &'a [String],
}

impl Needs<'_> {
    /// The rights, without any that another one covers.
    pub fn rights(&self, purpose: Purpose) -> Rights {
        let mut rights = Rights::default();
        self.set(purpose, &mut rights);
        self.members(purpose, &mut rights);
        self.autoscalers(&mut rights);
        if purpose == Purpose::Sync {
            self.writes(&mut rights);
            self.reasons(&mut rights);
            self.claims(&mut rights);
            for (object, _) in self.objects {
                granted::add(object, &mut rights);
            }
        }
        rights.reduce();
        rights
    }

    /// The Namespaces of the directory, which must be there before a role can be in them. They carry the
    /// label of a member, so that the first sync takes them for its own.
    pub fn namespaces(&self) -> Vec<Value> {
        let namespaces = self.objects.iter().map(|(object, _)| &object.reference);
        let namespaces = namespaces.filter(|reference| is_namespace(&reference.kind));
        namespaces
            .map(|namespace| objects::namespace(&namespace.name, self.set))
            .collect()
    }

    /// What every diff and sync of the ApplySet reads and writes of it.
    fn set(&self, purpose: Purpose, rights: &mut Rights) {
        let home = || Scope::Namespace(SmolStr::from(&self.set.namespace));
        let parent = Target::named("", "configmaps", &self.set.parent().name);
        // Tells one cluster from another, for saved plans.
        let system = Target::named("", "namespaces", "kube-system");
        rights.add(Scope::Cluster, system, &["get"]);
        rights.add(home(), parent.clone(), &["get"]);
        if purpose == Purpose::Preview {
            return;
        }
        // An apply takes `patch`, and `create` of that name where there is none yet.
        rights.add(home(), parent, &["create", "patch"]);
        let lease = Target::named("coordination.k8s.io", "leases", &self.set.lease().name);
        rights.add(home(), lease, &["get", "update"]);
        // A plain create has no name when rights are looked at.
        rights.add(home(), Target::kind("coordination.k8s.io", "leases"), &["create"]);
        if self.key {
            rights.add(home(), Target::named("", "secrets", &self.set.key().name), &["get"]);
            rights.add(home(), Target::kind("", "secrets"), &["create"]);
        }
    }

    /// To compare: every kind is listed in every namespace of the ApplySet, since what git dropped may
    /// be anywhere in it; and what turns out to be no member is looked for by its name.
    fn members(&self, purpose: Purpose, rights: &mut Rights) {
        let compared = self.objects.iter().filter(|(object, _)| match purpose {
            Purpose::Preview => !is_secret(&object.reference.kind),
            Purpose::Sync => true,
        });
        for (object, resource) in compared {
            let target = || Target::kind(&resource.gvk.group_kind.group, &resource.plural);
            rights.add(scope(&object.reference), target(), &["get", "list"]);
            if resource.namespaced {
                for namespace in self.used_namespaces() {
                    rights.add(Scope::Namespace(namespace.into()), target(), &["list"]);
                }
            }
        }
    }

    /// To know whether a claim waits for its first consumer, as its StorageClass says.
    fn claims(&self, rights: &mut Rights) {
        let claim = GroupKind::new("", "PersistentVolumeClaim");
        if self.objects.iter().any(|(object, _)| object.reference.kind == claim) {
            rights.add(
                Scope::Cluster,
                Target::kind("storage.k8s.io", "storageclasses"),
                &["get"],
            );
        }
    }

    /// To leave the number of pods to autoscalers that the directory does not have.
    fn autoscalers(&self, rights: &mut Rights) {
        for (object, resource) in self.objects {
            if self.is_scalable(resource) {
                let autoscalers = Target::kind("autoscaling", "horizontalpodautoscalers");
                rights.add(scope(&object.reference), autoscalers, &["list"]);
            }
        }
    }

    fn is_scalable(&self, resource: &Resource) -> bool {
        let kind = &resource.gvk.group_kind;
        let is_custom = kind.group.contains('.') && !kind.group.ends_with(".k8s.io");
        let built_in = ["Deployment", "ReplicaSet", "StatefulSet"];
        if !is_custom {
            return kind.group == "apps" && built_in.contains(&kind.kind.as_str())
                || kind.is("", "ReplicationController");
        }
        let definitions = self.objects.iter().filter_map(|(object, _)| definition(object));
        let mut definitions = definitions.filter(|definition| definition.kind().as_ref() == Some(kind));
        // Of a kind that is defined elsewhere, nobody here knows.
        definitions
            .next()
            .is_none_or(|definition| definition.versions().any(|version| version.has_scale()))
    }

    /// To apply what git has, to wait for it, and to prune what it had.
    fn writes(&self, rights: &mut Rights) {
        for (object, resource) in self.objects {
            let reference = &object.reference;
            let group = &resource.gvk.group_kind.group;
            let kind = || Target::kind(group, &resource.plural);
            let scope = scope(reference);
            let written = if resource.namespaced {
                kind()
            } else {
                Target::named(group, &resource.plural, &reference.name)
            };
            rights.add(scope.clone(), written.clone(), &["patch"]);
            // A Namespace without the roles in it could not be synced: who gives these makes it.
            if !is_namespace(&reference.kind) {
                rights.add(scope.clone(), written.clone(), &["create"]);
                rights.add(scope.clone(), kind(), &["watch"]);
            }
            if self.may_prune(&reference.kind) {
                rights.add(scope.clone(), kind(), &["watch"]);
                rights.add(scope, written, &["delete"]);
                // A definition goes only when no objects of its kind are left, anywhere.
                if let Some(defined) = definition(object).and_then(defined_by) {
                    rights.add(Scope::Cluster, defined, &["list", "watch"]);
                }
            }
        }
    }

    /// A Namespace never, since a role is in it that somebody would miss.
    fn may_prune(&self, kind: &GroupKind) -> bool {
        !is_namespace(kind) && (!plan::is_precious(kind) || plan::names_kind(self.prune_kinds, kind))
    }

    /// To say why a workload does not become Current: by its pods, and the Events about them.
    fn reasons(&self, rights: &mut Rights) {
        for (object, resource) in self.objects {
            let kind = &resource.gvk.group_kind;
            if health::runs_pods(kind) {
                rights.add(scope(&object.reference), Target::kind("", "events"), &["list"]);
                rights.add(scope(&object.reference), Target::kind("", "pods"), &["list"]);
            }
        }
    }

    fn used_namespaces(&self) -> BTreeSet<&str> {
        let references = self.objects.iter().map(|(object, _)| &object.reference);
        references
            .filter_map(|reference| reference.namespace.as_deref())
            .collect()
    }
}

fn definition(object: &DesiredObject) -> Option<Definition<'_>> {
    Definition::of(&object.reference.kind, &object.value)
}

/// All objects of the kind that a CustomResourceDefinition defines.
fn defined_by(definition: Definition<'_>) -> Option<Target> {
    Some(Target::kind(definition.group()?, definition.plural()?))
}

fn scope(reference: &ObjectRef) -> Scope {
    match &reference.namespace {
        Some(namespace) => Scope::Namespace(namespace.clone()),
        None => Scope::Cluster,
    }
}

fn is_namespace(kind: &GroupKind) -> bool {
    kind.is("", "Namespace")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{desired, resource};

    const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\n";
    const CLAIM: &str = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data, namespace: shop}\n";
    const WIDGET: &str = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w, namespace: shop}\n";
    const DEFINITION: &str = "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  names: {kind: Widget, plural: widgets}
  versions: [{name: v1, subresources: {status: {}}}]
";

    /// The rules of a namespace, or of the cluster, each as `verbs resources names`.
    fn rules(purpose: Purpose, at: Option<&str>, texts: &[&str], prune_kinds: &[String]) -> Vec<String> {
        let objects: Vec<Resolved> = texts.iter().map(|text| resolved(text)).collect();
        let set = ApplySet {
            name: "demo".into(),
            namespace: "home".into(),
        };
        let needs = Needs {
            set: &set,
            objects: &objects,
            key: true,
            prune_kinds,
        };
        let rights = needs.rights(purpose);
        let found = rights.rules().find(|(scope, _)| match scope {
            Scope::Cluster => at.is_none(),
            Scope::Namespace(namespace) => at == Some(namespace),
        });
        let text = |rule: &Value, key: &str| {
            let values = rule.get(key).and_then(Value::as_array).into_iter().flatten();
            values.filter_map(Value::as_str).collect::<Vec<_>>().join(",")
        };
        let rules = found.map(|(_, rules)| rules).unwrap_or_default();
        let line = |rule| {
            ["verbs", "resources", "resourceNames"]
                .map(|key| text(rule, key))
                .join(" ")
        };
        rules.iter().map(|rule| line(rule).trim_end().to_owned()).collect()
    }

    fn resolved(text: &str) -> Resolved {
        let desired = desired(text);
        let namespaced = desired.reference.namespace.is_some();
        let resource = resource(&desired.gvk().api_version(), &desired.reference.kind.kind, namespaced);
        (desired, resource)
    }

    #[test]
    fn of_what_is_kept_beside_the_members_a_sync_may_touch_its_own_by_name() {
        assert_eq!(
            rules(Purpose::Sync, Some("home"), &[SERVICE], &[]),
            [
                "create secrets",
                "create,get,patch configmaps stackanetes-demo",
                "get secrets stackanetes-demo-key",
                "create leases",
                "get,update leases stackanetes-demo",
            ]
        );
        assert_eq!(
            rules(Purpose::Preview, Some("home"), &[SERVICE], &[]),
            ["get configmaps stackanetes-demo"]
        );
        assert_eq!(
            rules(Purpose::Preview, None, &[SERVICE], &[]),
            ["get namespaces kube-system"]
        );
    }

    #[test]
    fn what_a_sync_keeps_it_may_not_delete_unless_that_is_asked_for() {
        let of_claim = |prune_kinds: &[String]| rules(Purpose::Sync, Some("shop"), &[CLAIM], prune_kinds);
        assert_eq!(of_claim(&[]), ["create,get,list,patch,watch persistentvolumeclaims"]);
        let asked = of_claim(&["PersistentVolumeClaim".to_owned()]);
        assert_eq!(asked, ["create,delete,get,list,patch,watch persistentvolumeclaims"]);
    }

    #[test]
    fn a_kind_is_listed_wherever_members_may_be_and_a_secret_never_for_a_preview() {
        let elsewhere = "apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: other}\n";
        assert_eq!(
            rules(Purpose::Sync, Some("other"), &[SERVICE, elsewhere], &[]),
            ["create,delete,get,list,patch,watch secrets", "list services"]
        );
        assert_eq!(
            rules(Purpose::Preview, Some("other"), &[SERVICE, elsewhere], &[]),
            ["list services"]
        );
    }

    #[test]
    fn autoscalers_are_listed_where_something_can_be_scaled() {
        let preview = |texts: &[&str]| rules(Purpose::Preview, Some("shop"), texts, &[]);
        let autoscalers = "list horizontalpodautoscalers".to_owned();
        assert!(preview(&[WIDGET]).contains(&autoscalers), "nobody knows");
        assert!(!preview(&[WIDGET, DEFINITION]).contains(&autoscalers));
        let scaled = DEFINITION.replace("status: {}", "scale: {}");
        assert!(preview(&[WIDGET, &scaled]).contains(&autoscalers));
        assert!(!preview(&[SERVICE]).contains(&autoscalers));
    }

    #[test]
    fn a_role_that_collects_others_takes_escalate_on_its_name_alone() {
        let role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: all}\naggregationRule: {clusterRoleSelectors: []}\n";
        let rules = rules(Purpose::Sync, None, &[role], &[]);
        assert!(
            rules.contains(&"create,delete,escalate,patch clusterroles all".to_owned()),
            "{rules:?}"
        );
    }
}
