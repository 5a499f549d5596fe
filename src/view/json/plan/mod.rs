//! A plan: what a saved one holds, with what a reviewer wants to know besides.

mod change;
mod danger;
mod edit;
mod facts;
mod finding;
mod keeper;
mod reason;
mod step;
mod totals;

use serde::Serialize;

use self::danger::Danger;
use self::edit::Edit;
use self::facts::{ComparedWith, Crossed, LastSync, NotCurrent, ObjectWarning, RecurringDrift, Revision, Takeover};
pub(super) use self::facts::{Forgotten, NotCompared};
use self::finding::Finding;
use self::step::Step;
use self::totals::{ActionCounts, RestartTotals};
use super::super::document::{PlanDocument, not_current, not_shown};
use super::DocumentKind;
use super::refusal::Refusal;
use super::told::Told;
use super::warning::warnings;
use crate::object::commit::Commit;
use crate::plan::{ApplySetName, MadeOf};

/// A plan. With `madeOf`, `sync --plan` takes it.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct Plan<'a> {
    /// What it is bound to.
    #[serde(skip_serializing_if = "Option::is_none")]
    made_of: Option<MadeOf>,
    /// The ApplySet; absent where there is none, so that nothing is pruned.
    #[serde(skip_serializing_if = "Option::is_none")]
    apply_set: Option<ApplySetName>,
    #[serde(flatten)]
    cluster: ComparedWith<'a>,
    /// The environment.
    #[serde(skip_serializing_if = "Option::is_none")]
    environment: Option<&'a str>,
    /// The environments that change between the two commits and are not shown.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    environments_not_shown: &'a [String],
    /// The commit.
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<Revision<'a>>,
    /// The last sync that was completed.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_synced: Option<LastSync<'a>>,
    /// The commit that was synced last, where this one is not a later one.
    #[serde(skip_serializing_if = "Option::is_none")]
    goes_back_from: Option<&'a Commit>,
    /// The Jobs whose work it goes back across.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    goes_back_across: Vec<Crossed<'a>>,
    /// Whether everything is as git wants it, and nothing changes in an environment that is not shown.
    in_sync: bool,
    /// How many objects there are of each action.
    counts: ActionCounts,
    /// What starts anew.
    #[serde(skip_serializing_if = "RestartTotals::is_nothing")]
    restarts: RestartTotals,
    /// Why a sync refuses to begin.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    refusals: Vec<Told<Refusal<'a>>>,
    /// The kinds that could not be compared.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_compared: Vec<NotCompared<'a>>,
    /// That the ApplySet's parent does not say where all members are.
    #[serde(skip_serializing_if = "Option::is_none")]
    forgotten: Option<Forgotten<'a>>,
    /// What stays as it is, and is not Current.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_current: Vec<NotCurrent<'a>>,
    /// What to know of objects that stay as they are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<ObjectWarning<'a>>,
    /// Drift that was put back before and came again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    again: Vec<RecurringDrift<'a>>,
    /// What is taken over from each ApplySet that was named for it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    takeovers: Vec<Takeover<'a>>,
    /// How many objects differ and are not among `steps`, since only some were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_shown: Option<usize>,
    /// How many objects of the directory are not selected.
    not_selected: usize,
    /// What a check of the directory finds: what the change brings, and what a sync refuses for; at most 100.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    findings: Vec<Finding<'a>>,
    /// How many findings about its objects there are besides.
    #[serde(skip_serializing_if = "Option::is_none")]
    other_findings: Option<usize>,
    /// What a reviewer must not overlook, the worst first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dangers: Vec<Danger<'a>>,
    /// The edits in git that change several objects.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    edits: Vec<Edit<'a>>,
    /// What becomes of each object that does not stay as it is.
    steps: Vec<Step<'a>>,
}

impl DocumentKind for Plan<'_> {
    const KIND: &'static str = crate::plan::KIND;
}

impl<'a> Plan<'a> {
    pub(super) fn of(document: &'a PlanDocument<'a>, made_of: Option<MadeOf>) -> Self {
        let (plan, heading) = (document.plan, document.heading);
        let cluster = ComparedWith::of(heading.against);
        // Between two commits there is no cluster that anybody synced.
        let parent = plan.facts.parent.as_ref().filter(|_| cluster.is_there());
        let last = parent.and_then(|parent| parent.completed.as_ref());
        let warned = plan.unchanged.iter().flat_map(|settled| {
            let object = &settled.reference;
            warnings(object, &settled.warnings).map(move |warning| ObjectWarning { object, warning })
        });
        let findings = &document.findings.told;
        let other_findings = document.findings.others + findings.len().saturating_sub(finding::MOST);
        Self {
            made_of,
            apply_set: plan.facts.set.as_ref().map(Into::into),
            cluster,
            environment: heading.environment,
            environments_not_shown: heading.elsewhere,
            revision: heading.revision.map(Into::into),
            last_synced: last.map(Into::into),
            goes_back_from: plan.back.from.as_ref(),
            goes_back_across: plan.back.crossed.iter().map(Into::into).collect(),
            in_sync: plan.is_in_sync() && heading.elsewhere.is_empty(),
            counts: ActionCounts::of(plan),
            restarts: RestartTotals::of(plan),
            refusals: plan.refusals.iter().map(Refusal::told).collect(),
            not_compared: plan.facts.not_compared.iter().map(Into::into).collect(),
            forgotten: plan.facts.forgotten.as_ref().map(Into::into),
            not_current: not_current(plan, heading).into_iter().map(Into::into).collect(),
            warnings: warned.collect(),
            again: plan.recurring_drift().map(Into::into).collect(),
            takeovers: plan.takeovers().map(Into::into).collect(),
            not_shown: Some(not_shown(plan, heading)).filter(|_| !heading.only.is_empty()),
            not_selected: heading.not_selected,
            findings: findings.iter().take(finding::MOST).map(Finding::of).collect(),
            other_findings: Some(other_findings).filter(|count| *count > 0),
            dangers: document
                .dangers
                .iter()
                .map(|danger| Danger::of(danger, heading))
                .collect(),
            edits: document.edits.edits.iter().map(Edit::of).collect(),
            steps: document.shown_steps().map(|step| Step::of(step, document)).collect(),
        }
    }
}
