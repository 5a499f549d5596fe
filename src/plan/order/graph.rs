//! The graph that a sync walks: what each object waits for.

use std::collections::BTreeMap;

use super::walk::OrderWalk;
use super::{ACTING, Dependencies, rank};
use crate::object::{GroupKind, ObjectRef};

/// One object and what it waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphNode {
    /// The object that the node is about.
    pub reference: ObjectRef,
    /// What it cannot do without, so that it is not tried without it.
    pub requires: Vec<Need>,
    /// The stage of the usual order. It waits until all nodes of lower stages of its own component
    /// were tried, whatever came of them, and those of no component that are there for others to use.
    /// `None` for what is ordered otherwise.
    pub stage: Option<u8>,
    /// The node that stands for its component, by its position.
    pub component: Option<usize>,
}

/// Another node that one cannot do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Need {
    /// The position of the node that it waits for.
    pub node: usize,
    /// What must have happened to that node.
    pub what: RequiredState,
}

/// What is needed of another object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RequiredState {
    /// That it is there: a namespace or a definition. One that is left as it is will do.
    Exists,
    /// That it is as git wants it, and Current: what a manifest declares.
    Current,
}

/// The order of a sync. It has no circle: every node can be reached by completing others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Graph {
    /// The objects, in the order in which they were given.
    pub nodes: Vec<GraphNode>,
}

/// Orders objects that are written, or that others may wait for.
///
/// After the objects come nodes that stand for the components of `dependencies`.
/// `defined_by` gives the CustomResourceDefinition of a kind, if one of the objects is it.
/// `dependencies` have no circle ([`super::dependencies()`] refuses one); where they contradict the
/// usual order of kinds they win, and what they touch leaves the usual order.
pub fn graph(objects: &[ObjectRef], dependencies: &Dependencies, defined_by: &BTreeMap<GroupKind, ObjectRef>) -> Graph {
    let components = dependencies.keys().filter(|reference| super::is_component(reference));
    let all: Vec<&ObjectRef> = objects.iter().chain(components).collect();
    let positions: BTreeMap<&ObjectRef, usize> =
        all.iter().enumerate().map(|(index, object)| (*object, index)).collect();
    let component_of: BTreeMap<&ObjectRef, usize> = all
        .iter()
        .enumerate()
        .skip(objects.len())
        .flat_map(|(index, component)| dependencies[*component].iter().map(move |member| (member, index)))
        .collect();
    let namespaces: BTreeMap<&str, usize> = positions
        .iter()
        .filter(|(object, _)| object.kind.is("", "Namespace"))
        .map(|(object, index)| (object.name.as_str(), *index))
        .collect();

    let mut nodes: Vec<GraphNode> = all
        .into_iter()
        .map(|object| {
            let namespace = object.namespace.as_deref().and_then(|name| namespaces.get(name));
            let definition = defined_by
                .get(&object.kind)
                .and_then(|definition| positions.get(definition));
            let declared = dependencies
                .get(object)
                .into_iter()
                .flatten()
                .filter_map(|other| positions.get(other));
            let need = |what| move |node: &usize| Need { node: *node, what };
            let exists = namespace.into_iter().chain(definition).map(need(RequiredState::Exists));
            let mut requires: Vec<Need> = exists.chain(declared.map(need(RequiredState::Current))).collect();
            requires.sort_unstable();
            requires.dedup();
            GraphNode {
                reference: object.clone(),
                requires,
                stage: (!super::is_component(object)).then(|| rank(&object.kind)),
                component: component_of.get(object).copied(),
            }
        })
        .collect();
    leave_usual_order(&mut nodes);
    while let Some(stuck) = stuck(&nodes) {
        for index in stuck {
            nodes[index].stage = None;
        }
    }
    Graph { nodes }
}

/// A group of nodes of one stage, by the component that they are of.
pub type Stage = (Option<usize>, u8);

impl GraphNode {
    /// The stage it is in, among those of its component.
    pub fn place(&self) -> Option<Stage> {
        Some((self.component, self.stage?))
    }
}

/// Whether nodes of `stage` may start while nodes of `untried` stages were not tried.
pub fn may_start<T>(stage: Stage, untried: &BTreeMap<Stage, T>) -> bool {
    let lower = |component, below| untried.range((component, 0)..(component, below)).next().is_some();
    let (component, rank) = stage;
    !lower(component, rank) && !lower(None, if component.is_none() { rank } else { rank.min(ACTING) })
}

/// The nodes with a stage that would wait for each other, though none requires the other: those left
/// when every other was taken in turn.
fn stuck(nodes: &[GraphNode]) -> Option<Vec<usize>> {
    let mut walk = OrderWalk::of(nodes);
    let mut is_left = vec![true; nodes.len()];
    loop {
        let taken = walk.start();
        if taken.is_empty() {
            break;
        }
        for index in taken {
            is_left[index] = false;
            walk.complete(index);
        }
    }
    let stuck = (0..nodes.len()).filter(|index| is_left[*index] && nodes[*index].stage.is_some());
    Some(stuck.collect::<Vec<_>>()).filter(|stuck| !stuck.is_empty())
}

