//! Finds the fields that an API server names inside its sentences, and what it says is wrong with them.
//!
//! Validation sends fields apart from the text. Server-side apply and the decoder do not: they
//! write `.spec.replcas: field not declared in schema` and `unknown field "spec.replcas"`.

use serde_json::{Map, Value};

use super::cause_kind;
use crate::cluster::{CauseKind, FieldCause};
use crate::object::field::{FieldPath, PathElement};

/// Whether a message comes from the check of an object against its schema that server-side apply
/// makes before anything else.
pub(super) fn is_schema_check(message: &str) -> bool {
    [
        "failed to create typed ",
        "failed to convert ",
        "failed to create manager for",
    ]
    .iter()
    .any(|start| message.contains(start))
}

/// The field that `text` spells, in any of the server's spellings: `spec.ports[0].name`,
/// `.spec.containers[name="web"].image`, `.spec.finalizers[="a"]`, `data[keystone.conf]` and
/// `.data.keystone.conf`. The last can be read only beside the object.
pub(super) fn field(text: &str, object: Option<&Value>) -> Option<FieldPath> {
    let (path, rest) = read(text, object)?;
    rest.is_empty().then_some(path)
}

/// What a message says about fields.
pub(super) fn causes(message: &str, object: Option<&Value>) -> Vec<FieldCause> {
    let strict = strict_decoding(message, object);
    if !strict.is_empty() {
        return strict;
    }
    if let Some(cause) = go_decoding(message, object) {
        return vec![cause];
    }
    // `… (default/web; apps/v1, Kind=Deployment): .spec.a: …`, or `…: errors:` and a line for each.
    message.lines().filter_map(|line| schema_check(line, object)).collect()
}

/// `strict decoding error: unknown field "spec.a", duplicate field "spec.b"`
fn strict_decoding(message: &str, object: Option<&Value>) -> Vec<FieldCause> {
    let Some((_, list)) = message.split_once("strict decoding error: ") else {
        return Vec::new();
    };
    ["unknown field \"", "duplicate field \"", "already set at \""]
        .into_iter()
        .flat_map(|what| list.match_indices(what).map(move |(start, _)| (start, what)))
        .filter_map(|(start, what)| {
            let (name, _) = list[start + what.len()..].split_once('"')?;
            let message = format!("{what}{name}\"");
            Some((
                start,
                FieldCause {
                    path: field(name, object),
                    kind: CauseKind::Invalid,
                    message,
                },
            ))
        })
        .collect::<std::collections::BTreeMap<_, _>>()
        .into_values()
        .collect()
}

/// `json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32`
fn go_decoding(message: &str, object: Option<&Value>) -> Option<FieldCause> {
    let (before, after) = message.split_once(" into Go struct field ")?;
    let name = after.split(' ').next()?;
    let (_, path) = name.split_once('.')?;
    let what = before.rsplit("json: ").next().unwrap_or(before);
    let message = format!("{what} into {after}");
    Some(FieldCause {
        path: field(path, object),
        kind: cause_kind::kind("FieldValueTypeInvalid", &message),
        message,
    })
}

/// The field of a line that has one at its start or after a colon, followed by a colon and words.
fn schema_check(line: &str, object: Option<&Value>) -> Option<FieldCause> {
    let starts = line
        .match_indices(": ")
        .map(|(colon, separator)| colon + separator.len());
    let indented = line.len() - line.trim_start().len();
    std::iter::once(indented)
        .chain(starts)
        .filter(|start| line[*start..].starts_with('.'))
        .find_map(|start| {
            let (path, rest) = read(&line[start..], object)?;
            let message = rest.strip_prefix(": ")?;
            Some(FieldCause {
                path: Some(path),
                kind: cause_kind::kind("FieldValueInvalid", message),
                message: message.to_owned(),
            })
        })
}

