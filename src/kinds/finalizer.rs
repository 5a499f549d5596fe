//! Who keeps a deleted object: its finalizers, and who put them there.

use std::fmt;

use crate::object::LiveObject;
use crate::object::field::{FieldPath, ManagedFields, PathElement};

/// A finalizer of an object. It goes once whoever stands behind it has done its work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finalizer {
    /// Its name: `kubernetes.io/pvc-protection`.
    pub name: String,
    /// Who put it there, as far as managed fields tell: the names of the field managers.
    pub owners: Vec<String>,
}

/// The finalizers of an object.
///
/// ```
/// use serde_json::json;
/// use stackanetes::kinds::finalizer::finalizers;
/// use stackanetes::object::LiveObject;
///
/// let object = LiveObject::new(json!({"metadata": {
///     "finalizers": ["example.com/hold"],
///     "managedFields": [{"manager": "operator", "operation": "Update", "fieldsV1": {
///         "f:metadata": {"f:finalizers": {"v:\"example.com/hold\"": {}}},
///     }}],
/// }}));
/// assert_eq!(finalizers(&object)[0].to_string(), "example.com/hold (put there by operator)");
/// ```
pub fn finalizers(object: &LiveObject) -> Vec<Finalizer> {
    let managers = ManagedFields::of(object);
    let names = object.finalizers().into_iter();
    let finalizers = names.map(|name| {
        let path = FieldPath::of(&["metadata", "finalizers"]).join(PathElement::value(name.into()));
        let owners = managers.entries().filter(|(_, fields)| fields.covers(&path));
        let mut owners: Vec<String> = owners.map(|(manager, _)| manager.name.clone()).collect();
        owners.dedup();
        Finalizer {
            name: name.to_owned(),
            owners,
        }
    });
    finalizers.collect()
}

/// `NAME (put there by MANAGER)`
impl fmt::Display for Finalizer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.name)?;
        match self.owners.as_slice() {
            [] => Ok(()),
            owners => write!(out, " (put there by {})", owners.join(" and ")),
        }
    }
}

/// What holds an object, in words; nothing where no finalizer does.
pub fn held_by(finalizers: &[Finalizer]) -> Option<String> {
    let names: Vec<String> = finalizers.iter().map(ToString::to_string).collect();
    match names.len() {
        0 => None,
        1 => Some(format!("held by the finalizer {}", names[0])),
        _ => Some(format!("held by the finalizers {}", names.join(", "))),
    }
}
