//! How far each node of the graph has come, and which may start.

use std::collections::{BTreeMap, VecDeque};

use super::{Outcome, Task};
use crate::object::ObjectRef;
use crate::plan::order::{self, Graph, RequiredState, Stage};

/// How far a node has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// The node waits for others.
    Open,
    /// The object is being written.
    Running,
    /// The object is written; whether it becomes Current is awaited.
    Tried,
    /// The object is as git wants it.
    Current,
    /// The object is there, and left as it is.
    Left,
    /// The object is not as git wants it.
    Missed,
}

impl State {
    /// The state that an outcome ends in.
    pub(super) fn following(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Conflict | Outcome::Refused(None) | Outcome::Skipped => Self::Left,
            Outcome::Unchanged
            | Outcome::Created
            | Outcome::Updated
            | Outcome::Replaced
            | Outcome::Deleted
            | Outcome::Orphaned => Self::Current,
            Outcome::Refused(Some(_))
            | Outcome::Moved
            | Outcome::Failed(_)
            | Outcome::NotReady(_)
            | Outcome::Gone
            | Outcome::NotGone(_)
            | Outcome::Blocked { .. }
            | Outcome::KeptOut { .. }
            | Outcome::Stopped => Self::Missed,
        }
    }
}

/// The graph on its way. Each event costs what it sets free, however many nodes there are.
pub(super) struct GraphWalk {
    graph: Graph,
    states: Vec<State>,
    tasks: Vec<Option<Task>>,
    /// How many needs of each node are not met.
    unmet: Vec<usize>,
    /// The nodes that need each node.
    dependents: Vec<Vec<(usize, RequiredState)>>,
    /// The nodes without unmet needs, by their stage.
    ready: BTreeMap<Option<Stage>, VecDeque<usize>>,
    /// How many nodes of each stage were not tried.
    untried: BTreeMap<Stage, usize>,
}

impl GraphWalk {
    /// The graph of what there is to do for each object, which come first in it.
    pub(super) fn new(graph: Graph, mut tasks: Vec<Task>) -> Self {
        let count = graph.nodes.len();
        tasks.resize_with(count, || Task::Pass);
        let mut walk = Self {
            states: vec![State::Open; count],
            tasks: tasks.into_iter().map(Some).collect(),
            unmet: graph.nodes.iter().map(|node| node.requires.len()).collect(),
            dependents: vec![Vec::new(); count],
            ready: BTreeMap::new(),
            untried: BTreeMap::new(),
            graph,
        };
        for (index, node) in walk.graph.nodes.iter().enumerate() {
            for need in &node.requires {
                walk.dependents[need.node].push((index, need.what));
            }
            if let Some(stage) = node.place() {
                *walk.untried.entry(stage).or_default() += 1;
            }
            if node.requires.is_empty() {
                walk.ready.entry(node.place()).or_default().push_back(index);
            }
        }
        walk
    }

    /// Takes the next node that may start, and what there is to do for it.
    pub(super) fn next(&mut self) -> Option<(usize, ObjectRef, Task)> {
        loop {
            let may_start = |stage: &Option<Stage>| stage.is_none_or(|stage| order::may_start(stage, &self.untried));
            let stage = *self.ready.keys().find(|stage| may_start(stage))?;
            let waiting = self.ready.get_mut(&stage)?;
            let index = waiting.pop_front();
            if waiting.is_empty() {
                self.ready.remove(&stage);
            }
            if let Some(index) = index.filter(|index| self.states[*index] == State::Open)
                && let Some(task) = self.tasks[index].take()
            {
                self.states[index] = State::Running;
                return Some((index, self.reference(index).clone(), task));
            }
        }
    }

    /// Takes one node out of its turn: it goes before everything else.
    pub(super) fn take(&mut self, reference: &ObjectRef) -> Option<(usize, Task)> {
        let index = self.graph.nodes.iter().position(|node| node.reference == *reference)?;
        let task = self.tasks[index].take()?;
        self.states[index] = State::Running;
        Some((index, task))
    }

    /// A node was written.
    pub(super) fn tried(&mut self, index: usize) {
        if self.states[index] == State::Running {
            self.states[index] = State::Tried;
            self.leave_stage(index);
        }
    }

    /// A node has come to its end. The nodes that can never start now, each with what it needed.
    pub(super) fn settled(&mut self, index: usize, state: State) -> Vec<(ObjectRef, ObjectRef)> {
        let mut blocked = Vec::new();
        // With each node, which one is at the bottom of it: a component is not, one of its objects is.
        let mut open = vec![(index, state, index)];
        while let Some((index, state, cause)) = open.pop() {
            if matches!(self.states[index], State::Open | State::Running) {
                self.leave_stage(index);
            }
            self.states[index] = state;
            let by = if order::is_component(self.reference(index)) {
                cause
            } else {
                index
            };
            for (dependent, what) in std::mem::take(&mut self.dependents[index]) {
                if self.states[dependent] != State::Open {
                    continue;
                }
                let is_met = state == State::Current || (state == State::Left && what == RequiredState::Exists);
                if !is_met {
                    if !order::is_component(self.reference(dependent)) {
                        blocked.push((self.reference(dependent).clone(), self.reference(by).clone()));
                    }
                    open.push((dependent, State::Missed, by));
                    continue;
                }
                self.unmet[dependent] -= 1;
                if self.unmet[dependent] == 0 {
                    let stage = self.graph.nodes[dependent].place();
                    self.ready.entry(stage).or_default().push_back(dependent);
                }
            }
        }
        blocked
    }

