//! Fields against the schema of their kind.

use crate::diagnostic::identifier::Identifier;
use std::collections::BTreeMap;

use serde_json::Value;

use crate::diagnostic::nearest::nearest;
use crate::object::GroupVersionKind;
use crate::object::field::{FieldPath, PathElement};
use crate::object::shown::{AuthoredObject, ShownPath, positions};
use crate::ssa::canonical::Quantity;
use crate::ssa::merge::{Fault, Mistake, element, mistakes};
use crate::ssa::schema::{Field, Kind, List, ScalarFormat, ScalarType, Type};

use super::directory::{CheckedDirectory, CheckedObject};
use super::finding::Finding;

/// How many mistakes of one object are told one by one.
const MOST: usize = 100;

/// An object beside the schema of its kind.
#[derive(Clone, Copy)]
struct CheckedFields<'a> {
    object: &'a CheckedObject<'a>,
    /// Whether the schema is Kubernetes' own, of one version; so is the one that lacks its kind.
    is_built_in: bool,
}

impl<'a> CheckedFields<'a> {
    /// An object of a kind that there is not.
    fn without_kind(object: &'a CheckedObject<'a>) -> Self {
        Self {
            object,
            is_built_in: true,
        }
    }

    fn of(object: &'a CheckedObject<'a>, kind: Kind<'_>) -> Self {
        Self {
            object,
            is_built_in: kind.is_built_in(),
        }
    }

    /// Something that the schema says is wrong at this path, whose items are named by their positions.
    fn finding(self, identifier: Identifier, path: &FieldPath, message: String) -> Finding {
        Finding {
            is_by_bundled_schema: self.is_built_in,
            ..Finding::new(identifier, self.object, path, message)
        }
    }
}

pub(super) fn check<'a>(directory: &CheckedDirectory<'a>, object: &CheckedObject<'a>, findings: &mut Vec<Finding>) {
    let Some(kind) = directory.schema.kind(&object.manifest.gvk) else {
        findings.extend(unknown_kind(directory, object));
        return;
    };
    let value = &object.manifest.value;
    let subject = CheckedFields::of(object, kind);
    let mut walk = FieldWalk {
        subject,
        findings,
        lacking: Vec::new(),
    };
    walk.value(kind.root(), value, &Trail::ROOT);
    let lacking = walk.lacking;
    let mut found = mistakes(kind.root(), value);
    // An item without its key lacks a field: that is said.
    found.retain(|mistake| !lacking.contains(&mistake.path));
    findings.extend(found.iter().take(MOST).map(|mistake| described(subject, kind, mistake)));
    if let more @ 1.. = found.len().saturating_sub(MOST) {
        let message = format!("{} has {more} more mistakes like these", object.reference);
        findings.push(subject.finding(Identifier::MoreFindings, &FieldPath::root(), message));
    }
}

/// The kinds whose fields nobody can check, and how many objects are of each.
pub(super) fn not_checked(directory: &CheckedDirectory<'_>) -> BTreeMap<GroupVersionKind, usize> {
    let mut kinds = BTreeMap::new();
    for object in &directory.objects {
        let gvk = &object.manifest.gvk;
        if directory.schema.kind(gvk).is_none() && unknown_kind(directory, object).is_none() {
            *kinds.entry(gvk.clone()).or_default() += 1;
        }
    }
    kinds
}

/// A kind that is not there in a version that is known, and to which nobody but Kubernetes adds kinds.
fn unknown_kind(directory: &CheckedDirectory<'_>, object: &CheckedObject<'_>) -> Option<Finding> {
    let gvk = &object.manifest.gvk;
    let subject = CheckedFields::without_kind(object);
    let known = || directory.schema.kinds();
    let same_version = |other: &&GroupVersionKind| other.api_version() == gvk.api_version();
    known().find(same_version)?;
    let message = format!("there is no kind {} in {}", gvk.group_kind.kind, gvk.api_version());
    let elsewhere: Vec<String> = known()
        .filter(|other| other.group_kind.kind == gvk.group_kind.kind)
        .map(GroupVersionKind::api_version)
        .collect();
    if !elsewhere.is_empty() {
        let hint = format!("{} is in {}", gvk.group_kind.kind, elsewhere.join(", "));
        let finding = subject.finding(Identifier::UnknownKind, &FieldPath::of(&["apiVersion"]), message);
        return Some(finding.hint(hint));
    }
    let finding = subject.finding(Identifier::UnknownKind, &FieldPath::of(&["kind"]), message);
    let near = known().filter(same_version).map(|other| other.group_kind.kind.as_str());
    Some(match nearest(near, &gvk.group_kind.kind) {
        Some(near) => finding.hint(format!("did you mean `{near}`?")),
        None => finding.hint("if a CustomResourceDefinition brings it, add that to the directory"),
    })
}

