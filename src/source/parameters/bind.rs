//! Binds what files say to what the schema declares, and merges it value by value.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::ParameterSources;
use super::declared::{GroupMember, GroupOrParameter, ParameterGroup, ReachedDeclaration};
use super::layer::Layer;
use super::nearest::{hint, members};
use super::schema::{MAX_MISTAKES, not_shown};
use crate::diagnostic::error::Error;
use crate::diagnostic::place::{Place, SourceFile};
use crate::sops;
use crate::source::Unsealer;
use crate::yaml::{Entry, Node};

/// The values so far.
pub(super) struct MergedParameters<'a> {
    schema: &'a Arc<SourceFile>,
    pub(super) declared: &'a ParameterGroup,
    pub(super) value: Value,
    pub(super) layers: Vec<Layer>,
    pub(super) setters: BTreeMap<String, usize>,
    /// The parameters whose values were encrypted, by their dotted names.
    pub(super) encrypted: BTreeSet<String>,
    unsealer: &'a Unsealer<'a>,
}

/// What a file says, bound to the schema.
#[derive(Default)]
struct Bindings {
    values: Vec<BoundValue>,
    hidden: Vec<std::ops::Range<usize>>,
    /// The first mistakes, of which there may be as many as there are entries.
    wrong: Vec<Wrong>,
    /// How many more there are.
    more_wrong: usize,
}

/// A value, and the parameter that it is bound to.
struct BoundValue {
    path: Vec<String>,
    value: Value,
    is_encrypted: bool,
}

/// What is wrong with the entry at a path.
struct Wrong {
    path: Vec<String>,
    message: String,
    hint: String,
}

impl<'a> MergedParameters<'a> {
    pub(super) fn new(sources: &ParameterSources<'a>, declared: &'a ParameterGroup) -> Self {
        Self {
            schema: sources.schema,
            unsealer: sources.unsealer,
            encrypted: BTreeSet::new(),
            declared,
            value: skeleton(declared),
            layers: Vec::new(),
            setters: BTreeMap::new(),
        }
    }

    /// Takes the values of `parameters.yaml`, which must be all there are.
    pub(super) fn defaults(&mut self, file: &Arc<SourceFile>, errors: &mut Vec<Error>) {
        let before = errors.len();
        self.file(file, "the schema declares no", errors);
        if errors.len() == before {
            self.missing(self.declared, &mut Vec::new(), file, errors);
        }
    }

    /// Takes the values of an environment. Gives back whether it could be read.
    pub(super) fn environment(&mut self, file: &Arc<SourceFile>, errors: &mut Vec<Error>) -> bool {
        self.file(file, "there is no", errors)
    }

    /// Takes the values of a file that was given by hand. Gives back the dotted names of those that it has.
    pub(super) fn given(&mut self, file: &Arc<SourceFile>, errors: &mut Vec<Error>) -> Vec<String> {
        let at = self.layers.len();
        self.file(file, "there is no", errors);
        let set = self.setters.iter().filter(|(_, layer)| **layer == at);
        set.map(|(name, _)| name.clone()).collect()
    }

    /// Whether the parameter at `path` is declared to be secret, or was encrypted.
    pub(super) fn is_secret_parameter(&self, path: &[&str]) -> bool {
        self.declared.is_secret(path) || leads_to(&self.encrypted, path)
    }

    /// Takes one value, of the parameter at `path`.
    pub(super) fn set(&mut self, path: &[&str], value: Value, layer: Layer) {
        self.put(path, value, self.layers.len());
        self.layers.push(layer);
    }

    /// The place that set what is at `path`, or its nearest ancestor.
    pub(super) fn place(&self, path: &[&str]) -> Option<Place> {
        Some(self.layer(path)?.place(self.declared, path))
    }

    /// Whether the value at `path` must not be shown.
    pub(super) fn is_secret(&self, path: &[&str]) -> bool {
        self.is_secret_parameter(path) || self.layer(path).is_some_and(|layer| layer.is_hidden_at(path))
    }

    /// Whether the value at `path` is a ciphertext that nobody can read here.
    pub(super) fn is_closed(&self, path: &[String]) -> bool {
        let path: Vec<_> = path.iter().map(String::as_str).collect();
        !path.is_empty() && leads_to(&self.encrypted, &path) && self.layer(&path).is_some_and(Layer::is_closed)
    }

    /// What set the value at `path` last; for a group, the defaults.
    fn layer(&self, path: &[&str]) -> Option<&Layer> {
        let setter = match self.declared.reach(path) {
            ReachedDeclaration::Parameter { depth, .. } => *self.setters.get(&path.get(..depth)?.join("."))?,
            ReachedDeclaration::Group { .. } => 0,
        };
        self.layers.get(setter)
    }

    fn file(&mut self, file: &Arc<SourceFile>, unknown: &str, errors: &mut Vec<Error>) -> bool {
        let secret = self.declared.is_secret(&[]);
        let Some(mut layer) = Layer::read(file, secret, self.unsealer, errors) else {
            return false;
        };
        let mut binding = Binding {
            file: layer.file(),
            declared: self.declared,
            unknown,
            path: Vec::new(),
            found: Bindings::default(),
        };
        binding.group(self.declared, layer.root().entries().unwrap_or_default());
        let found = binding.found;
        if secret {
            found.hidden.into_iter().for_each(|span| layer.hide(span));
        }
        for Wrong { path, message, hint } in found.wrong {
            let path: Vec<_> = path.iter().map(String::as_str).collect();
            let place = layer.place(self.declared, &path);
            errors.push(Error::new(message).at(place, "").hint(hint));
        }
        errors.extend(not_shown(found.more_wrong));
        let at = self.layers.len();
        self.layers.push(layer);
        for BoundValue {
            path,
            value,
            is_encrypted,
        } in found.values
        {
            let path: Vec<_> = path.iter().map(String::as_str).collect();
            self.put(&path, value, at);
            if is_encrypted {
                self.encrypted.insert(path.join("."));
            }
        }
        true
    }

