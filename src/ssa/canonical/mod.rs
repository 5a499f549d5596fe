//! Whether two values mean the same, however they are written.
//!
//! An API server stores `cpu: 1000m` as `1`, a time without its zeros, and leaves out what is empty.
//! What was applied and what is stored are compared by this, not letter by letter.

mod defaults;
mod quantity;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use crate::object::field::order;
use crate::ssa::schema::{Kind, ScalarFormat, ScalarType, Type};

pub use quantity::Quantity;

/// Whether two scalars of this type mean the same.
pub fn same_scalar(of: Type<'_>, left: &Value, right: &Value) -> bool {
    order::equal(left, right)
        || match of.format() {
            ScalarFormat::Plain | ScalarFormat::IntOrString => false,
            ScalarFormat::Quantity => both(left, right, |value| Quantity::read(&scalar_text(value)?)),
            ScalarFormat::Time => both(left, right, |value| value.as_str()?.parse::<jiff::Timestamp>().ok()),
            ScalarFormat::Bytes => both(left, right, |value| {
                let letters = value.as_str()?.chars().filter(|letter| !letter.is_whitespace());
                STANDARD.decode(letters.collect::<String>()).ok()
            }),
        }
}

/// Whether `stored` has everything that `applied` says, and lists no more items than it does. It may
/// have more fields: defaults.
///
/// `null`, nothing, and what is empty are the same, as they are in the API server's own kinds; but not
/// a structure without fields, which they keep.
pub fn covers(of: Option<Type<'_>>, stored: Option<&Value>, applied: Option<&Value>) -> bool {
    match (stored, applied) {
        (_, None) => true,
        // A structure in which nothing is set is there: `emptyDir: {}`.
        (None | Some(Value::Null), Some(Value::Object(_))) if of.is_some_and(Type::is_structure) => false,
        (Some(Value::Object(stored)), Some(Value::Object(applied))) => applied.iter().all(|(name, applied)| {
            let of = of.and_then(|of| of.map()?.child(name));
            covers(of, stored.get(name), Some(applied))
        }),
        (stored, Some(applied)) if is_nothing(applied) => stored.is_none_or(is_nothing) || applied.is_null(),
        (Some(Value::Array(stored)), Some(Value::Array(applied))) => {
            let of = of.and_then(|of| Some(of.list()?.item()));
            let mut pairs = stored.iter().zip(applied);
            stored.len() == applied.len() && pairs.all(|(stored, applied)| covers(of, Some(stored), Some(applied)))
        }
        (Some(stored), Some(applied)) => match of {
            Some(of) => same_scalar(of, stored, applied),
            None => order::equal(stored, applied),
        },
        (None, Some(_)) => false,
    }
}

/// Whether each of two values [covers] the other.
pub fn same(of: Option<Type<'_>>, left: Option<&Value>, right: Option<&Value>) -> bool {
    covers(of, left, right) && covers(of, right, left)
}

/// Whether a value is what the API server leaves out: `null`, empty, or the zero of its type.
pub fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(yes) => !yes,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.values().all(is_nothing),
    }
}

/// An object of the API server's own kinds without what it leaves out when it stores it: `null`, and
/// lists that are empty. In a map of scalars, `null` is stored as their zero: as empty text, as `0`.
#[must_use]
pub fn settled(of: Option<Type<'_>>, value: &Value) -> Value {
    match value {
        raw if of.is_some_and(Type::is_raw) => raw.clone(),
        Value::Object(fields) => {
            let map = of.and_then(Type::map);
            let fields = fields.iter().filter_map(|(name, value)| {
                let declared = map.is_some_and(|map| map.field(name).is_some());
                let of = map.and_then(|map| map.child(name));
                let is_scalar = of.is_some_and(|of| of.scalar().is_some() && of.map().is_none());
                match value {
                    Value::Null if !declared && is_scalar => Some((name.clone(), zero(of))),
                    Value::Null => None,
                    Value::Array(items) if items.is_empty() => None,
                    value => Some((name.clone(), settled(of, value))),
                }
            });
            Value::Object(fields.collect::<Map<_, _>>())
        }
        Value::Array(items) => {
            let of = of.and_then(|of| Some(of.list()?.item()));
            Value::Array(items.iter().map(|item| settled(of, item)).collect())
        }
        scalar => scalar.clone(),
    }
}

/// What a scalar of this type is when nothing was set.
fn zero(of: Option<Type<'_>>) -> Value {
    let scalar = of.and_then(|of| Some((of.scalar()?, of.format())));
    match scalar {
        Some((_, ScalarFormat::Quantity)) => "0".into(),
        Some((ScalarType::Number, _)) => 0.into(),
        Some((ScalarType::Boolean, _)) => false.into(),
        _ => "".into(),
    }
}