/// Takes out of the usual order whatever requires something of a later stage, and all that this
/// requires in turn: it would wait for itself otherwise.
fn leave_usual_order(nodes: &mut [GraphNode]) {
    let stages: Vec<Option<u8>> = nodes.iter().map(|node| node.stage).collect();
    let mut open: Vec<usize> = (0..nodes.len())
        .filter(|index| {
            nodes[*index]
                .requires
                .iter()
                .any(|need| stages[need.node] > stages[*index])
        })
        .collect();
    while let Some(index) = open.pop() {
        if nodes[index].stage.take().is_some() {
            open.extend(nodes[index].requires.iter().map(|need| need.node));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(group: &str, kind: &str, namespace: Option<&str>, name: &str) -> ObjectRef {
        ObjectRef {
            kind: GroupKind::new(group, kind),
            namespace: namespace.map(Into::into),
            name: name.into(),
        }
    }

    fn demo() -> Vec<ObjectRef> {
        vec![
            object("", "Namespace", None, "a"),
            object("", "ConfigMap", Some("a"), "settings"),
            object("apps", "Deployment", Some("a"), "web"),
            object("batch", "Job", Some("a"), "init"),
        ]
    }

    /// The order in which nodes could run, one at a time; shorter than the graph when one is stuck.
    fn walk(graph: &Graph) -> Vec<&str> {
        let mut done: Vec<usize> = Vec::new();
        while let Some(next) = (0..graph.nodes.len()).find(|index| {
            let node = &graph.nodes[*index];
            let untried = graph
                .nodes
                .iter()
                .enumerate()
                .filter(|(other, _)| !done.contains(other))
                .filter_map(|(_, node)| Some((node.place()?, 1)));
            !done.contains(index)
                && node.requires.iter().all(|need| done.contains(&need.node))
                && node
                    .place()
                    .is_none_or(|place| may_start(place, &untried.collect::<BTreeMap<_, u8>>()))
        }) {
            done.push(next);
        }
        done.iter()
            .map(|index| graph.nodes[*index].reference.name.as_str())
            .collect()
    }

    #[test]
    fn kinds_come_in_their_usual_order() {
        let mut objects = demo();
        objects.reverse();
        let graph = graph(&objects, &Dependencies::new(), &BTreeMap::new());
        assert_eq!(walk(&graph), ["a", "settings", "init", "web"]);
    }

    #[test]
    fn what_is_in_a_namespace_requires_it() {
        let graph = graph(&demo(), &Dependencies::new(), &BTreeMap::new());
        assert_eq!(
            graph
                .nodes
                .iter()
                .map(|node| node
                    .requires
                    .iter()
                    .map(|need| (need.node, need.what))
                    .collect::<Vec<_>>())
                .collect::<Vec<_>>(),
            [
                vec![],
                vec![(0, RequiredState::Exists)],
                vec![(0, RequiredState::Exists)],
                vec![(0, RequiredState::Exists)]
            ]
        );
    }

    #[test]
    fn a_declared_dependency_against_the_usual_order_wins() {
        let objects = demo();
        let dependencies = Dependencies::from([(objects[1].clone(), [objects[3].clone()].into())]);
        let graph = graph(&objects, &dependencies, &BTreeMap::new());
        let order = walk(&graph);
        assert_eq!(order.len(), 4, "{order:?}");
        let position = |name: &str| order.iter().position(|other| *other == name);
        assert!(position("init") < position("settings"), "{order:?}");
    }

    proptest::proptest! {
        /// Whatever the kinds, and whatever requires what without a circle, nothing waits for ever
        /// and everything comes after what it requires.
        #[test]
        fn every_order_comes_to_its_end(
            kinds in proptest::collection::vec(0..5_usize, 1..24),
            pairs in proptest::collection::vec((0..24_usize, 0..24_usize), 0..40),
        ) {
            let known = [("", "Namespace"), ("", "ConfigMap"), ("", "Service"), ("apps", "Deployment"), ("networking.k8s.io", "Ingress")];
            let objects: Vec<ObjectRef> = kinds
                .iter()
                .enumerate()
                .map(|(index, kind)| object(known[*kind].0, known[*kind].1, (*kind > 0).then_some("0"), &index.to_string()))
                .collect();
            let mut dependencies = Dependencies::new();
            for (from, to) in pairs {
                // Only towards smaller numbers, and not out of namespace 0 into itself: no circle.
                if to < from && from < objects.len() && !objects[from].kind.is("", "Namespace") {
                    dependencies.entry(objects[from].clone()).or_default().insert(objects[to].clone());
                }
            }
            let graph = graph(&objects, &dependencies, &BTreeMap::new());
            let order = walk(&graph);
            proptest::prop_assert_eq!(order.len(), objects.len());
            let position = |name: &str| order.iter().position(|other| *other == name);
            for node in &graph.nodes {
                for required in &node.requires {
                    proptest::prop_assert!(position(&graph.nodes[required.node].reference.name) < position(&node.reference.name));
                }
            }
        }
    }

    #[test]
    fn an_instance_requires_its_definition() {
        let definition = object("apiextensions.k8s.io", "CustomResourceDefinition", None, "things.x.io");
        let instance = object("x.io", "Thing", Some("a"), "one");
        let defined = BTreeMap::from([(instance.kind.clone(), definition.clone())]);
        let graph = graph(&[instance, definition], &Dependencies::new(), &defined);
        let exists = Need {
            node: 1,
            what: RequiredState::Exists,
        };
        assert_eq!(graph.nodes[0].requires, [exists]);
    }
}
