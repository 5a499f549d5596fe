//! Reads the OpenAPI v3 documents of an API server.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::types::{
    FieldDefinition, ListDefinition, ListType, MapDefinition, Reference, ScalarFormat, ScalarType, TypeDefinition,
};
use super::{KindDefinition, KindOrigin, Schema};
use crate::object::GroupVersionKind;

/// Where the type of values of which nothing is known stands: one value, whatever is in it.
pub(super) const UNTYPED: usize = 0;
/// Where the type of fields stands that nobody declared: maps are maps, all else is one value.
pub(super) const DEDUCED: usize = 1;

const QUANTITY: &str = "io.k8s.apimachinery.pkg.api.resource.Quantity";
const RAW_EXTENSION: &str = "io.k8s.apimachinery.pkg.runtime.RawExtension";
/// What the names of the API server's own types begin with. Custom kinds begin with their group.
const BUILT_IN: [&str; 4] = [
    "io.k8s.api.",
    "io.k8s.apimachinery.",
    "io.k8s.apiextensions-apiserver.",
    "io.k8s.kube-aggregator.",
];

impl Schema {
    /// Reads documents of `/openapi/v3`. Types that several of them define are read once.
    pub fn from_open_api<'a>(documents: impl IntoIterator<Item = &'a Value>) -> Self {
        let mut schema = Self::unknown();
        for document in documents {
            schema.add_open_api(document);
        }
        schema
    }

    /// One that knows no kind, only how to treat what it does not know.
    pub(super) fn unknown() -> Self {
        let open = |kind: usize, atomic: bool| TypeDefinition {
            name: None,
            scalar: Some((ScalarType::Any, ScalarFormat::Plain)),
            list: Some(ListDefinition {
                kind: ListType::Atomic,
                item: Reference::to(UNTYPED),
            }),
            map: Some(MapDefinition {
                fields: BTreeMap::new(),
                rest: Some(Reference::to(kind)),
                atomic,
            }),
        };
        Self {
            definitions: vec![open(UNTYPED, true), open(DEDUCED, false)],
            names: BTreeMap::new(),
            kinds: BTreeMap::new(),
        }
    }

    /// Adds the types of one document of `/openapi/v3`.
    pub fn add_open_api(&mut self, document: &Value) {
        let none = Map::new();
        let schemas = document.pointer("/components/schemas").and_then(Value::as_object);
        let with_status = kinds_with_status(document);
        // Their places first: types refer to each other, and to themselves.
        let mut added = Vec::new();
        for (name, schema) in schemas.unwrap_or(&none) {
            if !self.names.contains_key(name) && schema.get("$ref").is_none() {
                let index = self.reserve();
                self.names.insert(name.clone(), index);
                added.push((index, name, schema));
            }
        }
        for (index, name, schema) in added {
            let definition = match name.as_str() {
                QUANTITY => TypeDefinition {
                    scalar: Some((ScalarType::Any, ScalarFormat::Quantity)),
                    ..TypeDefinition::default()
                },
                RAW_EXTENSION => self.definitions[UNTYPED].clone(),
                _ => self.definition(schema, false),
            };
            self.definitions[index] = TypeDefinition {
                name: Some(name.clone()),
                ..definition
            };
            let built_in = is_built_in(name);
            for gvk in kinds_of(schema) {
                let origin = if built_in {
                    KindOrigin::BuiltIn
                } else {
                    let status = with_status.contains(&gvk);
                    let webhook = false;
                    KindOrigin::Custom { status, webhook }
                };
                self.kinds.insert(gvk, KindDefinition { root: index, origin });
            }
        }
    }

    pub(super) fn reserve(&mut self) -> usize {
        self.definitions.push(TypeDefinition::default());
        self.definitions.len() - 1
    }

    /// The forms that a schema allows. `open` says that a schema around it preserves unknown fields.
    pub(super) fn definition(&mut self, schema: &Value, open: bool) -> TypeDefinition {
        let open = open || flag(schema, "x-kubernetes-preserve-unknown-fields");
        match text(schema, "type") {
            "object" => TypeDefinition {
                map: Some(self.map(schema, open)),
                ..TypeDefinition::default()
            },
            "array" => TypeDefinition {
                list: Some(self.list(schema, open)),
                ..TypeDefinition::default()
            },
            "" => TypeDefinition {
                name: None,
                scalar: Some((ScalarType::Any, untyped_format(schema))),
                list: Some(self.list(schema, open)),
                map: Some(self.map(schema, open)),
            },
            primitive => TypeDefinition {
                scalar: Some(scalar(primitive, text(schema, "format"))),
                ..TypeDefinition::default()
            },
        }
    }

    fn map(&mut self, schema: &Value, open: bool) -> MapDefinition {
        let none = Map::new();
        let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&none);
        let required = schema.get("required").and_then(Value::as_array);
        let fields = properties.iter().map(|(name, property)| {
            let is_required = required.is_some_and(|required| required.iter().any(|required| required == name));
            let field = FieldDefinition {
                of: self.reference(property, open),
                default: property.get("default").cloned(),
                required: is_required,
                nullable: property.get("nullable") == Some(&Value::Bool(true)),
            };
            (name.clone(), field)
        });
        let fields = fields.collect();
        let rest = match schema.get("additionalProperties") {
            Some(Value::Bool(true)) => Some(Reference::to(DEDUCED)),
            Some(Value::Bool(false)) => None,
            Some(rest) => Some(self.reference(rest, open)),
            // An object of which no field is declared may have any.
            None if open || properties.is_empty() => Some(Reference::to(DEDUCED)),
            None => None,
        };
        MapDefinition {
            fields,
            rest,
            atomic: text(schema, "x-kubernetes-map-type") == "atomic",
        }
    }

    fn list(&mut self, schema: &Value, open: bool) -> ListDefinition {
        let item = match schema.get("items") {
            Some(items) => self.reference(items, open),
            None => Reference::to(UNTYPED),
        };
        ListDefinition {
            kind: list_type(schema),
            item,
        }
    }

    /// The type that a property, an item or an additional property has: named, or written in place.
    pub(super) fn reference(&mut self, schema: &Value, open: bool) -> Reference {
        if let Some(name) = referred(schema) {
            let index = self.names.get(name).copied().unwrap_or(DEDUCED);
            let atomic = match text(schema, "x-kubernetes-map-type") {
                "atomic" => Some(true),
                "granular" => Some(false),
                _ => None,
            };
            return Reference {
                index,
                atomic,
                inlined: false,
            };
        }
        let definition = self.definition(schema, open);
        self.definitions.push(definition);
        Reference {
            index: self.definitions.len() - 1,
            atomic: None,
            inlined: true,
        }
    }
}

