//! Jobs that do what cannot be undone, as the migration of a database's schema: what was done, and what it
//! means to go back across it.
//!
//! A Job says so itself, by an annotation. What it did is kept in the parent of the ApplySet and outlives
//! the Job: from which commit it ran, and with which inputs. To sync a commit that does not have that one
//! among its earlier ones, and in which the Job has other inputs or is not there, is to go back across it.

use super::{Done, is_job};
use crate::object::commit::Commit;
use crate::object::field::FieldPath;
use crate::object::{COMPONENT, DesiredObject, ObjectRef};

/// The annotation on a Job: what it does that cannot be undone, in words for whoever wants to go back.
pub const IRREVERSIBLE: &str = "stackanetes.io/irreversible";

/// The annotation on such a Job: the name of the Job that backs up before, `NAME` in its own namespace or
/// `NAMESPACE/NAME`.
pub const BACKUP: &str = "stackanetes.io/backup";

/// A Job that a sync goes back across.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crossed {
    /// The Job that did it.
    pub job: ObjectRef,
    /// What it did, in the words of its annotation.
    pub reason: String,
    /// The commit that it ran from.
    pub ran: Commit,
    /// Whether that commit could be looked for: a clone that is not whole does not have it.
    pub is_certain: bool,
}

impl Done {
    /// What a desired object does when it is synced from this commit, if it is a Job that declares it.
    pub fn declared(object: &DesiredObject, revision: Option<&Commit>) -> Option<(ObjectRef, Self)> {
        if !is_job(&object.reference.kind) {
            return None;
        }
        let reason = object.annotation(IRREVERSIBLE)?.trim();
        let path = FieldPath::of(&["metadata", "annotations", IRREVERSIBLE]);
        let is_secret = object.origins.is_secret(&path);
        let done = Self {
            reason: if is_secret { "(not shown)" } else { reason }.to_owned(),
            revision: revision.cloned(),
            inputs: object.inputs.clone()?,
            component: object.label(COMPONENT).map(str::to_owned),
        };
        Some((object.reference.clone(), done))
    }
}
