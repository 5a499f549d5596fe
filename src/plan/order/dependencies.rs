//! What waits for what because git says so: `config.kubernetes.io/depends-on` of a manifest, and
//! `dependsOn` of a component.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use crate::diagnostic::error::{Error, Result};
use crate::object::field::FieldPath;
use crate::object::{DesiredObject, GroupKind, HIDDEN, ObjectRef};
use crate::source::ComponentDependencies;

/// The annotation, as
/// [cli-utils](https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/object/dependson/doc.go)
/// defines it.
pub const DEPENDS_ON: &str = "config.kubernetes.io/depends-on";

/// How a reference is written.
pub(crate) const SYNTAX: &str = "write GROUP/namespaces/NAMESPACE/KIND/NAME, or GROUP/KIND/NAME for what has no \
                                 namespace; the GROUP of core kinds is empty, as in /namespaces/prod/ConfigMap/settings";

/// For each object, the objects that must be Current before it is applied. [`super::component`] stands
/// for all objects of a component, and depends on each of them.
pub type Dependencies = BTreeMap<ObjectRef, BTreeSet<ObjectRef>>;

/// Reads the dependencies of all objects. A reference that cannot be read, one that leads to no
/// object of the directory, and a circle are errors. A circle may lead through what is never
/// declared: that an object needs its namespace, and its kind's definition (`defined_by`).
pub fn dependencies<'a>(
    objects: impl IntoIterator<Item = &'a DesiredObject>,
    defined_by: &BTreeMap<GroupKind, ObjectRef>,
    components: &ComponentDependencies,
) -> Result<Dependencies> {
    let known: BTreeMap<&ObjectRef, &DesiredObject> =
        objects.into_iter().map(|object| (&object.reference, object)).collect();
    let mut dependencies = Dependencies::new();
    let mut errors = Vec::new();
    for object in known.values() {
        let Some(annotation) = object.annotation(DEPENDS_ON) else {
            continue;
        };
        let is_secret = object.origins.is_secret(&annotation_path());
        for (text, reference) in references(annotation) {
            let text = if is_secret { HIDDEN } else { text };
            match reference {
                Some(reference) if known.contains_key(&reference) => {
                    dependencies
                        .entry(object.reference.clone())
                        .or_default()
                        .insert(reference);
                }
                Some(reference) => errors.push(error(
                    object,
                    format!(
                        "{} depends on {}, which is not in the directory",
                        object.reference,
                        if is_secret {
                            text.to_owned()
                        } else {
                            reference.to_string()
                        }
                    ),
                    "add its manifest, or take the reference out",
                )),
                None => errors.push(error(
                    object,
                    format!("'{text}' is not a reference to an object"),
                    SYNTAX,
                )),
            }
        }
    }
    add_components(&mut dependencies, &known, components);
    if !dependencies.is_empty() {
        let circle = cycle(&with_implied(&dependencies, &known, defined_by));
        errors.extend(circle.map(|circle| cycle_error(&circle, &known)));
    }
    match Error::join(errors) {
        Some(error) => Err(error),
        None => Ok(dependencies),
    }
}

/// Adds every component, with its objects, and what each of these waits for.
fn add_components(
    dependencies: &mut Dependencies,
    known: &BTreeMap<&ObjectRef, &DesiredObject>,
    components: &ComponentDependencies,
) {
    for object in known.values() {
        let Some(name) = object.component() else { continue };
        let reference = &object.reference;
        dependencies
            .entry(super::component(name))
            .or_default()
            .insert(reference.clone());
        let on = components.get(name).into_iter().flatten();
        if super::rank(&reference.kind) >= super::ACTING {
            let needs = dependencies.entry(reference.clone()).or_default();
            needs.extend(on.map(|name| super::component(name)));
        }
    }
}

fn error(object: &DesiredObject, message: String, hint: &str) -> Error {
    let error = Error::new(message).hint(hint);
    match object.place(&annotation_path()) {
        Some(place) => error.at(place, ""),
        None => error,
    }
}

fn annotation_path() -> FieldPath {
    FieldPath::of(&["metadata", "annotations", DEPENDS_ON])
}

/// Each reference of the annotation, and what it refers to if it can be read.
pub(crate) fn references(annotation: &str) -> impl Iterator<Item = (&str, Option<ObjectRef>)> {
    let texts = annotation.split(',').map(str::trim);
    texts.filter(|text| !text.is_empty()).map(|text| (text, parse(text)))
}