/// The name behind `$ref`, or behind the one `allOf` that a `$ref` with siblings is wrapped in.
pub(super) fn referred(schema: &Value) -> Option<&str> {
    let direct = schema.get("$ref");
    let wrapped = || match schema.get("allOf")?.as_array()?.as_slice() {
        [one] => one.get("$ref"),
        _ => None,
    };
    let reference = direct.or_else(wrapped)?.as_str()?;
    reference.rsplit('/').next()
}

/// Whether a type is one of the API server's own, by its name.
pub(super) fn is_built_in(name: &str) -> bool {
    BUILT_IN.iter().any(|prefix| name.starts_with(prefix))
}

/// The kinds whose objects have this schema.
pub(super) fn kinds_of(schema: &Value) -> Vec<GroupVersionKind> {
    let kinds = schema
        .get("x-kubernetes-group-version-kind")
        .and_then(Value::as_array)
        .map(Vec::as_slice);
    kinds.unwrap_or_default().iter().map(gvk).collect()
}

pub(super) fn gvk(value: &Value) -> GroupVersionKind {
    let api_version = match text(value, "group") {
        "" => text(value, "version").to_owned(),
        group => format!("{group}/{}", text(value, "version")),
    };
    GroupVersionKind::new(&api_version, text(value, "kind"))
}

/// The kinds that have a path ending in `/status`.
fn kinds_with_status(document: &Value) -> BTreeSet<GroupVersionKind> {
    let paths = document.get("paths").and_then(Value::as_object);
    let operations = paths
        .into_iter()
        .flatten()
        .filter(|(path, _)| path.ends_with("/status"))
        .filter_map(|(_, operations)| operations.get("get"));
    operations
        .filter_map(|operation| operation.get("x-kubernetes-group-version-kind"))
        .map(gvk)
        .collect()
}

fn list_type(schema: &Value) -> ListType {
    let keys = || {
        let keys = schema.get("x-kubernetes-list-map-keys").and_then(Value::as_array);
        let keys = keys.into_iter().flatten().filter_map(Value::as_str);
        keys.map(str::to_owned).collect()
    };
    match text(schema, "x-kubernetes-list-type") {
        "set" => ListType::Set,
        "map" => ListType::Map(keys()),
        // Before there was a list type, the strategy of a strategic merge patch said the same.
        "" if text(schema, "x-kubernetes-patch-strategy").starts_with("merge") => {
            match text(schema, "x-kubernetes-patch-merge-key") {
                "" => ListType::Set,
                key => ListType::Map(vec![key.to_owned()]),
            }
        }
        _ => ListType::Atomic,
    }
}

/// What a scalar is where no type is said.
fn untyped_format(schema: &Value) -> ScalarFormat {
    let is_either = flag(schema, "x-kubernetes-int-or-string") || text(schema, "format") == "int-or-string";
    if is_either {
        ScalarFormat::IntOrString
    } else {
        ScalarFormat::Plain
    }
}

fn scalar(primitive: &str, format: &str) -> (ScalarType, ScalarFormat) {
    match (primitive, format) {
        ("integer" | "number", _) => (ScalarType::Number, ScalarFormat::Plain),
        ("boolean", _) => (ScalarType::Boolean, ScalarFormat::Plain),
        ("string", "") => (ScalarType::String, ScalarFormat::Plain),
        ("string", "byte") => (ScalarType::String, ScalarFormat::Bytes),
        ("string", "date-time") => (ScalarType::Any, ScalarFormat::Time),
        _ => (ScalarType::Any, ScalarFormat::Plain),
    }
}

fn text<'a>(schema: &'a Value, key: &str) -> &'a str {
    schema.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn flag(schema: &Value, key: &str) -> bool {
    schema.get(key).and_then(Value::as_bool).unwrap_or_default()
}