    /// Ends every node that has not started.
    pub(super) fn give_up(&mut self) -> Vec<ObjectRef> {
        let open: Vec<usize> = (0..self.states.len())
            .filter(|index| self.states[*index] == State::Open)
            .collect();
        for index in &open {
            self.leave_stage(*index);
            self.states[*index] = State::Missed;
        }
        let references = open.into_iter().map(|index| self.reference(index));
        references
            .filter(|reference| !order::is_component(reference))
            .cloned()
            .collect()
    }

    /// How many objects are not as git wants them.
    pub(super) fn missed(&self) -> usize {
        let nodes = self.states.iter().zip(&self.graph.nodes);
        let objects = nodes.filter(|(_, node)| !order::is_component(&node.reference));
        objects.filter(|(state, _)| **state != State::Current).count()
    }

    fn leave_stage(&mut self, index: usize) {
        let Some(stage) = self.graph.nodes[index].place() else {
            return;
        };
        if let Some(count) = self.untried.get_mut(&stage) {
            *count -= 1;
            if *count == 0 {
                self.untried.remove(&stage);
            }
        }
    }

    fn reference(&self, index: usize) -> &ObjectRef {
        &self.graph.nodes[index].reference
    }
}

#[cfg(test)]
mod tests {
    use smol_str::SmolStr;

    use super::*;
    use crate::object::GroupKind;
    use crate::plan::order::Dependencies;

    fn object(group: &str, kind: &str, name: &str) -> ObjectRef {
        let namespace = (kind != "Namespace").then(|| "a".into());
        ObjectRef {
            kind: GroupKind::new(group, kind),
            namespace,
            name: name.into(),
        }
    }

    fn walk(objects: &[ObjectRef], dependencies: &Dependencies) -> GraphWalk {
        let tasks = objects.iter().map(|_| Task::Leave(Outcome::Unchanged)).collect();
        GraphWalk::new(order::graph(objects, dependencies, &BTreeMap::new()), tasks)
    }

    fn names(walk: &mut GraphWalk) -> Vec<SmolStr> {
        std::iter::from_fn(|| walk.next().map(|(_, reference, _)| reference.name)).collect()
    }

    #[test]
    fn a_stage_waits_until_the_one_before_was_tried_and_not_until_it_is_current() {
        let objects = [
            object("", "ConfigMap", "settings"),
            object("apps", "Deployment", "web"),
            object("", "Secret", "key"),
        ];
        let mut walk = walk(&objects, &Dependencies::new());
        assert_eq!(names(&mut walk), ["settings", "key"]);
        walk.tried(0);
        assert!(walk.next().is_none());
        assert!(walk.settled(2, State::Missed).is_empty());
        assert_eq!(names(&mut walk), ["web"]);
    }

    #[test]
    fn what_is_in_a_namespace_that_is_left_alone_goes_on_and_in_one_that_failed_does_not() {
        let objects = [object("", "Namespace", "a"), object("", "ConfigMap", "settings")];
        let mut left = walk(&objects, &Dependencies::new());
        assert_eq!(names(&mut left), ["a"]);
        assert!(left.settled(0, State::Left).is_empty());
        assert_eq!(names(&mut left), ["settings"]);
        let mut failed = walk(&objects, &Dependencies::new());
        assert_eq!(names(&mut failed), ["a"]);
        assert_eq!(
            failed.settled(0, State::Missed),
            [(objects[1].clone(), objects[0].clone())]
        );
        assert!(failed.next().is_none() && failed.missed() == 2);
    }

    #[test]
    fn what_depends_on_something_blocked_is_blocked_too() {
        let objects = [
            object("", "ConfigMap", "x"),
            object("", "ConfigMap", "y"),
            object("", "ConfigMap", "z"),
        ];
        let dependencies = Dependencies::from([
            (objects[1].clone(), [objects[0].clone()].into()),
            (objects[2].clone(), [objects[1].clone()].into()),
        ]);
        let mut walk = walk(&objects, &dependencies);
        assert_eq!(names(&mut walk), ["x"]);
        assert_eq!(
            walk.settled(0, State::Left).len(),
            2,
            "a declared dependency must be Current"
        );
        assert_eq!(walk.missed(), 3);
    }
}
