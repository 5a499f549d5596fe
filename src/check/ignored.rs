//! Findings that somebody said are meant: by a rule of `stackanetes.yaml`, or by an annotation of the object.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::identifier::Identifier;
use crate::source::IgnoredFinding;

use super::directory::Object;
use super::finding::Finding;

/// The annotation of an object of which these findings are meant: identifiers, with commas between them.
pub const IGNORE_FINDINGS: &str = "stackanetes.io/ignore-findings";

/// How many findings of each identifier were ignored.
pub type Ignored = BTreeMap<Identifier, usize>;

/// Takes what is meant out of the findings about `object`, and counts it. An annotation that names no finding is
/// one itself.
pub(super) fn take_out(
    findings: &mut Vec<Finding>,
    object: &Object<'_>,
    rules: &[IgnoredFinding],
    ignored: &mut Ignored,
) {
    let annotated = annotated(object, findings);
    findings.retain(|finding| {
        let identifier = finding.identifier;
        let place = finding.places.first().map(|(place, _)| place);
        let is_ignored = annotated.contains(&identifier)
            || rules
                .iter()
                .any(|rule| rule.is_about(identifier, &object.reference, place));
        if is_ignored {
            *ignored.entry(identifier).or_default() += 1;
        }
        !is_ignored
    });
}

/// The identifiers that the object's annotation names.
fn annotated(object: &Object<'_>, findings: &mut Vec<Finding>) -> BTreeSet<Identifier> {
    let at = object.at(&["metadata", "annotations", IGNORE_FINDINGS]);
    let names = object.quoted(&at).split(',').map(str::trim);
    let mut identifiers = BTreeSet::new();
    for name in names.filter(|name| !name.is_empty()) {
        match Identifier::parse(name) {
            Ok(identifier) => _ = identifiers.insert(identifier),
            Err(error) => {
                let finding = Finding::new(Identifier::UnknownIdentifier, object, &at.path, error.message());
                findings.push(error.hints().iter().fold(finding, Finding::hint));
            }
        }
    }
    identifiers
}
