//! How much there is of everything in a plan.

use serde::Serialize;

use crate::plan::{Action, Plan};
use crate::view::document::Restarted;

/// How many objects there are of each action.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct ActionCounts {
    create: usize,
    update: usize,
    replace: usize,
    delete: usize,
    orphan: usize,
    conflict: usize,
    refused: usize,
    skip: usize,
    keep: usize,
    unchanged: usize,
}

impl ActionCounts {
    pub(super) fn of(plan: &Plan) -> Self {
        let count = |action| plan.of(action).count();
        Self {
            create: count(Action::Create),
            update: count(Action::Update),
            replace: count(Action::Replace),
            delete: count(Action::Delete),
            orphan: count(Action::Orphan),
            conflict: count(Action::Conflict),
            refused: count(Action::Refused),
            skip: count(Action::Skip),
            keep: count(Action::Keep),
            unchanged: plan.unchanged.len(),
        }
    }
}

/// What starts anew, in all.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct RestartTotals {
    /// The workloads whose pods start anew, but for DaemonSets.
    workloads: usize,
    /// How many pods they have; absent where it is not known of all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pods: Option<i64>,
    /// The DaemonSets whose pods start anew on every node.
    daemon_sets: usize,
    /// The workloads whose pods start anew only when they are deleted.
    on_delete: usize,
    /// The Jobs that run again.
    jobs: usize,
    /// How many pods a change of scale adds.
    added_pods: i64,
    /// How many pods a change of scale takes away.
    removed_pods: i64,
}

impl RestartTotals {
    pub(super) fn of(plan: &Plan) -> Self {
        let restarted = Restarted::of(plan);
        Self {
            workloads: restarted.workloads.len(),
            pods: restarted.pods,
            daemon_sets: restarted.daemons.len(),
            on_delete: restarted.on_delete.len(),
            jobs: restarted.jobs.len(),
            added_pods: restarted.added,
            removed_pods: restarted.removed,
        }
    }

    pub(super) fn is_nothing(&self) -> bool {
        [self.workloads, self.daemon_sets, self.on_delete, self.jobs] == [0; 4]
            && [self.added_pods, self.removed_pods] == [0; 2]
    }
}
