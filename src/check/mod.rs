//! Mistakes that need no cluster to be seen: fields that no kind has, references that lead nowhere,
//! selectors that select nothing, disruption budgets that do nothing or too much, options that a
//! service does not have.
//!
//! Every finding has an identifier, and what is meant as it is can be ignored by that: by a rule of
//! `stackanetes.yaml` for many objects at once, or by the annotation [`IGNORE_FINDINGS`] for one. An object with the
//! annotation [`CHECK`]`: ignore` means what it says although the directory does not show it: only its fields are
//! checked.
//!
//! Pure: what is checked is what was read.

mod access;
mod configuration;
mod dependencies;
mod directory;
mod disruption;
mod elsewhere;
mod fields;
mod finding;
mod ignored;
mod names;
pub mod oslo;
mod policies;
mod references;
mod running;
mod scaling;
mod scope;
mod sealed;
mod selector;
#[cfg(test)]
mod tests;
mod traffic;
mod twice;
mod volumes;
mod workloads;

use std::collections::BTreeMap;

use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

use crate::diagnostic::error::Error;
use crate::diagnostic::identifier::Identifier;
use crate::object::GroupVersionKind;
use crate::source::{IgnoredFinding, Manifest, bounded};

use directory::{CheckedDirectory, CheckedObject};
use ignored::Filter;
use sealed::SealedObjects;

pub use finding::Finding;
pub use ignored::{IGNORE_FINDINGS, Ignored};

/// The annotation of an object whose references and selectors are meant as they are: `ignore`.
pub const CHECK: &str = "stackanetes.io/check";

/// The findings of a directory.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The mistakes, by file and line.
    pub findings: Vec<Finding>,
    /// What else was found, and is meant as it is.
    pub ignored: Ignored,
    /// How many objects were looked at.
    pub objects: usize,
    /// The kinds of which no schema is known, and how many objects are of each: their fields were
    /// not checked.
    pub not_checked: BTreeMap<GroupVersionKind, usize>,
    /// How many files could not be decrypted: what is encrypted in them was not checked.
    pub encrypted: usize,
}

impl Checked {
    /// The findings of an input that could not be read: each of the errors that were found together is one, at its
    /// place.
    pub fn unreadable(error: &Error) -> Self {
        let findings = error
            .each()
            .map(|error| Finding::of_error(Identifier::UnreadableInput, error));
        Self {
            findings: findings.collect(),
            ignored: Ignored::default(),
            objects: 0,
            not_checked: BTreeMap::new(),
            encrypted: 0,
        }
    }
}

/// A rule looks at one object, and at what is around it.
type CheckRule = for<'a> fn(&CheckedDirectory<'a>, &CheckedObject<'a>, &mut Vec<Finding>);

/// What is wrong whatever is elsewhere.
const OF_ITSELF: [CheckRule; 5] = [
    twice::check,
    scope::check,
    fields::check,
    names::check,
    configuration::check,
];

/// What may be meant, where something is elsewhere.
const OF_OTHERS: [CheckRule; 9] = [
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

/// What is wrong with an object, ignored or not.
fn found_in<'a>(
    object: &CheckedObject<'a>,
    directory: &CheckedDirectory<'a>,
    sealed: &SealedObjects<'_>,
) -> Vec<Finding> {
    let mut found = Vec::new();
    for rule in OF_ITSELF {
        rule(directory, object, &mut found);
    }
    let mut of_others = Vec::new();
    for rule in OF_OTHERS.iter().filter(|_| !object.is_ignored()) {
        rule(directory, object, &mut of_others);
    }
    sealed.take_out(object, &mut of_others);
    found.append(&mut of_others);
    found.retain(|finding| !finding.needs_ciphertext());
    found
}

/// Checks manifests; those that name no namespace are in `default_namespace`. What `rules` are about is ignored.
/// `encrypted` files of those that they were read from could not be decrypted.
pub fn check(manifests: &[Manifest], default_namespace: &str, rules: &[IgnoredFinding], encrypted: usize) -> Checked {
    let directory = CheckedDirectory::new(manifests, default_namespace);
    let (mut findings, mut filter) = (Vec::new(), Filter::new(rules));
    let sealed = SealedObjects::of(&directory);
    let objects = directory.objects.par_iter();
    let found_in = |object| found_in(object, &directory, &sealed);
    let found: Vec<_> = bounded::on_all_cores(|| objects.map(found_in).collect());
    for (object, mut found) in directory.objects.iter().zip(found) {
        filter.take_out(&mut found, object);
        findings.append(&mut found);
    }
    findings.sort_by(|one, other| one.order().cmp(&other.order()));
    findings.dedup();
    Checked {
        findings,
        ignored: filter.finish(),
        objects: manifests.len(),
        not_checked: fields::not_checked(&directory),
        encrypted,
    }
}
