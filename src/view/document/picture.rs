//! What a picture of the order of a sync shows: a mark for each object, or for each component.

use std::collections::{BTreeMap, BTreeSet};

use super::created::component;
use super::{PlanDocument, WaitingStep, essential, note, waits};
use crate::plan::Action;

/// The group of the objects without a component.
const NO_COMPONENT: &str = "(no component)";

/// A mark of the picture.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::view) struct Mark {
    /// The class of the style sheet that gives its colour.
    pub(in crate::view) class: &'static str,
    /// Its first line: what becomes of it.
    pub(in crate::view) action: String,
    /// Its second line.
    pub(in crate::view) name: String,
    /// All that is to be known, for who points at it, or hears the page.
    pub(in crate::view) told: String,
    /// Where the step of the object stands in the plan; nothing of a component.
    pub(in crate::view) position: Option<usize>,
    /// Whether pods restart.
    pub(in crate::view) restarts: bool,
    /// When its turn comes.
    pub(in crate::view) wave: usize,
    /// The marks to which it has lines, by their places among all marks; all are in waves before its own.
    pub(in crate::view) after: BTreeSet<usize>,
}

/// What a picture shows.
#[derive(Debug)]
pub(in crate::view) enum Marks {
    /// There is no order in it, or one mark alone.
    Nothing,
    /// A mark for each object.
    Objects(Vec<Mark>),
    /// A mark for each component, since there are too many objects.
    Components(Vec<Mark>),
    /// As many objects, of too many components.
    TooMany(usize),
}

impl Marks {
    /// What a picture of at most so many marks shows of the order in which a sync writes objects.
    pub(in crate::view) fn of(document: &PlanDocument<'_>, most: usize) -> Self {
        let all = waits(document.plan);
        let is_ordered = all.iter().any(|waiting| waiting.wave > 0);
        // A picture of some would say that nothing else is waited for.
        if !is_ordered || !document.heading.only.is_empty() {
            return Self::Nothing;
        }
        if all.len() <= most {
            return Self::Objects(objects(&all, document));
        }
        match components(&all) {
            marks if (2..=most).contains(&marks.len()) => Self::Components(marks),
            _ => Self::TooMany(all.len()),
        }
    }
}

/// A mark for each object.
fn objects(all: &[WaitingStep<'_>], document: &PlanDocument<'_>) -> Vec<Mark> {
    let essential = essential(all).into_iter();
    let marks = all.iter().zip(essential).map(|(waiting, after)| {
        let step = waiting.step;
        let reference = &step.reference;
        let note = Some(note(step, document.plan, document.heading)).filter(|note| !note.is_empty());
        let note = note.map(|note| format!(": {note}")).unwrap_or_default();
        let required: Vec<String> = after
            .iter()
            .map(|other| all[*other].step.reference.to_string())
            .collect();
        let requires = match required.as_slice() {
            [] => String::new(),
            required => format!("; waits for {}", required.join(", ")),
        };
        Mark {
            class: step.action.word(),
            action: format!("{} {}", step.action.glyph(), reference.kind.kind),
            name: reference.name.to_string(),
            told: format!("{} {reference}{note}{requires}", step.action.word()),
            position: Some(waiting.position),
            restarts: step.restarts.is_some(),
            wave: waiting.wave,
            after,
        }
    });
    marks.collect()
}

/// A mark for each component.
fn components(all: &[WaitingStep<'_>]) -> Vec<Mark> {
    let mut members: BTreeMap<&str, Vec<&WaitingStep<'_>>> = BTreeMap::new();
    for waiting in all {
        let name = component(waiting.step).unwrap_or(NO_COMPONENT);
        members.entry(name).or_default().push(waiting);
    }
    let place_of: BTreeMap<&str, usize> = members.keys().enumerate().map(|(place, name)| (*name, place)).collect();
    let place = |waiting: &WaitingStep<'_>| place_of[component(waiting.step).unwrap_or(NO_COMPONENT)];
    let required = members.iter().map(|(component, members)| {
        let required = members.iter().flat_map(|member| &member.requires);
        let places: BTreeSet<usize> = required.map(|other| place(&all[*other])).collect();
        (place_of[component], places)
    });
    let waves = waves(&required.collect());
    let marks = members.into_iter().zip(waves);
    let marks = marks.map(|((component, members), (wave, after))| {
        let counts = counts(&members);
        Mark {
            class: "component",
            told: format!("{component}: {counts}"),
            action: counts,
            name: component.to_owned(),
            position: None,
            restarts: members.iter().any(|member| member.step.restarts.is_some()),
            wave,
            after,
        }
    });
    marks.collect()
}

/// `~ 4 + 2`
fn counts(members: &[&WaitingStep<'_>]) -> String {
    let mut counts: BTreeMap<Action, usize> = BTreeMap::new();
    for member in members {
        *counts.entry(member.step.action).or_default() += 1;
    }
    let counts = counts
        .iter()
        .map(|(action, count)| format!("{} {count}", action.glyph()));
    counts.collect::<Vec<_>>().join("  ")
}

/// The wave of each place, behind those of all that it requires, and which of these it has a line to: not those that
/// others of them require. Components may require each other in a circle, as their objects cannot: then one line of it is
/// not drawn.
fn waves(required: &BTreeMap<usize, BTreeSet<usize>>) -> Vec<(usize, BTreeSet<usize>)> {
    let mut waves: BTreeMap<usize, (usize, BTreeSet<usize>)> = BTreeMap::new();
    // All that each requires, however many are between.
    let mut behind: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    while waves.len() < required.len() {
        let left = || required.iter().filter(|(place, _)| !waves.contains_key(place));
        let is_free = |(place, others): &(&usize, &BTreeSet<usize>)| {
            let mut others = others.iter();
            others.all(|other| other == *place || waves.contains_key(other))
        };
        let Some((place, others)) = left().find(is_free).or_else(|| left().next()) else {
            break;
        };
        let before: BTreeSet<usize> = others
            .iter()
            .copied()
            .filter(|other| waves.contains_key(other))
            .collect();
        let wave = before.iter().map(|other| waves[other].0 + 1).max().unwrap_or(0);
        let further: BTreeSet<usize> = before.iter().flat_map(|other| &behind[other]).copied().collect();
        waves.insert(*place, (wave, &before - &further));
        behind.insert(*place, &before | &further);
    }
    waves.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wave_is_behind_those_of_all_that_it_requires_and_a_line_leads_to_the_nearest() {
        let required = BTreeMap::from([(0, [2].into()), (1, [0, 1, 2].into()), (2, [].into())]);
        assert_eq!(waves(&required), [(1, [2].into()), (2, [0].into()), (0, [].into())]);
    }

    #[test]
    fn components_that_require_each_other_have_waves_too() {
        let required = BTreeMap::from([(0, [1].into()), (1, [0].into())]);
        assert_eq!(waves(&required), [(0, [].into()), (1, [0].into())]);
    }
}
