//! The new objects, where there are several: by component.

use std::collections::{BTreeMap, BTreeSet};

use super::edits::plural;
use super::{Line, Lines, Tone};
use crate::plan::{Action, Plan, Reason, Step, Unverified, Work};

/// So many new objects have a line each.
const MOST: usize = 8;

/// The new objects of which there is no more to say than that they come, where there are many.
#[derive(Debug, Default)]
pub(super) struct Created<'a>(Vec<&'a Step>);

impl<'a> Created<'a> {
    /// Those of `plan`.
    pub(super) fn of(plan: &'a Plan) -> Self {
        let plain: Vec<&Step> = plan.steps.iter().filter(|step| is_plain(step)).collect();
        Self(if plain.len() > MOST { plain } else { Vec::new() })
    }

    /// Whether a step is told with these.
    pub(super) fn tell(&self, step: &Step) -> bool {
        !self.0.is_empty() && is_plain(step)
    }

    /// How many there are, and a line a component; nothing where there are none.
    pub(super) fn section(&self) -> Option<Lines> {
        let count = self.0.len();
        if count == 0 {
            return None;
        }
        let mut components: BTreeMap<&str, Vec<&Step>> = BTreeMap::new();
        for step in &self.0 {
            let component = component(step).unwrap_or_default();
            components.entry(component).or_default().push(step);
        }
        let title = format!(
            "{} {:<9} {count} objects",
            Action::Create.glyph(),
            Action::Create.word()
        );
        let title = Line::new(0, title).beside("-v shows them");
        let title = title.tone(Tone::Of(Action::Create));
        let lines = components.iter().map(|(component, steps)| match *component {
            "" => by_kind(steps),
            component => format!("{component}: {}", by_kind(steps)),
        });
        let lines = lines.chain(self.unverified());
        let lines = lines.map(|text| Line::prose(4, text));
        Some(std::iter::once(title).chain(lines).collect())
    }

    /// Which namespaces are still to come, so that nobody could ask the server about what is in them.
    fn unverified(&self) -> impl Iterator<Item = String> {
        let missing = self.0.iter().filter_map(|step| match &step.unverified {
            Some(Unverified::NamespaceMissing(namespace)) => Some(namespace),
            _ => None,
        });
        let missing: BTreeSet<&String> = missing.collect();
        let missing = missing.into_iter();
        missing.map(|namespace| format!("unverified: namespace {namespace} is not there yet"))
    }
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
pub(in crate::view) fn component(step: &Step) -> Option<&str> {
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
    let is_silent = step.warnings.is_empty() && step.grants.is_empty();
    step.action == Action::Create && step.reason == Reason::New && is_silent && is_expected
}
