//! Why a field differs: the one cause that a reviewer acts on.

use serde_json::Value;

use super::base::Base;
use super::{Difference, Sides};
use crate::applyset::inventory::AppliedDigests;
use crate::kinds::generate;
use crate::object::field::{FieldManager, FieldPath, FieldSet, ManagedFields};
use crate::object::{DesiredObject, LiveObject};
use crate::plan::migrate::Migration;
use crate::ssa::canonical::Quantity;

/// Why a field of the cluster differs from git.
#[derive(Debug, Clone, PartialEq)]
pub enum Cause {
    /// Git changed it.
    Git,
    /// Somebody changed it in the cluster; `None` when the server kept no trace of who.
    Drift {
        /// The manager that changed it.
        writer: Option<FieldManager>,
    },
    /// Somebody changed it in the cluster under the name that we apply by, but by an update, which we never do: a
    /// client-side tool that was given our name. It is drift, and no conflict: nobody else claims the field.
    InOurName {
        /// The entry of that update.
        writer: FieldManager,
    },
    /// Git changed it, and so did somebody in the cluster.
    Diverged {
        /// The manager that changed it; none where the server kept no trace.
        writer: Option<FieldManager>,
    },
    /// Another manager owns it with another value, and will not let go of it.
    Conflict {
        /// The manager that changed it too, if there is a trace.
        owner: FieldManager,
    },
    /// Git no longer has it.
    Removed,
    /// Git no longer has it, and it stays: another manager keeps it alive, or it is unknown whose it is.
    LeftBehind {
        /// The manager that owns it; `None` when the server kept no trace of one.
        owner: Option<FieldManager>,
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
pub(super) struct CauseContext<'a> {
    before: &'a ManagedFields,
    after: &'a ManagedFields,
    field_manager: &'a str,
    /// Our fields at the last apply, less what others took since; `None` when we never applied.
    owned: Option<(&'a FieldManager, &'a FieldSet)>,
    /// Our fields after the apply that the server was asked about.
    wanted: FieldSet,
    /// What git says now.
    desired: &'a DesiredObject,
    digests: Digests,
    /// What git said at the last apply, where that is known.
    base: Option<Base<'a>>,
    /// Whose fields become ours first.
    migration: Option<&'a Migration>,
}

/// What is known of what git said when the object was last applied, from the digests noted then.
#[derive(Clone, Copy, PartialEq)]
enum Digests {
    /// The digests are those of what git says now.
    Same,
    /// The fields were the same as now; of their values some differ, or it is not known.
    SameFields,
    /// Other fields, or nothing is known.
    Other,
}

impl<'a> CauseContext<'a> {
    pub(super) fn new(
        sides: &Sides<'a>,
        base: Option<Base<'a>>,
        before: &'a ManagedFields,
        after: &'a ManagedFields,
        field_manager: &'a str,
    ) -> Self {
        let now = AppliedDigests::of(sides.desired);
        let digests = match AppliedDigests::noted(sides.live) {
            Some(then) if then.fields != now.fields => Digests::Other,
            Some(then) if then.values.is_some() && then.values == now.values => Digests::Same,
            Some(_) => Digests::SameFields,
            None => Digests::Other,
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
            desired: sides.desired,
            digests,
            base,
            migration: sides.migration,
        }
    }

    /// Whether other fields are noted on the object than git has, or none.
    pub(super) fn are_other_fields_noted(&self) -> bool {
        self.digests == Digests::Other
    }

