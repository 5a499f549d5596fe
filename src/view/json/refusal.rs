//! Why a sync refuses to begin.

use serde::Serialize;

use super::told::Told;
use crate::applyset::source::Source;
use crate::object::commit::Commit;
use crate::object::{GroupKind, ObjectRef};
use crate::plan;
use crate::view::document;

/// Why a sync refuses to begin.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "code", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(super) enum Refusal<'a> {
    /// More objects would be deleted than may be.
    MaxPrune {
        /// How many would be.
        deletes: usize,
        /// How many may be.
        allowed: usize,
    },
    /// The desired state is empty.
    Empty,
    /// A kind may not be listed.
    NotCompared {
        /// The kind.
        of: &'a GroupKind,
    },
    /// Who asks may not write these objects.
    NotAllowed {
        /// The objects.
        objects: &'a [ObjectRef],
    },
    /// The key of the set's digests may not be read.
    KeyHidden {
        /// The Secret that holds it.
        key: &'a ObjectRef,
        /// The Jobs and workloads of which it is not known whether their pods start anew.
        objects: &'a [ObjectRef],
    },
    /// Mistakes are in objects that would be written, and no cluster can make them right.
    Mistakes {
        /// Each with its object.
        mistakes: Vec<Mistake<'a>>,
    },
    /// A file is encrypted, and no identity decrypts it.
    Encrypted {
        /// The file.
        file: &'a str,
        /// The age recipients that it is encrypted for.
        recipients: &'a [String],
    },
    /// Secret parameters have the defaults of the directory.
    SecretDefaults {
        /// Their dotted names.
        parameters: &'a [String],
    },
    /// An object reads another that is to change, and is not selected.
    Pending {
        /// The object.
        reader: &'a ObjectRef,
        /// What it reads.
        read: &'a ObjectRef,
    },
    /// It goes back across what a Job did, which cannot be undone.
    Irreversible {
        /// The Job.
        job: &'a ObjectRef,
        /// What it did, in the words of its annotation.
        reason: &'a str,
        /// The commit that it ran from.
        revision: &'a Commit,
    },
    /// The set was synced from another directory, or from one of another repository.
    Source {
        /// From there it was synced last.
        last: &'a Source,
        /// It would be synced from there now; absent outside of git.
        #[serde(skip_serializing_if = "Option::is_none")]
        now: Option<&'a Source>,
    },
    /// Something would be deleted, and it is not known whether this clone is of the repository of the last sync.
    UnknownSource {
        /// From there it was synced last.
        last: &'a Source,
        /// The commit by which that would be known, which this clone lacks.
        commit: &'a Commit,
        /// Whether the clone is shallow.
        shallow: bool,
    },
    /// The environment belongs to other clusters.
    Cluster {
        /// The environment; absent where the directory has none.
        #[serde(skip_serializing_if = "Option::is_none")]
        environment: Option<&'a str>,
        /// The cluster, as a person knows it.
        cluster: &'a str,
        /// Those that it may be synced to.
        allowed: &'a [String],
    },
    /// Another environment was synced last.
    Environment {
        /// That one; absent where it was none.
        #[serde(skip_serializing_if = "Option::is_none")]
        last: Option<&'a str>,
        /// The one that is meant now; absent where it is none.
        #[serde(skip_serializing_if = "Option::is_none")]
        now: Option<&'a str>,
    },
}

/// A mistake that no cluster can make right.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Mistake<'a> {
    /// What it is called, as `stackanetes check` names it.
    identifier: &'static str,
    /// The object.
    object: &'a ObjectRef,
}

impl<'a> Mistake<'a> {
    fn of(mistake: &'a plan::CertainMistake) -> Self {
        Self {
            identifier: mistake.identifier.name(),
            object: &mistake.object,
        }
    }
}

impl<'a> Refusal<'a> {
    /// A refusal with its sentence.
    pub(super) fn told(refusal: &'a plan::Refusal) -> Told<Self> {
        Told {
            code: Self::of(refusal),
            message: document::refusal(refusal),
        }
    }

    fn of(refusal: &'a plan::Refusal) -> Self {
        match refusal {
            plan::Refusal::Budget { deletes, allowed } => Self::MaxPrune {
                deletes: *deletes,
                allowed: *allowed,
            },
            plan::Refusal::Empty => Self::Empty,
            plan::Refusal::NotCompared(kind) => Self::NotCompared { of: kind },
            plan::Refusal::NotAllowed(objects) => Self::NotAllowed { objects },
            plan::Refusal::KeyHidden { key, objects } => Self::KeyHidden { key, objects },
            plan::Refusal::Mistakes(mistakes) => Self::Mistakes {
                mistakes: mistakes.iter().map(Mistake::of).collect(),
            },
            plan::Refusal::Encrypted(closed) => Self::Encrypted {
                file: &closed.file,
                recipients: &closed.recipients,
            },
            plan::Refusal::SecretDefaults(parameters) => Self::SecretDefaults { parameters },
            plan::Refusal::Pending { reader, read } => Self::Pending { reader, read },
            plan::Refusal::Irreversible(crossed) => Self::Irreversible {
                job: &crossed.job,
                reason: &crossed.reason,
                revision: &crossed.ran,
            },
            plan::Refusal::Source { last, now } => Self::Source {
                last,
                now: now.as_ref(),
            },
            plan::Refusal::UnknownSource { last, unconfirmed } => Self::UnknownSource {
                last,
                commit: &unconfirmed.commit,
                shallow: unconfirmed.is_shallow,
            },
            plan::Refusal::Elsewhere(elsewhere) => Self::Cluster {
                environment: elsewhere.environment.as_deref(),
                cluster: &elsewhere.cluster,
                allowed: &elsewhere.allowed,
            },
            plan::Refusal::Environment { last, now } => Self::Environment {
                last: last.as_deref(),
                now: now.as_deref(),
            },
        }
    }
}
