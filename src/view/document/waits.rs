//! What waits for what among the objects that a sync writes, as the sync goes through them.

use std::collections::{BTreeMap, BTreeSet};

use crate::kinds::definition::Definition;
use crate::object::{GroupKind, ObjectRef};
use crate::plan::order::{self, Graph, Stage, may_start};
use crate::plan::{Action, Plan, Step, Work};

/// An object that a sync writes, among others.
#[derive(Debug)]
pub(in crate::view) struct WaitingStep<'a> {
    /// What becomes of it.
    pub(in crate::view) step: &'a Step,
    /// Where its step stands in the plan.
    pub(in crate::view) position: usize,
    /// When its turn comes: it waits for objects of the wave before, and for none of its own.
    pub(in crate::view) wave: usize,
    /// What it requires, each by its place among all that wait: itself, or by what it requires that stays as it is.
    pub(in crate::view) requires: BTreeSet<usize>,
    /// Where it stands in the usual order of kinds.
    stage: Option<Stage>,
}

/// The objects that a sync writes. What is deleted is deleted last, if all else is done.
pub(in crate::view) fn waits(plan: &Plan) -> Vec<WaitingStep<'_>> {
    let steps = || plan.steps.iter().enumerate();
    let is_applied = |step: &Step| step.action.writes() && !matches!(step.action, Action::Delete | Action::Orphan);
    let applied: Vec<_> = steps().filter(|(_, step)| is_applied(step)).collect();
    let graph = graph(plan, &applied);
    let count = applied.len();
    let waves = order::waves(&graph, count);
    let last = waves.iter().max().map_or(0, |wave| wave + 1);
    let applied = applied.into_iter().zip(waves).enumerate();
    let applied = applied.map(|(index, ((position, step), wave))| WaitingStep {
        step,
        position,
        wave,
        requires: required(&graph, index, count),
        stage: graph.nodes[index].place(),
    });
    let deleted = steps().filter(|(_, step)| step.action == Action::Delete);
    let deleted = deleted.map(|(position, step)| WaitingStep {
        step,
        position,
        wave: last,
        requires: BTreeSet::new(),
        stage: None,
    });
    applied.chain(deleted).collect()
}

/// The order of a sync, in which those come first that are applied.
fn graph(plan: &Plan, applied: &[(usize, &Step)]) -> Graph {
    let left = plan
        .steps
        .iter()
        .filter(|step| !step.action.writes() && step.action != Action::Keep);
    let left = left.map(|step| &step.reference);
    let unchanged = plan.unchanged.iter().map(|settled| &settled.reference);
    let first = applied.iter().map(|(_, step)| &step.reference);
    let references: Vec<ObjectRef> = first.chain(left).chain(unchanged).cloned().collect();
    let definitions = applied.iter().filter_map(|(_, step)| defined(step));
    order::graph(&references, &plan.facts.dependencies, &definitions.collect())
}

/// The kind that a CustomResourceDefinition defines.
fn defined(step: &Step) -> Option<(GroupKind, ObjectRef)> {
    let Work::Apply(work) = &step.work else { return None };
    let kind = Definition::of(&step.reference.kind, &work.desired.value)?.kind()?;
    Some((kind, step.reference.clone()))
}

/// Which of the first `count` nodes the one at `index` requires, itself or by others than these.
fn required(graph: &Graph, index: usize, count: usize) -> BTreeSet<usize> {
    let mut required = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut open = vec![index];
    while let Some(node) = open.pop() {
        for need in &graph.nodes[node].requires {
            if need.node < count {
                required.insert(need.node);
            } else if seen.insert(need.node) {
                open.push(need.node);
            }
        }
    }
    required.remove(&index);
    required
}

/// For each that waits, what it requires without what that waits for itself: so much a picture can show.
pub(in crate::view) fn essential(all: &[WaitingStep<'_>]) -> Vec<BTreeSet<usize>> {
    let mut order: Vec<usize> = (0..all.len()).collect();
    order.sort_by_key(|index| all[*index].wave);
    // What each waits for, however many are between.
    let mut behind: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); all.len()];
    for index in order {
        let before = (0..all.len()).filter(|other| all[index].waits_for(*other, all));
        let mut reached = BTreeSet::new();
        for other in before {
            reached.insert(other);
            reached.extend(&behind[other]);
        }
        behind[index] = reached;
    }
    let essential = all.iter().map(|one| {
        let required = one.requires.iter().copied();
        let is_behind = |other: &usize| one.requires.iter().any(|between| behind[*between].contains(other));
        required.filter(|other| !is_behind(other)).collect()
    });
    essential.collect()
}

impl WaitingStep<'_> {
    /// Whether it waits for the one at `other`: since it requires it, or by the usual order of kinds.
    fn waits_for(&self, other: usize, all: &[WaitingStep<'_>]) -> bool {
        let is_later = |stage: Stage, other: Stage| !may_start(stage, &BTreeMap::from([(other, 1)]));
        let stages = self.stage.zip(all[other].stage);
        self.requires.contains(&other) || stages.is_some_and(|(stage, other)| is_later(stage, other))
    }
}
