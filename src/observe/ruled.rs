//! Which rules are about which object.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::ask_all::ObjectAnswers;
use super::members::Observer;
use super::resolve::Resolved;
use crate::applyset::inventory;
use crate::cluster::{Discovery, Scope};
use crate::diagnostic::error::{Error, Result};
use crate::object::{LiveObject, ObjectRef};
use crate::plan::Idle;
use crate::source::rules::{self, Rule, RuleOrigin, Scaling};

/// Kinds that rules name must be kinds.
pub(super) fn check(rules: &[Arc<Rule>], known: &Discovery) -> Result<()> {
    Error::join(rules::unknown_kinds(rules, known.kinds())).map_or(Ok(()), Err)
}

impl Observer<'_> {
    /// Tells the objects of `desired` which rules are about them: those that a person wrote, those that follow from
    /// autoscalers, of the directory or in the cluster, and those of aggregated ClusterRoles.
    ///
    /// The cluster is asked for autoscalers only where something scales what none of the directory does.
    pub(super) async fn add_rules<'l>(
        &self,
        desired: &mut [Resolved],
        others: &[Resolved],
        live: impl Fn(&ObjectRef) -> Option<&'l LiveObject>,
    ) {
        let mut all = self.query.rules.clone();
        let objects = desired.iter().chain(others).map(|(object, _)| object);
        let wanted: BTreeSet<ObjectRef> = objects.clone().map(|object| object.reference.clone()).collect();
        let scaling = objects.filter(|object| object.reference.kind == rules::autoscaler());
        all.extend(scaling.filter_map(|object| {
            rules::scaled_by(Scaling {
                reference: &object.reference,
                value: &object.value,
            })
        }));
        all.extend(desired.iter().filter_map(|(object, _)| rules::aggregated(object)));
        let mut namespaces = BTreeSet::new();
        for (object, _) in desired.iter() {
            let reference = &object.reference;
            let has_autoscaler = || {
                let about = rules::about(&all, reference);
                about
                    .iter()
                    .any(|rule| matches!(rule.source, RuleOrigin::Autoscaler(_)))
            };
            if live(reference).is_some_and(rules::is_scaled) && !has_autoscaler() {
                namespaces.extend(reference.namespace.clone());
            }
        }
        for namespace in namespaces {
            all.extend(self.autoscalers(&namespace, &wanted).await);
        }
        for (object, _) in desired {
            object.rules = rules::about(&all, &object.reference);
        }
    }

    /// The rules of the autoscalers that a namespace has, but for those that are about to be pruned. A user
    /// who may not list them sees conflicts.
    async fn autoscalers(&self, namespace: &str, wanted: &BTreeSet<ObjectRef>) -> Vec<Arc<Rule>> {
        let Some(resource) = self.discovery.preferred(&rules::autoscaler()) else {
            return Vec::new();
        };
        let scope = Scope::Namespace(namespace.into());
        let found = self.cluster.list(resource, &scope, "").await.unwrap_or_default();
        let ours = self.query.set.as_ref().map(inventory::ApplySet::id);
        let found = found.iter().filter(|live| {
            let is_member = ours.is_some() && inventory::member_of(live) == ours.as_deref();
            !is_member || wanted.contains(&live.reference())
        });
        let rules = found.filter_map(|live| {
            rules::scaled_by(Scaling {
                reference: &live.reference(),
                value: live.value(),
            })
        });
        rules.collect()
    }

    /// The rules that are about nothing. That a field is nowhere is known only where everything was looked at.
    pub(super) fn idle_rules(
        &self,
        wanted: &BTreeSet<ObjectRef>,
        answers: &ObjectAnswers,
        is_everything: bool,
    ) -> Vec<(Arc<Rule>, Idle)> {
        let idle = self.query.rules.iter().filter_map(|rule| {
            let objects = wanted.iter().filter(|object| rule.objects.selects(object)).count();
            let met = || {
                let proved = answers.proved.iter().flat_map(|proved| &proved.met);
                proved.chain(answers.objects.iter().flat_map(|observation| &observation.ruled.met))
            };
            let is_met = || met().any(|met| Arc::ptr_eq(met, rule));
            match objects {
                0 => Some((Arc::clone(rule), Idle::NoObject)),
                // Whether a manager owns anything is for the cluster to say, and changes.
                _ if !is_everything || rule.fields.is_empty() || is_met() => None,
                objects => Some((Arc::clone(rule), Idle::NoField(objects))),
            }
        });
        idle.collect()
    }
}