    fn put(&mut self, path: &[&str], new: Value, layer: usize) {
        let name = path.join(".");
        self.encrypted.remove(&name);
        self.setters.insert(name, layer);
        let mut value = &mut self.value;
        for step in path {
            let Value::Object(members) = value else {
                return;
            };
            value = members.entry((*step).to_owned()).or_insert(Value::Null);
        }
        *value = new;
    }

    /// Adds an error for each declaration without a default, or for its whole group.
    fn missing(&self, group: &'a ParameterGroup, path: &mut Vec<&'a str>, file: &SourceFile, errors: &mut Vec<Error>) {
        for (name, GroupMember { declared, span }) in &group.members {
            path.push(name);
            let dotted = path.join(".");
            let prefix = format!("{dotted}.");
            let some_inside = || {
                let next = self.setters.range(prefix.clone()..).next();
                next.is_some_and(|(name, _)| name.starts_with(&prefix))
            };
            match declared {
                GroupOrParameter::Group(group) if group.members.is_empty() || some_inside() => {
                    self.missing(group, path, file, errors);
                }
                GroupOrParameter::Parameter(_) if self.setters.contains_key(&dotted) => {}
                _ => {
                    let place = Place::new(Arc::clone(self.schema), span.clone());
                    let (what, hint) = match declared {
                        GroupOrParameter::Group(_) => ("no parameter of", "add the group with a default for each"),
                        GroupOrParameter::Parameter(_) => ("no", "add it with its default"),
                    };
                    let error = Error::new(format!("{} has {what} `{dotted}`", file.path()))
                        .at(place, "declared here")
                        .hint(format!("{hint} to {}, or drop it here", file.path()));
                    errors.push(error);
                }
            }
            path.pop();
        }
    }
}

/// Walks a file and the schema together.
struct Binding<'a> {
    file: &'a SourceFile,
    declared: &'a ParameterGroup,
    unknown: &'a str,
    path: Vec<&'a str>,
    found: Bindings,
}

impl<'a> Binding<'a> {
    fn group(&mut self, group: &ParameterGroup, entries: &'a [Entry]) {
        for Entry { key, value, .. } in entries {
            self.path.push(key);
            match group.members.get(key).map(|member| &member.declared) {
                Some(GroupOrParameter::Group(inner)) => match value.entries() {
                    Some(entries) => self.group(inner, entries),
                    // All of its lines may be comments.
                    None if value.is_null() => {}
                    None => {
                        let dotted = self.path.join(".");
                        let message = format!("`{dotted}` is a group of parameters, not {}", value.describe());
                        self.wrong(message, |path| members(inner, path), value);
                    }
                },
                Some(GroupOrParameter::Parameter(parameter)) => {
                    let is_encrypted = sops::holds_encrypted(self.file, value);
                    if parameter.secret || is_encrypted {
                        self.found.hidden.push(value.span.clone());
                    }
                    let (path, value) = (self.owned(), value.to_value());
                    self.found.values.push(BoundValue {
                        path,
                        value,
                        is_encrypted,
                    });
                }
                None => {
                    let message = format!("{} parameter `{}`", self.unknown, self.path.join("."));
                    let declared = self.declared;
                    let hint = |path: &[&str]| {
                        nested(group, key).unwrap_or_else(|| hint(declared, group, path, path.len() - 1))
                    };
                    self.wrong(message, hint, value);
                }
            }
            self.path.pop();
        }
    }

    /// What nobody declared may be meant to be secret.
    fn wrong(&mut self, message: String, hint: impl FnOnce(&[&str]) -> String, value: &Node) {
        self.found.hidden.push(value.span.clone());
        if self.found.wrong.len() == MAX_MISTAKES {
            self.found.more_wrong += 1;
            return;
        }
        let path = self.owned();
        let hint = hint(&self.path);
        self.found.wrong.push(Wrong { path, message, hint });
    }

    fn owned(&self) -> Vec<String> {
        self.path.iter().map(|step| (*step).to_owned()).collect()
    }
}

/// What to do about a dotted name in a file, where it would have to be nested.
fn nested(group: &ParameterGroup, key: &str) -> Option<String> {
    let steps: Vec<_> = key.split('.').collect();
    match group.reach(&steps) {
        ReachedDeclaration::Parameter { depth, .. } if depth == steps.len() => {
            let (last, around) = steps.split_last()?;
            Some(format!("nest it: `{}:`, and below it `{last}:`", around.join(":` / `")))
        }
        _ => None,
    }
}

/// Whether `path` leads to one of the parameters of these dotted names, into it, or to a group around it.
pub(super) fn leads_to(names: &BTreeSet<String>, path: &[&str]) -> bool {
    let is_within = (1..=path.len()).any(|depth| names.contains(&path[..depth].join(".")));
    let prefix = if path.is_empty() {
        String::new()
    } else {
        path.join(".") + "."
    };
    let next = names.range(prefix.clone()..).next();
    is_within || next.is_some_and(|name| name.starts_with(&prefix))
}

/// The groups without their values.
fn skeleton(group: &ParameterGroup) -> Value {
    let groups = group
        .members
        .iter()
        .filter_map(|(name, member)| match &member.declared {
            GroupOrParameter::Group(group) => Some((name.clone(), skeleton(group))),
            GroupOrParameter::Parameter(_) => None,
        });
    Value::Object(groups.collect::<Map<_, _>>())
}