    /// Whether git says the same quantity as `then`, in another spelling. That a field is a quantity is known by the
    /// server's answer, which spells it otherwise than git: of any other text, each spelling is another value.
    fn is_same_quantity(&self, then: &Value, difference: &Difference) -> bool {
        let said = difference.path.find(&self.desired.value);
        let is_rewritten = said.is_some() && said != difference.after.as_ref();
        let read = |value: &Value| Quantity::read(&value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        let same = said
            .and_then(read)
            .zip(read(then))
            .is_some_and(|(now, then)| now == then);
        is_rewritten && same
    }

    /// Whether a field was ours, or is after the apply that the server was asked about.
    pub(super) fn is_ours(&self, path: &FieldPath) -> bool {
        let has = |fields: &FieldSet| fields.touches(path) || fields.covers(path);
        has(&self.wanted) || self.owned.is_some_and(|(_, owned)| has(owned))
    }

    /// The cause of a difference, and whether it was guessed.
    pub(super) fn cause(&self, difference: &Difference) -> (Cause, bool) {
        let path = &difference.path;
        let wanted = self.wanted.touches(path) || self.wanted.covers(path);
        if let (false, Some(from)) = (wanted, self.inherited_from(path)) {
            return (
                Cause::Takeover {
                    from: Some(from.clone()),
                },
                false,
            );
        }
        // To own a map is not to own what another has taken in it: so it is where fields need not be declared.
        let ours = self
            .owned
            .is_some_and(|(_, owned)| owned.touches(path) || owned.covers(path) && self.losing_writer(path).is_none());
        // With a base it was ours, even if its owners were lost.
        match &self.base {
            Some(base) if wanted => return (self.known_cause(base, difference, ours), false),
            Some(base) if base.value(path).is_some() && self.is_taken(path) => return (Cause::Removed, false),
            _ if !wanted && self.migration.is_some_and(|migration| migration.moves(path)) => {
                return (Cause::Removed, false);
            }
            _ => {}
        }
        if self.owned.is_none() {
            return match (wanted, self.losing_writer(path)) {
                (true, from) => (Cause::Takeover { from: from.cloned() }, false),
                (false, _) => (Cause::Server, false),
            };
        }
        match (wanted, ours, self.losing_writer(path)) {
            (false, true, _) => (Cause::Removed, false),
            (false, false, _) => (Cause::Server, false),
            // The value is ours, so nobody changed it since: git did, unless only the order moved,
            // which leaves no trace.
            (true, true, None) if difference.reordered && self.digests == Digests::Same => {
                (Cause::Drift { writer: None }, false)
            }
            (true, true, None) => (Cause::Git, difference.reordered),
            // It was made in the cluster, and git says it itself now.
            (true, _, Some(owner)) if owner.name == generate::FIELD_MANAGER => (Cause::Git, false),
            (true, true, Some(owner)) if self.keeps_writing(owner) => (Cause::Conflict { owner: owner.clone() }, false),
            (true, true, Some(_)) => (Cause::Git, false),
            // Not ours any more, or never: what git said then tells which.
            (true, false, None) => match self.digests {
                Digests::Same => (Cause::Drift { writer: None }, false),
                Digests::SameFields => (Cause::Drift { writer: None }, true),
                // Git has other fields than it had: most likely this is one of them.
                Digests::Other => (Cause::Git, difference.before.is_some()),
            },
            (true, false, Some(owner)) => self.taken_by(owner),
        }
    }

    /// Whether a field becomes ours alone before the apply, which removes it.
    fn is_taken(&self, path: &FieldPath) -> bool {
        self.migration.is_some_and(|migration| migration.takes(path))
    }

    /// The manager from whom a field becomes ours and then goes, if it was not ours as well.
    fn inherited_from(&self, path: &FieldPath) -> Option<&'a FieldManager> {
        let migration = self.migration?;
        let ours = self
            .owned
            .is_some_and(|(_, owned)| owned.touches(path) || owned.covers(path));
        self.losing_writer(path)
            .filter(|from| !ours && migration.takes_from(from))
    }

    /// Another manager owns, with another value, a field that we want and do not own.
    ///
    /// If git wanted the same fields at the last apply, we owned it then, and the other took it. If
    /// not, it may never have been ours, and a guess must not overwrite somebody's field: a conflict.
    fn taken_by(&self, owner: &FieldManager) -> (Cause, bool) {
        let conflict = Cause::Conflict { owner: owner.clone() };
        let drift = self.in_our_name(owner).unwrap_or(Cause::Drift {
            writer: Some(owner.clone()),
        });
        match self.digests {
            Digests::Other if matches!(drift, Cause::InOurName { .. }) => (drift, true),
            _ if self.keeps_writing(owner) => (conflict, false),
            Digests::Same => (drift, false),
            // It was ours; whether git changed this very field too is not known.
            Digests::SameFields => (drift, true),
            Digests::Other => (conflict, true),
        }
    }

