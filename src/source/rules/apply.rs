//! Applies rules to what is sent.

use std::sync::Arc;

use serde_json::Value;

use super::{Rule, RuleOrigin, Verdict, edit};
use crate::applyset::inventory;
use crate::kinds::jobs;
use crate::object::field::{FieldManager, FieldPath, ManagedFields, PathElement};
use crate::object::rule::tree::{Branch, SentTree};

/// What the rules did with one object.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ruled {
    /// The fields that are left as they are.
    pub left: Vec<Left>,
    /// The fields that are to be taken, whoever owns them, and by which rule.
    pub taken: Vec<(FieldPath, Arc<Rule>)>,
    /// The rules that found a field of it.
    pub met: Vec<Arc<Rule>>,
}

/// A field that a rule leaves as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Left {
    /// The field.
    pub path: FieldPath,
    /// What git says.
    pub said: Option<Value>,
    /// What the cluster has.
    pub live: Option<Value>,
    /// Whom it is left to.
    pub to: LeftTo,
    /// The rule that leaves it.
    pub rule: Arc<Rule>,
}

/// Whose a field is that a rule leaves as it is.
#[derive(Debug, Clone, PartialEq)]
pub enum LeftTo {
    /// This manager's.
    Manager(FieldManager),
    /// Ours alone: it keeps its value until another manager owns it.
    Ourselves,
    /// Nobody's.
    Nobody,
}

impl Left {
    /// Whether it is worth telling: git says something else than there is, or what there is stays only for
    /// the rule.
    pub fn is_news(&self) -> bool {
        match (&self.said, &self.to) {
            (None, LeftTo::Ourselves) => true,
            (None, _) => false,
            (said, _) => *said != self.live,
        }
    }
}

impl Ruled {
    /// Whether a rule has left `path`, or something around it, as it is.
    pub fn leaves(&self, path: &FieldPath) -> bool {
        self.left.iter().any(|left| path.starts_with(&left.path))
    }

    /// The rule by which `path` is taken.
    pub fn takes(&self, path: &FieldPath) -> Option<&Arc<Rule>> {
        let found = self.taken.iter().find(|(taken, _)| path.starts_with(taken));
        found.map(|(_, rule)| rule)
    }
}

/// Applies the rules to `sent`, which is what git says and our notes on it. `managed` says who owns what of
/// the live object.
///
/// Without a live object nothing is left out: it only says which rules have found a field.
pub fn apply(
    rules: &[Arc<Rule>],
    sent: &mut Value,
    live: Option<&Value>,
    managed: &ManagedFields,
    field_manager: &str,
) -> Ruled {
    let mut ruled = Ruled::default();
    if rules.is_empty() {
        return ruled;
    }
    let keys = managed.all();
    let said = sent.clone();
    let tree = SentTree::new(live, &said, &keys);
    let mut decided: Vec<FieldPath> = Vec::new();
    for rule in rules {
        let found = branches_of(rule, &tree, managed, field_manager);
        if !found.is_empty() {
            ruled.met.push(Arc::clone(rule));
        }
        let Some(live) = live else { continue };
        for branch in &found {
            for leaf in branch.leaves() {
                if is_ours_to_say(&leaf.path) || decided.iter().any(|path| leaf.path.starts_with(path)) {
                    continue;
                }
                let owners = Owners::of(&leaf, managed, field_manager);
                if let Some(left) = decide(rule, &leaf, &owners, &mut ruled) {
                    carry_out(sent, live, &leaf, &left);
                    decided.push(leaf.path.clone());
                    ruled.left.push(left);
                } else if ruled.takes(&leaf.path).is_some() {
                    decided.push(leaf.path.clone());
                }
            }
            drop_bare_item(sent, branch, managed, field_manager);
        }
    }
    ruled
}

/// The fields that a rule means: by its patterns, or else all that its managers own.
fn branches_of<'a>(rule: &Rule, tree: &SentTree<'a>, managed: &ManagedFields, field_manager: &str) -> Vec<Branch<'a>> {
    if !rule.fields.is_empty() {
        return rule.fields.iter().flat_map(|pattern| pattern.find(tree)).collect();
    }
    let owns = |leaf: &Branch<'_>| {
        let mut others = managed.others(field_manager);
        others.any(|(manager, fields)| {
            rule.is_about(manager) && (fields.touches(&leaf.path) || fields.covers(&leaf.path))
        })
    };
    let mut leaves = tree.root().leaves();
    leaves.retain(owns);
    leaves
}

