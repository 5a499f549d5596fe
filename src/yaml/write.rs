//! Writes values as YAML that [`documents`](super::documents) reads back as the same.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::Scalar;

/// Sets of fields are for machines: below this key everything stands on one line.
const DENSE: &str = "fieldsV1";

/// A value as one YAML document: maps in their order, texts of several lines as they are.
///
/// ```
/// use serde_json::json;
/// use stackanetes::yaml;
///
/// let value = json!({"data": {"on": "yes", "text": "a\nb\n"}, "ports": [{"port": 80}], "none": []});
/// assert_eq!(
///     yaml::written(&value),
///     "data:\n  \"on\": \"yes\"\n  text: |\n    a\n    b\nnone: []\nports:\n- port: 80\n"
/// );
/// ```
pub fn written(value: &Value) -> String {
    let mut text = String::new();
    match value {
        Value::Object(fields) if !fields.is_empty() => map(&mut text, fields, 0, false),
        Value::Array(items) if !items.is_empty() => list(&mut text, items, 0),
        value => {
            scalar(&mut text, value, 0);
        }
    }
    text
}

/// The fields of a map; of an item of a list, the first stands beside the item's dash.
fn map(text: &mut String, fields: &Map<String, Value>, indent: usize, mut is_begun: bool) {
    for (key, value) in fields {
        if !std::mem::take(&mut is_begun) {
            text.extend(std::iter::repeat_n(' ', indent));
        }
        text.push_str(&line_text(key));
        text.push(':');
        match value {
            value if key == DENSE => {
                text.push(' ');
                dense(text, value);
                text.push('\n');
            }
            Value::Object(fields) if !fields.is_empty() => {
                text.push('\n');
                map(text, fields, indent + 2, false);
            }
            Value::Array(items) if !items.is_empty() => {
                text.push('\n');
                list(text, items, indent);
            }
            value => {
                text.push(' ');
                scalar(text, value, indent);
            }
        }
    }
}

fn list(text: &mut String, items: &[Value], indent: usize) {
    for item in items {
        text.extend(std::iter::repeat_n(' ', indent));
        text.push_str("- ");
        match item {
            Value::Object(fields) if !fields.is_empty() => map(text, fields, indent + 2, true),
            Value::Array(items) if !items.is_empty() => {
                dense(text, &Value::Array(items.clone()));
                text.push('\n');
            }
            item => scalar(text, item, indent),
        }
    }
}

/// A value without lines of its own, and a text of several.
fn scalar(text: &mut String, value: &Value, indent: usize) {
    match value {
        Value::String(lines) if is_block(lines) => {
            text.push_str(if lines.ends_with('\n') { "|\n" } else { "|-\n" });
            for line in lines.lines() {
                if !line.is_empty() {
                    text.extend(std::iter::repeat_n(' ', indent + 2));
                }
                text.push_str(line);
                text.push('\n');
            }
        }
        value => {
            dense(text, value);
            text.push('\n');
        }
    }
}

/// A value on one line: JSON, but for the texts that need no quotes.
fn dense(text: &mut String, value: &Value) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
        Value::Number(number) => text.push_str(&number.to_string()),
        Value::String(line) => text.push_str(&line_text(line)),
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                text.push_str(if index == 0 { "" } else { ", " });
                dense(text, item);
            }
            text.push(']');
        }
        Value::Object(fields) => {
            text.push('{');
            for (index, (key, value)) in fields.iter().enumerate() {
                text.push_str(if index == 0 { "" } else { ", " });
                text.push_str(&line_text(key));
                text.push_str(": ");
                dense(text, value);
            }
            text.push('}');
        }
    }
}

/// Whether a text is shown line by line: one whose every line begins with something that is seen, and
/// of which every character is.
fn is_block(text: &str) -> bool {
    let is_shown = |character: char| character == '\n' || character == '\t' || !is_escaped(character);
    text.trim_end_matches('\n').contains('\n')
        && !text.ends_with("\n\n")
        && !text.starts_with(['\n', ' ', '\t'])
        && text
            .lines()
            .all(|line| !line.starts_with('\t') && (line.is_empty() || !line.trim().is_empty()))
        && text.chars().all(is_shown)
}

/// A text on one line, in quotes where it would be something else without.
fn line_text(text: &str) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "_-./".contains(character);
    let is_name = text.starts_with(|character: char| character.is_ascii_alphabetic() || "_/.".contains(character))
        && text.chars().all(is_plain)
        && text.len() < 200
        && matches!(Scalar::plain(text.to_owned()), Scalar::Text(_));
    if is_name {
        return text.to_owned();
    }
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            // A string can always be written to.
            hidden if is_escaped(hidden) => drop(write!(quoted, "\\u{:04x}", u32::from(hidden))),
            shown => quoted.push(shown),
        }
    }
    quoted.push('"');
    quoted
}

/// What YAML does not allow as it is, or takes for the end of a line. All of it is in the first plane.
fn is_escaped(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
        )
}
