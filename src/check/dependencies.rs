//! What an object is said to depend on.

use crate::diagnostic::identifier::Identifier;
use crate::object::HIDDEN;
use crate::plan::order::{DEPENDS_ON, SYNTAX, references};

use super::directory::{CheckedDirectory, CheckedObject};
use super::finding::Finding;

pub(super) fn check<'a>(directory: &CheckedDirectory<'a>, object: &CheckedObject<'a>, findings: &mut Vec<Finding>) {
    let at = object.at(&["metadata", "annotations", DEPENDS_ON]);
    let is_secret = object.is_secret(&at.path);
    for (text, reference) in references(at.text().unwrap_or_default()) {
        let shown = if is_secret { HIDDEN } else { text };
        match reference {
            None => {
                let message = format!("`{shown}` is not a reference to an object");
                findings.push(Finding::new(Identifier::InvalidReference, object, &at.path, message).hint(SYNTAX));
            }
            Some(reference) if directory.find(&reference).is_none() => {
                let message = format!("{} depends on {shown}, which is not in the directory", object.reference);
                let finding = Finding::new(Identifier::MissingObject, object, &at.path, message);
                findings.push(finding.hint("add its manifest, or take the reference out"));
            }
            Some(_) => {}
        }
    }
}
