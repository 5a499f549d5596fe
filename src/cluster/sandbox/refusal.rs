//! What the sandbox refuses, in the words of an API server.

use crate::cluster::{CauseKind, ClusterError, Failure, FieldCause, Resource};
use crate::object::ObjectRef;
use crate::object::field::{FieldPath, Operation, PathElement};
use crate::ssa::merge::{Conflict, Fault, MergeError, Mistake, Shape};

/// `deployments.apps`
fn plural(resource: &Resource) -> String {
    match resource.gvk.group_kind.group.as_str() {
        "" => resource.plural.to_string(),
        group => format!("{}.{group}", resource.plural),
    }
}

/// The kind is not served, or not in this version.
pub(super) fn not_served() -> ClusterError {
    ClusterError::new(Failure::NotFound, "the server could not find the requested resource")
}

/// Whoever took the snapshot could not see objects of this kind.
pub(super) fn hidden(resource: &Resource) -> ClusterError {
    let message = format!(
        "{} are not in the snapshot: whoever took it may not list them",
        plural(resource)
    );
    ClusterError::new(Failure::Forbidden, message)
}

/// There is no such object.
pub(super) fn not_found(resource: &Resource, name: &str) -> ClusterError {
    ClusterError::new(Failure::NotFound, format!("{} {name:?} not found", plural(resource)))
}

/// There is no such namespace.
pub(super) fn namespace_missing(name: &str) -> ClusterError {
    ClusterError::new(Failure::NamespaceMissing, format!("namespaces {name:?} not found"))
}

/// The namespace is being deleted.
pub(super) fn namespace_terminating(resource: &Resource, name: &str, namespace: &str) -> ClusterError {
    let message = format!(
        "{} {name:?} is forbidden: unable to create new content in namespace {namespace} because it is being terminated",
        plural(resource)
    );
    ClusterError::new(Failure::NamespaceTerminating, message)
}

/// There is one already.
pub(super) fn already_exists(resource: &Resource, name: &str) -> ClusterError {
    ClusterError::new(
        Failure::AlreadyExists,
        format!("{} {name:?} already exists", plural(resource)),
    )
}

/// The version that was named is not the latest.
pub(super) fn modified(resource: &Resource, name: &str) -> ClusterError {
    conflict(
        resource,
        name,
        "the object has been modified; please apply your changes to the latest version and try again",
    )
}

/// A precondition does not hold.
pub(super) fn precondition(resource: &Resource, name: &str, what: &str, wanted: &str, found: &str) -> ClusterError {
    let message = format!("Precondition failed: {what} in precondition: {wanted}, {what} in object meta: {found}");
    conflict(resource, name, &message)
}

fn conflict(resource: &Resource, name: &str, why: &str) -> ClusterError {
    let message = format!("Operation cannot be fulfilled on {} {name:?}: {why}", plural(resource));
    ClusterError::new(Failure::Conflict, message)
}

/// What is applied names a UID, and the object has another.
pub(super) fn other_uid(reference: &ObjectRef, wanted: &str) -> ClusterError {
    let error = one_field(
        reference,
        FieldPath::of(&["metadata", "uid"]),
        CauseKind::Immutable,
        &format!("Invalid value: {wanted:?}: field is immutable"),
    );
    ClusterError {
        failure: Failure::Conflict,
        ..error
    }
}

/// A field has a value that it cannot have.
pub(super) fn one_field(reference: &ObjectRef, path: FieldPath, kind: CauseKind, why: &str) -> ClusterError {
    fields(reference, vec![cause(path, kind, why)])
}

/// A field and what is wrong with it.
pub(super) fn cause(path: FieldPath, kind: CauseKind, why: &str) -> FieldCause {
    FieldCause {
        path: Some(path),
        kind,
        message: why.to_owned(),
    }
}

/// Fields have values that they cannot have.
pub(super) fn fields(reference: &ObjectRef, causes: Vec<FieldCause>) -> ClusterError {
    let lines: Vec<_> = causes.iter().map(|cause| line(cause, FieldPath::to_string)).collect();
    let message = format!(
        "{} {:?} is invalid: {}",
        reference.kind,
        reference.name,
        lines.join(", ")
    );
    ClusterError {
        causes,
        ..ClusterError::new(Failure::Invalid, message)
    }
}

