//! The same object twice.

use crate::diagnostic::identifier::Identifier;
use crate::object::field::FieldPath;

use super::directory::{CheckedDirectory, CheckedObject};
use super::finding::Finding;

pub(super) fn check<'a>(directory: &CheckedDirectory<'a>, object: &CheckedObject<'a>, findings: &mut Vec<Finding>) {
    let first = directory.find(&object.reference);
    if let Some(first) = first.filter(|first| !std::ptr::eq(first.manifest, object.manifest)) {
        let root = FieldPath::root();
        let (one, other) = (first.manifest, object.manifest);
        let identifier = if one.is_repeated_by(&other.gvk, &other.value, &other.generate) {
            Identifier::RepeatedObject
        } else {
            Identifier::DuplicateObject
        };
        let finding = Finding::new(
            identifier,
            object,
            &root,
            format!("duplicate object {}", object.reference),
        )
        .label("and again here")
        .beside(first, &root, "first here")
        .hint("remove one of the two, or give it another name");
        findings.push(finding);
    }
}
