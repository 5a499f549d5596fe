//! What git wants: the objects, those of them that are selected, and what waits for what.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Query, resolve, ruled};
use crate::cluster::Discovery;
use crate::diagnostic::error::{Error, Result};
use crate::kinds::disruption::DisruptionBudget;
use crate::kinds::jobs::JobRun;
use crate::kinds::pods::PodLabels;
use crate::object::{GroupKind, ObjectRef};
use crate::plan::{Answered, Observation, RefusedBy, order};
use crate::source::rules::Ruled;
use crate::source::{ComponentDependencies, Manifest};

/// What git wants.
pub(super) struct Wanted {
    /// The objects that the selection has.
    pub(super) desired: Vec<resolve::Resolved>,
    /// The objects that the selection leaves out.
    pub(super) others: Vec<resolve::Resolved>,
    /// What is selected and of a kind that nobody knows: it is refused.
    pub(super) unknown_kinds: Vec<Observation>,
    /// Every object of the directory, selected or not.
    pub(super) all: BTreeSet<ObjectRef>,
    /// How much is not selected.
    pub(super) not_selected: usize,
    /// What waits for what.
    pub(super) dependencies: order::Dependencies,
    /// Which object brings which kind.
    pub(super) defined_by: BTreeMap<GroupKind, ObjectRef>,
    /// The objects that bring a kind at run time.
    pub(super) brought_by: BTreeMap<GroupKind, ObjectRef>,
    /// The disruption budgets among it.
    pub(super) budgets: Vec<DisruptionBudget>,
    /// The labels of the pods that it makes.
    pub(super) pods: Vec<PodLabels>,
}

impl Wanted {
    /// Resolves the manifests, and finds out what is selected of them and what waits for what.
    pub(super) fn of(
        manifests: Vec<Manifest>,
        components: &ComponentDependencies,
        query: &Query,
        discovery: &Discovery,
    ) -> Result<Self> {
        let mut known = discovery.clone();
        let mut defined_by = resolve::add_defined_kinds(&mut known, &manifests);
        let brought_by = resolve::add_brought_kinds(&mut known, &manifests, &query.namespace);
        defined_by.extend(brought_by.clone());
        let resolve::Resolutions {
            known: resolved,
            unknown,
        } = resolve::resolve_each(manifests, &known, &query.namespace)?;
        ruled::check(&query.rules, &known)?;
        let objects = || {
            resolved
                .iter()
                .chain(unknown.iter().map(|(object, _)| object))
                .map(|(object, _)| object)
        };
        let dependencies = order::dependencies(objects(), &defined_by, components)?;
        let all = objects().map(|object| object.reference.clone()).collect();
        let budgets = objects().filter_map(DisruptionBudget::of).collect();
        let pods = objects().filter_map(|object| PodLabels::of(&object.reference, &object.value));
        let pods = pods.collect();
        let is_selected =
            |(object, _): &resolve::Resolved| query.selection.selects(&object.reference, |key| object.label(key));
        let (desired, others): (Vec<_>, Vec<_>) = resolved.into_iter().partition(is_selected);
        let (unknown_kinds, more): (Vec<_>, Vec<_>) = unknown.into_iter().partition(|(object, _)| is_selected(object));
        Ok(Self {
            not_selected: others.len() + more.len(),
            desired,
            others,
            unknown_kinds: unknown_kinds.into_iter().map(refused).collect(),
            all,
            dependencies,
            defined_by,
            brought_by,
            budgets,
            pods,
        })
    }
}

/// What is said of an object about which the server cannot be asked, with what is wrong with it.
fn refused(((desired, resource), error): (resolve::Resolved, Error)) -> Observation {
    Observation {
        desired,
        resource,
        sent: serde_json::Value::Null,
        ruled: Ruled::default(),
        migration: None,
        live: None,
        answer: Answered::Refused {
            error: Arc::new(error),
            by: RefusedBy::Validation,
        },
        run: JobRun::Plain,
    }
}
