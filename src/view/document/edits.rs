//! The edits in git that change several objects: each with what it does.

use std::collections::BTreeMap;

use super::commits::maker;
use super::created::component;
use super::marks::marked;
use super::{Line, Lines, Sign, Tone};
use crate::diagnostic::names::first_of;
use crate::plan::compare::GitChange;
use crate::plan::{Action, Edits, Step, WideEdit};

/// A longer change stands on lines of its own.
const SHORT: usize = 120;
/// How many objects of a kind are named.
const NAMED: usize = 12;

/// The edits by what made them, in their order.
pub(in crate::view) fn by_maker<'e, 'a>(edits: &'e Edits<'a>) -> Vec<(Option<&'a GitChange>, &'e [WideEdit<'a>])> {
    let same = edits.edits.chunk_by(|one, next| one.by == next.by);
    same.map(|edits| (edits[0].by, edits)).collect()
}

/// A section for all edits of a commit.
pub(super) fn sections(edits: &Edits<'_>) -> Vec<Lines> {
    let sections = by_maker(edits).into_iter().map(|(by, edits)| {
        let title = Line::new(0, maker(by)).tone(Tone::Strong);
        std::iter::once(title).chain(edits.iter().flat_map(section)).collect()
    });
    sections.collect()
}

/// An edit, and what it does.
fn section(edited: &WideEdit<'_>) -> Lines {
    let mut lines = Lines::default();
    match short(edited) {
        None => {
            lines.push(heading(edited, 2));
            lines.append(sides(edited, 4));
        }
        Some(change) => lines.push(Line::new(2, place(edited)).beside(change)),
    }
    lines.append(effects(edited).into_iter().map(|text| Line::prose(4, text)));
    lines
}

/// What stood and what stands there, line by line; nothing where that is secret.
pub(in crate::view) fn sides(edited: &WideEdit<'_>, indent: usize) -> Lines {
    let Some((old, new)) = &edited.edit.texts else {
        return Lines::default();
    };
    let old = old.lines().map(|line| Line::signed(Sign::Removed, indent, line));
    let new = new.lines().map(|line| Line::signed(Sign::Added, indent, line));
    marked(old.chain(new).collect())
}

/// Where an edit is.
pub(in crate::view) fn place(edited: &WideEdit<'_>) -> String {
    format!("{}:{}", edited.edit.place.file.path(), edited.edit.place.line())
}

/// Where an edit is, and of what, above its values.
pub(in crate::view) fn heading(edited: &WideEdit<'_>, indent: usize) -> Line {
    let key = key(edited).map(|key| format!(" {key}"));
    Line::new(indent, format!("{}{}", place(edited), key.unwrap_or_default()))
}

/// What was edited: the path of the key in its file, or the key alone where that is not known.
pub(in crate::view) fn key(edited: &WideEdit<'_>) -> Option<String> {
    let path = edited.path.as_ref().map(ToString::to_string);
    path.or_else(|| edited.edit.key.clone())
}

/// What was edited, where that fits on one line.
pub(in crate::view) fn short(edited: &WideEdit<'_>) -> Option<String> {
    let is_one_line = |(old, new): &(String, String)| !old.contains('\n') && !new.contains('\n');
    let is_one_line = edited.edit.texts.as_ref().is_none_or(is_one_line);
    Some(change(edited)).filter(|change| is_one_line && change.chars().count() <= SHORT)
}

/// `image.tag: 1 → 2`
pub(in crate::view) fn change(edited: &WideEdit<'_>) -> String {
    let Some((old, new)) = &edited.edit.texts else {
        return "(not shown)".to_owned();
    };
    let [old, new] = [old, new].map(|text| if text.is_empty() { "\"\"" } else { text });
    let key = key(edited).map(|key| format!("{key}: "));
    format!("{}{old} → {new}", key.unwrap_or_default())
}

/// What becomes of the objects that an edit changes: a sentence a component.
pub(in crate::view) fn effects(edited: &WideEdit<'_>) -> Vec<String> {
    let mut components: BTreeMap<&str, Vec<&Step>> = BTreeMap::new();
    for step in &edited.steps {
        let component = component(step).unwrap_or_default();
        components.entry(component).or_default().push(step);
    }
    let effects = components.iter().map(|(component, steps)| match *component {
        "" => by_action(steps),
        component => format!("{component}: {}", by_action(steps)),
    });
    effects.collect()
}

/// `update Deployments a, b, CronJob c; replace Job d`
fn by_action(steps: &[&Step]) -> String {
    let mut actions: BTreeMap<Action, BTreeMap<&str, Vec<&str>>> = BTreeMap::new();
    for step in steps {
        let reference = &step.reference;
        let kinds = actions.entry(step.action).or_default();
        kinds.entry(&reference.kind.kind).or_default().push(&reference.name);
    }
    let actions = actions
        .iter()
        .map(|(action, kinds)| format!("{} {}", action.word(), kinds_and_names(kinds)));
    actions.collect::<Vec<_>>().join("; ")
}

/// `Deployments a, b, CronJob c`
pub(super) fn by_kind(steps: &[&Step]) -> String {
    let mut kinds: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for step in steps {
        let reference = &step.reference;
        kinds.entry(&reference.kind.kind).or_default().push(&reference.name);
    }
    kinds_and_names(&kinds)
}

fn kinds_and_names(kinds: &BTreeMap<&str, Vec<&str>>) -> String {
    let kinds = kinds.iter().map(|(kind, names)| match names.as_slice() {
        [name] => format!("{kind} {name}"),
        names => format!("{} {}", plural(kind), first_of(names, NAMED)),
    });
    kinds.collect::<Vec<_>>().join(", ")
}

/// `Deployments`, `Ingresses`, `NetworkPolicies`
pub(super) fn plural(kind: &str) -> String {
    match kind.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
        _ if ["s", "x", "z", "ch", "sh"].iter().any(|end| kind.ends_with(end)) => format!("{kind}es"),
        _ => format!("{kind}s"),
    }
}
