//! What a person should know of what was read, though nothing failed.

use crate::diagnostic::names::first_of;
use crate::diagnostic::visible::line;
use crate::source::{Desired, Hook};

/// How many hooks are named.
const NAMED: usize = 5;

/// What is told of a directory that was read, a line each.
pub fn warnings(desired: &Desired) -> Vec<String> {
    let hooks = hooks(&desired.hooks);
    desired.warnings.iter().cloned().chain(hooks).collect()
}

/// That hooks of Helm charts were read, which are no objects of the set.
fn hooks(hooks: &[Hook]) -> Option<String> {
    let names: Vec<String> = hooks.iter().map(|hook| line(&hook.to_string()).into_owned()).collect();
    let first = first_of(&names, NAMED);
    let left_out = "left out, as only Helm runs hooks";
    match names.len() {
        0 => None,
        1 => Some(format!("a hook of a Helm chart is {left_out}: {first}")),
        count => Some(format!("{count} hooks of Helm charts are {left_out}: {first}")),
    }
}
