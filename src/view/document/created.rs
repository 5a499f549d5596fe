//! The new objects, where there are several: by component.

use std::collections::BTreeMap;

use super::super::value;
use super::edits::plural;
use super::{Line, Lines, Sign, Tone};
use crate::kinds::rollout;
use crate::object::{self, DesiredObject};
use crate::plan::{Action, Plan, Reason, Step, Unverified, Work};

/// How many new objects have a line each.
const MOST: usize = 8;

/// The new objects of which there is no more to say than that they come, where there are many.
#[derive(Debug, Default)]
pub(in crate::view) struct Created<'a>(Vec<&'a Step>);

/// The new objects of a component.
#[derive(Debug)]
pub(in crate::view) struct CreatedGroup<'a> {
    /// The component; empty for those of none.
    pub(in crate::view) component: &'a str,
    /// The steps that create them.
    pub(in crate::view) steps: Vec<&'a Step>,
}

impl<'a> Created<'a> {
    /// The new objects of `plan`.
    pub(super) fn of(plan: &'a Plan) -> Self {
        let plain: Vec<&Step> = plan.steps.iter().filter(|step| is_plain(step)).collect();
        Self(if plain.len() > MOST { plain } else { Vec::new() })
    }

    /// Whether a step is told with these.
    pub(in crate::view) fn tell(&self, step: &Step) -> bool {
        !self.0.is_empty() && is_plain(step)
    }

    /// How many there are, and a line a component; nothing where there are none.
    pub(super) fn section(&self) -> Option<Lines> {
        let title = Line::new(0, self.title()?).beside("-v shows them");
        let title = title.tone(Tone::Of(Action::Create));
        let groups = self.groups();
        let lines = groups.iter().map(CreatedGroup::summary);
        let lines = lines.map(|text| Line::prose(4, text));
        Some(std::iter::once(title).chain(lines).collect())
    }

    /// How many there are; nothing where there are none.
    pub(in crate::view) fn title(&self) -> Option<String> {
        let count = self.0.len();
        let create = Action::Create;
        (count > 0).then(|| format!("{} {:<9} {count} objects", create.glyph(), create.word()))
    }

    /// All of them, by component.
    pub(in crate::view) fn groups(&self) -> Vec<CreatedGroup<'a>> {
        let mut components: BTreeMap<&'a str, Vec<&'a Step>> = BTreeMap::new();
        for step in &self.0 {
            let component = component(step).unwrap_or_default();
            components.entry(component).or_default().push(step);
        }
        let groups = components.into_iter();
        groups
            .map(|(component, steps)| CreatedGroup { component, steps })
            .collect()
    }
}

impl CreatedGroup<'_> {
    /// `web: Deployment web, 3 ConfigMaps`
    pub(in crate::view) fn summary(&self) -> String {
        match self.component {
            "" => by_kind(&self.steps),
            component => format!("{component}: {}", by_kind(&self.steps)),
        }
    }
}

/// A new object as git has it, line by line, without the values of secret parameters. Nothing where the object is not
/// new, where its fields are told as the changes of another, or where it is a Secret: of that only the name is shown.
pub(in crate::view) fn manifest(step: &Step) -> Lines {
    match &step.work {
        Work::Apply(work) if is_manifest_shown(step) => yaml(&work.desired).lines().map(added).collect(),
        Work::Apply(_) | Work::Nothing | Work::Delete(_) | Work::Orphan(_) | Work::Await(_) => Lines::default(),
    }
}

fn is_manifest_shown(step: &Step) -> bool {
    step.action == Action::Create && step.changes.is_empty() && !object::is_secret(&step.reference.kind)
}

/// An object as git has it, without what must not be shown.
pub(super) fn yaml(desired: &DesiredObject) -> String {
    let kind = &desired.reference.kind;
    let shown = value::presentable(&desired.value, kind, &*desired.origins);
    value::yaml(&rollout::without_digests(shown))
}

/// A line of an object that comes.
pub(super) fn added(line: &str) -> Line {
    Line::signed(Sign::Added, 4, line)
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
        Work::Nothing | Work::Delete(_) | Work::Orphan(_) | Work::Await(_) => None,
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
