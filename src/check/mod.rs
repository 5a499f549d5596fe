//! Mistakes that need no cluster to be seen: fields that no kind has, references that lead nowhere,
//! selectors that select nothing, disruption budgets that do nothing or too much, options that a
//! service does not have.
//!
//! Pure: what is checked is what was read. An object with the annotation [`CHECK`]`: ignore` means
//! what it says although the directory does not show it: only its fields are checked.

mod access;
mod configuration;
mod dependencies;
mod directory;
mod disruption;
mod elsewhere;
mod fields;
mod finding;
mod names;
pub mod oslo;
mod policies;
mod references;
mod scaling;
mod scope;
mod selector;
#[cfg(test)]
mod tests;
mod traffic;
mod twice;
mod volumes;
mod workloads;

use std::collections::BTreeMap;

use crate::object::GroupVersionKind;
use crate::source::Manifest;

use directory::{Directory, Object};

pub use finding::Finding;

/// The annotation of an object whose references and selectors are meant as they are: `ignore`.
pub const CHECK: &str = "stackanetes.io/check";

/// What was found.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The mistakes, by file and line.
    pub findings: Vec<Finding>,
    /// How many objects were looked at.
    pub objects: usize,
    /// The kinds of which no schema is known, and how many objects are of each: their fields were
    /// not checked.
    pub not_checked: BTreeMap<GroupVersionKind, usize>,
}

/// A rule looks at one object, and at what is around it.
type Rule = for<'a> fn(&Directory<'a>, &Object<'a>, &mut Vec<Finding>);

/// What is wrong whatever is elsewhere.
const OF_ITSELF: [Rule; 5] = [
    twice::check,
    scope::check,
    fields::check,
    names::check,
    configuration::check,
];

/// What may be meant, where something is elsewhere.
const OF_OTHERS: [Rule; 9] = [
    references::check,
    volumes::check,
    workloads::check,
    traffic::check,
    access::check,
    scaling::check,
    policies::check,
    disruption::check,
    dependencies::check,
];

/// Checks manifests; those that name no namespace are in `default_namespace`.
pub fn check(manifests: &[Manifest], default_namespace: &str) -> Checked {
    let directory = Directory::new(manifests, default_namespace);
    let mut findings = Vec::new();
    for object in &directory.objects {
        for rule in OF_ITSELF {
            rule(&directory, object, &mut findings);
        }
        for rule in OF_OTHERS.iter().filter(|_| !object.is_ignored()) {
            rule(&directory, object, &mut findings);
        }
    }
    findings.sort_by(|one, other| one.order().cmp(&other.order()));
    findings.dedup();
    Checked {
        findings,
        objects: manifests.len(),
        not_checked: fields::not_checked(&directory),
    }
}
