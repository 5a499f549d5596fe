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
        text.push_str(&line_text(key, Stand::Key));
        text.push(':');
        match value {
            value if key == DENSE => {
                text.push(' ');
                dense(text, value, Stand::Last);
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
                dense(text, &Value::Array(items.clone()), Stand::Within);
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
            text.push_str(match lines {
                lines if lines.ends_with("\n\n") => "|+\n",
                lines if lines.ends_with('\n') => "|\n",
                _ => "|-\n",
            });
            for line in lines.lines() {
                if !line.is_empty() {
                    text.extend(std::iter::repeat_n(' ', indent + 2));
                }
                text.push_str(line);
                text.push('\n');
            }
        }
        value => {
            dense(text, value, Stand::Last);
            text.push('\n');
        }
    }
}

/// A value on one line: JSON, but for the texts that need no quotes.
fn dense(text: &mut String, value: &Value, stand: Stand) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
        Value::Number(number) => text.push_str(&number.to_string()),
        Value::String(line) => text.push_str(&line_text(line, stand)),
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                text.push_str(if index == 0 { "" } else { ", " });
                dense(text, item, Stand::Within);
            }
            text.push(']');
        }
        Value::Object(fields) => {
            text.push('{');
            for (index, (key, value)) in fields.iter().enumerate() {
                text.push_str(if index == 0 { "" } else { ", " });
                text.push_str(&line_text(key, Stand::Within));
                text.push_str(": ");
                dense(text, value, Stand::Within);
            }
            text.push('}');
        }
    }
}

/// Whether a text is shown line by line: one whose every line begins with something that is seen, and
/// of which every character is.
fn is_block(text: &str) -> bool {
    let is_shown = |character: char| character == '\n' || character == '\t' || !is_escaped(character);
    text.contains('\n')
        && !text.starts_with(['\n', ' ', '\t'])
        && text
            .lines()
            .all(|line| !line.starts_with('\t') && (line.is_empty() || !line.trim().is_empty()))
        && text.chars().all(is_shown)
}

/// Where a text on one line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stand {
    /// The text is the key of a map.
    Key,
    /// The text is the last of its line.
    Last,
    /// Others follow it on the line, in brackets.
    Within,
}

/// A text on one line, in quotes where it would be something else without.
fn line_text(text: &str, stand: Stand) -> String {
    if is_plain(text, stand) {
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

/// Whether a text needs no quotes: it is read as a text, and as the same one, by readers of YAML 1.1 and 1.2.
fn is_plain(text: &str, stand: Stand) -> bool {
    let is_inner = |character: char| match character {
        '_' | '-' | '.' | '/' => true,
        ' ' | ':' | '@' | '$' | '(' | ')' | '=' | '+' | '*' | '%' | '&' | ';' | '|' | '\'' | '"' | '#' | ',' => {
            stand == Stand::Last
        }
        character => character.is_ascii_alphanumeric(),
    };
    let mut characters = text.chars();
    let is_begun = match characters.next() {
        Some('_' | '/' | '.' | '$' | '(') => true,
        Some('-') => characters
            .next()
            .is_some_and(|second| second.is_ascii_alphabetic() || second == '-'),
        // What has digits, points and signs alone is a number, a date or a time to somebody.
        Some(first) if first.is_ascii_digit() => {
            let tells = |character: char| character.is_ascii_alphabetic() || [' ', '/'].contains(&character);
            text.contains(tells) && !text.contains([':', '+'])
        }
        Some(first) => first.is_ascii_alphabetic(),
        None => false,
    };
    // A key must end within its first 1,024 characters.
    let is_short = stand != Stand::Key || text.len() < 200;
    let is_text = |text: String| matches!(Scalar::plain(text), Scalar::Text(_));
    // Readers differ in where an underscore may stand in a number: what is one with a digit there is one to somebody.
    let is_number = !text.starts_with('_') && !is_text(text.replace('_', "0"));
    is_begun
        && is_short
        && !is_number
        && text.chars().all(is_inner)
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.ends_with([':', ' '])
        && !text.starts_with("---")
        && !text.starts_with("...")
        && is_text(text.to_owned())
}

/// What YAML does not allow as it is, or takes for the end of a line. All of it is in the first plane.
fn is_escaped(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::documents;

    /// Each line of the table is a text as it is written: in quotes where some reader of YAML 1.1 or 1.2 would take
    /// it for something else.
    #[test]
    fn a_text_is_in_quotes_only_where_it_would_be_something_else_without() {
        let table = include_str!("../../fixtures/yaml/texts.txt");
        assert!(table.lines().count() > 40);
        for line in table.lines() {
            let read = documents(line).remove(0);
            assert!(read.is_string(), "{line}");
            assert_eq!(written(&read), format!("{line}\n"));
            assert_eq!(serde_saphyr::from_str::<Value>(line).expect("YAML"), read, "{line}");
        }
    }
}