/// Reads a path from the start of `text`, and what follows it.
fn read<'t>(text: &'t str, object: Option<&Value>) -> Option<(FieldPath, &'t str)> {
    let mut elements = Vec::new();
    let mut here = object;
    let mut rest = text;
    loop {
        let (element, after) = if let Some(inside) = rest.strip_prefix('[') {
            let end = closing(inside)?;
            (bracketed(&inside[..end], here)?, &inside[end + 1..])
        } else {
            let name = match rest.strip_prefix('.') {
                Some(name) => name,
                None if elements.is_empty() => rest,
                None => break,
            };
            let end = name_end(name, here);
            if end == 0 {
                return None;
            }
            (PathElement::Field(name[..end].into()), &name[end..])
        };
        here = here.and_then(|parent| element.find(parent));
        elements.push(element);
        rest = after;
    }
    Some((elements.into_iter().collect(), rest))
}

/// How much of `text` is one name: the longest that `parent` has, else up to the next separator.
fn name_end(text: &str, parent: Option<&Value>) -> usize {
    let ends = |name: &str| {
        text.strip_prefix(name)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[', ':']))
    };
    let known = parent.and_then(Value::as_object).and_then(|map| {
        map.keys()
            .filter(|name| !name.is_empty() && ends(name))
            .map(String::len)
            .max()
    });
    known.unwrap_or_else(|| {
        text.find(|end: char| ".[]:\"".contains(end) || end.is_whitespace())
            .unwrap_or(text.len())
    })
}

/// Where the bracket that was opened before `text` is closed, quoted text aside.
fn closing(text: &str) -> Option<usize> {
    let mut quoted = false;
    let mut escaped = false;
    text.char_indices()
        .find(|(_, character)| {
            let closes = *character == ']' && !quoted;
            quoted ^= *character == '"' && !escaped;
            escaped = *character == '\\' && !escaped;
            closes
        })
        .map(|(position, _)| position)
}

fn bracketed(inside: &str, parent: Option<&Value>) -> Option<PathElement> {
    if let Some(value) = inside.strip_prefix('=') {
        return Some(PathElement::Value(scalar(value)));
    }
    let is_map = parent.is_some_and(Value::is_object);
    match inside.parse() {
        Ok(index) if !is_map => Some(PathElement::Index(index)),
        _ if !is_map && inside.contains('=') => keys(inside).map(PathElement::Key),
        _ => Some(PathElement::Field(inside.trim_matches('"').into())),
    }
}

/// `containerPort=80,protocol="TCP"`
fn keys(text: &str) -> Option<Map<String, Value>> {
    let mut keys = Map::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (name, value) = rest.split_once('=')?;
        let end = value_end(value);
        keys.insert(name.to_owned(), scalar(&value[..end]));
        rest = value[end..].strip_prefix(',').unwrap_or(&value[end..]);
    }
    Some(keys)
}

/// Where the value that `text` begins with ends: at a comma outside quotes.
fn value_end(text: &str) -> usize {
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    match stream.next() {
        Some(Ok(Value::String(_))) => stream.byte_offset(),
        _ => text.find(',').unwrap_or(text.len()),
    }
}

