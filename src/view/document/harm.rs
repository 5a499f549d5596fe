//! Which change is read first.

use crate::plan::{Action, Step};

/// How far behind an object stands where those come first whose change may do harm.
pub(in crate::view) fn harm(step: &Step) -> u8 {
    match step.action {
        Action::Conflict | Action::Refused => 0,
        Action::Delete => 1,
        Action::Replace => 2,
        Action::Skip => 3,
        Action::Update if step.restarts.is_some() => 4,
        Action::Update | Action::Orphan => 5,
        Action::Create if !step.grants.is_empty() => 6,
        Action::Create => 7,
        Action::Keep => 8,
    }
}
