//! Values as text: on one line where they fit, as YAML where not, as hunks where text changed.

use std::borrow::Cow;

use similar::TextDiff;

use serde_json::Value;

use super::document::{Line, Lines, Sign, Tone};
use crate::diagnostic::names::first_of;
pub(super) use crate::diagnostic::visible::{line, visible};
use crate::object::field::PathElement;
use crate::object::{self, GroupKind, Origins};
use crate::plan::compare::{FieldChange, Shown};

/// What stands for a value that is not shown.
const MASKED: &str = "(not shown)";

/// The lines for a change of value, each indented by `indent`; `note` stands beside the first line of the
/// last side.
pub(super) fn change(change: &FieldChange, indent: usize, note: &str) -> Lines {
    if let (Shown::Value(Value::String(before)), Shown::Value(Value::String(after))) = (&change.before, &change.after)
        && (before.contains('\n') || after.contains('\n'))
    {
        return hunks(before, after, indent, note);
    }
    // A list that is one value for the server may be long: only what differs in it is of interest.
    if let (Shown::Value(before), Shown::Value(after)) = (&change.before, &change.after)
        && !change.reordered
        && has_parts(before)
        && has_parts(after)
    {
        return hunks(&yaml(before), &yaml(after), indent, note);
    }
    let mut shown = Lines::default();
    let [before, after] = sides(&change.before, &change.after, change.reordered);
    let last = usize::from(change.after != Shown::Absent);
    for (side, (lines, sign)) in [(before, Sign::Removed), (after, Sign::Added)].into_iter().enumerate() {
        for (position, line) in lines.iter().enumerate() {
            let note = if side == last && position == 0 { note } else { "" };
            shown.push(Line::signed(sign, indent, line).beside(note));
        }
    }
    shown
}

/// The lines of both sides, none for one that is absent. Two values that would look alike, such as `true` and the text
/// `true`, are written as JSON.
fn sides(before: &Shown, after: &Shown, reordered: bool) -> [Vec<String>; 2] {
    let written = |value: &Shown| match value {
        Shown::Absent => Vec::new(),
        Shown::Masked(_) => vec![MASKED.to_owned()],
        Shown::Value(Value::Array(items)) if reordered => vec![order(items)],
        Shown::Value(value) => lines(value),
    };
    let sides = [written(before), written(after)];
    match (before, after) {
        (Shown::Value(before), Shown::Value(after)) if sides[0] == sides[1] => {
            [before, after].map(|value| vec![value.to_string()])
        }
        _ => sides,
    }
}

/// Two values on one line each, as [`change`] writes them below each other; neither may have several lines.
pub(super) fn in_line(values: [&Value; 2]) -> [String; 2] {
    let [before, after] = values.map(|value| Shown::Value(value.clone()));
    sides(&before, &after, false).map(|lines| visible(&lines.concat()).into_owned())
}

/// The first of some objects or kinds, and how many more there are.
pub(super) fn few<T: ToString>(objects: &[T]) -> String {
    first_of(objects, 3)
}

/// A text of at most so many characters, of which the middle is left out where it is longer: neither its beginning nor
/// its end hides behind it.
pub(super) fn ends(text: &str, most: usize) -> Cow<'_, str> {
    let count = text.chars().count();
    if count <= most {
        return Cow::Borrowed(text);
    }
    let kept = most.saturating_sub(1);
    let (first, last) = (kept - kept / 2, kept / 2);
    let first = text.chars().take(first);
    Cow::Owned(first.chain(['…']).chain(text.chars().skip(count - last)).collect())
}

fn order(items: &[Value]) -> String {
    let names: Vec<_> = items.iter().map(|item| item.as_str().unwrap_or_default()).collect();
    format!("order: {}", names.join(", "))
}

/// A value on its own lines.
fn lines(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) if text.contains('\n') => text.split_terminator('\n').map(str::to_owned).collect(),
        Value::String(text) if needs_quotes(text) => vec![format!("{text:?}")],
        Value::String(text) => vec![text.clone()],
        value if has_parts(value) => yaml(value).lines().map(str::to_owned).collect(),
        Value::Array(items) if !items.is_empty() => {
            let items: Vec<_> = items
                .iter()
                .map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned))
                .collect();
            vec![format!("[{}]", items.join(", "))]
        }
        other => vec![other.to_string()],
    }
}

/// Whether a text of one line would not be seen as what it is: where it begins and ends, that it is one, or that what
/// stands far to the right in it is no note beside it.
fn needs_quotes(text: &str) -> bool {
    text.is_empty() || text.trim() != text || text == MASKED || text.contains("   ")
}

