//! Which fields a rule means: a path as a diff prints it, or a JSON pointer.

use std::fmt;

use serde_json::Value;

use super::tree::{Branch, SentTree};
use crate::object::field::PathElement;
use crate::object::glob::matches_glob;

/// The fields that a rule means.
///
/// `spec.template.spec.containers[web].image` reads as a diff prints it: `[web]` is an item by its only key,
/// or by its `name`; `[containerPort=80,protocol=TCP]` one by its keys; `[=a]` the value of a set; `[0]` a
/// position; `[example.com/a]` a field whose name has dots or slashes. `*` stands for any letters of a name,
/// so `[*]` is every item. What begins with a slash is a JSON pointer (RFC 6901), whose numbers are
/// positions, in git's manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldPattern {
    text: String,
    segments: Vec<Segment>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    /// A field of a map.
    Field(String),
    /// A key in brackets: a field of a map, or an item of a list.
    Bracket(String),
    /// The item with these keys.
    Keys(Vec<(String, String)>),
    /// The item that has this value.
    Value(String),
    /// A token of a pointer: a field of a map, word for word, or a position in git's list.
    Token(String),
}

/// What is wrong with a text that is to be a path or a pointer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoPattern {
    /// A `~` in a pointer escapes nothing ([RFC 6901](https://www.rfc-editor.org/rfc/rfc6901)).
    #[error("in a JSON pointer `~` is written `~0`, and `/` within a name `~1`")]
    Escape,
    /// A slash in a pointer has no name behind it.
    #[error("a JSON pointer has a name behind each slash")]
    EmptyToken,
    /// A pointer ends in `-`.
    #[error("`-` is the item behind the last of a list, which is never there")]
    BehindLast,
    /// A bracket is not closed.
    #[error("a `[` has no `]`")]
    Open,
    /// A dot is missing before this, or one too much.
    #[error("there is a dot missing or too much before `{0}`")]
    Dot(String),
    /// A name is empty, or holds what only stands in brackets.
    #[error("a name is empty, or holds what only stands in brackets: `]`, `/`, a blank")]
    Name,
    /// The path has no field.
    #[error("a path names at least one field")]
    Nothing,
    /// Brackets hold nothing.
    #[error("nothing stands in `[]`; `[*]` is every item")]
    EmptyBrackets,
}

impl FieldPattern {
    /// Reads a path or a pointer.
    pub fn parse(text: &str) -> Result<Self, NoPattern> {
        let segments = if text.starts_with('/') {
            pointer(text)?
        } else {
            path(text)?
        };
        Ok(Self {
            text: text.to_owned(),
            segments,
        })
    }

    /// Where the fields are that it means, in the two sides of `tree`.
    pub(crate) fn find<'a>(&self, tree: &SentTree<'a>) -> Vec<Branch<'a>> {
        let mut found = vec![tree.root()];
        for segment in &self.segments {
            let children = found.iter().flat_map(Branch::children);
            found = children.filter(|child| segment.selects(child)).collect();
        }
        found
    }
}

/// The pattern as it was written.
impl fmt::Display for FieldPattern {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

impl Segment {
    fn selects(&self, child: &Branch<'_>) -> bool {
        let item = || child.sent.or(child.live).unwrap_or(&Value::Null);
        let named = |name: &str, glob: &str| {
            let value = item().get(name);
            value.is_some_and(|value| matches_glob(glob, &text(value)))
        };
        match (self, child.path.elements().last()) {
            (Self::Field(glob) | Self::Bracket(glob), Some(PathElement::Field(name))) => matches_glob(glob, name),
            (Self::Token(token), Some(PathElement::Field(name))) => token == name,
            (Self::Bracket(glob), Some(PathElement::Key(keys))) => {
                let mut values = keys.values();
                let only = values.next().filter(|_| keys.len() == 1);
                glob == "*" || only.is_some_and(|value| matches_glob(glob, &text(value))) || named("name", glob)
            }
            (Self::Bracket(glob), Some(PathElement::Index(index))) => {
                glob == "*" || *glob == index.to_string() || named("name", glob)
            }
            (Self::Bracket(glob), Some(PathElement::Value(_))) => glob == "*",
            (Self::Keys(pairs), Some(PathElement::Key(_) | PathElement::Index(_))) => {
                pairs.iter().all(|(name, glob)| named(name, glob))
            }
            (Self::Keys(pairs), Some(PathElement::Field(name))) => {
                // A name may hold a `=`, and then it is no key.
                let spelled: Vec<_> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
                *name == spelled.join(",")
            }
            (Self::Value(glob), Some(PathElement::Value(value))) => matches_glob(glob, &text(value)),
            (Self::Token(token), Some(_)) => child.position.is_some_and(|position| *token == position.to_string()),
            _ => false,
        }
    }
}

/// A scalar as people write it.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn pointer(text: &str) -> Result<Vec<Segment>, NoPattern> {
    let tokens = text.split('/').skip(1);
    let read = tokens.map(|token| {
        let mut plain = String::new();
        let mut letters = token.chars();
        while let Some(letter) = letters.next() {
            match letter {
                '~' => match letters.next() {
                    Some('0') => plain.push('~'),
                    Some('1') => plain.push('/'),
                    _ => return Err(NoPattern::Escape),
                },
                other => plain.push(other),
            }
        }
        match plain.as_str() {
            "" => Err(NoPattern::EmptyToken),
            "-" => Err(NoPattern::BehindLast),
            _ => Ok(Segment::Token(plain)),
        }
    });
    read.collect()
}