    /// The cause of a difference of a field that we want, when it is known what git said at the last
    /// apply.
    fn known_cause(&self, base: &Base<'_>, difference: &Difference, ours: bool) -> Cause {
        let path = &difference.path;
        let is_changed = base.is_changed(path, difference.reordered);
        let loser = self.losing_writer(path);
        match loser {
            // It was made in the cluster, and git says it itself now.
            Some(owner) if owner.name == generate::FIELD_MANAGER => return Cause::Git,
            Some(owner) if self.keeps_writing(owner) => return Cause::Conflict { owner: owner.clone() },
            _ => {}
        }
        if let (Some(cause), false) = (loser.and_then(|owner| self.in_our_name(owner)), ours || is_changed) {
            return cause;
        }
        let writer = loser.cloned();
        match (base.value(path), ours) {
            // Nobody changed it since; an order may have moved, which leaves no trace.
            (_, true) if is_changed => Cause::Git,
            (_, true) if difference.reordered => Cause::Drift { writer: None },
            (_, true) => Cause::Server,
            (Some(then), false) => match (is_changed, difference.before.as_ref() == Some(then)) {
                (false, _) => Cause::Drift { writer },
                (true, true) => Cause::Git,
                (true, false) if self.is_same_quantity(then, difference) => Cause::Drift { writer },
                (true, false) => Cause::Diverged { writer },
            },
            // It was never ours.
            (None, false) => match writer {
                Some(owner) => Cause::Conflict { owner },
                None => Cause::Git,
            },
        }
    }

    /// Whether a manager will write again what it wrote. Nobody else has our name.
    fn keeps_writing(&self, manager: &FieldManager) -> bool {
        manager.name != self.field_manager && manager.keeps_writing()
    }

    /// The cause of what was written under our own name; nothing where it was not.
    fn in_our_name(&self, writer: &FieldManager) -> Option<Cause> {
        (writer.name == self.field_manager).then(|| Cause::InOurName { writer: writer.clone() })
    }

    /// The writer that loses `path` to our apply: one that keeps writing if there is one, else the
    /// latest.
    fn losing_writer(&self, path: &FieldPath) -> Option<&'a FieldManager> {
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
            .max_by_key(|writer| (self.keeps_writing(writer), writer.time.clone()))
    }

    /// The fields that were ours, that we no longer want, and that stay: another manager keeps them alive, or they have
    /// another value than git gave them and nobody knows by whom.
    ///
    /// Those that another took are in our record no more, so they are known from what git said.
    pub(super) fn left_behind(&self, live: &LiveObject, answer: &LiveObject) -> Vec<(FieldPath, Cause)> {
        let stays = |path: &FieldPath| {
            let value = path.find(live.value());
            value.is_some() && value == path.find(answer.value())
        };
        let mut dropped = self
            .owned
            .map_or_else(Vec::new, |(_, owned)| owned.without(&self.wanted).paths());
        let taken = self.base.iter().flat_map(|base| base.removed(stays));
        dropped.extend(taken.filter(|path| !self.wanted.touches(path) && !self.wanted.covers(path)));
        dropped.sort();
        dropped.dedup();
        dropped
            .iter()
            .filter(|path| !dropped.iter().any(|other| *path != other && path.starts_with(other)))
            .filter(|path| stays(path))
            .filter_map(|path| Some((path.clone(), self.staying(path, live)?)))
            .collect()
    }

    /// Why a field that git dropped stays; nothing where its value is the server's own, too.
    fn staying(&self, path: &FieldPath, live: &LiveObject) -> Option<Cause> {
        let mut others = self.after.others(self.field_manager);
        let owner = others.find(|(_, fields)| fields.touches(path) || fields.covers(path));
        let is_ours = self
            .owned
            .is_some_and(|(_, owned)| owned.touches(path) || owned.covers(path));
        let said = self.base.as_ref().and_then(|base| base.value(path));
        let is_changed = said.is_some_and(|said| path.find(live.value()) != Some(said));
        let is_told = owner.is_some() || (!is_ours && is_changed);
        let owner = owner.map(|(owner, _)| owner).filter(|owner| !owner.is_nobody());
        is_told.then(|| Cause::LeftBehind { owner: owner.cloned() })
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
