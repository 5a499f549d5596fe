//! What others did in a history, as far as it matters afterwards.

use std::collections::BTreeSet;

use super::second;
use super::server::Snapshot;
use super::step::{Id, Other, Write};

/// What others did.
#[derive(Debug, Default)]
pub struct Theirs {
    /// What they wrote to.
    pub touched: BTreeSet<Id>,
    /// What they made, and is theirs still.
    pub made: BTreeSet<Id>,
}

impl Theirs {
    /// After a write that the API server let them do.
    pub fn wrote(&mut self, other: &Other) {
        self.touched.insert(other.object.clone());
        if let Write::Create { .. } = other.write {
            self.made.insert(other.object.clone());
        }
    }

    /// After a sync: what became a member of our `set` is not theirs any more.
    pub fn lose(&mut self, after: &Snapshot, set: Option<&str>) {
        let is_ours = |id: &Id| set.is_some() && after.get(id).and_then(second::set_of) == set;
        self.made.retain(|id| !is_ours(id));
    }

    /// After a sync of another ApplySet, which was to have these objects.
    pub fn gain(&mut self, wanted: impl Iterator<Item = Id>, after: &Snapshot, set: Option<&str>) {
        let is_member = |id: &Id| after.get(id).and_then(second::set_of).is_some();
        self.made.extend(wanted.filter(is_member));
        self.lose(after, set);
    }
}
