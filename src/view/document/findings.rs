//! What a check of the directory finds, beside what becomes of its objects: what the change brings, one by one; what was
//! there before, by how much it is.

use std::collections::BTreeSet;

use super::super::value::ends;
use super::{Detail, Heading, Line, Lines, Tone};
use crate::check::Finding;
use crate::diagnostic::identifier::Severity;
use crate::diagnostic::names::counted;
use crate::object::ObjectRef;
use crate::plan::{CertainMistake, Plan, Refusal};

/// How many are told one by one, for people.
const FIRST: usize = 5;
/// How long a message or a hint may be, in characters.
const LONGEST: usize = 300;

/// What a check found.
#[derive(Debug, Clone, Copy, Default)]
pub struct Checks<'a> {
    /// All that it finds now.
    pub findings: &'a [Finding],
    /// What it finds in what was there before; nothing where that is not known.
    pub before: Option<&'a [Finding]>,
}

/// The findings about the objects of a plan.
#[derive(Debug, Default)]
pub(in crate::view) struct PlanFindings<'a> {
    /// Those that the change brings, or that stop a sync; these come first.
    pub(in crate::view) told: Vec<ShownFinding<'a>>,
    /// How many there are besides.
    pub(in crate::view) others: usize,
    /// How many the change brings to objects that are not shown.
    hidden: usize,
}

/// A finding that is told.
#[derive(Debug, Clone, Copy)]
pub(in crate::view) struct ShownFinding<'a> {
    pub(in crate::view) finding: &'a Finding,
    /// Whether a sync refuses for it.
    pub(in crate::view) blocks: bool,
}

impl ShownFinding<'_> {
    /// How grave it is for a sync: what it does not refuse for may be made right at run time.
    pub(in crate::view) fn severity(&self) -> Severity {
        if self.blocks {
            Severity::Error
        } else {
            Severity::Warning
        }
    }
}

impl<'a> PlanFindings<'a> {
    /// The findings about the objects of `plan`.
    pub(super) fn of(plan: &Plan, heading: &Heading<'a>) -> Self {
        let Checks { findings, before } = heading.checks;
        if findings.is_empty() {
            return Self::default();
        }
        let before: Option<BTreeSet<_>> = before.map(|before| before.iter().map(Finding::comparison_key).collect());
        let changing: BTreeSet<&ObjectRef> = plan.steps.iter().map(|step| &step.reference).collect();
        let unchanged: BTreeSet<&ObjectRef> = plan.unchanged.iter().map(|settled| &settled.reference).collect();
        let blocking = blocking(plan);
        let mut found = Self::default();
        for finding in findings {
            let Some(object) = &finding.object else { continue };
            let blocks = blocking.contains(&mistake(finding));
            // Where it is not known what was there before, what changes is taken for new.
            let is_new = match &before {
                Some(before) => !before.contains(&finding.comparison_key()),
                None => changing.contains(object),
            };
            if !changing.contains(object) && !unchanged.contains(object) {
                continue;
            }
            if blocks || is_new && heading.shows(object) {
                found.told.push(ShownFinding { finding, blocks });
            } else if is_new {
                found.hidden += 1;
            } else {
                found.others += 1;
            }
        }
        found
            .told
            .sort_by_key(|told| (!told.blocks, told.finding.identifier.severity()));
        found
    }

    /// The first of those that are told: what is wrong, where, and what to do.
    pub(super) fn lines(&self) -> Lines {
        self.told.iter().take(FIRST).flat_map(lines).collect()
    }

    /// How many findings there are that are not told.
    pub(super) fn remark(&self, detail: Detail) -> Option<String> {
        let first = if detail == Detail::Objects { 0 } else { FIRST };
        let more = self.told.len().saturating_sub(first) + self.hidden;
        let others = counted(self.others, "finding");
        Some(match (more, self.others) {
            (0, 0) => return None,
            (0, _) => format!("not new, and not shown: {others}; `stackanetes check` shows all"),
            (more, 0) => format!("not shown: {}; `stackanetes check` shows all", counted(more, "finding")),
            (more, count) => {
                let are = if count == 1 { "is" } else { "are" };
                let more = counted(more, "finding");
                format!("not shown: {more}, and {others} that {are} not new; `stackanetes check` shows all")
            }
        })
    }
}

/// The mistakes that a sync refuses for.
fn blocking(plan: &Plan) -> BTreeSet<Option<CertainMistake>> {
    let mistakes = plan.refusals.iter().filter_map(|refusal| match refusal {
        Refusal::Mistakes(mistakes) => Some(mistakes),
        _ => None,
    });
    mistakes.flatten().cloned().map(Some).collect()
}

fn mistake(finding: &Finding) -> Option<CertainMistake> {
    Some(CertainMistake {
        object: finding.object.clone()?,
        identifier: finding.identifier,
    })
}

fn lines(told: &ShownFinding<'_>) -> Vec<Line> {
    let ShownFinding { finding, blocks } = told;
    let word = told.severity().word();
    let tone = if *blocks { Tone::Failed } else { Tone::Warned };
    let message = ends(&finding.message, LONGEST);
    let mut lines = vec![Line::prose(0, format!("{word}[{}]: {message}", finding.identifier)).tone(tone)];
    let place = finding.places.first();
    lines.extend(place.map(|(place, _)| Line::new(4, place.to_string()).tone(Tone::Faded)));
    let hint = finding.hints.first();
    lines.extend(hint.map(|hint| Line::prose(4, format!("hint: {}", ends(hint, LONGEST)))));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_told_is_counted_and_what_is_not_new_apart() {
        let remark = |hidden, others| {
            let findings = PlanFindings {
                others,
                hidden,
                ..PlanFindings::default()
            };
            findings.remark(Detail::Objects)
        };
        let all = "`stackanetes check` shows all";
        for (hidden, others, words) in [
            (9, 0, "not shown: 9 findings"),
            (0, 2, "not new, and not shown: 2 findings"),
            (1, 1, "not shown: 1 finding, and 1 finding that is not new"),
            (2, 3, "not shown: 2 findings, and 3 findings that are not new"),
        ] {
            assert_eq!(remark(hidden, others), Some(format!("{words}; {all}")));
        }
        assert_eq!(remark(0, 0), None);
    }
}
