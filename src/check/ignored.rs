//! Findings that somebody said are meant: by a rule of `stackanetes.yaml`, or by an annotation of the object.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::identifier::Identifier;
use crate::diagnostic::place::Place;
use crate::source::IgnoredFinding;

use super::directory::CheckedObject;
use super::finding::Finding;

/// The annotation of an object of which these findings are meant: identifiers, with commas between them.
pub const IGNORE_FINDINGS: &str = "stackanetes.io/ignore-findings";

/// The findings that were left out, and the rules that left them out.
#[derive(Debug, Clone, Default)]
pub struct Ignored {
    /// How many findings of each identifier.
    pub counts: BTreeMap<Identifier, usize>,
    /// The rules that are about nothing that was found, at their places.
    pub idle: Vec<Place>,
}

/// Takes out what is meant, and keeps count of it.
pub(super) struct Filter<'r> {
    /// The rules, and whether anything was found that each is about.
    rules: Vec<(&'r IgnoredFinding, bool)>,
    counts: BTreeMap<Identifier, usize>,
}

impl<'r> Filter<'r> {
    pub(super) fn new(rules: &'r [IgnoredFinding]) -> Self {
        Self {
            rules: rules.iter().map(|rule| (rule, false)).collect(),
            counts: BTreeMap::new(),
        }
    }

    /// Takes what is meant out of the findings about `object`. An annotation that names no finding is one itself.
    pub(super) fn take_out(&mut self, findings: &mut Vec<Finding>, object: &CheckedObject<'_>) {
        let annotated = annotated(object, findings);
        findings.retain(|finding| {
            let is_ignored = self.has_rule(finding, object) | annotated.contains(&finding.identifier);
            if is_ignored {
                *self.counts.entry(finding.identifier).or_default() += 1;
            }
            !is_ignored
        });
    }

    fn has_rule(&mut self, finding: &Finding, object: &CheckedObject<'_>) -> bool {
        let place = finding.places.first().map(|(place, _)| place);
        let mut has_rule = false;
        for (rule, is_used) in &mut self.rules {
            if rule.is_about(finding.identifier, &object.reference, place) {
                (*is_used, has_rule) = (true, true);
            }
        }
        has_rule
    }

    /// All findings that were left out.
    pub(super) fn finish(self) -> Ignored {
        let idle = self.rules.into_iter().filter(|(_, is_used)| !is_used);
        Ignored {
            counts: self.counts,
            idle: idle.map(|(rule, _)| rule.place.clone()).collect(),
        }
    }
}

/// The identifiers that the object's annotation names.
fn annotated(object: &CheckedObject<'_>, findings: &mut Vec<Finding>) -> BTreeSet<Identifier> {
    let at = object.at(&["metadata", "annotations", IGNORE_FINDINGS]);
    let quoted = object.quoted(&at);
    let names = quoted.split(',').map(str::trim);
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
