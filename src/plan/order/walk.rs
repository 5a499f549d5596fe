//! Goes through the order of a sync as a sync does, where nothing fails.

use std::collections::BTreeMap;

use super::graph::{Graph, GraphNode, Stage, may_start};

/// The waves in which the first `count` nodes of a graph start, where the others take no time.
pub fn waves(graph: &Graph, count: usize) -> Vec<usize> {
    let mut walk = OrderWalk::of(&graph.nodes);
    let mut waves = vec![0; count];
    let mut starting = Vec::new();
    let mut wave = 0;
    loop {
        let (written, left): (Vec<usize>, Vec<usize>) = walk.start().into_iter().partition(|node| *node < count);
        starting.extend(written);
        for node in &left {
            walk.complete(*node);
        }
        match (left.is_empty(), starting.is_empty()) {
            (false, _) => {}
            (true, true) => return waves,
            (true, false) => {
                for node in std::mem::take(&mut starting) {
                    waves[node] = wave;
                    walk.complete(node);
                }
                wave += 1;
            }
        }
    }
}

/// A walk through the order of a sync. It takes whatever need not wait, and is told what is done.
pub(super) struct OrderWalk<'g> {
    nodes: &'g [GraphNode],
    /// How many of what each node requires are not done.
    unmet: Vec<usize>,
    dependents: Vec<Vec<usize>>,
    /// How many nodes of each stage are not done.
    untried: BTreeMap<Stage, usize>,
    /// The nodes whose needs are met, by their stages, which may have to wait.
    ready: BTreeMap<Option<Stage>, Vec<usize>>,
}

impl<'g> OrderWalk<'g> {
    pub(super) fn of(nodes: &'g [GraphNode]) -> Self {
        let mut walk = Self {
            nodes,
            unmet: nodes.iter().map(|node| node.requires.len()).collect(),
            dependents: vec![Vec::new(); nodes.len()],
            untried: BTreeMap::new(),
            ready: BTreeMap::new(),
        };
        for (index, node) in nodes.iter().enumerate() {
            for need in &node.requires {
                walk.dependents[need.node].push(index);
            }
            if let Some(stage) = node.place() {
                *walk.untried.entry(stage).or_default() += 1;
            }
            if node.requires.is_empty() {
                walk.ready.entry(node.place()).or_default().push(index);
            }
        }
        walk
    }

    /// The nodes that need not wait any more.
    pub(super) fn start(&mut self) -> Vec<usize> {
        let ready = std::mem::take(&mut self.ready).into_iter();
        let may_start = |stage: Stage| may_start(stage, &self.untried);
        let (starting, waiting): (BTreeMap<_, _>, BTreeMap<_, _>) =
            ready.partition(|(stage, _)| stage.is_none_or(may_start));
        self.ready = waiting;
        starting.into_values().flatten().collect()
    }

    /// Goes on from a node that is done, to those that wait for it.
    pub(super) fn complete(&mut self, node: usize) {
        if let Some(stage) = self.nodes[node].place()
            && let Some(count) = self.untried.get_mut(&stage)
        {
            *count -= 1;
            if *count == 0 {
                self.untried.remove(&stage);
            }
        }
        for dependent in std::mem::take(&mut self.dependents[node]) {
            self.unmet[dependent] -= 1;
            if self.unmet[dependent] == 0 {
                let stage = self.nodes[dependent].place();
                self.ready.entry(stage).or_default().push(dependent);
            }
        }
    }
}
