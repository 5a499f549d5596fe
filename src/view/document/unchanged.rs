//! Warnings of objects that stay as they are: of many that are alike, one sentence.

use super::super::value::few;
use super::Detail;
use super::alike::grouped;
use super::warning::{OVERRULED, missing, warning};
use crate::kinds::prerequisites::Prerequisite;
use crate::object::ObjectRef;
use crate::plan::{Plan, Warning};

/// How many warnings that are alike are told one by one.
const FEW: usize = 3;

/// A warning, and of what.
type Warned<'a> = (&'a ObjectRef, &'a Warning);

/// What warnings have in common that one sentence tells.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum SharedWarning<'a> {
    /// The server's words.
    Server(&'a str),
    IgnoredNamespace,
    Repeated,
    Outdated,
    Overruled,
    Missing(&'a Prerequisite),
}

/// A sentence for each warning; where not all is asked for, one for many that are alike, in the place of the first.
pub(super) fn warnings(plan: &Plan, detail: Detail) -> Vec<String> {
    let all = plan.unchanged.iter().flat_map(|settled| {
        let warnings = settled.warnings.iter();
        warnings.map(|warning| (&settled.reference, warning))
    });
    match detail {
        Detail::Whole => all.map(alone).collect(),
        Detail::Objects | Detail::Fields => folded(all),
    }
}

fn folded<'a>(all: impl Iterator<Item = Warned<'a>>) -> Vec<String> {
    let groups = grouped(all, |(_, warning)| Some(alike(warning))).into_iter();
    let told = groups.flat_map(|group| match group.len() {
        0..=FEW => group.into_iter().map(alone).collect(),
        _ => vec![together(&group)],
    });
    told.collect()
}

fn alike(warning: &Warning) -> SharedWarning<'_> {
    match warning {
        Warning::Server(words) => SharedWarning::Server(words),
        Warning::IgnoredNamespace(_) => SharedWarning::IgnoredNamespace,
        Warning::Repeated { .. } => SharedWarning::Repeated,
        Warning::Outdated { .. } => SharedWarning::Outdated,
        Warning::Overruled { .. } => SharedWarning::Overruled,
        Warning::Missing(what) => SharedWarning::Missing(what),
    }
}

fn alone((reference, warning): Warned<'_>) -> String {
    format!("{reference}: {}", self::warning(reference, warning))
}

/// One sentence for warnings that are [`SharedWarning`].
fn together(group: &[Warned<'_>]) -> String {
    let names: Vec<String> = group.iter().map(|one| with_place(*one)).collect();
    let words = match group.first().map(|one| one.1) {
        None => "",
        Some(Warning::Server(words)) => words,
        Some(Warning::IgnoredNamespace(_)) => {
            "metadata.namespace is ignored, since these are cluster-scoped; take it out"
        }
        Some(Warning::Repeated { .. }) => "duplicate objects with the same content; keep one of each",
        Some(Warning::Outdated { .. }) => {
            "a value was generated as an earlier declaration says, and stays as it is; raise its `rotation` for a new value"
        }
        Some(Warning::Overruled { .. }) => OVERRULED,
        Some(Warning::Missing(what)) => &missing(what),
    };
    format!("{}: {words} (-v names them)", few(&names))
}

/// An object with the place that it is warned of, if there is one.
fn with_place((reference, warning): Warned<'_>) -> String {
    let place = match warning {
        Warning::Server(_) | Warning::Missing(_) => None,
        Warning::IgnoredNamespace(place) | Warning::Repeated { place, .. } => Some(place),
        Warning::Outdated { place, .. } | Warning::Overruled { place, .. } => place.as_ref(),
    };
    let place = place.map(|place| format!(" ({place})"));
    format!("{reference}{}", place.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::GroupKind;

    #[test]
    fn many_warnings_that_are_alike_are_one_and_others_stay() {
        let object = |name: String| ObjectRef {
            kind: GroupKind::new("", "ConfigMap"),
            namespace: None,
            name: name.into(),
        };
        let objects: Vec<ObjectRef> = (0..6).map(|number| object(number.to_string())).collect();
        let [old, other] = ["is deprecated", "is odd"].map(|words| Warning::Server(words.to_owned()));
        let all: Vec<Warned<'_>> = objects.iter().map(|object| (object, &old)).collect();
        let mut mixed = all[..4].to_vec();
        mixed.insert(1, (&objects[5], &other));
        assert_eq!(
            folded(mixed.into_iter()),
            [
                "ConfigMap 0, ConfigMap 1, ConfigMap 2 and 1 more: is deprecated (-v names them)",
                "ConfigMap 5: is odd"
            ]
        );
        assert_eq!(folded(all[..3].iter().copied()).len(), 3);
    }
}