/// Fields that the schema of the kind does not allow.
pub(super) fn mistakes(reference: &ObjectRef, mistakes: &[Mistake]) -> ClusterError {
    let causes: Vec<FieldCause> = mistakes.iter().map(of_mistake).collect();
    let lines: Vec<_> = causes.iter().map(|cause| line(cause, server_path)).collect();
    let message = format!(
        "failed to create typed patch object ({reference}): {}",
        lines.join("\n")
    );
    ClusterError {
        causes,
        ..ClusterError::new(Failure::Invalid, message)
    }
}

/// Where a mistake is, and what it is: of an item that is there twice, the list is named.
fn of_mistake(mistake: &Mistake) -> FieldCause {
    let fault = &mistake.fault;
    let kind = match fault {
        Fault::Repeated => CauseKind::Duplicate,
        Fault::WrongType {
            expected: Shape::String,
            ..
        } => CauseKind::NotString,
        Fault::WrongType { .. } => CauseKind::WrongType,
        Fault::Undeclared | Fault::NoPlace(_) => CauseKind::Invalid,
    };
    match (fault, mistake.path.elements()) {
        (Fault::Repeated, [list @ .., item]) => {
            let item: FieldPath = std::iter::once(item.clone()).collect();
            let words = format!("duplicate entries for key {}", server_path(&item));
            cause(list.iter().cloned().collect(), kind, &words)
        }
        (fault, _) => cause(mistake.path.clone(), kind, &fault.to_string()),
    }
}

/// A cause on a line of its own, with its path as `spelled`.
fn line(cause: &FieldCause, spelled: fn(&FieldPath) -> String) -> String {
    let path = cause.path.as_ref().map(spelled).unwrap_or_default();
    format!("{path}: {}", cause.message)
}

/// What the merge refuses.
pub(super) fn of_merge(reference: &ObjectRef, refusal: MergeError) -> ClusterError {
    match refusal {
        MergeError::Invalid(found) => mistakes(reference, &found),
        MergeError::Conflicts(found) => conflicts(&found),
        MergeError::UnknownKind(_) => not_served(),
        MergeError::InvalidLive(_) | MergeError::Converted(_) => {
            ClusterError::new(Failure::Other, format!("{reference}: {refusal}"))
        }
    }
}

fn conflicts(conflicts: &[Conflict]) -> ClusterError {
    let causes = conflicts.iter().map(|Conflict { manager, path }| {
        let mut message = format!("conflict with {:?}", manager.name);
        if !manager.subresource.is_empty() {
            message += &format!(" with subresource {:?}", manager.subresource);
        }
        if manager.operation == Operation::Update {
            message += &format!(" using {}", manager.api_version);
        }
        cause(path.clone(), CauseKind::Owned, &message)
    });
    let causes: Vec<_> = causes.collect();
    let lines: Vec<_> = causes
        .iter()
        .map(|cause| {
            let path = cause.path.as_ref().map(server_path).unwrap_or_default();
            format!("{}: {path}", cause.message)
        })
        .collect();
    let plural = if causes.len() == 1 { "" } else { "s" };
    let message = format!(
        "Apply failed with {} conflict{plural}: {}",
        causes.len(),
        lines.join("\n")
    );
    ClusterError {
        causes,
        ..ClusterError::new(Failure::Conflict, message)
    }
}

/// A path as server-side apply writes it.
fn server_path(path: &FieldPath) -> String {
    let elements = path.elements().iter().map(|element| match element {
        PathElement::Field(name) => format!(".{name}"),
        PathElement::Key(keys) => {
            let pairs: Vec<_> = keys.iter().map(|(name, value)| format!("{name}={value}")).collect();
            format!("[{}]", pairs.join(","))
        }
        PathElement::Value(value) => format!("[={value}]"),
        PathElement::Index(index) => format!("[{index}]"),
    });
    elements.collect()
}
