//! What the steps of a plan take: what is done for desired objects, and for members that git does not want.

use std::collections::BTreeMap;

use super::apply::Agreed;
use super::event::Outcome;
use super::first::{self, InTheWay};
use super::parent::Extents;
use crate::object::ObjectRef;
use crate::plan::{Action, InSync, Reason, Step};

/// The steps for members that are not to be members any more.
#[derive(Default)]
pub(super) struct Leaving {
    /// The objects that are deleted, or kept.
    pub(super) deletes: Vec<Step>,
    /// The objects that stay in the cluster.
    pub(super) orphans: Vec<Step>,
}

/// What there is to do.
#[derive(Default)]
pub(super) struct Tasks {
    /// The tasks of the desired objects.
    pub(super) nodes: Vec<(ObjectRef, Task)>,
    /// The members that are not to be members any more.
    pub(super) leaving: Leaving,
    /// Those of them that are in the way of desired objects.
    pub(super) displaced: BTreeMap<ObjectRef, InTheWay>,
}

impl Tasks {
    /// What these steps take; all they are about is noted in `members`.
    pub(super) fn of(steps: Vec<Step>, members: &mut Extents) -> Self {
        let displaced = first::displaced(&steps);
        let mut tasks = Self::default();
        for step in steps {
            members.note(&step);
            let reference = step.reference.clone();
            let task = match step.action {
                Action::Delete if displaced.contains(&reference) => {
                    tasks.displaced.insert(reference, InTheWay::Here(Box::new(step)));
                    continue;
                }
                Action::Delete | Action::Keep => {
                    tasks.leaving.deletes.push(step);
                    continue;
                }
                Action::Orphan => {
                    tasks.leaving.orphans.push(step);
                    continue;
                }
                Action::Conflict => Some(Task::Leave(Outcome::Conflict)),
                Action::Refused => {
                    let error = match step.reason {
                        Reason::Refused(error) => Some(error),
                        _ => None,
                    };
                    Some(Task::Leave(Outcome::Refused(error)))
                }
                Action::Skip => Some(Task::Leave(Outcome::Skipped)),
                Action::Create | Action::Update | Action::Replace => Agreed::of(step).map(Task::Apply),
            };
            tasks.nodes.extend(task.map(|task| (reference, task)));
        }
        tasks
    }
}

/// What there is to do for one desired object.
pub(super) enum Task {
    Apply(Agreed),
    Await(Box<InSync>),
    Leave(Outcome),
    /// Nothing: it stands for what it depends on.
    Pass,
}
