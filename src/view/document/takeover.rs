//! Objects of other ApplySets: whose they are, how they are taken over, and what stays with the others.

use std::collections::BTreeMap;

use super::super::value::few;
use super::{Line, Lines};
use crate::applyset::inventory::ApplySet;
use crate::diagnostic::names::counted;
use crate::object::ObjectRef;
use crate::plan::{OtherSet, Plan, Reason, Step, Takeover};

/// An ApplySet that is not ours, by its name and where it is, as far as that is known: `old (ConfigMap shop/stackanetes-old)`.
pub(super) fn called(set: &OtherSet) -> String {
    match (&set.parent, set.of_this_program()) {
        (Some(parent), Some(ApplySet { name, .. })) => format!("{name} ({parent})"),
        (Some(parent), None) => format!("that of {parent}"),
        (None, _) => set.id.clone(),
    }
}

/// What `--take-from` names it by: `NAMESPACE/NAME`, or its ID.
fn option(set: &OtherSet) -> String {
    match set.of_this_program() {
        Some(ApplySet { name, namespace }) => format!("--take-from {namespace}/{name}"),
        None => format!("--take-from {}", set.id),
    }
}

/// That an object is taken over by a step, and from whom; nothing where it is not.
pub(super) fn note(step: &Step, plan: &Plan) -> Option<String> {
    let set = plan.takes_from(step)?;
    Some(match (&set.parent, set.of_this_program()) {
        (_, Some(ApplySet { name, namespace })) => format!("taken over from the ApplySet {namespace}/{name}"),
        (Some(parent), None) => format!("taken over from the ApplySet of {parent}"),
        (None, None) => format!("taken over from the ApplySet {}", set.id),
    })
}

/// What is taken over from each ApplySet and what stays with it, and how to take over what is refused.
pub(super) fn remarks(plan: &Plan) -> Lines {
    let takeovers = plan.takeovers().map(|takeover| self::takeover(&takeover));
    let texts = takeovers.chain(refused(plan));
    texts.map(|text| Line::prose(0, text)).collect()
}

/// The objects that are part of other ApplySets, a sentence for each of these.
fn refused(plan: &Plan) -> Vec<String> {
    let mut sets: BTreeMap<&str, (&OtherSet, usize)> = BTreeMap::new();
    for step in &plan.steps {
        if let Reason::OtherApplySet(set) = &step.reason {
            sets.entry(&set.id).or_insert((set, 0)).1 += 1;
        }
    }
    let sentences = sets.into_values().map(|(set, count)| {
        let (is, it) = if count == 1 { ("is", "it") } else { ("are", "them") };
        let objects = counted(count, "object");
        let set_name = called(set);
        format!(
            "{objects} {is} part of another ApplySet, {set_name}; pass {} to take {it} over",
            option(set)
        )
    });
    sentences.collect()
}

/// What is taken over from one ApplySet, and what stays with it.
fn takeover(takeover: &Takeover<'_>) -> String {
    let set = called(takeover.set);
    let takes = match takeover.taken.len() {
        0 => format!("no object that git wants is to be taken over from the ApplySet {set}"),
        count => format!("takes over {} from the ApplySet {set}", counted(count, "object")),
    };
    match left(takeover) {
        Some(left) => format!("{takes}; {left}"),
        None => takes,
    }
}

/// What stays with an ApplySet; nothing where it does not exist.
fn left(takeover: &Takeover<'_>) -> Option<String> {
    let left: Vec<ObjectRef> = takeover.left.iter().map(|object| (*object).clone()).collect();
    let parent = takeover.set.parent.as_ref();
    let then = if takeover.taken.is_empty() { "" } else { " then" };
    match (left.len(), parent) {
        (0, Some(parent)) if takeover.is_whole => {
            let command = removal(takeover.set, parent);
            Some(format!("no object is left in it{then}: remove it with `{command}`"))
        }
        (0, None) => None,
        (0, Some(_)) => Some("it is unknown whether others stay with it, as not all kinds could be listed".to_owned()),
        (1, _) => Some(format!("1 object stays with it: {}", few(&left))),
        (count, _) => Some(format!("{count} objects stay with it: {}", few(&left))),
    }
}

/// The command that removes an ApplySet without objects.
fn removal(set: &OtherSet, parent: &ObjectRef) -> String {
    if let Some(ApplySet { name, namespace }) = set.of_this_program() {
        return format!("stackanetes delete --name {name} --namespace {namespace}");
    }
    let kind = parent.kind.to_string().to_lowercase();
    let namespace = parent.namespace.as_ref().map(|name| format!(" --namespace {name}"));
    format!("kubectl delete {kind} {}{}", parent.name, namespace.unwrap_or_default())
}
