//! The objects that change: each folded, those first whose change may do harm.

use std::collections::HashMap;

use maud::{Markup, html};

use super::lines::{Text, lines};
use super::room;
use crate::object::ObjectRef;
use crate::plan::Step;
use crate::view::document::{self, Lines, PlanDocument, note};
use crate::view::room::Room;

/// What stands in the place of the fields of an object.
const NO_ROOM: &str = "its fields are left out, since the page would be too long";

/// A step, and its position in the plan.
type Placed<'a> = (usize, &'a Step);

/// All objects that change, and what searches them.
pub(super) fn sections(document: &PlanDocument<'_>, room: &mut Room) -> Markup {
    let mut steps: Vec<Placed<'_>> = document.plan.steps.iter().enumerate().collect();
    let positions: HashMap<&ObjectRef, usize> = steps
        .iter()
        .map(|(position, step)| (&step.reference, *position))
        .collect();
    steps.retain(|(_, step)| !document.created.tell(step));
    steps.retain(|(_, step)| document.heading.shows(&step.reference));
    steps.sort_by_key(|(_, step)| document::harm(step));
    let (single, mut left_out) = all(&steps, document, room);
    let mut new = Vec::new();
    for group in document.created.groups() {
        let steps = group.steps.iter().map(|step| (positions[&step.reference], *step));
        let steps: Vec<Placed<'_>> = steps.collect();
        let title = room::take(room, html! { h3 { (Text(&group.summary())) } "\n" });
        let (objects, more) = all(&steps, document, room);
        new.push((title, objects));
        left_out += more;
    }
    html! {
        @if document.shown_steps().next().is_some() {
            section { "\n"
                h2 { "Objects" } "\n"
                (tools())
                (single)
                @for (title, objects) in new {
                    div.component { "\n" @if let Some(title) = title { (title) } (objects) } "\n"
                }
                (room::left_out(left_out, "objects"))
            } "\n"
        }
    }
}

/// A section for each step that there is room for, and how many are left out.
fn all(steps: &[Placed<'_>], document: &PlanDocument<'_>, room: &mut Room) -> (Markup, usize) {
    let mut left_out = 0;
    let mut all = Vec::new();
    for (position, step) in steps {
        let mut below = document::below(step, document.heading);
        below.append(document.manifest(step));
        let section = |body: &Markup| section(*position, step, document, body);
        let whole = room::take(room, section(&lines_of(&below)));
        let short = || section(&html! { p.left-out { (NO_ROOM) } });
        match whole.or_else(|| room::take(room, short())) {
            Some(section) => all.push(section),
            None => left_out += 1,
        }
    }
    (html! { @for section in all { (section) } }, left_out)
}

/// What a page can do that may run its script.
fn tools() -> Markup {
    html! {
        div id="tools" hidden {
            input id="search" type="search" placeholder="search" aria-label="search the objects" autocomplete="off";
            " " button id="unfold" type="button" { "unfold all" }
            " " button id="fold" type="button" { "fold all" }
            " " output id="shown" for="search" {}
        } "\n"
    }
}

fn lines_of(below: &Lines) -> Markup {
    html! { @if !below.is_empty() { (lines(below)) } }
}

/// What an object is linked by: its position in the plan.
pub(super) fn id(position: usize) -> String {
    format!("object-{position}")
}

fn section(position: usize, step: &Step, document: &PlanDocument<'_>, body: &Markup) -> Markup {
    let class = format!("object {}", step.action.word());
    html! {
        @if body.0.is_empty() {
            div class=(class) id=(id(position)) { (title(step, document)) } "\n"
        } @else {
            details class=(class) id=(id(position)) { "\n"
                summary { (title(step, document)) } "\n"
                (body)
            } "\n"
        }
    }
}

/// `~ update Deployment a/web restarts 3 pods`
fn title(step: &Step, document: &PlanDocument<'_>) -> Markup {
    let note = note(step, document.plan, document.heading);
    html! {
        span.action { (step.action.glyph()) " " (step.action.word()) }
        " " code { (Text(&step.reference.to_string())) }
        @if !note.is_empty() { " " span.note { (Text(&note)) } }
    }
}
