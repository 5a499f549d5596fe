//! Which parameters there are: the tree of groups that a schema declares.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::keyword::parts;
use super::syntax::target;
use crate::yaml::{Node, NodeValue};

/// How many parameters a schema may declare; references could multiply a few lines into millions.
const MAX_PARAMETERS: usize = 10_000;

/// How many schemas may be looked at to find which parameters are secret: what is referred to is looked at each time.
const MAX_LOOKS: usize = 1_000_000;

/// A group: names that lead to groups and parameters.
#[derive(Debug, Default)]
pub(super) struct ParameterGroup {
    pub(super) members: BTreeMap<String, GroupMember>,
    /// Whether one of its parameters, at any depth, is secret.
    secret: bool,
}

/// A group or a parameter, and where the schema declares it.
#[derive(Debug)]
pub(super) struct GroupMember {
    pub(super) declared: GroupOrParameter,
    pub(super) span: Range<usize>,
}

#[derive(Debug)]
pub(super) enum GroupOrParameter {
    Group(ParameterGroup),
    Parameter(Parameter),
}

/// One parameter.
#[derive(Debug)]
pub(super) struct Parameter {
    pub(super) secret: bool,
    pub(super) description: Option<String>,
}

/// How far a path leads: `depth` of its steps.
pub(super) enum ReachedDeclaration<'a> {
    /// The path leads to a group. If steps are left, the group does not have the next one.
    Group { group: &'a ParameterGroup, depth: usize },
    /// The path leads to a parameter. If steps are left, they lead into its value.
    Parameter { parameter: &'a Parameter, depth: usize },
}

/// What is wrong with a declaration.
pub(super) struct Misdeclared {
    pub(super) message: String,
    pub(super) hint: String,
    pub(super) span: Range<usize>,
}

impl Misdeclared {
    pub(super) fn new(message: impl Into<String>, hint: impl Into<String>, span: &Range<usize>) -> Self {
        Self {
            message: message.into(),
            hint: hint.into(),
            span: span.clone(),
        }
    }
}

impl ParameterGroup {
    pub(super) fn reach(&self, path: &[&str]) -> ReachedDeclaration<'_> {
        let mut group = self;
        for (depth, step) in path.iter().enumerate() {
            match group.members.get(*step).map(|member| &member.declared) {
                Some(GroupOrParameter::Group(inner)) => group = inner,
                Some(GroupOrParameter::Parameter(parameter)) => {
                    return ReachedDeclaration::Parameter {
                        parameter,
                        depth: depth + 1,
                    };
                }
                None => return ReachedDeclaration::Group { group, depth },
            }
        }
        ReachedDeclaration::Group {
            group,
            depth: path.len(),
        }
    }

    /// Whether what `path` leads to, or what is inside or around it, is secret.
    pub(super) fn is_secret(&self, path: &[&str]) -> bool {
        match self.reach(path) {
            ReachedDeclaration::Group { group, .. } => group.secret,
            ReachedDeclaration::Parameter { parameter, .. } => parameter.secret,
        }
    }

    /// The dotted names of all parameters.
    pub(super) fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        self.add_names("", &mut names);
        names
    }

    fn add_names(&self, before: &str, names: &mut Vec<String>) {
        for (name, member) in &self.members {
            let name = format!("{before}{name}");
            match &member.declared {
                GroupOrParameter::Group(group) => group.add_names(&format!("{name}."), names),
                GroupOrParameter::Parameter(_) => names.push(name),
            }
        }
    }
}

/// Reads the declarations of a schema that is valid, adding what is wrong with them to `errors`.
pub(super) fn declared(root: &Node, errors: &mut Vec<Misdeclared>) -> ParameterGroup {
    let mut reader = DeclarationReader {
        root,
        errors,
        open: Vec::new(),
        count: 0,
        looks_left: MAX_LOOKS,
    };
    if reader.is_group(root) {
        let group = reader.group(root, false);
        if reader.looks_left == 0 {
            reader.errors.push(Misdeclared::new(
                format!("it takes more than {MAX_LOOKS} steps to find which parameters are secret"),
                "refer less often to large definitions",
                &(root.span.start..root.span.start),
            ));
        }
        group
    } else {
        reader.errors.push(Misdeclared::new(
            "the schema declares no parameters",
            "declare them in `properties` at its top, with no `additionalProperties` beside it",
            &root.span,
        ));
        ParameterGroup::default()
    }
}

struct DeclarationReader<'a, 'e> {
    root: &'a Node,
    errors: &'e mut Vec<Misdeclared>,
    /// The groups around the one being read.
    open: Vec<*const Node>,
    count: usize,
    looks_left: usize,
}

