//! The document of a plan: all that is said of it, in the order in which it is read. Text, Markdown,
//! HTML and JSON are views of it, and none reads what another made.

mod base;
mod change;
mod created;
pub(super) mod dangers;
pub(super) mod edits;
mod harm;
mod heading;
mod immutable;
mod kept;
mod line;
mod moved;
mod note;
mod question;
mod refusal;
mod remarks;
mod step;
mod summary;
mod waits;

use self::created::Created;
use crate::plan::{Edits, NotCompared, Plan, Step};

pub(super) use base::no_base;
pub(super) use created::component as step_component;
pub(super) use harm::harm;
pub(super) use heading::Head;
pub use heading::{Against, Detail, Heading, Pruning};
pub(super) use kept::unseen;
pub(super) use line::{Line, Lines, Sign, Tone};
pub(super) use moved::moved;
pub(super) use note::note;
pub use question::question;
pub use refusal::{closed, refusal};
pub(super) use remarks::crossed;
pub(super) use step::below;
pub(super) use waits::{Waiting, essential, waits};

/// All that is said of a plan.
#[derive(Debug)]
pub(super) struct Document<'a> {
    /// The plan.
    pub(super) plan: &'a Plan,
    /// How it is shown.
    pub(super) heading: &'a Heading<'a>,
    /// What is compared with what.
    pub(super) head: Head,
    /// The edits in git that change several objects.
    pub(super) edits: Edits<'a>,
    created: Created<'a>,
    /// What changes: dangers, an edit, some new objects, an object, or a kind that was not compared, each.
    pub(super) sections: Vec<Lines>,
    /// How much there is of everything.
    pub(super) summary: Lines,
    /// What is to be known besides.
    pub(super) remarks: Lines,
}

impl<'a> Document<'a> {
    /// The document of `plan`.
    pub(super) fn of(plan: &'a Plan, heading: &'a Heading<'a>) -> Self {
        let edits = match heading.detail {
            Detail::Objects => Edits::default(),
            Detail::Fields | Detail::Whole => Edits::of(plan, heading.blame),
        };
        let created = match heading.detail {
            Detail::Fields => Created::of(plan),
            Detail::Objects | Detail::Whole => Created::default(),
        };
        let dangers = match heading.detail {
            Detail::Objects => None,
            Detail::Fields | Detail::Whole => dangers::section(plan),
        };
        let mut sections: Vec<Lines> = dangers.into_iter().collect();
        sections.extend(edits::sections(&edits));
        sections.extend(created.section());
        let has_lines = |step: &&Step| !is_told(step, heading.detail, &edits, &created);
        let steps = plan.steps.iter().filter(has_lines);
        sections.extend(steps.map(|step| match heading.detail {
            Detail::Objects => step::first_line(step, heading).into(),
            Detail::Fields | Detail::Whole => step::step(step, heading),
        }));
        sections.extend(plan.facts.not_compared.iter().map(not_compared));
        Self {
            plan,
            heading,
            head: heading::head(plan, heading),
            sections,
            summary: summary::summary(plan, heading),
            remarks: remarks::remarks(plan, heading),
            edits,
            created,
        }
    }

    /// The new objects, where there are many.
    pub(super) fn created(&self) -> Option<Lines> {
        self.created.section()
    }

    /// The steps that have a section of their own.
    pub(super) fn own_steps(&self) -> impl Iterator<Item = &'a Step> {
        let detail = self.heading.detail;
        let steps = self.plan.steps.iter();
        steps.filter(move |step| !is_told(step, detail, &self.edits, &self.created))
    }

    /// The kinds that were not compared, and why.
    pub(super) fn not_compared(&self) -> Lines {
        let kinds = self.plan.facts.not_compared.iter();
        kinds.flat_map(not_compared).collect()
    }
}

/// Whether all is said of a step by an edit, or among new objects.
fn is_told(step: &Step, detail: Detail, edits: &Edits<'_>, created: &Created<'_>) -> bool {
    match detail {
        Detail::Objects | Detail::Whole => false,
        Detail::Fields => created.tell(step) || edits.tell(step),
    }
}

fn not_compared(kind: &NotCompared) -> Lines {
    let count = match kind.desired.len() {
        0 => String::new(),
        count => format!("{count} in git; "),
    };
    let first = Line::new(0, format!("? not compared  {}", kind.kind)).tone(Tone::Failed);
    let why = Line::prose(4, format!("{count}{}", kind.message));
    [first, why].into_iter().collect()
}