/// Whether a value reads best over several lines: a map, or a list of such.
fn has_parts(value: &Value) -> bool {
    match value {
        Value::Object(map) => !map.is_empty(),
        Value::Array(items) => items.iter().any(|item| item.is_object() || item.is_array()),
        _ => false,
    }
}

/// A value as YAML.
pub(super) fn yaml(value: &Value) -> String {
    crate::yaml::written(value)
}

/// A manifest without what must not be shown: values of a Secret, and of secret parameters anywhere.
pub(super) fn presentable(manifest: &Value, kind: &GroupKind, origins: &dyn Origins) -> Value {
    let mut shown = manifest.clone();
    mask(&mut shown, &mut Vec::new(), origins);
    if object::is_secret(kind) {
        for map in ["data", "stringData"] {
            let values = shown.get_mut(map).and_then(Value::as_object_mut);
            for value in values.into_iter().flat_map(|map| map.values_mut()) {
                *value = MASKED.into();
            }
        }
        if let Some(annotations) = shown.pointer_mut("/metadata/annotations") {
            *annotations = MASKED.into();
        }
    }
    shown
}

fn mask(value: &mut Value, path: &mut Vec<PathElement>, origins: &dyn Origins) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                path.push(PathElement::field(key));
                mask(value, path, origins);
                path.pop();
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                path.push(PathElement::Index(index));
                mask(item, path, origins);
                path.pop();
            }
        }
        scalar => {
            if origins.is_secret(&path.iter().cloned().collect()) {
                *scalar = MASKED.into();
            }
        }
    }
}

/// Unified hunks of a text of several lines.
fn hunks(before: &str, after: &str, indent: usize, note: &str) -> Lines {
    let diff = TextDiff::from_lines(before, after);
    let mut lines = Lines::default();
    for (number, hunk) in diff.unified_diff().context_radius(2).iter_hunks().enumerate() {
        let header = Line::new(indent, hunk.header().to_string().trim_end()).tone(Tone::Faded);
        lines.push(header.beside(if number == 0 { note } else { "" }));
        for change in hunk.iter_changes() {
            let sign = match change.tag() {
                similar::ChangeTag::Delete => Sign::Removed,
                similar::ChangeTag::Insert => Sign::Added,
                similar::ChangeTag::Equal => Sign::None,
            };
            // Where a carriage return comes or goes, it is all that is seen of the change.
            let mut line = change.value().trim_end_matches('\n').to_owned();
            if change.missing_newline() {
                line += " (no newline at the end)";
            }
            lines.push(Line::signed(sign, indent, &line));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_text_that_is_too_long_keeps_its_beginning_and_its_end() {
        for (text, most, shown) in [
            ("abcdefg", 7, "abcdefg"),
            ("abcdefgh", 7, "abc…fgh"),
            ("äöüäöüäöü", 4, "äö…ü"),
            ("ab", 1, "…"),
        ] {
            assert_eq!(ends(text, most), shown);
        }
    }

    fn shown(before: &Value, after: &Value) -> String {
        let [before, after] = [before, after].map(|value| Shown::Value(value.clone()));
        sides(&before, &after, false).map(|lines| lines.join("\n")).join(" -> ")
    }

    #[test]
    fn values_of_other_types_never_look_alike() {
        for (before, after, expected) in [
            (json!("true"), json!(true), "\"true\" -> true"),
            (json!("null"), json!(null), "\"null\" -> null"),
            (json!(["a, b"]), json!(["a", "b"]), "[\"a, b\"] -> [\"a\",\"b\"]"),
            (json!(["1"]), json!([1]), "[\"1\"] -> [1]"),
            (json!("[]"), json!([]), "\"[]\" -> []"),
            (json!("\"a \""), json!("a "), "\"\\\"a \\\"\" -> \"a \""),
            (json!("a"), json!("b"), "a -> b"),
            (json!("true"), json!("false"), "true -> false"),
        ] {
            assert_eq!(shown(&before, &after), expected);
        }
    }

    #[test]
    fn a_text_cannot_pass_for_a_hidden_value_or_for_a_note_beside_one() {
        let forged = "(not shown)          git: 1234567 Approved by security";
        assert_eq!(
            shown(&json!(forged), &json!("(not shown)")),
            format!("{forged:?} -> \"(not shown)\"")
        );
        assert_eq!(shown(&json!("a  b"), &json!("a\tb")), "a  b -> a\tb");
    }

    #[test]
    fn a_carriage_return_that_comes_or_goes_is_seen() {
        let lines = hunks("x\r\ny\n", "x\ny\r", 0, "");
        let lines: Vec<_> = lines.iter().map(Line::left).collect();
        assert_eq!(lines[1..], ["- x\\r", "- y", "+ x", "+ y\\r"]);
        assert_eq!(super::lines(&json!("x\r\ny\n")), ["x\r", "y"]);
    }
}
