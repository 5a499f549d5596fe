//! The document of a plan: all that is said of it, in the order in which it is read. Text, Markdown,
//! HTML and JSON are views of it, and none reads what another made.

mod adoption;
mod alike;
mod base;
mod blocked;
mod change;
mod commits;
mod created;
mod cut;
mod dangers;
pub(super) mod edits;
mod fields;
mod findings;
mod followers;
mod harm;
mod heading;
mod immutable;
mod kept;
mod line;
mod marks;
mod moved;
mod narrowed;
mod note;
mod picture;
mod question;
mod refusal;
mod remarks;
mod report;
mod same;
mod step;
mod summary;
mod takeover;
mod unchanged;
mod unready;
mod waits;
mod warning;

use self::findings::PlanFindings;
use crate::plan::{Danger, Edits, Followers, NotCompared, Plan, SameFields, SameLines, Step};

pub(super) use base::no_base;
pub(super) use change::somebody;
pub(super) use commits::maker;
pub(super) use created::{Created, CreatedGroup};
pub(super) use dangers::danger;
pub use findings::Checks;
pub(super) use findings::ShownFinding;
pub(super) use harm::harm;
pub(super) use heading::Head;
pub use heading::{Against, Detail, Heading, Pruning};
pub(super) use kept::unseen;
pub(super) use line::{Line, Lines, Sign, Tone};
pub(super) use moved::moved;
pub(super) use narrowed::not_shown;
pub(super) use note::{note, note_alone};
pub(super) use picture::{Mark, Marks};
pub use question::question;
pub use refusal::{closed, refusal};
pub(super) use remarks::crossed;
pub use remarks::forgotten;
pub(super) use report::{
    ReportLines, error_lines, error_of, list, not_pruned, not_released, nothing_pruned, open_text, reason_text, report,
};
pub(super) use step::below;
pub(super) use summary::Restarted;
pub(super) use unready::not_current;
use waits::{WaitingStep, essential, waits};
pub(super) use warning::warning;

/// All that is said of a plan.
#[derive(Debug)]
pub(super) struct PlanDocument<'a> {
    /// The plan.
    pub(super) plan: &'a Plan,
    /// What the views are told beside the plan: what is compared, and in what detail.
    pub(super) heading: &'a Heading<'a>,
    /// Which state of git is compared with which cluster or commit.
    pub(super) head: Head,
    /// What may do harm.
    pub(super) dangers: Vec<Danger<'a>>,
    /// The edits in git that change several objects.
    pub(super) edits: Edits<'a>,
    /// The new objects, where there are many.
    pub(super) created: Created<'a>,
    followers: Followers<'a>,
    same: SameLines<'a>,
    fields: SameFields<'a>,
    /// What a check of the directory finds.
    pub(super) findings: PlanFindings<'a>,
    /// How much there is of everything.
    pub(super) summary: Lines,
    /// What is to be known of the plan besides its steps.
    pub(super) remarks: Lines,
}

impl<'a> PlanDocument<'a> {
    /// The document of `plan`.
    pub(super) fn of(plan: &'a Plan, heading: &'a Heading<'a>) -> Self {
        let findings = PlanFindings::of(plan, heading);
        // Of a few objects, each is shown by itself.
        let is_grouped = heading.only.is_empty();
        let edits = match heading.detail {
            Detail::Fields | Detail::Whole if is_grouped => Edits::of(plan, heading.blame),
            Detail::Objects | Detail::Fields | Detail::Whole => Edits::default(),
        };
        Self {
            plan,
            heading,
            head: heading::head(plan, heading),
            // Whatever is narrowed, these are not hidden.
            dangers: Danger::all(plan),
            created: match heading.detail {
                Detail::Fields if is_grouped => Created::of(plan),
                Detail::Objects | Detail::Fields | Detail::Whole => Created::default(),
            },
            followers: match heading.detail {
                Detail::Fields if is_grouped => Followers::of(plan),
                Detail::Objects | Detail::Fields | Detail::Whole => Followers::default(),
            },
            same: match heading.detail {
                Detail::Fields if is_grouped => SameLines::of(plan, heading.blame),
                Detail::Objects | Detail::Fields | Detail::Whole => SameLines::default(),
            },
            fields: match heading.detail {
                Detail::Fields if is_grouped => {
                    SameFields::of(plan.steps.iter().filter(|step| !edits.tell(step)), heading.blame)
                }
                Detail::Objects | Detail::Fields | Detail::Whole => SameFields::default(),
            },
            edits,
            summary: summary::summary(plan, heading),
            remarks: remarks::remarks(plan, heading, &findings),
            findings,
        }
    }

