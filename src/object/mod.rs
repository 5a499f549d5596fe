//! Kubernetes objects: what identifies them, what git wants of them, what the cluster has.

pub mod commit;
pub mod field;
pub mod generated;
pub(crate) mod glob;
pub mod inputs;
mod live;
mod named;
pub mod rule;
pub mod selection;
pub mod shown;

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use smol_str::SmolStr;

use crate::diagnostic::place::{Origin, Place};
use crate::object::field::FieldPath;
use generated::Generated;
use inputs::InputDigests;
use rule::Rule;

pub use live::LiveObject;
pub(crate) use named::NameParts;
pub use named::{NamedObjects, NoObjectName};

/// A kind without its version: `Deployment.apps`, `ConfigMap`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct GroupKind {
    /// The API group; empty for the core group.
    pub group: SmolStr,
    /// The kind.
    pub kind: SmolStr,
}

impl GroupKind {
    /// `kind` of `group` (empty for the core group).
    pub fn new(group: impl Into<SmolStr>, kind: impl Into<SmolStr>) -> Self {
        Self {
            group: group.into(),
            kind: kind.into(),
        }
    }

    /// Whether this is `kind` of `group`.
    pub fn is(&self, group: &str, kind: &str) -> bool {
        self.group == group && self.kind == kind
    }

    /// Reads `Kind.group` or `Kind`, as the ApplySet annotation writes them.
    pub fn parse(text: &str) -> Self {
        match text.split_once('.') {
            Some((kind, group)) => Self::new(group, kind),
            None => Self::new("", text),
        }
    }
}

/// `Kind.group`, or `Kind` for the core group.
impl fmt::Display for GroupKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.kind)?;
        if !self.group.is_empty() {
            write!(out, ".{}", self.group)?;
        }
        Ok(())
    }
}

/// A kind in one version, as a manifest names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GroupVersionKind {
    /// The kind and its group.
    pub group_kind: GroupKind,
    /// The version: `v1`, `v1beta1`.
    pub version: SmolStr,
}

impl GroupVersionKind {
    /// The kind of a manifest's `apiVersion` and `kind`.
    pub fn new(api_version: &str, kind: &str) -> Self {
        let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
        Self {
            group_kind: GroupKind::new(group, kind),
            version: version.into(),
        }
    }

    /// `group/version`, or `version` for the core group.
    pub fn api_version(&self) -> String {
        match self.group_kind.group.as_str() {
            "" => self.version.to_string(),
            group => format!("{group}/{}", self.version),
        }
    }
}

impl fmt::Display for GroupVersionKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.api_version(), self.group_kind.kind)
    }
}

/// What identifies an object in a cluster, whatever version it is read in.
/// ```
/// use stackanetes::object::{GroupKind, ObjectRef};
///
/// let web = ObjectRef {
///     kind: GroupKind::parse("Deployment.apps"),
///     namespace: Some("shop".into()),
///     name: "web".into(),
/// };
/// assert_eq!(web.to_string(), "Deployment shop/web");
/// assert_eq!(ObjectRef::namespace("shop").to_string(), "Namespace shop");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(description = "What an object is called.")
)]
pub struct ObjectRef {
    /// The kind.
    #[serde(flatten)]
    pub kind: GroupKind,
    /// The namespace; none for what is cluster-scoped.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub namespace: Option<SmolStr>,
    /// The name.
    pub name: SmolStr,
}

impl ObjectRef {
    /// What the object `value` calls itself; what it does not say is empty.
    pub fn of(value: &Value) -> Self {
        let text = |key| value.get(key).and_then(Value::as_str).unwrap_or_default();
        let metadata = |key| value.get("metadata")?.get(key)?.as_str();
        Self {
            kind: GroupVersionKind::new(text("apiVersion"), text("kind")).group_kind,
            namespace: metadata("namespace").map(SmolStr::from),
            name: metadata("name").unwrap_or_default().into(),
        }
    }

    /// The Namespace of this name.
    pub fn namespace(name: &str) -> Self {
        Self {
            kind: GroupKind::new("", "Namespace"),
            namespace: None,
            name: name.into(),
        }
    }
}

/// `Kind namespace/name`
impl fmt::Display for ObjectRef {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} ", self.kind.kind)?;
        if let Some(namespace) = &self.namespace {
            write!(out, "{namespace}/")?;
        }
        out.write_str(&self.name)
    }
}

/// The label that says which component an object belongs to.
pub const COMPONENT: &str = "stackanetes.io/component";

/// Whether objects of this kind define kinds.
pub fn is_definition(kind: &GroupKind) -> bool {
    kind.is("apiextensions.k8s.io", "CustomResourceDefinition")
}

/// Whether values of this kind must never be shown.
pub fn is_secret(kind: &GroupKind) -> bool {
    kind.is("", "Secret")
}

/// Whether `text` stands in a text of `value`, at any depth; keys do not count.
fn holds_text(value: &Value, text: &str) -> bool {
    match value {
        Value::String(whole) => whole.contains(text),
        Value::Array(items) => items.iter().any(|item| holds_text(item, text)),
        Value::Object(map) => map.values().any(|value| holds_text(value, text)),
        Value::Number(_) | Value::Bool(_) | Value::Null => false,
    }
}