/// What the schema does not allow, in words.
fn described(subject: CheckedFields<'_>, kind: Kind<'_>, mistake: &Mistake) -> Finding {
    let object = subject.object;
    let shown = shown(object, &mistake.path);
    let path = &by_position(&object.manifest.value, &mistake.path);
    match &mistake.fault {
        Fault::Undeclared => {
            let Some((PathElement::Field(name), parent)) = mistake.path.elements().split_last() else {
                return subject.finding(Identifier::UnknownField, path, format!("`{shown}` is not known"));
            };
            let parent: FieldPath = parent.iter().cloned().collect();
            let map = kind.type_at(&parent).and_then(Type::map);
            let known = map.into_iter().flat_map(|map| map.fields().map(|(name, _)| name));
            let message = format!("{} has no field `{shown}`", object.reference);
            let finding = subject.finding(Identifier::UnknownField, path, message);
            match nearest(known, name) {
                Some(near) => finding.label("unknown field").hint(format!("did you mean `{near}`?")),
                None => finding.label("unknown field"),
            }
        }
        Fault::Repeated => {
            let message = format!("`{shown}` of {} is there twice", object.reference);
            let second = second(&object.manifest.value, &mistake.path);
            subject
                .finding(Identifier::DuplicateItem, &second, message)
                .label("again here")
                .beside(object, path, "first here")
        }
        fault @ (Fault::WrongType { .. } | Fault::NoPlace(_)) => {
            let message = format!("`{shown}` of {}: {fault}", object.reference);
            let finding = subject.finding(Identifier::InvalidValue, path, message);
            if fault.lacks_quotes() {
                finding.hint("put it in quotes; an expression becomes text with `| string`")
            } else {
                finding
            }
        }
    }
}

/// A path as people may read it.
fn shown(object: &CheckedObject<'_>, path: &FieldPath) -> String {
    let written = AuthoredObject {
        value: &object.manifest.value,
        origins: &*object.manifest.origins,
    };
    ShownPath::of(path, [written]).to_string()
}

/// The path by the positions of items: by a key that is left out, as it has a default, an item is
/// not found in what was written. Of several items with one key, it is the first in which the path ends.
fn by_position(value: &Value, path: &FieldPath) -> FieldPath {
    reach(value, FieldPath::root(), path.elements()).unwrap_or_else(|reached| reached)
}

/// How far the path leads on from `reached`: to its end, or not.
fn reach(value: &Value, reached: FieldPath, rest: &[PathElement]) -> Result<FieldPath, FieldPath> {
    let Some((element, rest)) = rest.split_first() else {
        return Ok(reached);
    };
    let mut first = None;
    for position in positions(items(Some(value)), element) {
        let at = reached.join(PathElement::Index(position));
        match reach(&value[position], at, rest) {
            Ok(found) => return Ok(found),
            Err(short) => drop(first.get_or_insert(short)),
        }
    }
    match (first, element.find(value)) {
        (Some(short), _) => Err(short),
        (None, Some(value)) => reach(value, reached.join(element.clone()), rest),
        (None, None) => Err(reached.join(element.clone())),
    }
}

/// The path of the second item with the key that `path` ends in.
fn second(value: &Value, path: &FieldPath) -> FieldPath {
    let Some((last, parent)) = path.elements().split_last() else {
        return path.clone();
    };
    let parent = by_position(value, &parent.iter().cloned().collect());
    let position = positions(items(parent.find(value)), last).nth(1);
    parent.join(position.map_or_else(|| last.clone(), PathElement::Index))
}

/// The items of a list; none of what is not one.
fn items(list: Option<&Value>) -> &[Value] {
    list.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The way to a value, of which a path is made only where there is something to say.
#[derive(Clone, Copy)]
struct Trail<'t> {
    /// The way up to the last element, and that; nothing for the object itself.
    before: Option<(&'t Trail<'t>, Passed<'t>)>,
}

/// An element of a way.
#[derive(Clone, Copy)]
enum Passed<'t> {
    /// A field of a map.
    Field(&'t str),
    /// An item of a list, at this position.
    Item(List<'t>, &'t Value, usize),
}

impl Trail<'_> {
    const ROOT: Self = Self { before: None };

    fn to<'t>(&'t self, passed: Passed<'t>) -> Trail<'t> {
        Trail {
            before: Some((self, passed)),
        }
    }

    fn path(&self) -> FieldPath {
        match self.before {
            None => FieldPath::root(),
            Some((before, passed)) => before.path().join(passed.element()),
        }
    }
}

