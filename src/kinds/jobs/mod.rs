//! Jobs run again when their declared inputs change, and not otherwise.
//!
//! A Job says by an annotation what it is made of ([`Declared`]). Digests of that ([`InputDigests`]) are
//! noted on the Job and, once it has completed, kept in the parent of the ApplySet, so that they
//! outlive it. Whether it runs again is decided from both ([`JobRun`]).

mod declared;
mod irreversible;
mod run;
#[cfg(test)]
mod tests;

pub use crate::applyset::jobs::{Done, Irreversible, Recorded, reference};
pub use crate::object::inputs::{DIGESTS, InputDigests};
pub use declared::{Declared, declared};
pub use irreversible::{BACKUP, Crossed, IRREVERSIBLE};
pub use run::{JobRun, Why, is_generated, temporary_name};

use crate::object::field::FieldPath;
use crate::object::{DesiredObject, GroupKind, ObjectRef};

/// The annotation on a Job: what its inputs are.
pub const INPUTS: &str = "stackanetes.io/inputs";

/// Whether objects of this kind are Jobs.
pub fn is_job(kind: &GroupKind) -> bool {
    kind.is("batch", "Job")
}

/// Whether the inputs of a Job must not be named: what it declares was made from what must not be shown.
pub fn hides_inputs(job: &DesiredObject) -> bool {
    job.origins
        .is_secret(&FieldPath::of(&["metadata", "annotations", INPUTS]))
}

/// Whether `name`, as a person gives it, is this Job: `NAME` or `NAMESPACE/NAME`.
pub fn names(job: &ObjectRef, name: &str) -> bool {
    match name.split_once('/') {
        Some((namespace, name)) => job.namespace.as_deref() == Some(namespace) && job.name == name,
        None => job.name == name,
    }
}