/// How long a text must be, in bytes, to be known by itself: what is shorter stands in any other by chance.
pub const SHORTEST_SECRET: usize = 4;

/// Whether `value` gives away a secret text. What git `said` in its place, in the open, it cannot give away, though it be
/// somebody's password too.
pub fn gives_away(value: &Value, secret: &str, said: Option<&Value>) -> bool {
    holds_text(value, secret) && !said.is_some_and(|said| holds_text(said, secret))
}

/// What is said in place of a text that must not be shown.
pub const HIDDEN: &str = "(hidden)";

/// What stands for a value of a Secret that a snapshot does not hold. No value of a Secret can be this:
/// it is not base64.
pub const MASKED: &str = "(masked)";

/// The keys of a Secret whose values are not known.
pub fn masked_keys(secret: &LiveObject) -> impl Iterator<Item = &str> {
    let is_secret = is_secret(&secret.reference().kind);
    let data = secret.value().get("data").and_then(Value::as_object);
    let data = data.filter(|_| is_secret).into_iter().flatten();
    data.filter(|(_, value)| *value == MASKED).map(|(key, _)| key.as_str())
}

/// Tells where the fields of a desired object come from.
///
/// Manifests answer from the file they were read from; other sources (templates, defaults) bring
/// answers of their own.
pub trait Origins: fmt::Debug + Send + Sync {
    /// What made the value at `path`, the nearest cause first; for a path that is not there, what
    /// made the nearest ancestor that is. Never empty for the root.
    fn of(&self, path: &FieldPath) -> Vec<Origin>;

    /// What made line `line` (from 0) of the text at `path`, the nearest cause first.
    fn of_line(&self, path: &FieldPath, _line: usize) -> Vec<Origin> {
        self.of(path)
    }

    /// Whether the value at `path`, or anything within it, was made from what must not be shown.
    fn is_secret(&self, path: &FieldPath) -> bool {
        self.of(path).iter().any(|origin| origin.role.is_secret())
    }

    /// Whether a value that came from elsewhere, such as the cluster, gives away what must not be shown.
    /// What git says there in the open (`said`) it cannot give away.
    fn reveals(&self, _value: &Value, _said: Option<&Value>) -> bool {
        false
    }
}

/// An object as git wants it.
/// ```
/// use std::fs;
/// use stackanetes::cluster::built_in_kinds;
/// use stackanetes::object::field::FieldPath;
/// use stackanetes::{observe, source};
///
/// let directory = tempfile::tempdir()?;
/// let manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, labels: {tier: web}}\n";
/// fs::write(directory.path().join("settings.yaml"), manifest)?;
///
/// let read = source::directory(directory.path(), &source::ParameterInputs::default())?;
/// let desired = observe::resolve_known(read.manifests, &built_in_kinds(), "shop").remove(0);
/// // A manifest need not name its namespace; a desired object knows it.
/// assert_eq!(desired.reference.to_string(), "ConfigMap shop/settings");
/// assert_eq!(desired.gvk().to_string(), "v1 ConfigMap");
/// assert_eq!((desired.label("tier"), desired.component()), (Some("web"), None));
/// let place = desired.place(&FieldPath::of(&["metadata", "labels"])).unwrap();
/// assert_eq!(place.line(), 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct DesiredObject {
    /// What it is called. The namespace is resolved: set for every namespaced kind.
    pub reference: ObjectRef,
    /// The version its manifest is written in.
    pub version: SmolStr,
    /// The manifest, as it is applied.
    pub value: Value,
    /// The places of its fields, and which of them are secret.
    pub origins: std::sync::Arc<dyn Origins>,
    /// The values that are made in the cluster.
    pub generate: Vec<Generated>,
    /// The digests of a Job's declared inputs.
    pub inputs: Option<InputDigests>,
    /// The rules that are about it, those first that go before others.
    pub rules: Vec<std::sync::Arc<Rule>>,
    /// Where its manifest names a namespace though its kind has none. The API server ignores that, and it is
    /// not part of `value`.
    pub ignored_namespace: Option<Place>,
    /// Where else the same manifest stands, with the same content.
    pub repeated: Vec<Place>,
}

impl DesiredObject {
    /// The kind in the manifest's version.
    pub fn gvk(&self) -> GroupVersionKind {
        GroupVersionKind {
            group_kind: self.reference.kind.clone(),
            version: self.version.clone(),
        }
    }

    /// The place of `path`, or of the nearest ancestor that was written down.
    pub fn place(&self, path: &FieldPath) -> Option<Place> {
        self.origins.of(path).into_iter().next().map(|origin| origin.place)
    }

    /// An annotation of the manifest.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        metadata_text(&self.value, "annotations", key)
    }

    /// The component it belongs to.
    pub fn component(&self) -> Option<&str> {
        self.label(COMPONENT)
    }

    /// A label of the manifest.
    pub fn label(&self, key: &str) -> Option<&str> {
        metadata_text(&self.value, "labels", key)
    }
}

pub(crate) fn metadata_text<'a>(object: &'a Value, map: &str, key: &str) -> Option<&'a str> {
    object.get("metadata")?.get(map)?.get(key)?.as_str()
}
