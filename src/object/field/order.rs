//! Values in the order, and with the equality, that the API server gives them.

use std::cmp::Ordering;

use serde_json::{Map, Number, Value};

/// Whether the API server takes two values for the same: `1` and `1.0` are, `1` and `"1"` are not.
pub fn equal(left: &Value, right: &Value) -> bool {
    compare(left, right) == Ordering::Equal
}

/// A total order: numbers, strings, booleans, lists, maps, null; each kind in itself.
pub fn compare(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => numbers(left, right),
        (Value::String(left), Value::String(right)) => left.cmp(right),
        (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
        (Value::Array(left), Value::Array(right)) => sequences(left.iter(), right.iter()),
        (Value::Object(left), Value::Object(right)) => maps(left, right),
        _ => rank(left).cmp(&rank(right)),
    }
}

/// The order of the keys of list items: by name and value, pair after pair.
pub(super) fn maps(left: &Map<String, Value>, right: &Map<String, Value>) -> Ordering {
    for ((left_name, left), (right_name, right)) in left.iter().zip(right) {
        let order = left_name.cmp(right_name).then_with(|| compare(left, right));
        if order != Ordering::Equal {
            return order;
        }
    }
    left.len().cmp(&right.len())
}

/// A number in the one form that equal numbers share, so that `1.0` and `1` are one path.
pub(super) fn normal(value: Value) -> Value {
    match value.as_f64() {
        #[expect(clippy::cast_possible_truncation, reason = "it is an integer within the range")]
        Some(number) if value.is_f64() && number.fract() == 0.0 && number.abs() < 9e15 => Value::from(number as i64),
        _ => value,
    }
}

fn numbers(left: &Number, right: &Number) -> Ordering {
    if let (Some(left), Some(right)) = (left.as_i64(), right.as_i64()) {
        return left.cmp(&right);
    }
    let (left, right) = (left.as_f64(), right.as_f64());
    left.partial_cmp(&right).unwrap_or(Ordering::Equal)
}

fn sequences<'a>(left: impl Iterator<Item = &'a Value>, mut right: impl Iterator<Item = &'a Value>) -> Ordering {
    for item in left {
        let order = right.next().map_or(Ordering::Greater, |other| compare(item, other));
        if order != Ordering::Equal {
            return order;
        }
    }
    right.next().map_or(Ordering::Equal, |_| Ordering::Less)
}

fn rank(value: &Value) -> u8 {
    match value {
        Value::Number(_) => 0,
        Value::String(_) => 1,
        Value::Bool(_) => 2,
        Value::Array(_) => 3,
        Value::Object(_) => 4,
        Value::Null => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_are_equal_by_value_and_never_equal_to_text() {
        assert!(equal(&json!(1), &json!(1.0)));
        assert!(!equal(&json!(1), &json!("1")));
        assert!(equal(&json!({"a": [1, {"b": 2.0}]}), &json!({"a": [1.0, {"b": 2}]})));
        assert!(!equal(&json!([1]), &json!([1, 1])));
        assert!(!equal(&json!({}), &json!(null)));
    }

    #[test]
    fn numbers_come_before_text_and_by_value() {
        assert_eq!(compare(&json!(9), &json!(10)), Ordering::Less);
        assert_eq!(compare(&json!(10), &json!("1")), Ordering::Less);
        assert_eq!(compare(&json!("10"), &json!("9")), Ordering::Less);
        assert_eq!(compare(&json!([1]), &json!([])), Ordering::Greater);
    }
}