/// The managers that own a field.
struct Owners<'a> {
    ours: bool,
    others: Vec<&'a FieldManager>,
}

impl<'a> Owners<'a> {
    fn of(leaf: &Branch<'_>, managed: &'a ManagedFields, field_manager: &'a str) -> Self {
        let path = leaf.whole.as_ref().unwrap_or(&leaf.path);
        let ours = managed.applied_by(field_manager);
        let others = managed
            .others(field_manager)
            .filter(|(_, fields)| fields.touches(path) || fields.covers(path));
        Self {
            ours: ours.is_some_and(|(_, fields)| fields.touches(path) || fields.covers(path)),
            others: others.map(|(manager, _)| manager).collect(),
        }
    }
}

/// What becomes of one field; nothing if git's word stands.
fn decide(rule: &Arc<Rule>, leaf: &Branch<'_>, owners: &Owners<'_>, ruled: &mut Ruled) -> Option<Left> {
    let latest = owners.others.iter().filter(|manager| rule.is_about(manager));
    let latest = latest.max_by_key(|manager| (manager.keeps_writing(), &manager.time));
    if rule.verdict == Verdict::Take {
        if latest.is_some() {
            ruled.taken.push((leaf.path.clone(), Arc::clone(rule)));
        }
        return None;
    }
    let to = match latest {
        Some(manager) => LeftTo::Manager((*manager).clone()),
        // It is about what its manager owns, and that one does not.
        None if rule.manager.is_some() => return None,
        None if !owners.others.is_empty() => return None,
        None if owners.ours => LeftTo::Ourselves,
        None if rule.verdict == Verdict::Ignore => LeftTo::Nobody,
        None => return None,
    };
    Some(Left {
        path: leaf.path.clone(),
        said: leaf.sent.cloned(),
        live: leaf.live.cloned(),
        to,
        rule: Arc::clone(rule),
    })
}

fn carry_out(sent: &mut Value, live: &Value, leaf: &Branch<'_>, left: &Left) {
    if leaf.whole.is_some() {
        // A part of a value that is sent as a whole is sent as it is.
        match (leaf.live, leaf.sent) {
            (Some(value), Some(_)) => edit::set(sent, &leaf.path, value, live),
            (None, Some(_)) => edit::remove(sent, &leaf.path),
            (_, None) => {}
        }
        return;
    }
    match (&left.to, leaf.live) {
        (LeftTo::Ourselves, Some(value)) => edit::set(sent, &leaf.path, value, live),
        _ => edit::remove(sent, &leaf.path),
    }
}

/// Takes an item out whose every field is left to others, so that not even its key is sent.
fn drop_bare_item(sent: &mut Value, branch: &Branch<'_>, managed: &ManagedFields, field_manager: &str) {
    let Some(PathElement::Key(keys)) = branch.path.elements().last() else {
        return;
    };
    let item = branch
        .path
        .elements()
        .iter()
        .try_fold(&*sent, |value, element| element.find_written(value));
    let is_bare = item
        .and_then(Value::as_object)
        .is_some_and(|item| item.keys().all(|name| keys.contains_key(name)));
    let mut others = managed.others(field_manager);
    if is_bare && others.any(|(_, fields)| fields.contains(&branch.path)) {
        edit::remove(sent, &branch.path);
    }
}

/// What identifies an object and what we note on it is no rule's business.
fn is_ours_to_say(path: &FieldPath) -> bool {
    let metadata = ["name", "namespace", "uid", "resourceVersion"];
    let labels = [inventory::PART_OF];
    let annotations = [inventory::REVISION, inventory::APPLIED, jobs::DIGESTS];
    path.is_under(&["apiVersion"])
        || path.is_under(&["kind"])
        || metadata.iter().any(|name| path.is_under(&["metadata", name]))
        || labels.iter().any(|name| path.is_under(&["metadata", "labels", name]))
        || annotations
            .iter()
            .any(|name| path.is_under(&["metadata", "annotations", name]))
}

impl Rule {
    /// Where it was written, if a person did.
    pub fn place(&self) -> Option<&crate::diagnostic::place::Place> {
        match &self.source {
            RuleOrigin::Written(place) => Some(place),
            RuleOrigin::Autoscaler(_) | RuleOrigin::Aggregation(_) => None,
        }
    }
}
