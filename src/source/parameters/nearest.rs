//! What a misspelt name of a parameter was meant to be.

use super::declared::ParameterGroup;
use crate::diagnostic::names::first_of;
use crate::diagnostic::nearest::nearest;

/// How many names are listed at most.
const MANY: usize = 12;

/// What to do about the name at `path`, whose first `depth` steps lead to `group`, which does not
/// have the next one.
pub(super) fn hint(declared: &ParameterGroup, group: &ParameterGroup, path: &[&str], depth: usize) -> String {
    let (around, rest) = path.split_at(depth.min(path.len()));
    let Some(unknown) = rest.first() else {
        return members(group, around);
    };
    let suggest = |name: &str| format!("did you mean `{name}`?");
    if let Some(near) = nearest(group.members.keys().map(String::as_str), unknown) {
        return suggest(&[around, &[near], &rest[1..]].concat().join("."));
    }
    let names = declared.names();
    let last = path.last().copied().unwrap_or_default();
    let mut elsewhere = names.iter().filter(|name| name.rsplit('.').next() == Some(last));
    if let (Some(name), None) = (elsewhere.next(), elsewhere.next()) {
        return suggest(name);
    }
    match nearest(names.iter().map(String::as_str), &path.join(".")) {
        Some(name) => suggest(name),
        None => members(group, around),
    }
}

/// Which names there are in `group`.
pub(super) fn members(group: &ParameterGroup, path: &[&str]) -> String {
    let names: Vec<_> = group.members.keys().map(|name| format!("`{name}`")).collect();
    let listed = first_of(&names, MANY);
    match (names.is_empty(), path) {
        (true, _) => "the schema declares nothing here".to_owned(),
        (false, []) => format!("there are {listed}"),
        (false, _) => format!("`{}` has {listed}", path.join(".")),
    }
}