/// A custom object as it is read in another version than it is stored in: without the fields that the version
/// does not have, as a structural schema prunes them.
pub fn prune(of: Type<'_>, value: &mut Value) {
    match value {
        Value::Object(fields) => {
            let Some(map) = of.map() else { return };
            fields.retain(|name, _| map.child(name).is_some());
            for (name, value) in fields {
                if let Some(of) = map.child(name) {
                    prune(of, value);
                }
            }
        }
        Value::Array(items) => {
            let Some(list) = of.list() else { return };
            for item in items {
                prune(list.item(), item);
            }
        }
        _ => {}
    }
}

/// An object as it would be stored: one of a custom kind with its defaults; one of the API server's
/// own kinds [settled], its defaults aside, the `stringData` of a Secret in its `data`.
#[must_use]
pub fn stored(kind: Kind<'_>, object: &Value) -> Value {
    if !kind.is_built_in() {
        let mut object = object.clone();
        defaults::fill(kind.root(), &mut object);
        return object;
    }
    let mut object = settled(Some(kind.root()), object);
    if kind.gvk().group_kind.is("", "Secret")
        && let Some(Value::Object(texts)) = object.as_object_mut().and_then(|secret| secret.remove("stringData"))
    {
        for (name, text) in texts {
            let text = text.as_str().unwrap_or_default();
            object["data"][name] = STANDARD.encode(text).into();
        }
    }
    object
}

fn both<T: PartialEq>(left: &Value, right: &Value, read: impl Fn(&Value) -> Option<T>) -> bool {
    match (read(left), read(right)) {
        (Some(left), Some(right)) => left == right,
        _ => false,
    }
}

fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::GroupVersionKind;
    use crate::object::field::FieldPath;
    use crate::ssa::schema::Schema;
    use serde_json::json;

    fn pod() -> Type<'static> {
        let pod = Schema::bundled().kind(&GroupVersionKind::new("v1", "Pod"));
        pod.expect("a Pod").root()
    }

    #[test]
    fn amounts_times_and_bytes_mean_the_same_in_many_spellings() {
        let pod = Schema::bundled()
            .kind(&GroupVersionKind::new("v1", "Pod"))
            .expect("a Pod");
        let at = |path: &[&str]| pod.type_at(&FieldPath::of(path)).expect("a field");
        let cpu = at(&["spec", "resources", "limits", "cpu"]);
        assert!(same_scalar(cpu, &json!(2), &json!("2000m")));
        assert!(same_scalar(cpu, &json!(0.5), &json!("500m")));
        assert!(!same_scalar(cpu, &json!("1"), &json!("1Ki")));
        let time = at(&["metadata", "deletionTimestamp"]);
        assert!(same_scalar(
            time,
            &json!("2026-01-01T00:00:00.000000Z"),
            &json!("2026-01-01T01:00:00+01:00")
        ));
        let secret = Schema::bundled().kind(&GroupVersionKind::new("v1", "Secret"));
        let bytes = secret.expect("a Secret").type_at(&FieldPath::of(&["data", "x"]));
        assert!(same_scalar(bytes.expect("a field"), &json!("aGk=\n"), &json!("aGk=")));
    }

    #[test]
    fn what_is_left_out_is_nothing() {
        let stored = json!({"spec": {"containers": [{"name": "a", "imagePullPolicy": "Always"}]}});
        let applied = json!({"spec": {"containers": [{"name": "a", "args": [], "tty": false, "env": null}]}});
        assert!(covers(Some(pod()), Some(&stored), Some(&applied)));
        assert!(!covers(Some(pod()), Some(&applied), Some(&stored)));
        assert!(same(None, Some(&json!({"a": null})), None));
    }

    #[test]
    fn a_structure_without_fields_is_something() {
        let volume = |volume: Value| json!({"spec": {"volumes": [volume]}});
        let empty = volume(json!({"name": "a", "emptyDir": {}}));
        let without = volume(json!({"name": "a"}));
        assert!(!covers(Some(pod()), Some(&without), Some(&empty)));
        assert!(covers(Some(pod()), Some(&empty), Some(&without)));
        let affinity = |affinity: Value| json!({"spec": {"affinity": affinity}});
        let (node, none) = (affinity(json!({"nodeAffinity": {}})), affinity(json!({})));
        assert!(!covers(Some(pod()), Some(&none), Some(&node)));
        let labels = json!({"metadata": {"labels": {}}});
        assert!(covers(Some(pod()), Some(&json!({"metadata": {}})), Some(&labels)));
    }

    #[test]
    fn a_null_label_is_stored_as_empty_text() {
        let pod = pod();
        let applied = json!({"metadata": {"labels": {"a": null}, "finalizers": []}, "spec": {"replicas": null}});
        assert_eq!(
            settled(Some(pod), &applied),
            json!({"metadata": {"labels": {"a": ""}}, "spec": {}})
        );
    }
}
