//! Which objects belong together: the ApplySet, and our notes on its members.
//!
//! The convention is that of
//! [KEP-3659](https://github.com/kubernetes/enhancements/tree/master/keps/sig-cli/3659-kubectl-apply-prune):
//! a label on every member, and a [parent object](super::parent) that says in which kinds and namespaces to look.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use smol_str::SmolStr;

use crate::object::commit::Commit;
use crate::object::inputs::DIGESTS;
use crate::object::{self, DesiredObject, GroupKind, LiveObject, ObjectRef};

/// The label on a member: the ID of its ApplySet.
pub const PART_OF: &str = "applyset.kubernetes.io/part-of";
/// The annotation on a member: the commit it was last applied from.
pub const REVISION: &str = "stackanetes.io/revision";
/// The annotation on a member: the digests of what was last applied, see [`AppliedDigests`].
pub const APPLIED: &str = "stackanetes.io/applied";
/// The annotation on a manifest that keeps its object from being pruned: `never`.
pub const PRUNE: &str = "stackanetes.io/prune";
/// The annotation on a manifest that lets an existing object be adopted: `allowed`.
pub const ADOPT: &str = "stackanetes.io/adopt";
/// The annotation on a manifest that lets its object be replaced where it cannot be changed: `allowed`.
pub const REPLACE: &str = "stackanetes.io/replace";

/// What the name of a parent begins with, before that of its ApplySet.
const PARENT: &str = "stackanetes-";

/// A set of objects that are synced and pruned together.
/// ```
/// use stackanetes::applyset::inventory::ApplySet;
///
/// let set = ApplySet { name: "shop".to_owned(), namespace: "web".to_owned() };
/// assert_eq!(set.parent().to_string(), "ConfigMap web/stackanetes-shop");
/// assert_eq!(set.lease().to_string(), "Lease web/stackanetes-shop");
/// assert!(set.id().starts_with("applyset-") && set.id().ends_with("-v1"));
/// assert_eq!(set.selector(), format!("applyset.kubernetes.io/part-of={}", set.id()));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplySet {
    /// Its name.
    pub name: String,
    /// The namespace of its parent and its Lease.
    pub namespace: String,
}

impl ApplySet {
    /// The parent: a ConfigMap.
    pub fn parent(&self) -> ObjectRef {
        ObjectRef {
            kind: GroupKind::new("", "ConfigMap"),
            namespace: Some(SmolStr::from(&self.namespace)),
            name: format!("{PARENT}{}", self.name).into(),
        }
    }

    /// The ApplySet whose parent this is, by its name.
    pub fn with_parent(parent: &ObjectRef) -> Option<Self> {
        Some(Self {
            name: parent.name.strip_prefix(PARENT)?.to_owned(),
            namespace: parent.namespace.as_deref()?.to_owned(),
        })
    }

    /// The Lease that a sync holds.
    pub fn lease(&self) -> ObjectRef {
        ObjectRef {
            kind: GroupKind::new("coordination.k8s.io", "Lease"),
            ..self.parent()
        }
    }

    /// The Secret that holds the key for digests of secret values.
    pub fn key(&self) -> ObjectRef {
        let parent = self.parent();
        ObjectRef {
            kind: GroupKind::new("", "Secret"),
            name: format!("{}-key", parent.name).into(),
            ..parent
        }
    }

    /// The ID.
    pub fn id(&self) -> String {
        id_of(&self.parent())
    }

    /// The selector of its members.
    pub fn selector(&self) -> String {
        format!("{PART_OF}={}", self.id())
    }
}

/// The ID of the ApplySet whose parent this object is, or would be: KEP-3659 derives it from the parent's identity, so no
/// two can have the same.
///
/// ```
/// use stackanetes::applyset::inventory::id_of;
/// use stackanetes::object::{GroupKind, ObjectRef};
///
/// // As in the tests of kubectl.
/// let mut parent = ObjectRef {
///     kind: GroupKind::new("", "Secret"),
///     namespace: Some("test".into()),
///     name: "my-set".into(),
/// };
/// assert_eq!(id_of(&parent), "applyset-0eFHV8ySqp7XoShsGvyWFQD3s96yqwHmzc4e0HR1dsY-v1");
/// parent.kind = GroupKind::new("company.com", "ApplySet");
/// parent.namespace = None;
/// assert_eq!(id_of(&parent), "applyset-rhp1a-HVAVT_dFgyEygyA1BEB82HPp2o10UiFTpqtAs-v1");
/// ```
pub fn id_of(parent: &ObjectRef) -> String {
    let ObjectRef { kind, namespace, name } = parent;
    let namespace = namespace.as_deref().unwrap_or_default();
    let identity = format!("{name}.{namespace}.{}.{}", kind.kind, kind.group);
    format!("applyset-{}-v1", URL_SAFE_NO_PAD.encode(Sha256::digest(identity)))
}

/// The ID of the ApplySet that an object says it is part of.
pub fn member_of(object: &LiveObject) -> Option<&str> {
    object.label(PART_OF)
}