impl Passed<'_> {
    fn element(self) -> PathElement {
        match self {
            Self::Field(name) => PathElement::field(name),
            Self::Item(list, item, position) => {
                // One that lacks its key is told by its position.
                let is_keyless = |element: &PathElement| matches!(element, PathElement::Key(keys) if keys.values().any(|key| key == ""));
                let element = element(list, item).ok().filter(|element| !is_keyless(element));
                element.unwrap_or(PathElement::Index(position))
            }
        }
    }
}

/// Looks for what merging does not care about: fields that must be there, and how scalars are written.
struct FieldWalk<'w> {
    subject: CheckedFields<'w>,
    findings: &'w mut Vec<Finding>,
    /// What lacks a field.
    lacking: Vec<FieldPath>,
}

impl FieldWalk<'_> {
    fn value(&mut self, of: Type<'_>, value: &Value, trail: &Trail<'_>) {
        match (value, of.map(), of.list()) {
            (Value::Object(fields), Some(map), _) if of.format() != ScalarFormat::IntOrString => {
                for (name, field) in map.fields() {
                    if self.is_required(field) && fields.get(name).is_none_or(Value::is_null) {
                        self.lacks(&trail.path(), name);
                    }
                }
                let own_status = |name: &str| trail.before.is_none() && name == "status";
                for (name, field) in fields.iter().filter(|(name, _)| !own_status(name)) {
                    if let Some(of) = map.child(name) {
                        self.value(of, field, &trail.to(Passed::Field(name)));
                    }
                }
            }
            (Value::Array(items), _, Some(list)) if of.format() != ScalarFormat::IntOrString => {
                for (position, item) in items.iter().enumerate() {
                    self.value(list.item(), item, &trail.to(Passed::Item(list, item, position)));
                }
            }
            (Value::Null, ..) => {}
            _ => self.scalar(of, value, trail),
        }
    }

    /// Defaults fill in what a custom kind requires. Of the API server's own, one that is empty is what
    /// nobody said.
    fn is_required(&self, field: Field<'_>) -> bool {
        let empty = |default: &Value| match default {
            Value::String(text) => text.is_empty(),
            Value::Object(fields) => fields.is_empty(),
            Value::Number(number) => number.as_f64() == Some(0.0),
            _ => false,
        };
        let is_filled = match field.default() {
            Some(default) => !self.subject.is_built_in || !empty(default),
            None => false,
        };
        field.is_required() && !is_filled
    }

    fn lacks(&mut self, path: &FieldPath, name: &str) {
        let lacking = shown(self.subject.object, &path.join(PathElement::field(name)));
        let message = format!("{} lacks `{lacking}`", self.subject.object.reference);
        self.findings.push(
            self.finding(Identifier::MissingField, path, message)
                .label("required here"),
        );
        self.lacking.push(path.clone());
    }

    fn scalar(&mut self, of: Type<'_>, value: &Value, trail: &Trail<'_>) {
        if of.format() == ScalarFormat::Plain {
            return;
        }
        let text = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let expected = match (of.format(), value) {
            (ScalarFormat::Quantity, Value::String(_) | Value::Number(_)) if Quantity::read(&text).is_some() => return,
            (ScalarFormat::Quantity, _) => "an amount, such as `500m` or `1Gi`",
            (ScalarFormat::IntOrString, Value::String(_)) => return,
            (ScalarFormat::IntOrString, Value::Number(number)) if !number.is_f64() => return,
            (ScalarFormat::IntOrString, _) => "a whole number, or text",
            (ScalarFormat::Time, Value::String(text)) if text.parse::<jiff::Timestamp>().is_ok() => return,
            (ScalarFormat::Time, _) if of.scalar() == Some(ScalarType::Any) => "a time, such as `2026-01-02T03:04:05Z`",
            _ => return,
        };
        let path = trail.path();
        let message = format!(
            "`{}` of {} is not {expected}",
            shown(self.subject.object, &path),
            self.subject.object.reference
        );
        let finding = self.finding(Identifier::InvalidValue, &path, message);
        self.findings.push(finding);
    }

    fn finding(&self, identifier: Identifier, path: &FieldPath, message: String) -> Finding {
        let path = by_position(&self.subject.object.manifest.value, path);
        self.subject.finding(identifier, &path, message)
    }
}
