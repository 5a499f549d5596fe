//! Compares one object: what git wants, what the cluster has, what the server answers.
//!
//! A function of one object, without I/O and without a clock.

mod added_field;
mod base;
mod cause;
mod change;
mod copied;
mod difference;
mod origins;
mod parts;
mod proof;
#[cfg(test)]
mod tests;
mod texts;
#[cfg(test)]
mod with_base;

use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, OnceLock};

use serde_json::Value;

use crate::applyset::inventory;
use crate::diagnostic::place::{Origin, Place};
use crate::kinds::jobs;
use crate::object::field::{FieldPath, ManagedFields, PathElement};
use crate::object::shown::ShownPath;
use crate::object::{self, DesiredObject, LiveObject};
use crate::plan::migrate::Migration;
use crate::source::rules::{Left, LeftTo, Rule, Ruled};

use base::Base;
use origins::FieldOrigins;

pub use added_field::{AddedField, added_fields};
pub use base::{is_base, written};
pub use cause::Cause;
pub use change::{Blame, GitChange};
pub use difference::{Difference, differences};
pub use proof::is_proved;

/// One field that would change, or that keeps a value git no longer wants.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldChange {
    /// The path of the field.
    pub path: FieldPath,
    /// The path as people may read it.
    pub shown: ShownPath,
    /// The value the cluster has.
    pub before: Shown,
    /// The value the server would store.
    pub after: Shown,
    /// Whether only the order of a list's items changes; the values are then the items' keys.
    pub reordered: bool,
    /// What made the field differ.
    pub cause: Cause,
    /// Whether the cause was guessed, because what git said at the last apply is not at hand.
    pub guessed: bool,
    /// What made the value that git has: the place where it is written first, then what was read.
    pub origins: Vec<Origin>,
    /// The one of these to point at: whose text git changed, where that is known.
    pub place: Option<Place>,
    /// The edits in git that it comes from, as far as they are known.
    pub edits: Vec<Edit>,
    /// Whether it changes by the one edit that there is, and by nothing else: with the old text in place of the new one
    /// it is what it was.
    pub is_by_edit: bool,
    /// The rule by which it is taken from whoever owns it.
    pub taken: Option<Arc<Rule>>,
}

/// An edit in git.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The file, and the place in it, that was edited.
    pub place: Place,
    /// The key whose value was edited, where it is one.
    pub key: Option<String>,
    /// What stood there before, and what stands there now; nothing where either is not known, or is
    /// secret.
    pub texts: Option<(String, String)>,
}

impl Edit {
    /// This edit, without its texts where they must not be shown.
    fn hidden_if(self, is_secret: bool) -> Self {
        Self {
            texts: self.texts.filter(|_| !is_secret),
            ..self
        }
    }
}

/// A field that a rule leaves as it is, whatever git says.
#[derive(Debug, Clone, PartialEq)]
pub struct Yielded {
    /// The path of the field.
    pub path: ShownPath,
    /// What git says.
    pub said: Shown,
    /// What the cluster has.
    pub live: Shown,
    /// Whom it is left to.
    pub to: LeftTo,
    /// The rule that leaves it.
    pub rule: Arc<Rule>,
}

/// A value that may be shown to a person, or not.
#[derive(Debug, Clone, PartialEq)]
pub enum Shown {
    /// There is none.
    Absent,
    /// This one.
    Value(Value),
    /// There is one, which is secret.
    Masked(Fingerprint),
}

/// Tells masked values of one run apart without giving anything away: a hash whose key is random
/// and never leaves the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint(u64);

impl Fingerprint {
    fn of(value: &Value) -> Self {
        static KEY: OnceLock<RandomState> = OnceLock::new();
        Self(KEY.get_or_init(RandomState::new).hash_one(value.to_string()))
    }
}

impl Shown {
    fn of(value: Option<&Value>, secret: bool) -> Self {
        match value {
            None => Self::Absent,
            Some(value) if secret => Self::Masked(Fingerprint::of(value)),
            Some(value) => Self::Value(value.clone()),
        }
    }
}

/// What an apply would do to an object that exists.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The fields, in the order of their paths.
    pub changes: Vec<FieldChange>,
    /// Whether the object would become a member of the ApplySet.
    pub joins: bool,
    /// Whether we would own other fields than now, whatever their values.
    pub ownership: bool,
    /// Whether there is no note of the fields that git says. Without one, the next diff could not tell whose doing a
    /// change is. A note of these fields with values of another spelling, or with other values where a rule leaves the
    /// field alone, is one: it is brought up to date by the next write.
    pub noted: bool,
}

impl Comparison {
    /// Whether an apply would change nothing that matters.
    pub fn is_unchanged(&self) -> bool {
        self.changes.is_empty() && !self.joins && !self.ownership && !self.noted
    }

    /// Whether all that changes are fields that the server fills in when it reads the object: nothing has to be
    /// applied for that.
    pub fn is_by_reading(&self) -> bool {
        let is_by_server = |change: &FieldChange| change.cause == Cause::Server;
        !self.joins && !self.ownership && !self.noted && self.changes.iter().all(is_by_server)
    }

