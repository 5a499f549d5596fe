//! What waits for what because the server refuses it until then.

use std::collections::BTreeSet;

use super::Dependencies;
use crate::object::ObjectRef;

/// Lets each object wait for the rules that it relies on, though they may be of a kind that usually comes later.
///
/// Where a rule waits for the object by what git says, git wins: the object is tried when its turn comes.
pub fn add_relied<'a>(
    dependencies: &mut Dependencies,
    relying: impl IntoIterator<Item = (&'a ObjectRef, &'a [ObjectRef])>,
) {
    for (object, rules) in relying {
        for rule in rules {
            if !waits_for(dependencies, rule, object) {
                dependencies.entry(object.clone()).or_default().insert(rule.clone());
            }
        }
    }
}

/// Whether `one` is `other`, or waits for it, however far off.
pub(in crate::plan) fn waits_for(dependencies: &Dependencies, one: &ObjectRef, other: &ObjectRef) -> bool {
    let mut seen = BTreeSet::from([one]);
    let mut open = vec![one];
    while let Some(object) = open.pop() {
        if object == other {
            return true;
        }
        let needs = dependencies.get(object).into_iter().flatten();
        open.extend(needs.filter(|need| seen.insert(need)));
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::GroupKind;

    fn object(name: &str) -> ObjectRef {
        ObjectRef {
            kind: GroupKind::new("", "ConfigMap"),
            namespace: None,
            name: name.into(),
        }
    }

    #[test]
    fn an_object_waits_for_its_rule_unless_the_rule_waits_for_it() {
        let mut dependencies = Dependencies::new();
        dependencies.insert(object("rule"), BTreeSet::from([object("between")]));
        dependencies.insert(object("between"), BTreeSet::from([object("first")]));
        let rules = [object("rule")];
        let (first, other) = (object("first"), object("other"));
        add_relied(&mut dependencies, [(&first, &rules[..]), (&other, &rules[..])]);
        assert_eq!(dependencies.get(&first), None);
        assert_eq!(dependencies.get(&other), Some(&BTreeSet::from(rules)));
    }
}