fn parse(text: &str) -> Option<ObjectRef> {
    let parts: Vec<&str> = text.split('/').collect();
    let (group, namespace, kind, name) = match parts.as_slice() {
        [group, "namespaces", namespace, kind, name] => (group, Some(SmolStr::from(*namespace)), kind, name),
        [group, kind, name] => (group, None, kind, name),
        _ => return None,
    };
    let complete = !kind.is_empty() && !name.is_empty() && namespace.as_deref() != Some("");
    complete.then(|| ObjectRef {
        kind: GroupKind::new(*group, *kind),
        namespace,
        name: (*name).into(),
    })
}

/// What is declared, and what every object needs besides.
fn with_implied(
    declared: &Dependencies,
    known: &BTreeMap<&ObjectRef, &DesiredObject>,
    defined_by: &BTreeMap<GroupKind, ObjectRef>,
) -> Dependencies {
    let mut all = declared.clone();
    for object in known.keys() {
        let namespace = object.namespace.as_ref().map(|name| ObjectRef::namespace(name));
        let definition = defined_by.get(&object.kind).cloned();
        for implied in namespace
            .into_iter()
            .chain(definition)
            .filter(|implied| known.contains_key(implied))
        {
            all.entry((*object).clone()).or_default().insert(implied);
        }
    }
    all
}

/// A cycle, if there is one: each object depends on the next, and the last on the first.
fn cycle(dependencies: &Dependencies) -> Option<Vec<ObjectRef>> {
    let mut done = BTreeSet::new();
    for start in dependencies.keys() {
        // Depth first, with the path and the dependencies still to follow at each of its steps.
        let mut path: Vec<(&ObjectRef, Vec<&ObjectRef>)> = Vec::new();
        let follow = |object: &ObjectRef| {
            dependencies
                .get(object)
                .map(|next| next.iter().collect())
                .unwrap_or_default()
        };
        if done.contains(start) {
            continue;
        }
        path.push((start, follow(start)));
        while let Some((object, next)) = path.last_mut() {
            let object = *object;
            let Some(dependency) = next.pop() else {
                done.insert(object);
                path.pop();
                continue;
            };
            if let Some(position) = path.iter().position(|(step, _)| *step == dependency) {
                return Some(path[position..].iter().map(|(step, _)| (*step).clone()).collect());
            }
            if !done.contains(dependency) {
                path.push((dependency, follow(dependency)));
            }
        }
    }
    None
}

fn cycle_error(cycle: &[ObjectRef], known: &BTreeMap<&ObjectRef, &DesiredObject>) -> Error {
    let names: Vec<String> = cycle.iter().chain(cycle.first()).map(ToString::to_string).collect();
    let error = Error::new(format!(
        "objects depend on each other in a circle: {}",
        names.join(" -> ")
    ))
    .hint("take out one of these references");
    cycle
        .iter()
        .filter_map(|object| known.get(object)?.place(&annotation_path()))
        .fold(error, |error, place| error.at(place, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(name: &str) -> ObjectRef {
        ObjectRef {
            kind: GroupKind::new("", "ConfigMap"),
            namespace: Some("a".into()),
            name: name.into(),
        }
    }

    #[test]
    fn both_forms_of_a_reference_are_read() {
        assert_eq!(parse("/namespaces/a/ConfigMap/x"), Some(object("x")));
        let class = ObjectRef {
            kind: GroupKind::new("networking.k8s.io", "IngressClass"),
            namespace: None,
            name: "traefik".into(),
        };
        assert_eq!(parse("networking.k8s.io/IngressClass/traefik"), Some(class));
        for wrong in ["ConfigMap/x", "x", "/namespaces//ConfigMap/x", "a/b/c/d"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_cycle_is_found_wherever_it_is() {
        let edges = |pairs: &[(&str, &str)]| {
            let mut dependencies = Dependencies::new();
            for (from, to) in pairs {
                dependencies.entry(object(from)).or_default().insert(object(to));
            }
            dependencies
        };
        assert_eq!(cycle(&edges(&[("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")])), None);
        let mut found = cycle(&edges(&[("a", "b"), ("b", "c"), ("c", "b")])).expect("a cycle");
        found.sort();
        assert_eq!(found, [object("b"), object("c")]);
        assert_eq!(cycle(&edges(&[("a", "a")])), Some(vec![object("a")]));
    }
}
