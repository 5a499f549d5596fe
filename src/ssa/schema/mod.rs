//! What merging needs to know of a kind: which fields it has, which lists are sets or keyed, which
//! values are taken or left as a whole.
//!
//! A [`Schema`] is read from the OpenAPI v3 documents of an API server, from the schemas of
//! CustomResourceDefinitions, or is the [bundled](Schema::bundled) one of the kinds that every
//! cluster has. The rules by which OpenAPI becomes a merge schema are those of
//! [KEP-555](https://github.com/kubernetes/enhancements/tree/master/keps/sig-api-machinery/555-server-side-apply)
//! and of the API server (`k8s.io/kube-openapi/pkg/schemaconv`).

mod bundled;
mod custom;
mod extend;
mod open_api;
mod reduce;
mod reset;
mod types;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::object::GroupVersionKind;
use crate::object::field::{FieldPath, FieldSet, PathElement};

pub use reduce::reduce;
pub use types::{Field, List, ListType, Map, ScalarFormat, ScalarType, Type};

use types::{Reference, TypeDefinition};

/// The types of many kinds.
/// ```
/// use stackanetes::object::GroupVersionKind;
/// use stackanetes::object::field::FieldPath;
/// use stackanetes::ssa::schema::Schema;
///
/// let deployment = GroupVersionKind::new("apps/v1", "Deployment");
/// let kind = Schema::bundled().kind(&deployment).unwrap();
/// let containers = kind.type_at(&FieldPath::of(&["spec", "template", "spec", "containers"])).unwrap();
/// let list = containers.list().unwrap();
/// assert!(!list.is_atomic()); // another manager may add a container of its own
/// assert_eq!(list.item().name(), Some("io.k8s.api.core.v1.Container"));
/// ```
#[derive(Debug, Clone)]
pub struct Schema {
    definitions: Vec<TypeDefinition>,
    names: BTreeMap<String, usize>,
    kinds: BTreeMap<GroupVersionKind, KindDefinition>,
}

#[derive(Debug, Clone)]
struct KindDefinition {
    root: usize,
    origin: KindOrigin,
}

/// Who serves a kind. It decides what the API server resets, and how it reads `null`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum KindOrigin {
    /// The API server itself.
    BuiltIn,
    /// A CustomResourceDefinition.
    Custom {
        /// Whether `status` is a subresource.
        status: bool,
        /// Whether a webhook turns one version into another, as far as it is known.
        webhook: bool,
    },
}

/// Lists that are written even when there are none, although they need not be given. OpenAPI does
/// not say so of them.
const ALWAYS_WRITTEN: [(&[&str], &str); 3] = [
    (&["Role", "ClusterRole"], "rules"),
    (&["EndpointSlice"], "endpoints"),
    (&["EndpointSlice"], "ports"),
];

/// One kind in one version.
#[derive(Debug, Clone, Copy)]
pub struct Kind<'a> {
    gvk: &'a GroupVersionKind,
    root: Type<'a>,
    origin: KindOrigin,
}

impl Schema {
    /// Looks a kind up. The version counts: each has a schema of its own.
    pub fn kind<'a>(&'a self, gvk: &GroupVersionKind) -> Option<Kind<'a>> {
        let (gvk, kind) = self.kinds.get_key_value(gvk)?;
        Some(Kind {
            gvk,
            root: Type::new(self, Reference::to(kind.root)),
            origin: kind.origin,
        })
    }

    /// The kind that `object` says it is of.
    pub fn kind_of(&self, object: &Value) -> Option<Kind<'_>> {
        let text = |key: &str| object.get(key).and_then(Value::as_str);
        self.kind(&GroupVersionKind::new(text("apiVersion")?, text("kind")?))
    }

    /// The kinds it knows.
    pub fn kinds(&self) -> impl Iterator<Item = &GroupVersionKind> {
        self.kinds.keys()
    }
}

impl<'a> Kind<'a> {
    /// The group, version and kind that it describes.
    pub fn gvk(&self) -> &'a GroupVersionKind {
        self.gvk
    }

    /// The type of its objects.
    pub fn root(&self) -> Type<'a> {
        self.root
    }

    /// Whether the API server itself serves it, and so keeps its objects in typed structures.
    pub fn is_built_in(&self) -> bool {
        self.origin == KindOrigin::BuiltIn
    }

    /// Whether its versions are turned into each other by a webhook, so that nobody else can tell how. Of
    /// a kind whose definition is not at hand it is not known.
    pub fn is_converted_by_webhook(&self) -> bool {
        matches!(self.origin, KindOrigin::Custom { webhook: true, .. })
    }

    /// What the API server makes of no object at all: for its own kinds, the fields that are always
    /// there. Who creates an object owns only what differs from this.
    pub fn empty(&self) -> Value {
        if !self.is_built_in() {
            return Value::Object(serde_json::Map::new());
        }
        let mut object = self.root.zero();
        let kind = self.gvk.group_kind.kind.as_str();
        let nulls = ALWAYS_WRITTEN.iter().filter(|(kinds, _)| kinds.contains(&kind));
        for (_, name) in nulls {
            object[*name] = Value::Null;
        }
        object
    }

    /// The fields that a write through `subresource` (empty for the object itself) cannot set:
    /// nobody comes to own them.
    pub fn reset(&self, subresource: &str) -> FieldSet {
        reset::fields(self, subresource)
    }

    /// The type of the field at `path`.
    pub fn type_at(&self, path: &FieldPath) -> Option<Type<'a>> {
        path.elements().iter().try_fold(self.root, |of, element| match element {
            PathElement::Field(name) => of.map()?.child(name),
            PathElement::Key(_) | PathElement::Value(_) | PathElement::Index(_) => Some(of.list()?.item()),
        })
    }
}