    /// The changes that take a field away from a manager that will not let go of it, and those that
    /// both git and somebody in the cluster made; but for those that a rule takes.
    pub fn conflicts(&self) -> impl Iterator<Item = &FieldChange> {
        self.changes
            .iter()
            .filter(|change| matches!(change.cause, Cause::Conflict { .. } | Cause::Diverged { .. }))
            .filter(|change| change.taken.is_none())
    }
}

/// What is compared.
#[derive(Debug, Clone, Copy)]
pub struct Sides<'a> {
    /// What git says.
    pub desired: &'a DesiredObject,
    /// What git said when the object was last applied; it counts only where the digests noted on the object
    /// agree.
    pub base: Option<&'a DesiredObject>,
    /// What the cluster has.
    pub live: &'a LiveObject,
    /// The server's answer to a forced apply of what is sent.
    pub answer: &'a LiveObject,
    /// What the rules did with what is sent.
    pub ruled: &'a Ruled,
    /// Whose fields become ours first.
    pub migration: Option<&'a Migration>,
}

/// Compares a live object with the server's answer to a forced apply of what git says.
///
/// Changes of what the server keeps for itself (`resourceVersion`, a `status` that an apply does not write, …)
/// and of our own notes on the object are not changes. Values of a Secret are masked here, so that nothing
/// behind this point can show them.
pub fn compare(sides: &Sides<'_>, field_manager: &str) -> Comparison {
    let Sides {
        desired,
        base,
        live,
        answer,
        ruled,
        migration,
    } = *sides;
    let before = ManagedFields::of(live);
    let after = ManagedFields::of(answer);
    let mut keys = before.all();
    keys.extend(&after.all());

    let base_side = Base::new(base, desired, live, &keys);
    let context = cause::CauseContext::new(sides, base_side, &before, &after, field_manager);
    let joins = inventory::member_of(live) != inventory::member_of(answer);
    let mut changes: Vec<FieldChange> = differences(live.value(), answer.value(), &keys)
        .into_iter()
        .filter(|difference| !is_bookkeeping(&difference.path))
        .filter(|difference| !is_status(&difference.path) || context.is_ours(&difference.path))
        .map(|difference| {
            let (cause, guessed) = context.cause(&difference);
            let taken = ruled.takes(&difference.path).cloned();
            FieldChange {
                taken,
                ..field_change(desired, base, difference, cause, guessed)
            }
        })
        .collect();
    changes.extend(
        context
            .left_behind(live, answer)
            .into_iter()
            .filter(|(path, _)| !is_bookkeeping(path) && !ruled.leaves(path))
            .map(|(path, cause)| {
                let value = path.find(live.value()).cloned();
                let difference = Difference {
                    path,
                    before: value.clone(),
                    after: value,
                    reordered: false,
                };
                field_change(desired, base, difference, cause, false)
            }),
    );
    changes.sort_by(|a, b| a.path.cmp(&b.path));

    let ownership = context.ownership_changes().iter().any(|path| !is_bookkeeping(path));
    // An old version's fields are others; that they move is told.
    let ownership = ownership || migration.is_some();
    Comparison {
        changes,
        joins,
        ownership,
        noted: context.are_other_fields_noted(),
    }
}

/// What git changes from one object to the one that takes its place under another name. Of the old one it is not known
/// which values were secret when it was applied, so none that git does not say now is shown.
pub(super) fn between(desired: &DesiredObject, differences: Vec<Difference>) -> Vec<FieldChange> {
    let change = |difference: Difference| {
        let before = Shown::of(difference.before.as_ref(), true);
        FieldChange {
            before,
            ..field_change(desired, None, difference, Cause::Git, false)
        }
    };
    differences.into_iter().map(change).collect()
}

/// Whether there is a difference to be explained: an apply that the server answers thus would change a
/// field, ours or not, or git says something else than it did.
pub fn differs(desired: &DesiredObject, live: &LiveObject, answer: &LiveObject) -> bool {
    let keys = || {
        let mut keys = ManagedFields::of(live).all();
        keys.extend(&ManagedFields::of(answer).all());
        keys
    };
    let says_status = desired.value.get("status").is_some();
    let is_field =
        |difference: &Difference| !is_bookkeeping(&difference.path) && (says_status || !is_status(&difference.path));
    let has_fields = || differences(live.value(), answer.value(), &keys()).iter().any(is_field);
    live.value() != answer.value() && (!is_base(desired, live) || has_fields())
}

/// Whether this is in `status`: an apply of the object writes it only where the kind has no subresource for
/// it, and only then are its fields ours.
pub fn is_status(path: &FieldPath) -> bool {
    path.is_under(&["status"])
}

