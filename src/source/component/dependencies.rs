//! Which component depends on which: only on what there is and is wanted, and not in a circle.

use std::collections::{BTreeMap, BTreeSet};

use super::declaration::ComponentDependency;
use crate::diagnostic::error::Error;
use crate::diagnostic::nearest::nearest;
use crate::source::ComponentDependencies;

/// The dependencies by component, one entry for each there is, without those that are wrong, which are added to `errors`.
pub(super) fn check(
    declared: BTreeMap<String, Vec<ComponentDependency>>,
    wanted: &BTreeSet<String>,
    unwanted: &BTreeSet<String>,
    errors: &mut Vec<Error>,
) -> ComponentDependencies {
    let known = wanted.iter().chain(unwanted);
    let mut dependencies: ComponentDependencies = known.map(|name| (name.clone(), BTreeSet::new())).collect();
    for (component, on) in &declared {
        for ComponentDependency { name, place } in on {
            let wrong = if wanted.contains(name) {
                dependencies.entry(component.clone()).or_default().insert(name.clone());
                continue;
            } else if unwanted.contains(name) {
                Error::new(format!(
                    "{component} depends on {name}, which is switched off by its `when`"
                ))
                .hint(format!(
                    "switch {component} off too, or take `{name}` out of its `dependsOn`"
                ))
            } else {
                let error = Error::new(format!("{component} depends on {name}, and there is no such component"));
                match nearest(wanted.iter().map(String::as_str), name) {
                    Some(near) => error.hint(format!("did you mean `{near}`?")),
                    None => error.hint("a component is a folder at the top that holds a component.yaml"),
                }
            };
            errors.push(wrong.at(place.clone(), ""));
        }
    }
    if let Some(circle) = circle(&dependencies) {
        let names: Vec<&str> = circle.iter().chain(circle.first()).map(|name| name.as_str()).collect();
        let error = Error::new(format!(
            "components depend on each other in a circle: {}",
            names.join(" -> ")
        ))
        .hint("take one of these out of a `dependsOn`");
        let steps = circle.iter().zip(circle.iter().cycle().skip(1));
        let places = steps.filter_map(|(from, to)| declared[*from].iter().find(|on| on.name == **to));
        errors.push(places.fold(error, |error, on| error.at(on.place.clone(), "")));
    }
    dependencies
}

/// Components that depend each on the next, and the last on the first.
fn circle(dependencies: &ComponentDependencies) -> Option<Vec<&String>> {
    /// Goes on from the last of `path`; `done` leads to no circle.
    fn search<'a>(
        dependencies: &'a ComponentDependencies,
        path: &mut Vec<&'a String>,
        done: &mut BTreeSet<&'a String>,
    ) -> Option<Vec<&'a String>> {
        let last = *path.last()?;
        for next in dependencies.get(last).into_iter().flatten() {
            if let Some(position) = path.iter().position(|step| *step == next) {
                return Some(path[position..].to_vec());
            }
            if !done.contains(next) {
                path.push(next);
                if let Some(circle) = search(dependencies, path, done) {
                    return Some(circle);
                }
                path.pop();
            }
        }
        done.insert(last);
        None
    }
    let mut done = BTreeSet::new();
    dependencies
        .keys()
        .find_map(|start| search(dependencies, &mut vec![start], &mut done))
}