    /// What stops a sync, wholly or for some objects: a sentence each.
    pub(super) fn stops(&self) -> Vec<String> {
        dangers::stops(self.plan)
    }

    /// What may do harm: a sentence each, or for all of a kind.
    pub(super) fn dangers(&self) -> Vec<String> {
        dangers::sentences(&self.dangers)
    }

    /// What changes: dangers, the edits of a commit, many new objects, an object, or a kind that was not compared, each.
    pub(super) fn sections(&self) -> Vec<Lines> {
        let mut sections: Vec<Lines> = match self.heading.detail {
            Detail::Objects => Vec::new(),
            Detail::Fields | Detail::Whole => dangers::section(self).into_iter().collect(),
        };
        sections.extend(self.checked());
        sections.extend(self.commits());
        sections.extend(edits::sections(&self.edits));
        sections.extend(self.same());
        sections.extend(self.created.section());
        sections.extend(self.own_steps().map(|step| match self.heading.detail {
            Detail::Objects => step::first_line(step, self.plan, self.heading).into(),
            Detail::Fields | Detail::Whole => {
                let mut lines = Lines::from(step::first_line(step, self.plan, self.heading));
                lines.append(self.rest(step));
                lines
            }
        }));
        sections.extend(self.followers());
        sections.extend(self.not_compared());
        sections
    }

    /// What a check of the directory finds, where the change brings it or a sync refuses for it.
    pub(super) fn checked(&self) -> Option<Lines> {
        let is_told = self.heading.detail != Detail::Objects;
        Some(self.findings.lines()).filter(|lines| is_told && !lines.is_empty())
    }

    /// The workloads that change only since their pods read what changes.
    pub(super) fn followers(&self) -> Option<Lines> {
        followers::section(&self.followers)
    }

    /// A new object as git has it, where that is not told below its name already.
    pub(super) fn manifest(&self, step: &Step) -> Lines {
        match self.heading.detail {
            Detail::Fields => created::manifest(step),
            Detail::Objects | Detail::Whole => Lines::default(),
        }
    }

    /// The steps that are shown.
    pub(super) fn shown_steps(&self) -> impl Iterator<Item = &'a Step> {
        let (steps, heading) = (self.plan.steps.iter(), self.heading);
        steps.filter(move |step| heading.shows(&step.reference))
    }

    /// The steps of which not all is said by an edit, or among new objects.
    pub(super) fn own_steps(&self) -> impl Iterator<Item = &'a Step> {
        let steps = self.shown_steps();
        steps.filter(|step| match self.heading.detail {
            Detail::Objects | Detail::Whole => true,
            Detail::Fields => !self.is_told_together(step),
        })
    }

    /// What is to be said below the first line of a step, where not all of it is said already.
    pub(super) fn rest(&self, step: &Step) -> Lines {
        step::rest(step, self.heading, &self.same)
    }

    fn is_told_together(&self, step: &Step) -> bool {
        let is_told_alike = self.same.tell(step) || self.fields.tell(step);
        self.created.tell(step) || self.edits.tell(step) || self.followers.tell(step) || is_told_alike
    }

    /// The commits behind several changes, but for those whose edits are told.
    pub(super) fn commits(&self) -> Option<Lines> {
        commits::section(self.plan, self.heading, &self.edits)
    }

    /// The lines and the fields that change alike in several objects.
    pub(super) fn same(&self) -> Vec<Lines> {
        let mut sections = same::sections(&self.same, self.heading.blame);
        sections.extend(fields::sections(&self.fields, self.heading.blame));
        sections
    }

    /// The kinds that were not compared, and why.
    pub(super) fn not_compared(&self) -> Vec<Lines> {
        self.plan.facts.not_compared.iter().map(not_compared).collect()
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