impl<'a> DeclarationReader<'a, '_> {
    fn group(&mut self, schema: &'a Node, secret_around: bool) -> ParameterGroup {
        let chain = chain(self.root, schema);
        let secret_here = secret_around || chain.iter().any(|schema| is_write_only(schema));
        // What else is said of the group may be said of any of its parameters.
        let secret = secret_here
            || chain.iter().any(|schema| {
                parts(schema)
                    .into_iter()
                    .filter(|(keyword, _)| !matches!(*keyword, "properties" | "$defs"))
                    .any(|(_, part)| self.holds_secret(part))
            });
        let mut group = ParameterGroup {
            secret,
            ..ParameterGroup::default()
        };
        let before = self.open.len();
        self.open.extend(chain.iter().map(|schema| std::ptr::from_ref(*schema)));
        for properties in chain.iter().filter_map(|schema| schema.entry("properties")) {
            for entry in properties.value.entries().unwrap_or_default() {
                let span = &entry.key_span;
                if !is_name(&entry.key) {
                    self.errors.push(Misdeclared::new(
                        format!("`{}` cannot name a parameter", entry.key),
                        "a name has letters, digits and `_`, and does not begin with a digit, \
                               since expressions read it",
                        span,
                    ));
                    continue;
                }
                if group.members.contains_key(&entry.key) {
                    self.errors.push(Misdeclared::new(
                        format!("`{}` is declared twice: beside a `$ref` and behind it", entry.key),
                        "keep one of the two",
                        span,
                    ));
                    continue;
                }
                let Some(declared) = self.member(&entry.value, span, secret) else {
                    continue;
                };
                group.secret |= declared.is_secret();
                group.members.insert(
                    entry.key.clone(),
                    GroupMember {
                        declared,
                        span: span.clone(),
                    },
                );
            }
        }
        self.open.truncate(before);
        group
    }

    fn member(&mut self, schema: &'a Node, span: &Range<usize>, secret: bool) -> Option<GroupOrParameter> {
        self.count += 1;
        if self.count > MAX_PARAMETERS {
            if self.count == MAX_PARAMETERS + 1 {
                self.errors.push(Misdeclared::new(
                    format!("the schema declares more than {MAX_PARAMETERS} parameters"),
                    "a `$ref` to a group declares all of it again",
                    span,
                ));
            }
            return None;
        }
        let chain = chain(self.root, schema);
        if self.is_group(schema) {
            if chain
                .iter()
                .any(|schema| self.open.contains(&std::ptr::from_ref(*schema)))
            {
                self.errors.push(Misdeclared::new(
                    "a group of parameters must not contain itself",
                    "this `$ref` leads to a group around it",
                    span,
                ));
                return None;
            }
            return Some(GroupOrParameter::Group(self.group(schema, secret)));
        }
        let description = chain
            .iter()
            .find_map(|schema| schema.entry("description")?.value.as_str());
        Some(GroupOrParameter::Parameter(Parameter {
            secret: secret || self.holds_secret(schema),
            description: description.map(|text| text.trim().to_owned()),
        }))
    }

    fn is_group(&self, schema: &'a Node) -> bool {
        let chain = chain(self.root, schema);
        let is_open = |schema: &&Node| {
            let beside = schema.entry("additionalProperties");
            beside.is_some_and(|entry| entry.value.value != NodeValue::Bool(false))
                || schema.entry("patternProperties").is_some()
        };
        chain.iter().any(|schema| schema.entry("properties").is_some()) && !chain.iter().any(is_open)
    }

    /// Whether `schema` says of its value, or of anything in it, that it is secret; yes where it takes too long to find.
    fn holds_secret(&mut self, schema: &'a Node) -> bool {
        let mut seen = BTreeSet::new();
        let mut waiting = vec![schema];
        while let Some(schema) = waiting.pop() {
            self.looks_left = self.looks_left.saturating_sub(1);
            if is_write_only(schema) || self.looks_left == 0 {
                return true;
            }
            let reference = schema.entry("$ref").and_then(|entry| entry.value.as_str());
            waiting.extend(
                reference
                    .filter(|reference| seen.insert(*reference))
                    .and_then(|reference| target(self.root, reference)),
            );
            let inside = parts(schema).into_iter().filter(|(keyword, _)| *keyword != "$defs");
            waiting.extend(inside.map(|(_, part)| part));
        }
        false
    }
}

impl GroupOrParameter {
    fn is_secret(&self) -> bool {
        match self {
            Self::Group(group) => group.secret,
            Self::Parameter(parameter) => parameter.secret,
        }
    }
}

/// A schema and those that its `$ref` leads to, one after the other.
fn chain<'a>(root: &'a Node, schema: &'a Node) -> Vec<&'a Node> {
    let mut chain = vec![schema];
    while let Some(next) = chain
        .last()
        .and_then(|schema| schema.entry("$ref"))
        .and_then(|reference| target(root, reference.value.as_str()?))
        .filter(|next| !chain.iter().any(|known| std::ptr::eq(*known, *next)))
    {
        chain.push(next);
    }
    chain
}

fn is_write_only(schema: &Node) -> bool {
    schema
        .entry("writeOnly")
        .is_some_and(|entry| entry.value.value == NodeValue::Bool(true))
}

fn is_name(text: &str) -> bool {
    let begins = |char: char| char.is_ascii_alphabetic() || char == '_';
    text.starts_with(begins) && text.chars().all(|char| begins(char) || char.is_ascii_digit())
}
