//! The new objects, where there are several: by component.

use std::collections::BTreeMap;

use super::edits::plural;
use super::{Detail, Heading, Line, Lines, Tone};
use crate::plan::{Action, Plan, Reason, Step, Unverified, Work};

/// So many new objects have a line each.
const MOST: usize = 8;

/// Whether a new object is one of many, of which there is no more to say than that.
pub(super) fn tells(plan: &Plan, step: &Step) -> bool {
    is_plain(step) && plan.steps.iter().filter(|step| is_plain(step)).count() > MOST
}

/// The new objects of each component, where there are many.
pub(super) fn section(plan: &Plan, heading: &Heading<'_>) -> Option<Lines> {
    if heading.detail != Detail::Fields {
        return None;
    }
    let mut components: BTreeMap<&str, Vec<&Step>> = BTreeMap::new();
    for step in plan.steps.iter().filter(|step| tells(plan, step)) {
        let component = component(step).unwrap_or_default();
        components.entry(component).or_default().push(step);
    }
    let count: usize = components.values().map(Vec::len).sum();
    if count == 0 {
        return None;
    }
    let tone = Tone::Of(Action::Create);
    let title = format!(
        "{} {:<9} {count} objects",
        Action::Create.glyph(),
        Action::Create.word()
    );
    let title = Line::new(0, title).beside("-v shows them").tone(tone);
    let lines = components.iter().map(|(component, steps)| {
        let names = by_kind(steps);
        match *component {
            "" => Line::prose(4, names),
            component => Line::prose(4, format!("{component}: {names}")),
        }
    });
    Some(std::iter::once(title).chain(lines).collect())
}

/// `Deployment web, 3 ConfigMaps`
fn by_kind(steps: &[&Step]) -> String {
    let mut kinds: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for step in steps {
        let reference = &step.reference;
        kinds.entry(&reference.kind.kind).or_default().push(&reference.name);
    }
    let kinds = kinds.iter().map(|(kind, names)| match names.as_slice() {
        [name] => format!("{kind} {name}"),
        names => format!("{} {}", names.len(), plural(kind)),
    });
    kinds.collect::<Vec<_>>().join(", ")
}

/// The component that an object belongs to, where a step applies one.
pub(super) fn component(step: &Step) -> Option<&str> {
    match &step.work {
        Work::Apply(work) => work.desired.component(),
        Work::Nothing | Work::Delete(_) | Work::Await(_) => None,
    }
}

/// Whether of a new object nothing more is to be known than that it comes.
fn is_plain(step: &Step) -> bool {
    let is_expected = matches!(
        step.unverified,
        None | Some(Unverified::NotAllowed | Unverified::NamespaceMissing(_))
    );
    step.action == Action::Create && step.reason == Reason::New && step.warnings.is_empty() && is_expected
}
