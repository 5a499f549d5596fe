//! Which items of a list of git the live object has already.
//!
//! The API server fills in defaults, and leaves out what is empty, so that items are told by what makes them the same
//! for it, and not letter by letter.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::object::field::At;

/// What of a webhook keeps objects from it, so that less of it is more to see.
const RESTRICTIONS: [&str; 3] = ["namespaceSelector", "objectSelector", "matchConditions"];

/// What the items of a list are.
#[derive(Debug, Clone, Copy)]
pub(super) enum Item {
    /// Webhooks: by their names, and by what git says of them.
    Webhook,
    /// Whom a binding is about: by kind, namespace and name.
    Subject,
    /// The role of a binding: by kind and name. All are of one API group.
    Role,
    /// Rules of a role: by what they allow, so that one that allows less is no new one.
    Rule,
    /// Capabilities: by their names.
    Capability,
}

impl Item {
    /// Whether what git has is not what is live.
    pub(super) fn is_other(self, wanted: &Value, live: &Value) -> bool {
        let are_same = |names: &[&str]| names.iter().all(|name| text(wanted, name) == text(live, name));
        let is_same = match self {
            Self::Webhook => are_same(&["name"]) && is_same_webhook(wanted, live),
            Self::Subject => are_same(&["kind", "namespace", "name"]),
            Self::Role => are_same(&["kind", "name"]),
            Self::Rule => allows(live, wanted),
            Self::Capability => wanted == live,
        };
        !is_same
    }
}

/// The items of a list of git that the live one does not have.
pub(super) fn new_items<'a>(of: Item, wanted: &At<'a>, live: &At<'a>) -> impl Iterator<Item = At<'a>> {
    let live = live.items();
    let wanted = wanted.items().into_iter();
    wanted.filter(move |item| live.iter().all(|live| of.is_other(item.value, live.value)))
}

/// A text, where it is not empty.
fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name)?.as_str().filter(|text| !text.is_empty())
}

/// Whether a live webhook is all that git says of it, and is kept from no more.
fn is_same_webhook(wanted: &Value, live: &Value) -> bool {
    let is_as_open = |name: &str| covers(wanted.get(name), live.get(name));
    let scopes = |webhook: &Value| -> Vec<Option<String>> {
        let rules = webhook.get("rules").and_then(Value::as_array).into_iter().flatten();
        let scopes = rules.map(|rule| text(rule, "scope").filter(|scope| *scope != "*"));
        scopes.map(|scope| scope.map(str::to_owned)).collect()
    };
    covers(Some(live), Some(wanted)) && RESTRICTIONS.into_iter().all(is_as_open) && scopes(wanted) == scopes(live)
}

/// Whether one value has all that another says. What is empty is as good as nothing; the certificates that a webhook is
/// trusted by are put in by other programs, and change nothing of what it sees.
fn covers(value: Option<&Value>, other: Option<&Value>) -> bool {
    match (value, other) {
        (_, None) => true,
        (value, Some(other)) if is_empty(other) => value.is_none_or(|value| is_empty(value) || other.is_object()),
        (Some(Value::Object(fields)), Some(Value::Object(others))) => {
            let mut others = others.iter().filter(|(name, _)| *name != "caBundle");
            others.all(|(name, other)| covers(fields.get(name), Some(other)))
        }
        (Some(Value::Array(items)), Some(Value::Array(others))) => {
            let mut pairs = items.iter().zip(others);
            items.len() == others.len() && pairs.all(|(item, other)| covers(Some(item), Some(other)))
        }
        (value, other) => value == other,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.values().all(is_empty),
        // A selector may ask for a label without a value.
        Value::String(_) | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Whether one rule of a role allows all that another does.
fn allows(rule: &Value, other: &Value) -> bool {
    let has_all = |name: &str| {
        let (items, others) = (items(rule, name), items(other, name));
        items.contains("*") || others.is_subset(&items)
    };
    // Without names it is about objects of all names.
    let (names, others) = (items(rule, "resourceNames"), items(other, "resourceNames"));
    let has_names = names.is_empty() || !others.is_empty() && others.is_subset(&names);
    has_names
        && ["apiGroups", "resources", "verbs", "nonResourceURLs"]
            .into_iter()
            .all(has_all)
}

/// The items of a list of a rule.
fn items<'a>(rule: &'a Value, name: &str) -> BTreeSet<&'a str> {
    let items = rule.get(name).and_then(Value::as_array).into_iter().flatten();
    items.filter_map(Value::as_str).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_rule_that_allows_less_is_no_new_one() {
        let rule = |resources: &[&str], verbs: &[&str], names: &[&str]| json!({"apiGroups": [""], "resources": resources, "verbs": verbs, "resourceNames": names});
        let live = rule(&["secrets", "pods"], &["get", "list"], &["a", "b"]);
        for (wanted, is_other) in [
            (rule(&["pods", "secrets"], &["list", "get"], &["b", "a"]), false),
            (rule(&["secrets"], &["get"], &["a"]), false),
            (rule(&["secrets"], &["get"], &[]), true),
            (rule(&["secrets"], &["get"], &["c"]), true),
            (rule(&["secrets"], &["watch"], &["a"]), true),
            (rule(&["secrets", "nodes"], &["get"], &["a"]), true),
        ] {
            assert_eq!(Item::Rule.is_other(&wanted, &live), is_other, "{wanted}");
        }
        let all = json!({"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]});
        assert!(!Item::Rule.is_other(&live, &all) && Item::Rule.is_other(&all, &live));
    }
}
