//! What of git's history stands behind a change.

use std::collections::HashMap;

use crate::object::ObjectRef;
use crate::object::commit::Commit;
use crate::object::field::FieldPath;

/// What made git say something else than it did.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum GitChange {
    /// This commit.
    Commit {
        /// Its id.
        commit: Commit,
        /// The first line of its message.
        subject: String,
        /// The name of who wrote it.
        author: String,
    },
    /// Files that differ from the commit.
    Uncommitted,
    /// No commit: another environment, or other `--set`.
    Parameters,
    /// No commit, up to the one that is compared: git did not have it yet.
    NotYet,
}

/// What stands behind each change that git made. It is found once a plan is made, and shown beside it.
///
/// ```
/// use stackanetes::object::field::FieldPath;
/// use stackanetes::object::{GroupKind, ObjectRef};
/// use stackanetes::plan::compare::{Blame, GitChange};
///
/// let web = ObjectRef { kind: GroupKind::new("apps", "Deployment"), namespace: Some("shop".into()), name: "web".into() };
/// let replicas = FieldPath::of(&["spec", "replicas"]);
/// let mut blame = Blame::default();
/// blame.note(web.clone(), replicas.clone(), GitChange::Uncommitted);
/// assert_eq!(blame.of(&web, &replicas), Some(&GitChange::Uncommitted));
/// assert_eq!(blame.of_object(&web), None);
/// ```
#[derive(Debug, Default)]
pub struct Blame {
    changes: HashMap<ObjectRef, HashMap<FieldPath, GitChange>>,
    /// How many fields each commit changed, and how many objects it dropped, together.
    counts: HashMap<Commit, usize>,
}

impl Blame {
    /// Notes what changed a field; or, where the field is the root, what dropped the object.
    pub fn note(&mut self, object: ObjectRef, field: FieldPath, change: GitChange) {
        if let GitChange::Commit { commit, .. } = &change {
            *self.counts.entry(commit.clone()).or_default() += 1;
        }
        self.changes.entry(object).or_default().insert(field, change);
    }

    /// Whether a commit stands behind several changes.
    pub fn is_behind_several(&self, commit: &Commit) -> bool {
        self.counts.get(commit).is_some_and(|count| *count > 1)
    }

    /// What changed a field, where that was looked for and found.
    pub fn of(&self, object: &ObjectRef, field: &FieldPath) -> Option<&GitChange> {
        self.changes.get(object)?.get(field)
    }

    /// What dropped an object, where that was looked for and found.
    pub fn of_object(&self, object: &ObjectRef) -> Option<&GitChange> {
        self.of(object, &FieldPath::root())
    }
}
