//! Types, as merging sees them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Schema;

/// One type of a [`Schema`]. Where a type allows several forms (int-or-string, unknown fields), a
/// value decides which of them it is.
#[derive(Debug, Clone, Copy)]
pub struct Type<'a> {
    schema: &'a Schema,
    reference: Reference,
}

/// A value that has no parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScalarType {
    /// Text.
    String,
    /// An integer or a float.
    Number,
    /// True or false.
    Boolean,
    /// Any of these.
    Any,
}

/// What the text of a scalar means, where two texts can mean the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScalarFormat {
    /// Itself.
    Plain,
    /// An amount: `1`, `1000m`, `1Gi`.
    Quantity,
    /// A point in time.
    Time,
    /// Base64.
    Bytes,
    /// A number, or text.
    IntOrString,
}

/// How the items of a list are told apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListType {
    /// The items are not told apart: the list is one value.
    Atomic,
    /// The items are told apart by their values.
    Set,
    /// The items are told apart by these fields of each.
    Map(Vec<String>),
}

/// The list form of a type.
#[derive(Debug, Clone, Copy)]
pub struct List<'a> {
    of: Type<'a>,
    definition: &'a ListDefinition,
}

/// The map form of a type.
#[derive(Debug, Clone, Copy)]
pub struct Map<'a> {
    of: Type<'a>,
    definition: &'a MapDefinition,
}

/// A field that a map declares.
#[derive(Debug, Clone, Copy)]
pub struct Field<'a> {
    of: Type<'a>,
    definition: &'a FieldDefinition,
}

/// Where a type is, and what the place of its use says about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reference {
    pub(super) index: usize,
    /// Overrides whether a map is one value.
    pub(super) atomic: Option<bool>,
    /// Whether the type was written in place, and has no name.
    pub(super) inlined: bool,
}

impl Reference {
    pub(super) fn to(index: usize) -> Self {
        Self {
            index,
            atomic: None,
            inlined: false,
        }
    }
}

/// A type's forms. It has at least one.
#[derive(Debug, Clone, Default)]
pub(super) struct TypeDefinition {
    /// What the API server calls it; none if it was written in place.
    pub(super) name: Option<String>,
    pub(super) scalar: Option<(ScalarType, ScalarFormat)>,
    pub(super) list: Option<ListDefinition>,
    pub(super) map: Option<MapDefinition>,
}

#[derive(Debug, Clone)]
pub(super) struct ListDefinition {
    pub(super) kind: ListType,
    pub(super) item: Reference,
}

#[derive(Debug, Clone)]
pub(super) struct MapDefinition {
    pub(super) fields: BTreeMap<String, FieldDefinition>,
    /// The type of the fields that are not declared; without one there may be none.
    pub(super) rest: Option<Reference>,
    pub(super) atomic: bool,
}

#[derive(Debug, Clone)]
pub(super) struct FieldDefinition {
    pub(super) of: Reference,
    pub(super) default: Option<Value>,
    pub(super) required: bool,
    pub(super) nullable: bool,
}

impl<'a> Type<'a> {
    pub(super) fn new(schema: &'a Schema, reference: Reference) -> Self {
        Self { schema, reference }
    }

