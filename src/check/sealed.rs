//! What cannot be checked, since nobody decrypted it.
//!
//! Where there is no identity, a ciphertext stands for a value. Nothing is known of the value, so nothing is said
//! of it, nor of what it may make right. The names of fields and of objects are never encrypted.

use std::collections::BTreeSet;

use serde_json::Value;

use super::directory::{CheckedDirectory, CheckedObject};
use super::finding::Finding;
use crate::diagnostic::identifier::Identifier;
use crate::object::ObjectRef;
use crate::sops;

/// The objects of the directory that hold ciphertexts.
#[derive(Debug)]
pub(super) struct SealedObjects<'a>(Vec<SealedObject<'a>>);

#[derive(Debug)]
struct SealedObject<'a> {
    reference: ObjectRef,
    /// The fields, at any depth, that are or hold ciphertexts.
    fields: BTreeSet<&'a str>,
    /// Whether it may make other objects: it is of a custom kind.
    is_maker: bool,
}

/// Which fields decide whether something that looks wrong is right.
struct DecidingFields {
    /// The fields of the object that the finding is about.
    own: &'static [&'static str],
    /// The fields of the others in its namespace.
    others: &'static [&'static str],
}

impl<'a> SealedObjects<'a> {
    pub(super) fn of(directory: &CheckedDirectory<'a>) -> Self {
        let sealed = |object: &CheckedObject<'a>| {
            let mut fields = BTreeSet::new();
            collect(&object.manifest.value, &mut fields);
            let kind = directory.schema.kind(&object.manifest.gvk);
            Some(SealedObject {
                reference: object.reference.clone(),
                fields,
                is_maker: kind.is_none_or(|kind| !kind.is_built_in()),
            })
            .filter(|sealed| !sealed.fields.is_empty())
        };
        Self(directory.objects.iter().filter_map(sealed).collect())
    }

    /// Takes out what is said of `object` and may be right, once what decides about it is decrypted.
    pub(super) fn take_out(&self, object: &CheckedObject<'_>, findings: &mut Vec<Finding>) {
        findings.retain(|finding| !self.may_be_right(object, finding.identifier));
    }

    fn may_be_right(&self, object: &CheckedObject<'_>, identifier: Identifier) -> bool {
        let is_here = |sealed: &&SealedObject<'_>| {
            let namespace = sealed.reference.namespace.as_deref();
            namespace.is_none() || namespace == object.namespace()
        };
        let mut here = self.0.iter().filter(is_here);
        let reads = match identifier {
            Identifier::MissingObject | Identifier::MissingKey => return here.any(SealedObject::may_make),
            identifier => reads(identifier),
        };
        here.any(|sealed| {
            let is_own = sealed.reference == object.reference;
            let decides = if is_own { reads.own } else { reads.others };
            decides.iter().any(|field| sealed.fields.contains(field))
        })
    }
}

impl SealedObject<'_> {
    /// Whether it may make an object that its ciphertexts name, such as a Secret or a claim.
    fn may_make(&self) -> bool {
        self.fields.contains("spec") && self.is_maker || self.fields.contains("volumeClaimTemplates")
    }
}

/// What decides about a finding, beside the value that it is about.
fn reads(identifier: Identifier) -> DecidingFields {
    let (own, others): (&[_], &[_]) = match identifier {
        Identifier::MissingVolume => (&["volumes", "volumeClaimTemplates"], &[]),
        Identifier::EmptySelection => (&["selector", "podSelector"], &["labels"]),
        Identifier::MissingPort => (&["selector", "podSelector"], &["labels", "ports"]),
        Identifier::BlockingBudget | Identifier::IdleBudget => (
            &["selector", "minAvailable", "maxUnavailable"],
            &["labels", "replicas", "maxReplicas", "scaleTargetRef"],
        ),
        Identifier::UnreadableInput
        | Identifier::DuplicateObject
        | Identifier::RepeatedObject
        | Identifier::UnexpectedNamespace
        | Identifier::UnknownKind
        | Identifier::UnknownField
        | Identifier::MissingField
        | Identifier::InvalidValue
        | Identifier::DuplicateItem
        | Identifier::DuplicateName
        | Identifier::UnnamedPort
        | Identifier::MoreFindings
        | Identifier::MissingObject
        | Identifier::MissingKey
        | Identifier::InvalidReference
        | Identifier::MismatchedSelector
        | Identifier::InvalidSchema
        | Identifier::UnreadableLine
        | Identifier::UnknownOption
        | Identifier::InvalidOption
        | Identifier::DeprecatedOption
        | Identifier::UnknownIdentifier => (&[], &[]),
    };
    DecidingFields { own, others }
}

/// Adds the fields of `value` that are or hold ciphertexts. Whether there are any.
fn collect<'a>(value: &'a Value, fields: &mut BTreeSet<&'a str>) -> bool {
    let mut found = false;
    match value {
        Value::Object(entries) => {
            for (name, value) in entries {
                if collect(value, fields) {
                    fields.insert(name);
                    found = true;
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                found |= collect(item, fields);
            }
        }
        _ => found = sops::holds(value),
    }
    found
}