fn scalar(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::from(text.trim_matches('"')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn spelled(text: &str, object: &Value) -> String {
        field(text, Some(object)).map_or("-".into(), |path| path.to_string())
    }

    fn found(message: &str, object: Option<&Value>) -> Vec<(String, String)> {
        let cause = |cause: FieldCause| (cause.path.map_or("-".into(), |path| path.to_string()), cause.message);
        causes(message, object).into_iter().map(cause).collect()
    }

    #[test]
    fn names_with_dots_are_read_beside_the_object() {
        let object = json!({"metadata": {"labels": {"app.kubernetes.io/name": 5, "app": ""}}, "data": {"a": "", "a.b": "", "0": ""}});
        assert_eq!(
            spelled(".metadata.labels.app.kubernetes.io/name", &object),
            "metadata.labels[app.kubernetes.io/name]"
        );
        assert_eq!(spelled(".data.a.b", &object), "data[a.b]");
        assert_eq!(spelled(".data.a", &object), "data.a");
        assert_eq!(spelled("data[0]", &object), "data.0");
        assert_eq!(field(".data.a.b", None), Some(FieldPath::of(&["data", "a", "b"])));
    }

    #[test]
    fn items_are_read_in_all_their_spellings() {
        let path = field(r#".spec.ports[containerPort=80,protocol="TCP"].x"#, None).expect("a path");
        assert_eq!(path.to_string(), "spec.ports[containerPort=80,protocol=TCP].x");
        let path = field(r#".spec.containers[name="a],b"].image"#, None).expect("a path");
        assert_eq!(
            path.elements()[2],
            PathElement::Key(Map::from_iter([("name".into(), json!("a],b"))]))
        );
        let path = field(r#".metadata.finalizers[="example.com/a"]"#, None).expect("a path");
        assert_eq!(path.elements()[2], PathElement::Value(json!("example.com/a")));
        let path = field("spec.template.spec.containers[0].image", None).expect("a path");
        assert_eq!(path.elements()[4], PathElement::Index(0));
    }

    #[test]
    fn what_is_no_field_is_none() {
        for text in ["", "<nil>x y", "spec..x", "spec[0", "spec a"] {
            assert_eq!(field(text, None), None, "{text}");
        }
    }

    #[test]
    fn the_schema_check_of_apply_names_a_field() {
        let patch = "failed to create typed patch object (/web; apps/v1, Kind=Deployment): ";
        assert!(is_schema_check(patch));
        let typed = r#".spec.template.spec.containers[name="web"].image: expected string, got &value.valueUnstructured{Value:[]interface {}{5}}"#;
        assert_eq!(
            found(&format!("{patch}{typed}"), None),
            [(
                "spec.template.spec.containers[web].image".into(),
                "expected string, got &value.valueUnstructured{Value:[]interface {}{5}}".into()
            )]
        );
        let object = json!({"data": {"keystone.conf": 5}});
        assert_eq!(
            found(&format!("{patch}.data.keystone.conf: expected string"), Some(&object)),
            [("data[keystone.conf]".into(), "expected string".into())]
        );
        assert_eq!(
            found(
                &format!(
                    "{patch}errors:\n  .spec.a: field not declared in schema\n  .spec.b: field not declared in schema"
                ),
                None
            ),
            [
                ("spec.a".into(), "field not declared in schema".into()),
                ("spec.b".into(), "field not declared in schema".into())
            ]
        );
    }

    #[test]
    fn strict_decoding_names_every_field() {
        let message = r#"Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "spec.replcas", duplicate field "spec.replicas", unknown field "spec.template.spec.containers[0].nam""#;
        assert_eq!(
            found(message, None),
            [
                ("spec.replcas".into(), r#"unknown field "spec.replcas""#.into()),
                ("spec.replicas".into(), r#"duplicate field "spec.replicas""#.into()),
                (
                    "spec.template.spec.containers[0].nam".into(),
                    r#"unknown field "spec.template.spec.containers[0].nam""#.into()
                ),
            ]
        );
    }

    #[test]
    fn decoding_names_the_field_of_a_wrong_type() {
        let message = r#"Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32"#;
        let words = "cannot unmarshal string into DeploymentSpec.spec.replicas of type int32";
        assert_eq!(found(message, None), [("spec.replicas".into(), words.into())]);
    }

    #[test]
    fn no_message_is_too_odd() {
        for message in [
            "",
            ":",
            ": .",
            ".",
            "[",
            ".a[",
            ".a[\"]: x",
            ": .é: ü",
            "strict decoding error: unknown field \"",
            " into Go struct field ",
        ] {
            let _ = causes(message, Some(&json!({"a": [], "": {}})));
        }
    }
}