    fn definition(self) -> &'a TypeDefinition {
        &self.schema.definitions[self.reference.index]
    }

    /// What the API server calls it: `io.k8s.api.core.v1.Container`. None if it was written in place.
    pub fn name(self) -> Option<&'a str> {
        self.definition().name.as_deref()
    }

    /// Its form without parts.
    pub fn scalar(self) -> Option<ScalarType> {
        self.definition().scalar.map(|(scalar, _)| scalar)
    }

    /// How the text of a scalar is to be read.
    pub fn format(self) -> ScalarFormat {
        self.definition()
            .scalar
            .map_or(ScalarFormat::Plain, |(_, format)| format)
    }

    /// Its form as a list.
    pub fn list(self) -> Option<List<'a>> {
        let definition = self.definition().list.as_ref()?;
        Some(List { of: self, definition })
    }

    /// Its form as a map.
    pub fn map(self) -> Option<Map<'a>> {
        let definition = self.definition().map.as_ref()?;
        Some(Map { of: self, definition })
    }

    /// Whether it is a structure, in which nothing set is something: `emptyDir: {}`. One has fields, or at
    /// least a name.
    pub fn is_structure(self) -> bool {
        let has_fields = |map: Map<'_>| map.fields().next().is_some();
        self.map().is_some_and(|map| has_fields(map) || self.name().is_some())
    }

    /// Whether the API server keeps values of it as they are, letter by letter: JSON in a typed structure.
    pub fn is_raw(self) -> bool {
        const RAW: [&str; 5] = [
            "apiextensions.v1.JSON",
            "apiextensions.v1.JSONSchemaPropsOrArray",
            "apiextensions.v1.JSONSchemaPropsOrBool",
            "apiextensions.v1.JSONSchemaPropsOrStringArray",
            "pkg.runtime.RawExtension",
        ];
        self.name()
            .is_some_and(|name| RAW.iter().any(|raw| name.ends_with(raw)))
    }

    /// The value of a structure of this type in which nothing was set: what is written out all the
    /// same, because it is no pointer and not left out when empty. OpenAPI says so by a default that
    /// is the type's zero, or by requiring a field without a default.
    pub(super) fn zero(self) -> Value {
        let Some(map) = self.map() else { return Value::Null };
        let fields = map.fields().filter_map(|(name, field)| {
            let value = match field.default() {
                Some(Value::Object(default)) if default.is_empty() => field.of().zero(),
                Some(default) if is_zero(default) => default.clone(),
                None if field.is_required() => Value::Null,
                _ => return None,
            };
            Some((name.to_owned(), value))
        });
        Value::Object(fields.collect())
    }
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::String(text) => text.is_empty(),
        Value::Bool(yes) => !yes,
        Value::Number(number) => number.as_f64() == Some(0.0),
        _ => false,
    }
}

impl<'a> List<'a> {
    /// How the items are told apart.
    pub fn kind(self) -> &'a ListType {
        match self.of.reference.atomic {
            Some(true) => &ListType::Atomic,
            _ => &self.definition.kind,
        }
    }

    /// Whether the list is one value.
    pub fn is_atomic(self) -> bool {
        *self.kind() == ListType::Atomic
    }

    /// The type of its items.
    pub fn item(self) -> Type<'a> {
        Type::new(self.of.schema, self.definition.item)
    }
}

impl<'a> Map<'a> {
    /// Whether the map is one value.
    pub fn is_atomic(self) -> bool {
        self.of.reference.atomic.unwrap_or(self.definition.atomic)
    }

    /// A field that is declared.
    pub fn field(self, name: &str) -> Option<Field<'a>> {
        let definition = self.definition.fields.get(name)?;
        Some(Field {
            of: self.of,
            definition,
        })
    }

    /// The fields that are declared, by name.
    pub fn fields(self) -> impl Iterator<Item = (&'a str, Field<'a>)> {
        let of = self.of;
        let fields = self.definition.fields.iter();
        fields.map(move |(name, definition)| (name.as_str(), Field { of, definition }))
    }

    /// The type of the fields that are not declared, where there may be such.
    pub fn rest(self) -> Option<Type<'a>> {
        let reference = self.definition.rest?;
        Some(Type::new(self.of.schema, reference))
    }

    /// The type of a field, declared or not.
    pub fn child(self, name: &str) -> Option<Type<'a>> {
        self.field(name).map(Field::of).or_else(|| self.rest())
    }

    /// Whether nothing at all is known of its fields.
    pub(crate) fn is_unknown(self) -> bool {
        self.definition.fields.is_empty()
            && self.definition.rest.is_some_and(|rest| {
                let scalar = self.of.schema.definitions[rest.index].scalar;
                let untyped = scalar.is_some_and(|(scalar, _)| scalar == ScalarType::Any);
                rest.index == super::open_api::DEDUCED || (rest.inlined && untyped)
            })
    }
}

impl<'a> Field<'a> {
    /// Its type.
    pub fn of(self) -> Type<'a> {
        Type::new(self.of.schema, self.definition.of)
    }

    /// The value it has when it is left out.
    pub fn default(self) -> Option<&'a Value> {
        self.definition.default.as_ref()
    }

    /// Whether `null` is a value of it, and not the same as leaving it out.
    pub fn is_nullable(self) -> bool {
        self.definition.nullable
    }

    /// Whether an object without the field is invalid.
    pub fn is_required(self) -> bool {
        self.definition.required
    }
}
