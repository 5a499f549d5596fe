//! The same object twice.

use crate::diagnostic::identifier::Identifier;
use crate::object::field::FieldPath;

use super::directory::{Directory, Object};
use super::finding::Finding;

pub(super) fn check<'a>(directory: &Directory<'a>, object: &Object<'a>, findings: &mut Vec<Finding>) {
    let first = directory.find(&object.reference);
    if let Some(first) = first.filter(|first| !std::ptr::eq(first.manifest, object.manifest)) {
        let root = FieldPath::root();
        let (one, other) = (first.manifest, object.manifest);
        let is_same = one.gvk == other.gvk && one.value == other.value && one.generate == other.generate;
        let identifier = if is_same && one.generate.is_empty() {
            Identifier::RepeatedObject
        } else {
            Identifier::DuplicateObject
        };
        let finding = Finding::new(
            identifier,
            object,
            &root,
            format!("{} is there twice", object.reference),
        )
        .label("and again here")
        .beside(first, &root, "first here")
        .hint("remove one of the two, or give it another name");
        findings.push(finding);
    }
}