fn path(text: &str) -> Result<Vec<Segment>, NoPattern> {
    let mut segments = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let Some((inside, after)) = inner.split_once(']') else {
                return Err(NoPattern::Open);
            };
            segments.push(bracket(inside)?);
            rest = after;
        } else {
            let name = match rest.strip_prefix('.') {
                Some(name) if !segments.is_empty() => name,
                None if segments.is_empty() => rest,
                _ => return Err(NoPattern::Dot(rest.to_owned())),
            };
            let end = name.find(['.', '[']).unwrap_or(name.len());
            if end == 0 || name[..end].contains([']', '/', ' ']) {
                return Err(NoPattern::Name);
            }
            segments.push(Segment::Field(name[..end].to_owned()));
            rest = &name[end..];
        }
    }
    if segments.is_empty() {
        return Err(NoPattern::Nothing);
    }
    Ok(segments)
}

fn bracket(inside: &str) -> Result<Segment, NoPattern> {
    if inside.is_empty() {
        return Err(NoPattern::EmptyBrackets);
    }
    if let Some(value) = inside.strip_prefix('=') {
        return Ok(Segment::Value(value.to_owned()));
    }
    let pairs: Option<Vec<_>> = inside.split(',').map(|pair| pair.split_once('=')).collect();
    Ok(match pairs {
        Some(pairs) => {
            let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
            Segment::Keys(pairs.iter().map(owned).collect())
        }
        None => Segment::Bracket(inside.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::object::field::FieldSet;

    fn found(pattern: &str) -> Vec<String> {
        let object = json!({"metadata": {"annotations": {"a.b/c": "1", "a.b/d": "2", "x": "3"}, "finalizers": ["one"]},
            "spec": {"containers": [{"name": "web", "image": "w", "ports": [{"containerPort": 80, "protocol": "TCP"}]},
                {"name": "side", "image": "s"}], "args": [{"name": "v", "size": 1}]}});
        let keys = FieldSet::from_fields_v1(&json!({
            "f:metadata": {"f:finalizers": {"v:\"one\"": {}}},
            "f:spec": {"f:args": {}, "f:containers": {
                "k:{\"name\":\"web\"}": {".": {}, "f:ports": {"k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {".": {}}}},
                "k:{\"name\":\"side\"}": {".": {}}}}}));
        let pattern = FieldPattern::parse(pattern).expect("a pattern");
        let tree = SentTree::new(Some(&object), &object, &keys);
        pattern
            .find(&tree)
            .iter()
            .map(|branch| branch.path.to_string())
            .collect()
    }

    #[test]
    fn a_path_is_read_as_it_is_printed() {
        for path in [
            "spec.containers[web].image",
            "spec.containers[web].ports[containerPort=80,protocol=TCP].containerPort",
            "metadata.annotations[a.b/c]",
            "metadata.finalizers[=one]",
            "spec.args[0].size",
        ] {
            assert_eq!(found(path), [path]);
        }
    }

    #[test]
    fn a_star_stands_for_any_letters() {
        assert_eq!(
            found("spec.containers[*].image"),
            ["spec.containers[web].image", "spec.containers[side].image"]
        );
        assert_eq!(found("metadata.annotations[a.b/*]").len(), 2);
        assert_eq!(found("spec.args[v].size"), ["spec.args[0].size"]);
        assert!(found("spec.nothing.at.all").is_empty());
    }

    #[test]
    fn a_pointer_counts_gits_items() {
        assert_eq!(found("/spec/containers/1/image"), ["spec.containers[side].image"]);
        assert_eq!(found("/metadata/annotations/a.b~1c"), ["metadata.annotations[a.b/c]"]);
        assert_eq!(found("/spec/containers/2/image"), Vec::<String>::new());
    }

    #[test]
    fn what_is_neither_is_refused() {
        for wrong in [
            "", "spec.", "spec..a", ".spec", "spec[a", "spec[]", "spec[a]b", "spec/a", "/", "/a//b", "/a~2", "/a/-",
        ] {
            assert!(FieldPattern::parse(wrong).is_err(), "{wrong}");
        }
    }
}
