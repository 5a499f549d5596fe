//! Why a field differs: the one cause that a reviewer acts on.

use super::Difference;
use crate::field::{FieldManager, FieldPath, FieldSet, ManagedFields};
use crate::generate;
use crate::inventory::Applied;
use crate::object::{DesiredObject, LiveObject};

/// Why a field differs.
#[derive(Debug, Clone, PartialEq)]
pub enum Cause {
    /// Git changed it.
    Git,
    /// Somebody changed it in the cluster; `None` when the server kept no trace of who.
    Drift {
        /// Who.
        writer: Option<FieldManager>,
    },
    /// Another manager owns it with another value, and will not let go of it.
    Conflict {
        /// Who.
        owner: FieldManager,
    },
    /// Git no longer has it.
    Removed,
    /// Git no longer has it, and another manager keeps it alive.
    LeftBehind {
        /// Who.
        owner: FieldManager,
    },
    /// The object was not ours before.
    Takeover {
        /// Whose the field was, if anybody's.
        from: Option<FieldManager>,
    },
    /// The server sets it, by defaulting or admission, as a result of the rest.
    Server,
}

/// What the causes of one object's differences are decided by.
pub(super) struct Context<'a> {
    before: &'a ManagedFields,
    after: &'a ManagedFields,
    field_manager: &'a str,
    /// Our fields at the last apply, less what others took since; `None` when we never applied.
    owned: Option<(&'a FieldManager, &'a FieldSet)>,
    /// Our fields after the apply that the server was asked about.
    wanted: FieldSet,
    base: Base,
}

/// What is known of what git said when the object was last applied, from the digests noted then.
#[derive(Clone, Copy, PartialEq)]
enum Base {
    /// The same as now.
    Same,
    /// The same fields as now; of their values some differ, or it is not known.
    SameFields,
    /// Other fields, or nothing is known.
    Other,
}

impl<'a> Context<'a> {
    pub(super) fn new(
        desired: &DesiredObject,
        live: &LiveObject,
        before: &'a ManagedFields,
        after: &'a ManagedFields,
        field_manager: &'a str,
    ) -> Self {
        let now = Applied::of(desired);
        let base = match Applied::noted(live) {
            Some(then) if then.fields != now.fields => Base::Other,
            Some(then) if then.values.is_some() && then.values == now.values => Base::Same,
            Some(_) => Base::SameFields,
            None => Base::Other,
        };
        Self {
            before,
            after,
            field_manager,
            owned: before.applied_by(field_manager),
            wanted: after
                .applied_by(field_manager)
                .map(|(_, fields)| fields.clone())
                .unwrap_or_default(),
            base,
        }
    }

    /// The cause of a difference, and whether it was guessed.
    pub(super) fn cause(&self, difference: &Difference) -> (Cause, bool) {
        let path = &difference.path;
        let wanted = self.wanted.touches(path) || self.wanted.covers(path);
        let Some((_, owned)) = self.owned else {
            return match (wanted, self.loser(path)) {
                (true, from) => (Cause::Takeover { from: from.cloned() }, false),
                (false, _) => (Cause::Server, false),
            };
        };
        let ours = owned.touches(path) || owned.covers(path);
        match (wanted, ours, self.loser(path)) {
            (false, true, _) => (Cause::Removed, false),
            (false, false, _) => (Cause::Server, false),
            // The value is ours, so nobody changed it since: git did, unless only the order moved,
            // which leaves no trace.
            (true, true, None) if difference.reordered && self.base == Base::Same => {
                (Cause::Drift { writer: None }, false)
            }
            (true, true, None) => (Cause::Git, difference.reordered),
            // It was made in the cluster, and git says it itself now.
            (true, _, Some(owner)) if owner.name == generate::FIELD_MANAGER => (Cause::Git, false),
            (true, true, Some(owner)) if owner.keeps_writing() => (Cause::Conflict { owner: owner.clone() }, false),
            (true, true, Some(_)) => (Cause::Git, false),
            // Not ours any more, or never: what git said then tells which.
            (true, false, None) => match self.base {
                Base::Same => (Cause::Drift { writer: None }, false),
                Base::SameFields => (Cause::Drift { writer: None }, true),
                // Git has other fields than it had: most likely this is one of them.
                Base::Other => (Cause::Git, difference.before.is_some()),
            },
            (true, false, Some(owner)) => self.taken_by(owner),
        }
    }

    /// Another manager owns, with another value, a field that we want and do not own.
    ///
    /// If git wanted the same fields at the last apply, we owned it then, and the other took it. If
    /// not, it may never have been ours, and a guess must not overwrite somebody's field: a conflict.
    fn taken_by(&self, owner: &FieldManager) -> (Cause, bool) {
        let conflict = Cause::Conflict { owner: owner.clone() };
        let drift = Cause::Drift {
            writer: Some(owner.clone()),
        };
        match self.base {
            _ if owner.keeps_writing() => (conflict, false),
            Base::Same => (drift, false),
            // It was ours; whether git changed this very field too is not known.
            Base::SameFields => (drift, true),
            Base::Other => (conflict, true),
        }
    }

    /// The writer that loses `path` to our apply: one that keeps writing if there is one, else the
    /// latest.
    fn loser(&self, path: &FieldPath) -> Option<&'a FieldManager> {
        self.before
            .others(self.field_manager)
            .filter(|(writer, fields)| {
                let lost = match self.after.same_writer(writer) {
                    Some(kept) => fields.without(kept),
                    None => (*fields).clone(),
                };
                lost.touches(path) || lost.covers(path)
            })
            .map(|(writer, _)| writer)
            .max_by_key(|writer| (writer.keeps_writing(), writer.time.clone()))
    }

    /// The fields that were ours, that we no longer want, and that another manager keeps alive.
    pub(super) fn left_behind(&self, live: &LiveObject, answer: &LiveObject) -> Vec<(FieldPath, FieldManager)> {
        let Some((_, owned)) = self.owned else {
            return Vec::new();
        };
        let dropped = owned.without(&self.wanted).paths();
        dropped
            .iter()
            .filter(|path| !dropped.iter().any(|other| *path != other && path.starts_with(other)))
            .filter(|path| path.find(live.value()).is_some() && path.find(live.value()) == path.find(answer.value()))
            .filter_map(|path| {
                let (owner, _) = self
                    .after
                    .others(self.field_manager)
                    .find(|(_, fields)| fields.touches(path) || fields.covers(path))?;
                Some((path.clone(), owner.clone()))
            })
            .collect()
    }

    /// The fields that we own and would not, and the other way round.
    pub(super) fn ownership_changes(&self) -> Vec<FieldPath> {
        let none = FieldSet::default();
        let owned = self.owned.map_or(&none, |(_, fields)| fields);
        let mut paths = owned.without(&self.wanted).paths();
        paths.extend(self.wanted.without(owned).paths());
        paths
    }
}
