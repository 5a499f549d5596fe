//! What becomes of an object.

use serde::Serialize;

use super::super::error::Errors;
use super::super::place::file_and_line;
use super::super::told::Told;
use super::super::warning::{Code, warnings};
use super::change::{Change, Writer};
use super::keeper::Keeper;
use super::reason::{Guess, Reason, Unverified};
use crate::kinds::rollout;
use crate::object::ObjectRef;
use crate::plan::{self, Action, SavedStep, SavedVersion, Work};
use crate::view::document::{PlanDocument, no_base, note_alone};

/// What becomes of an object, and why.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct Step<'a> {
    /// The object.
    object: &'a ObjectRef,
    /// What becomes of it.
    action: Action,
    /// Why the action is what it is.
    reason: Reason<'a>,
    /// The sentence for it, and for what it does besides.
    #[serde(skip_serializing_if = "String::is_empty")]
    message: String,
    /// The server's refusal, whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Errors>,
    /// Which object was there.
    #[serde(skip_serializing_if = "Option::is_none")]
    live: Option<SavedVersion>,
    /// The fields that change.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    changes: Vec<Change<'a>>,
    /// The keys of a Secret whose values are made in the cluster.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    generates: Vec<String>,
    /// Where git says so: `FILE:LINE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
    /// What it does to running pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    restarts: Option<Restarts>,
    /// Why the server could not be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    unverified: Option<Unverified<'a>>,
    /// Why causes are guessed.
    #[serde(skip_serializing_if = "Option::is_none")]
    guess: Option<Told<Guess<'a>>>,
    /// What to know of it besides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<Told<Code<'a>>>,
    /// The tool that keeps the object that is there, where that is not us.
    #[serde(skip_serializing_if = "Option::is_none")]
    keeper: Option<Keeper<'a>>,
    /// The id of the ApplySet that it is taken over from.
    #[serde(skip_serializing_if = "Option::is_none")]
    taken_from: Option<String>,
    /// The managers whose fields become ours first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    takes_from: Vec<&'a str>,
    /// The version that our fields are recorded in, where it is another than git writes.
    #[serde(skip_serializing_if = "Option::is_none")]
    moves_from: Option<&'a str>,
    /// The paths of the fields that a rule leaves to others.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    yielded: Vec<String>,
    /// The fields that people added by hand.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    beside: Vec<Beside<'a>>,
}

/// A field that somebody added by hand.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Beside<'a> {
    /// The path of the field.
    path: String,
    /// Who added it.
    writer: Writer<'a>,
}

/// What an update does to running pods.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct Restarts {
    /// How many pods start anew, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pods: Option<i64>,
    /// Whether they are those of a DaemonSet, one on every node that it selects.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    every_node: bool,
    /// Whether each starts anew only when somebody deletes it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    on_delete: bool,
}

impl From<plan::Restarts> for Restarts {
    fn from(restarts: plan::Restarts) -> Self {
        Self {
            pods: match restarts {
                plan::Restarts::Pods(pods) | plan::Restarts::Daemons(pods) => pods,
                plan::Restarts::OnDelete => None,
            },
            every_node: matches!(restarts, plan::Restarts::Daemons(_)),
            on_delete: matches!(restarts, plan::Restarts::OnDelete),
        }
    }
}

impl<'a> Step<'a> {
    pub(super) fn of(step: &'a plan::Step, document: &PlanDocument<'a>) -> Self {
        let heading = document.heading;
        let saved = SavedStep::of(step);
        let migration = match &step.work {
            Work::Apply(work) => work.migration.as_ref(),
            Work::Nothing | Work::Delete(_) | Work::Orphan(_) | Work::Await(_) => None,
        };
        let takes_from = migration.iter().flat_map(|migration| &migration.from);
        let changes = saved.changes.into_iter().zip(&step.changes);
        let changes = changes.map(|(saved, change)| {
            let by = heading.blame.of(&step.reference, &change.path);
            // Where no cluster keeps a key, the digests of Secrets are made with one of this run's own.
            let is_of_run = !heading.against.is_cluster() && rollout::digested(&change.path) == Some("Secret");
            let saved = if is_of_run { saved.masked() } else { saved };
            Change::of(saved, change, by)
        });
        let beside = step.tolerated.added.iter().map(|beside| Beside {
            path: beside.shown.to_string(),
            writer: (&beside.writer).into(),
        });
        let yielded = step.tolerated.yielded.iter();
        Self {
            object: &step.reference,
            action: step.action,
            reason: (&step.reason).into(),
            message: note_alone(step, document.plan, heading),
            error: match &step.reason {
                plan::Reason::Refused(error) => Some((&**error).into()),
                _ => None,
            },
            // Between two commits no object lives anywhere: whatever stands for one has no identity to tell.
            live: saved.live.filter(|_| heading.against.is_cluster()),
            changes: changes.collect(),
            generates: saved.generates,
            place: step.place.as_ref().map(file_and_line),
            restarts: step.restarts.map(|restarts| heading.known(restarts).into()),
            unverified: step.unverified.as_ref().map(Into::into),
            guess: step.guess.as_ref().map(|why| Told {
                code: why.into(),
                message: no_base(why),
            }),
            warnings: warnings(&step.reference, &step.warnings).collect(),
            keeper: step.keeper.as_ref().map(Into::into),
            taken_from: saved.taken_from,
            takes_from: takes_from.map(|manager| manager.name.as_str()).collect(),
            moves_from: step.moved.as_deref(),
            yielded: yielded.map(|yielded| yielded.path.to_string()).collect(),
            beside: beside.collect(),
        }
    }
}
