//! Whether a Job runs again: decided from what git wants, what there is, and what was recorded.

use sha2::{Digest as _, Sha256};

use super::{InputDigests, hides_inputs};
use crate::applyset::inventory::{self, ApplySet};
use crate::kinds::health;
use crate::object::field::{FieldPath, PathElement};
use crate::object::{DesiredObject, LiveObject};

/// What is to be done about a Job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobRun {
    /// What is done about any object. It may be no Job at all.
    Plain,
    /// Nothing: it ran with these inputs, or runs with them.
    UpToDate,
    /// The Job does not run, and only what we note on it changes; its spec stays as it is.
    Noted,
    /// The Job is run, in place of the one that is there or was there.
    Again(Why),
}

/// Why a Job runs again, in facts that a view turns into words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// These inputs changed; some that must not be named, where there is none.
    Changed(Vec<String>),
    /// The Job failed.
    Failed,
    /// Somebody asked for it.
    Asked,
    /// No digests are noted on it, and it cannot be changed to what git wants.
    Fixed,
}

impl JobRun {
    /// Decides for one desired object. `recorded` are the inputs that it completed with, if it did;
    /// `is_fixed` is whether the server has said that the live one cannot be changed to what git wants.
    pub fn of(
        desired: &DesiredObject,
        live: Option<&LiveObject>,
        recorded: Option<&InputDigests>,
        set: Option<&ApplySet>,
        rerun: &[String],
        is_fixed: bool,
    ) -> Self {
        let Some(inputs) = &desired.inputs else {
            return Self::Plain;
        };
        if is_named(desired, rerun) {
            return Self::Again(Why::Asked);
        }
        let told = |names| if hides_inputs(desired) { Vec::new() } else { names };
        let changed_since = |earlier: &InputDigests| {
            let names = Some(inputs.changed_since(earlier)).filter(|names| !names.is_empty());
            names.map(told)
        };
        let Some(live) = live.filter(|live| live.deletion_timestamp().is_none()) else {
            return match recorded.map(changed_since) {
                None => Self::Plain,
                Some(None) => Self::UpToDate,
                Some(Some(names)) => Self::Again(Why::Changed(names)),
            };
        };
        let noted = InputDigests::noted(live);
        if let Some(names) = noted.as_ref().and_then(changed_since) {
            return Self::Again(Why::Changed(names));
        }
        if health::has_failed(live) {
            return Self::Again(Why::Failed);
        }
        match noted {
            None if is_fixed => Self::Again(Why::Fixed),
            // What of it can change while it runs is changed as in any object.
            Some(_) if !is_fixed && !health::is_complete(live) => Self::Plain,
            None => Self::Plain,
            Some(noted) => {
                let joins = set.is_some_and(|set| inventory::member_of(live) != Some(&set.id()));
                if joins || inputs.adds_to(Some(&noted)) {
                    Self::Noted
                } else {
                    Self::UpToDate
                }
            }
        }
    }
}

/// Whether one of `names` is this Job: `NAME` or `NAMESPACE/NAME`.
fn is_named(desired: &DesiredObject, names: &[String]) -> bool {
    names.iter().any(|name| super::names(&desired.reference, name))
}

/// A name under which the server can be asked whether it would accept a Job, while another has its
/// own name. No longer than a Job's may be, and nobody else's.
pub fn temporary_name(name: &str, uid: &str) -> String {
    const LONGEST: usize = 63;
    let hash = Sha256::digest(uid);
    let suffix: String = hash.iter().take(10).map(|byte| char::from(b'a' + byte % 26)).collect();
    let mut short: String = name.chars().take(LONGEST - 1 - suffix.len()).collect();
    short.truncate(short.trim_end_matches(['-', '.']).len());
    format!("{short}-{suffix}")
}

/// Whether the server makes this field of a Job from its UID and its name.
pub fn is_generated(path: &FieldPath) -> bool {
    const LABELS: [&str; 4] = [
        "controller-uid",
        "job-name",
        "batch.kubernetes.io/controller-uid",
        "batch.kubernetes.io/job-name",
    ];
    let is_label = matches!(path.elements().last(), Some(PathElement::Field(name)) if LABELS.contains(&name.as_str()));
    is_label && path.is_under(&["spec"])
}