fn field_change(
    desired: &DesiredObject,
    base: Option<&DesiredObject>,
    difference: Difference,
    cause: Cause,
    guessed: bool,
) -> FieldChange {
    let FieldOrigins {
        all,
        place,
        edits,
        is_by_edit,
    } = FieldOrigins::of(desired, base, &difference);
    let is_secret = object::is_secret(&desired.reference.kind) && !is_public_in_secret(&difference.path);
    // What was secret when it was applied still is, wherever git has it now.
    let sides = || std::iter::once(desired).chain(base);
    let reveals = |value: &Option<Value>, side: &DesiredObject, said: &DesiredObject| {
        let said = difference.path.find(&said.value);
        value
            .as_ref()
            .is_some_and(|value| side.origins.reveals(value, said) || copied::holds_secret(value, side, said))
    };
    let secret = is_secret
        || is_manifest_of_then(&difference.path) && sides().any(|side| side.origins.is_secret(&FieldPath::root()))
        || sides().any(|side| side.origins.is_secret(&difference.path))
        || sides().any(|side| reveals(&difference.before, side, side))
        || sides().any(|side| reveals(&difference.after, side, desired));
    FieldChange {
        before: Shown::of(difference.before.as_ref(), secret),
        after: Shown::of(difference.after.as_ref(), secret),
        reordered: difference.reordered,
        origins: all,
        place,
        edits: edits.into_iter().map(|edit| edit.hidden_if(secret)).collect(),
        is_by_edit,
        shown: ShownPath::of(&difference.path, sides()),
        path: difference.path,
        cause,
        guessed,
        taken: None,
    }
}

/// The fields that rules leave as they are, with what must not be shown masked.
pub fn yielded(desired: &DesiredObject, ruled: &Ruled) -> Vec<Yielded> {
    let show = |left: &Left| {
        let difference = Difference {
            path: left.path.clone(),
            before: left.live.clone(),
            after: left.said.clone(),
            reordered: false,
        };
        let change = field_change(desired, None, difference, Cause::Server, false);
        Yielded {
            path: change.shown,
            said: change.after,
            live: change.before,
            to: left.to.clone(),
            rule: Arc::clone(&left.rule),
        }
    };
    ruled.left.iter().filter(|left| left.is_news()).map(show).collect()
}

/// Fields of a Secret that hold no secret. Annotations may: `last-applied-configuration` does.
fn is_public_in_secret(path: &FieldPath) -> bool {
    const METADATA: [&str; 3] = ["labels", "finalizers", "ownerReferences"];
    let is_public = |name: &&str| path.is_under(&["metadata", name]);
    METADATA.iter().any(is_public) || path.is_under(&["type"]) || path.is_under(&["immutable"])
}

/// Whether an annotation holds a whole manifest, as `kubectl apply` and others note it: with values of then, of
/// which nobody knows any more which were secret.
fn is_manifest_of_then(path: &FieldPath) -> bool {
    let Some(PathElement::Field(name)) = path.elements().get(2) else {
        return path.is_under(&["metadata", "annotations"]) || *path == FieldPath::of(&["metadata"]);
    };
    path.is_under(&["metadata", "annotations"]) && (name.contains("last-applied") || name.ends_with("/applied"))
}

/// What we note on every object: membership, revision, digest. A reviewer reviews none of them.
fn is_bookkeeping(path: &FieldPath) -> bool {
    path.is_under(&["metadata", "labels", inventory::PART_OF])
        || path.is_under(&["metadata", "annotations", inventory::REVISION])
        || path.is_under(&["metadata", "annotations", inventory::APPLIED])
        || path.is_under(&["metadata", "annotations", jobs::DIGESTS])
}

/// The fields on which the stored object differs from what the plan predicted, among those that we
/// own and those that the plan showed.
///
/// What the server allocates anew at every request is no mismatch: a dry-run cannot know it.
pub fn mismatches(
    predicted: &LiveObject,
    stored: &LiveObject,
    changes: &[FieldChange],
    field_manager: &str,
) -> Vec<FieldPath> {
    let managed = ManagedFields::of(stored);
    let owned = managed
        .applied_by(field_manager)
        .map(|(_, fields)| fields.clone())
        .unwrap_or_default();
    let mut keys = managed.all();
    keys.extend(&ManagedFields::of(predicted).all());
    let kind = stored.reference().kind;
    let is_service = kind.is("", "Service");
    let is_identity = |path: &FieldPath| jobs::is_job(&kind) && jobs::is_generated(path);
    differences(predicted.value(), stored.value(), &keys)
        .into_iter()
        .map(|difference| difference.path)
        .filter(|path| !is_identity(path))
        .filter(|path| {
            let is_owned = owned.touches(path) || owned.covers(path);
            let is_shown = changes.iter().any(|change| path.starts_with(&change.path));
            is_owned || (is_shown && !is_status(path) && !(is_service && is_allocated(path)))
        })
        .collect()
}

/// What the API server allocates at creation: addresses and ports of a Service.
pub fn is_allocated(path: &FieldPath) -> bool {
    let last = path.elements().last();
    let is = |name: &str| matches!(last, Some(crate::object::field::PathElement::Field(field)) if field == name);
    path.is_under(&["spec"])
        && ["clusterIP", "clusterIPs", "nodePort", "healthCheckNodePort"]
            .iter()
            .any(|name| is(name))
}