/// What was applied, in digests: kept in [`APPLIED`], so that a later diff can tell what git said then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliedDigests {
    /// The digest of which fields there were, whatever their values.
    pub fields: String,
    /// The digest of the fields with their values. None for a Secret, since a digest of a short value gives the value
    /// away.
    pub values: Option<String>,
}

impl AppliedDigests {
    /// The digests of what git says now.
    pub fn of(desired: &DesiredObject) -> Self {
        let values = (!object::is_secret(&desired.reference.kind)).then(|| digest(&desired.value));
        Self {
            fields: digest(&ValueOutline::of(&desired.value)),
            values,
        }
    }

    /// The digests that were noted on a live object at its last apply.
    pub fn noted(live: &LiveObject) -> Option<Self> {
        let mut parts = live.annotation(APPLIED)?.split('.');
        let fields = parts.next().filter(|fields| !fields.is_empty())?.to_owned();
        let values = parts.next().map(str::to_owned);
        Some(Self { fields, values })
    }
}

/// `FIELDS.VALUES`, or `FIELDS` alone.
impl fmt::Display for AppliedDigests {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.fields)?;
        match &self.values {
            Some(values) => write!(out, ".{values}"),
            None => Ok(()),
        }
    }
}

/// Half of a SHA-256: these are compared, and protect nothing.
fn digest(value: &impl Serialize) -> String {
    // What a value of JSON is made of can be written.
    let text = serde_json::to_vec(value).unwrap_or_default();
    URL_SAFE_NO_PAD.encode(&Sha256::digest(text)[..16])
}

/// The fields by which Kubernetes' own kinds tell the items of their lists apart.
const LIST_KEYS: [&str; 13] = [
    "name",
    "containerPort",
    "port",
    "protocol",
    "mountPath",
    "devicePath",
    "ip",
    "key",
    "type",
    "topologyKey",
    "whenUnsatisfiable",
    "uid",
    "resourceName",
];

/// A value that is written with its values left out, but for those that tell the items of a list apart.
struct ValueOutline<'a> {
    value: &'a Value,
    /// Whether the value is an item of a list.
    is_item: bool,
    /// Whether it tells items apart, if it has no parts.
    is_kept: bool,
}

impl<'a> ValueOutline<'a> {
    fn of(value: &'a Value) -> Self {
        Self {
            value,
            is_item: false,
            is_kept: false,
        }
    }

    fn field(&self, key: &str, value: &'a Value) -> Self {
        Self {
            value,
            is_item: false,
            is_kept: self.is_item && LIST_KEYS.contains(&key),
        }
    }

    fn item(value: &'a Value) -> Self {
        Self {
            value,
            is_item: true,
            is_kept: true,
        }
    }
}

impl Serialize for ValueOutline<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.value {
            Value::Object(map) => to.collect_map(map.iter().map(|(key, value)| (key, self.field(key, value)))),
            Value::Array(items) => to.collect_seq(items.iter().map(Self::item)),
            scalar if self.is_kept => scalar.serialize(to),
            _ => to.serialize_unit(),
        }
    }
}

/// What is sent to the server for `desired`: the manifest, its membership and our notes.
pub fn stamp(desired: &DesiredObject, set: Option<&ApplySet>, revision: Option<&Commit>) -> Value {
    let mut object = desired.value.clone();
    if let Some(namespace) = &desired.reference.namespace {
        object["metadata"]["namespace"] = namespace.as_str().into();
    }
    if let Some(set) = set {
        note(&mut object, "labels", PART_OF, set.id());
    }
    if let Some(revision) = revision {
        note(&mut object, "annotations", REVISION, revision.to_string());
    }
    note(
        &mut object,
        "annotations",
        APPLIED,
        AppliedDigests::of(desired).to_string(),
    );
    if let Some(inputs) = &desired.inputs {
        note(&mut object, "annotations", DIGESTS, inputs.to_string());
    }
    object
}

fn note(object: &mut Value, map: &str, key: &str, value: String) {
    let notes = &mut object["metadata"][map];
    if !notes.is_object() {
        *notes = json!({});
    }
    notes[key] = value.into();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set() -> ApplySet {
        ApplySet {
            name: "demo".into(),
            namespace: "prod".into(),
        }
    }

    #[test]
    fn the_shape_tells_fields_apart_and_not_their_values() {
        let object = |image: &str, replicas: i64, env: &str| json!({"spec": {"replicas": replicas, "containers": [{"name": "a", "image": image, "env": [{"name": env}]}]}});
        let fields = |object: Value| digest(&ValueOutline::of(&object));
        assert_eq!(fields(object("nginx:1", 3, "A")), fields(object("nginx:2", 5, "A")));
        assert_ne!(fields(object("nginx:1", 3, "A")), fields(object("nginx:1", 3, "B")));
        assert_ne!(
            fields(json!({"data": {"a": "1"}})),
            fields(json!({"data": {"a": "1", "b": "2"}}))
        );
        assert_ne!(fields(json!({"l": ["a"]})), fields(json!({"l": ["b"]})));
    }

    #[test]
    fn the_id_is_a_valid_label_value() {
        assert!(set().id().len() <= 63, "{}", set().id());
    }
}
